import { Aws, Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { resourceName } from '../names.ts';
import type { CommitLog } from './commit-log.ts';
import type { DeliveredTable } from './delivered-table.ts';
import type { EventStream } from './event-stream.ts';
import { type PipelineCount, parkedRecords, pipelineCount, quarantinePercentage } from './pipeline-metrics.ts';
import type { ProcessFunction } from './process-function.ts';
import type { StreamMapping } from './stream-mapping.ts';

export interface PipelineDashboardProps {
  readonly config: StageConfig;
  readonly pipeline: string;
  readonly description: string;
  readonly source: EventStream;
  readonly process: ProcessFunction;
  readonly mapping: StreamMapping;
  readonly log: CommitLog;
  /** Quarantine among them. */
  readonly tables: readonly DeliveredTable[];
  readonly alarms: readonly IAlarm[];
}

const ROW_WIDTH = 24;

/** A pipeline on one page, in the order in which the events flow. */
export class PipelineDashboard extends Construct {
  /** Address in the AWS console. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: PipelineDashboardProps) {
    super(scope, id);
    const dashboardName = resourceName(props.config.stage, props.pipeline);
    const dashboard = new Dashboard(this, 'Resource', { dashboardName, defaultInterval: Duration.hours(3) });
    const rows = [head(props), stream(props), processing(props), setAside(props), commits(props), lake(props)];
    for (const row of rows) dashboard.addWidgets(...row);
    this.url = `https://${Aws.REGION}.console.aws.amazon.com/cloudwatch/home?region=${Aws.REGION}#dashboards/dashboard/${dashboardName}`;
  }
}

function head({ pipeline, description, alarms }: PipelineDashboardProps): IWidget[] {
  const markdown = `# ${pipeline}\n${description}\n\nAlarms and what to do: docs/runbook.md`;
  return [
    new TextWidget({ markdown, width: ROW_WIDTH / 2, height: 4 }),
    new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: ROW_WIDTH / 2, height: 4 }),
  ];
}

function stream({ source: { stream } }: PipelineDashboardProps): IWidget[] {
  const sum = { statistic: 'Sum', period: Duration.minutes(1) };
  return row(
    graph('Records put, heartbeats among them', [stream.metricIncomingRecords(sum)]),
    graph('Bytes put', [stream.metricIncomingBytes(sum)]),
    graph('Turned away by shard limits', [
      stream.metricWriteProvisionedThroughputExceeded({ ...sum, label: 'writes' }),
      stream.metricReadProvisionedThroughputExceeded({ ...sum, label: 'reads' }),
    ]),
  );
}

function processing({ process, mapping }: PipelineDashboardProps): IWidget[] {
  const lambda = process.function;
  const minute = Duration.minutes(1);
  return row(
    graph('Lag: iterator age, ms', [lambda.metric('IteratorAge', { statistic: 'Maximum', period: minute })]),
    graph('Invocations', [
      lambda.metricInvocations({ period: minute }),
      lambda.metricErrors({ period: minute }),
      lambda.metricThrottles({ period: minute }),
    ]),
    graph('Duration, ms', [
      lambda.metricDuration({ statistic: 'p50', period: minute, label: 'p50' }),
      lambda.metricDuration({ statistic: 'p99', period: minute, label: 'p99' }),
    ]),
    graph(
      'Events handed over and failed',
      [
        'PolledEventCount',
        'InvokedEventCount',
        'FailedInvokeEventCount',
        'OnFailureDestinationDeliveredEventCount',
        'DroppedEventCount',
      ].map((name) => mapping.metric(name)),
    ),
  );
}

function setAside({ pipeline }: PipelineDashboardProps): IWidget[] {
  return row(
    graph('Quarantine', counts(pipeline, 'Quarantined'), [quarantinePercentage(pipeline)]),
    graph('Parked and redriven', counts(pipeline, 'Parked', 'Redriven')),
    graph('Records parked now, fullest shard', [parkedRecords(pipeline)]),
    graph('Stopped by a budget', counts(pipeline, 'Stopped')),
  );
}

function commits({ pipeline, log }: PipelineDashboardProps): IWidget[] {
  return row(
    graph('Events', counts(pipeline, 'Events', 'Duplicates', 'Rows')),
    graph('Commits', counts(pipeline, 'Commits', 'LostSlots', 'Repaired', 'BatchesGivenBack')),
    graph('Snapshots', counts(pipeline, 'Snapshots', 'SnapshotsFailed')),
    graph('Write units and throttles of the log', [
      log.table.metricConsumedWriteCapacityUnits({ statistic: 'Sum' }),
      log.table.metric('WriteThrottleEvents', { statistic: 'Sum' }),
    ]),
  );
}

function lake({ tables }: PipelineDashboardProps): IWidget[] {
  const each = (name: string, statistic: 'Sum' | 'Maximum') => tables.map((table) => table.metric(name, statistic));
  return row(
    graph('Records into Firehose', each('IncomingRecords', 'Sum')),
    graph('Rows written as Parquet', each('SucceedConversion.Records', 'Sum')),
    graph('Rows that did not fit', each('FailedConversion.Records', 'Sum')),
    graph('Oldest row waiting, s', each('DeliveryToS3.DataFreshness', 'Maximum')),
  );
}

function counts(pipeline: string, ...names: readonly PipelineCount[]): IMetric[] {
  return names.map((name) => pipelineCount(pipeline, name));
}

type Graph = (width: number) => IWidget;

function graph(title: string, left: IMetric[], right: IMetric[] = []): Graph {
  return (width) => new GraphWidget({ title, left, right, width, height: 6, leftYAxis: { min: 0 } });
}

function row(...graphs: readonly Graph[]): IWidget[] {
  return graphs.map((each) => each(ROW_WIDTH / graphs.length));
}
