import { Duration } from 'aws-cdk-lib';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { resourceName } from '../names.ts';
import { OperatorAlarm, type OperatorAlarmProps } from './operator-alarm.ts';
import { parkedRecords, pipelineCount, quarantinePercentage } from './pipeline-metrics.ts';
import type { ProcessFunction } from './process-function.ts';
import { recordAgeSeconds, type StreamMapping } from './stream-mapping.ts';

export interface PipelineAlarmsProps {
  readonly config: StageConfig;
  readonly pipeline: string;
  readonly process: ProcessFunction;
  readonly mapping: StreamMapping;
  readonly topic: ITopic;
}

type Said = Omit<OperatorAlarmProps, 'topic' | 'name'>;

/** What an operator must hear of first: lag, failure, records set aside, and events on their way out of the stream. */
export class PipelineAlarms extends Construct {
  readonly alarms: readonly OperatorAlarm[];

  constructor(scope: Construct, id: string, props: PipelineAlarmsProps) {
    super(scope, id);
    const { config, pipeline, topic } = props;
    const alarms: Readonly<Record<string, Said>> = {
      ...failures(props),
      ...setAside(props),
      ...lag(props),
      ...losses(props),
    };
    this.alarms = Object.entries(alarms).map(
      ([name, said]) =>
        new OperatorAlarm(this, name, { topic, name: resourceName(config.stage, `${pipeline}-${name}`), ...said }),
    );
  }
}

function lag({ config, process }: PipelineAlarmsProps): Record<string, Said> {
  const age = (period: Duration): IMetric =>
    process.function.metric('IteratorAge', { statistic: 'Maximum', period, label: 'Iterator age' });
  const leavesSeconds = recordAgeSeconds(config) ?? config.retentionHours * 3_600;
  const halfSeconds = Math.floor(leavesSeconds / 2);
  return {
    lag: {
      metric: age(Duration.minutes(1)),
      threshold: Duration.minutes(5).toMilliseconds(),
      datapoints: { breaching: 5, of: 5 },
      meaning: 'Events are processed five minutes after they came, or later, and the function is not catching up.',
      runbook: 'lag',
    },
    'events-at-risk': {
      metric: age(Duration.minutes(5)),
      threshold: Duration.seconds(halfSeconds).toMilliseconds(),
      meaning: `Events have waited ${halfSeconds} seconds. At twice that age they leave the stream unprocessed.`,
      runbook: 'events-at-risk',
    },
  };
}

function failures({ pipeline, process }: PipelineAlarmsProps): Record<string, Said> {
  const period = Duration.minutes(5);
  return {
    errors: {
      metric: process.function.metricErrors({ statistic: 'Sum', period }),
      threshold: 3,
      meaning: 'The function fails again and again; its batches are retried, and their shards wait.',
      runbook: 'errors',
    },
    throttles: {
      metric: process.function.metricThrottles({ statistic: 'Sum', period }),
      threshold: 1,
      datapoints: { breaching: 3, of: 3 },
      meaning: 'Lambda turns invocations away: the concurrency of the account is used up.',
      runbook: 'throttles',
    },
    'snapshots-failing': {
      metric: pipelineCount(pipeline, 'SnapshotsFailed').with({ period: Duration.hours(1) }),
      threshold: 3,
      meaning: 'The states of shards cannot be saved to S3. Nothing is lost; each cold start reads more of the log.',
      runbook: 'snapshots-failing',
    },
  };
}

function setAside({ pipeline }: PipelineAlarmsProps): Record<string, Said> {
  return {
    quarantine: {
      metric: quarantinePercentage(pipeline),
      threshold: 1,
      datapoints: { breaching: 2, of: 3 },
      meaning: 'More than one event in a hundred cannot be processed. Athena tells why: operator/quarantine-by-reason.',
      runbook: 'quarantine',
    },
    parked: {
      metric: parkedRecords(pipeline),
      threshold: 1,
      // A shard tells what it has parked when it has a batch; one of few events must not end the alarm between two.
      datapoints: { breaching: 1, of: 12 },
      meaning: 'A step has thrown: records wait with those that follow under their key, until they are redriven.',
      runbook: 'parked',
    },
    stopped: {
      metric: pipelineCount(pipeline, 'Stopped'),
      threshold: 1,
      meaning:
        'A shard stands still: too many of its records fail, or it holds all it can. The log says which limit it is.',
      runbook: 'stopped',
    },
  };
}

function losses({ process, mapping }: PipelineAlarmsProps): Record<string, Said> {
  return {
    'events-saved': {
      metric: mapping.metric('OnFailureDestinationDeliveredEventCount'),
      threshold: 1,
      meaning: 'Events that kept failing have left the stream for S3, with their payload, under aws/lambda/.',
      runbook: 'events-saved',
    },
    'events-dropped': {
      metric: mapping.metric('DroppedEventCount'),
      threshold: 1,
      meaning: 'Lambda has dropped events without saving them. Read them again from the stream while it has them.',
      runbook: 'events-dropped',
    },
    'saving-failed': {
      metric: process.function.metric('DestinationDeliveryFailures', { statistic: 'Sum', period: Duration.minutes(5) }),
      threshold: 1,
      meaning: 'Lambda could not save failed events to S3. Read them again from the stream while it has them.',
      runbook: 'events-dropped',
    },
  };
}
