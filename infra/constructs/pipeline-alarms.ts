import { Duration } from 'aws-cdk-lib';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { resourceName } from '../names.ts';
import { OperatorAlarm, type OperatorAlarmProps } from './operator-alarm.ts';
import { quarantinePercentage } from './pipeline-metrics.ts';
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

/** What an operator must hear of first: lag, failure, and events on their way out of the stream. */
export class PipelineAlarms extends Construct {
  readonly alarms: readonly OperatorAlarm[];

  constructor(scope: Construct, id: string, props: PipelineAlarmsProps) {
    super(scope, id);
    const { config, pipeline, topic } = props;
    const alarms: Readonly<Record<string, Said>> = { ...failures(props), ...lag(props), ...losses(props) };
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
    quarantine: {
      metric: quarantinePercentage(pipeline),
      threshold: 1,
      datapoints: { breaching: 2, of: 3 },
      meaning: 'More than one event in a hundred cannot be processed. Athena tells why: operator/quarantine-by-reason.',
      runbook: 'quarantine',
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
