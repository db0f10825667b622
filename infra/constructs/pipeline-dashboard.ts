import { Aws, Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { resourceName } from '../names.ts';
import type { CommitLog } from './commit-log.ts';
import type { EventStream } from './event-stream.ts';
import { type PipelineCount, parkedRecords, pipelineCount, quarantinePercentage } from './pipeline-metrics.ts';
import type { PipelinePart } from './pipeline-part.ts';
import type { PipelineSinks } from './pipeline-sinks.ts';

export interface PipelineDashboardProps {
  readonly config: StageConfig;
  readonly pipeline: string;
  readonly description: string;
  readonly parts: readonly PipelinePart[];
  readonly log: CommitLog;
  readonly sinks: PipelineSinks;
}

const ROW_WIDTH = 24;

/** A pipeline on one page, in the order in which the events flow. */
export class PipelineDashboard extends Construct {
  /** Address in the AWS console. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: PipelineDashboardProps) {
    super(scope, id);
    const { config, pipeline, parts, log, sinks } = props;
    const dashboardName = resourceName(config.stage, pipeline);
    const dashboard = new Dashboard(this, 'Resource', { dashboardName, defaultInterval: Duration.hours(3) });
    const rows = [
      head(props),
      ...parts.flatMap((part, hop) => partRows(part, hop, log)),
      lake(sinks),
      ...outside(sinks),
    ];
    for (const row of rows) dashboard.addWidgets(...row);
    this.url = `https://${Aws.REGION}.console.aws.amazon.com/cloudwatch/home?region=${Aws.REGION}#dashboards/dashboard/${dashboardName}`;
  }
}

function head({ pipeline, description, parts }: PipelineDashboardProps): IWidget[] {
  const markdown = `# ${pipeline}\n${description}\n\nAlarms and what to do: docs/runbook.md`;
  const alarms = parts.flatMap((part) => part.alarms);
  return [
    new TextWidget({ markdown, width: ROW_WIDTH / 2, height: 4 }),
    new AlarmStatusWidget({ title: 'Alarms', alarms, width: ROW_WIDTH / 2, height: 4 }),
  ];
}

/** The log is of all parts: it is shown with the first. */
function partRows(part: PipelinePart, hop: number, log: CommitLog): IWidget[][] {
  const title = new TextWidget({ markdown: `## ${part.pipeline}: behind hop ${hop}`, width: ROW_WIDTH, height: 1 });
  return [
    ...(hop > 0 ? [[title]] : []),
    stream(part.source, hop === 0 ? 'Records put, heartbeats among them' : 'Records put'),
    processing(part),
    setAside(part),
    commits(part, hop === 0 ? log : undefined),
  ];
}

function stream({ stream }: EventStream, title: string): IWidget[] {
  const sum = { statistic: 'Sum', period: Duration.minutes(1) };
  return row(
    graph(title, [stream.metricIncomingRecords(sum)]),
    graph('Bytes put', [stream.metricIncomingBytes(sum)]),
    graph('Turned away by shard limits', [
      stream.metricWriteProvisionedThroughputExceeded({ ...sum, label: 'writes' }),
      stream.metricReadProvisionedThroughputExceeded({ ...sum, label: 'reads' }),
    ]),
  );
}

function processing({ process, mapping }: PipelinePart): IWidget[] {
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

function setAside({ pipeline }: PipelinePart): IWidget[] {
  return row(
    graph('Quarantine', counts(pipeline, 'Quarantined'), [quarantinePercentage(pipeline)]),
    graph('Parked and redriven', counts(pipeline, 'Parked', 'Redriven')),
    graph('Records parked now, fullest shard', [parkedRecords(pipeline)]),
    graph('Stopped by a budget', counts(pipeline, 'Stopped')),
  );
}

function commits({ pipeline }: PipelinePart, log: CommitLog | undefined): IWidget[] {
  const units =
    log &&
    graph('Write units and throttles of the log', [
      log.table.metricConsumedWriteCapacityUnits({ statistic: 'Sum' }),
      log.table.metric('WriteThrottleEvents', { statistic: 'Sum' }),
    ]);
  return row(
    graph('Events', counts(pipeline, 'Events', 'Duplicates', 'Rows')),
    graph('Commits', counts(pipeline, 'Commits', 'LostSlots', 'Repaired', 'BatchesGivenBack')),
    graph('Snapshots', counts(pipeline, 'Snapshots', 'SnapshotsFailed')),
    ...(units ? [units] : []),
  );
}

function lake({ tables }: PipelineSinks): IWidget[] {
  const each = (name: string, statistic: 'Sum' | 'Maximum') => tables.map((table) => table.metric(name, statistic));
  return row(
    graph('Records into Firehose', each('IncomingRecords', 'Sum')),
    graph('Rows written as Parquet', each('SucceedConversion.Records', 'Sum')),
    graph('Rows that did not fit', each('FailedConversion.Records', 'Sum')),
    graph('Oldest row waiting, s', each('DeliveryToS3.DataFreshness', 'Maximum')),
  );
}

/** Alerts, views and streams for others, as far as there are any. */
function outside({ alerts, views, streams }: PipelineSinks): IWidget[][] {
  const sum = { statistic: 'Sum', period: Duration.minutes(5) };
  const shown = [
    alerts.length > 0 &&
      graph('Alerts told, and failed', [
        ...alerts.map(({ alert, topic }) => topic.metricNumberOfMessagesPublished({ ...sum, label: alert })),
        ...alerts.map(({ alert, topic }) =>
          topic.metricNumberOfNotificationsFailed({ ...sum, label: `${alert}, failed` }),
        ),
      ]),
    views.length > 0 &&
      graph(
        'Write units of views',
        views.map(({ view, table }) => table.metricConsumedWriteCapacityUnits({ ...sum, label: view })),
      ),
    streams.size > 0 &&
      graph(
        'Records put to streams for others',
        [...streams].map(([sink, { stream }]) => stream.metricIncomingRecords({ ...sum, label: sink })),
      ),
  ].filter((each) => each !== false);
  return shown.length > 0 ? [row(...shown)] : [];
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
