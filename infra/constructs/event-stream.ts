import { Duration } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { OperatorAlarm } from './operator-alarm.ts';
import { removalPolicy } from './removal.ts';

export interface EventStreamProps {
  readonly config: StageConfig;
  readonly topic: ITopic;
  readonly name: string;
  /** Name of the alarm that it turns records away. Default: `<name>-writes-throttled`. */
  readonly alarm?: string;
}

/** A stream of events: the stage's one source of truth, or one that a pipeline puts to. */
export class EventStream extends Construct {
  readonly stream: Stream;

  constructor(
    scope: Construct,
    id: string,
    { config, topic, name, alarm = `${name}-writes-throttled` }: EventStreamProps,
  ) {
    super(scope, id);
    const onDemand = config.shards === 'on-demand';
    this.stream = new Stream(this, 'Stream', {
      streamName: name,
      streamMode: onDemand ? StreamMode.ON_DEMAND : StreamMode.PROVISIONED,
      shardCount: config.shards === 'on-demand' ? undefined : config.shards,
      retentionPeriod: Duration.hours(config.retentionHours),
      encryption: StreamEncryption.MANAGED,
      removalPolicy: removalPolicy(config),
    });
    new OperatorAlarm(this, 'WritesThrottled', {
      topic,
      name: alarm,
      metric: this.stream.metricWriteProvisionedThroughputExceeded({ statistic: 'Sum', period: Duration.minutes(1) }),
      threshold: 1,
      datapoints: { breaching: 3, of: 5 },
      meaning: `Who puts to ${name} is turned away: a shard is at its limit. Add shards or spread the partition keys.`,
      runbook: 'writes-throttled',
    });
  }

  /** Lets `grantee` put records. */
  grantPut(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: ['kinesis:PutRecords'], resourceArns: [this.stream.streamArn] });
  }

  /** Lets `grantee` put records and see which shards there are. */
  grantPutToShards(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['kinesis:ListShards', 'kinesis:PutRecords'],
      resourceArns: [this.stream.streamArn],
    });
  }

  /** Lets `grantee` read the stream: list its shards and get their records. An event source mapping, which reads in the
   *  name of its function, describes the stream as well. */
  grantConsume(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: [
        'kinesis:DescribeStream',
        'kinesis:DescribeStreamSummary',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
      ],
      resourceArns: [this.stream.streamArn],
    });
  }
}
