import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping, type Function as LambdaFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { type Bucket, type LifecycleRule, StorageClass } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { HEADS, RECORDS } from '../../core/archive/object.ts';
import type { ArchiveEnvironment } from '../../functions/archive/environment.ts';
import type { StageConfig } from '../config.ts';
import { archiveName } from '../names.ts';
import type { EventStream } from './event-stream.ts';
import { nodeFunction } from './node-function.ts';
import { OperatorAlarm } from './operator-alarm.ts';
import { PrivateBucket } from './private-bucket.ts';

export interface ArchiveProps {
  readonly config: StageConfig;
  readonly source: EventStream;
  readonly topic: ITopic;
}

/** Keeps every record of the stream in S3, as it came, for ever: docs/decisions/0016-archive.md says why so. */
export class Archive extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { config, source, topic }: ArchiveProps) {
    super(scope, id);
    const archive = new PrivateBucket(this, config, 'archive', lifecycle(config));
    this.bucket = archive.bucket;
    const name = archiveName(config.stage);
    const { function: lambda } = nodeFunction(this, {
      name,
      does: 'archives the stream',
      folder: 'archive',
      service: name,
      // For a batch of six megabytes, as records, as text and zipped.
      memoryMegabytes: 512,
      timeout: Duration.seconds(60),
      connect: (role): ArchiveEnvironment => {
        source.grantConsume(role);
        role.addToPolicy(archive.allowList());
        for (const folder of [RECORDS, HEADS]) {
          role.addToPolicy(archive.allowObjects(role, ['s3:GetObject', 's3:PutObject'], folder));
        }
        return {
          MILLRACE_ARCHIVE_BUCKET: this.bucket.bucketName,
          MILLRACE_STREAM_ARN: source.stream.streamArn,
        };
      },
    });
    new EventSourceMapping(this, 'Mapping', {
      target: lambda,
      eventSourceArn: source.stream.streamArn,
      enabled: true,
      startingPosition: StartingPosition.TRIM_HORIZON,
      // One object a batch: the larger, the fewer requests. A busy stream fills six megabytes before.
      batchSize: 10_000,
      maxBatchingWindow: Duration.seconds(config.archiveSeconds),
      parallelizationFactor: 1,
      tumblingWindow: Duration.seconds(0),
      // A batch that fails comes again whole and until it is through: there is no record that could not be stored, and a
      // part of it could not follow what is there.
      bisectBatchOnError: false,
      reportBatchItemFailures: false,
      retryAttempts: -1,
    });
    alarmOf(this, { config, topic, name, lambda });
  }
}

/** What is archived is never deleted. It is read when something is replayed, and at once then. */
function lifecycle({ archiveColderAfterDays }: StageConfig): LifecycleRule[] {
  const colder = archiveColderAfterDays !== undefined && {
    id: 'colder-records',
    prefix: RECORDS,
    transitions: [
      {
        storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL,
        transitionAfter: Duration.days(archiveColderAfterDays),
      },
    ],
  };
  return [
    { id: 'abandoned-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
    { id: 'deleted-objects', noncurrentVersionExpiration: Duration.days(14), expiredObjectDeleteMarker: true },
    ...(colder ? [colder] : []),
  ];
}

interface AlarmProps {
  readonly config: StageConfig;
  readonly topic: ITopic;
  readonly name: string;
  readonly lambda: LambdaFunction;
}

function alarmOf(scope: Construct, { config, topic, name, lambda }: AlarmProps): OperatorAlarm {
  const halfSeconds = config.retentionHours * 1_800;
  return new OperatorAlarm(scope, 'Behind', {
    topic,
    name: `${name}-behind`,
    metric: lambda.metric('IteratorAge', { statistic: 'Maximum', period: Duration.minutes(5), label: 'Iterator age' }),
    threshold: Duration.seconds(halfSeconds).toMilliseconds(),
    meaning: `Records have waited ${halfSeconds} seconds for the archive. At twice that age they leave the stream unarchived.`,
    runbook: 'archive-behind',
  });
}
