import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  type CfnEventSourceMapping,
  EventSourceMapping,
  type IEventSourceDlq,
  MetricType,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ConfigError, type StageConfig } from '../config.ts';
import { RECORD_AGE_MAX_SECONDS } from '../limits.ts';
import type { EventStream } from './event-stream.ts';
import type { LakeBucket } from './lake-bucket.ts';
import type { ProcessFunction } from './process-function.ts';

export interface StreamMappingProps {
  readonly config: StageConfig;
  readonly source: EventStream;
  readonly target: ProcessFunction;
  readonly bucket: LakeBucket;
}

/** Time that is left to save a record which kept failing, before Kinesis drops it. */
const RESCUE_SECONDS = 3_600;

/** Oldest age at which Lambda still hands a record to the function; older ones go to S3. Undefined where the stream keeps
 *  events longer than Lambda can count: an age below the retention would keep a new pipeline from the stream's history. */
export function recordAgeSeconds({ retentionHours }: StageConfig): number | undefined {
  const seconds = retentionHours * 3_600 - RESCUE_SECONDS;
  return seconds <= RECORD_AGE_MAX_SECONDS ? seconds : undefined;
}

/** Lambda's word for no limit of age. */
const NO_RECORD_AGE = -1;

/** Hands the stream's records to the process function. Every setting is stated; none is left to a default. */
export class StreamMapping extends Construct {
  readonly #mapping: EventSourceMapping;

  constructor(scope: Construct, id: string, { config, source, target, bucket }: StreamMappingProps) {
    super(scope, id);
    refuseLanes(config.parallelizationFactor);
    source.grantConsume(target.role);
    bucket.grantSaveFailedBatches(target.role);
    this.#mapping = new EventSourceMapping(this, 'Mapping', {
      target: target.function,
      eventSourceArn: source.stream.streamArn,
      enabled: true,
      // From the oldest record: nothing is missed between the making of the stream and that of the mapping.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 500,
      // Two seconds gather what a quiet stream has for one commit and one Firehose record, and results still come
      // within seconds; a busy stream fills its batches before.
      maxBatchingWindow: Duration.seconds(2),
      parallelizationFactor: config.parallelizationFactor,
      tumblingWindow: Duration.seconds(0),
      // A batch that fails whole is halved until what fails stands alone; the function reports the first record it
      // could not finish, and what lies before it is not done again.
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      // No count of retries ends in loss: only age does, below, and then the records go to S3 with their payload,
      // while Kinesis still has them.
      retryAttempts: -1,
      onFailure: savedIn(bucket),
      supportS3OnFailureDestination: true,
      metricsConfig: { metrics: [MetricType.EVENT_COUNT] },
    });
    const resource = this.#mapping.node.defaultChild as CfnEventSourceMapping; // a Duration cannot say -1
    resource.maximumRecordAgeInSeconds = recordAgeSeconds(config) ?? NO_RECORD_AGE;
  }

  /** A count of the mapping's own, e.g. `DroppedEventCount`. */
  metric(metricName: string): Metric {
    return new Metric({
      namespace: 'AWS/Lambda',
      metricName,
      dimensionsMap: { EventSourceMappingUUID: this.#mapping.eventSourceMappingId },
      statistic: 'Sum',
      period: Duration.minutes(5),
    });
  }
}

/** With more than one batch of a shard under way, the shard has no one position, and the commit log no next slot. */
function refuseLanes(factor: number): void {
  if (factor === 1) return;
  throw new ConfigError(
    'parallelizationFactor',
    factor,
    "1: a pipeline drops copies by its shard's one position and recent ids, and concurrent batches of a shard would " +
      'interleave both; add shards instead',
  );
}

/** The CDK's own S3 destination would let the function read and delete the whole bucket. */
function savedIn({ bucket }: LakeBucket): IEventSourceDlq {
  return { bind: () => ({ destination: bucket.bucketArn }) };
}
