import { AthenaClient } from '@aws-sdk/client-athena';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { Command } from 'commander';
import { type AlarmStatus, readAlarms } from './alarms.ts';
import type { Cell, Column } from './athena.ts';
import { type Figure, heartbeatFigure, readFigures } from './metrics.ts';
import { wholeNumber } from './options.ts';
import { type PartOutputs, type StageOutputs, stageOutputs } from './outputs.ts';
import { printTable, styled } from './table.ts';
import { countRows, lakeTables } from './tables.ts';
import { addTargetOptions, announceTarget, chooseTarget, type Target, type TargetOptions } from './target.ts';

interface Options extends TargetOptions {
  readonly minutes: number;
  readonly rows?: boolean;
  readonly json?: boolean;
}

/** What `--json` prints. Figures are over the last `minutes`; null where CloudWatch has none. */
export interface Status {
  readonly stage: string;
  readonly minutes: number;
  /** Heartbeats do not count as records in; their few bytes do, and they do per second. */
  readonly stream: { readonly name: string } & Readonly<Record<keyof typeof STREAM, Cell>>;
  /** Every part of every pipeline. */
  readonly pipelines: readonly ({ readonly name: string } & Readonly<Record<keyof typeof PIPELINE, Cell>>)[];
  /** Those of the stage, by name. */
  readonly alarms: readonly AlarmStatus[];
  /** `rows` is null when they were not counted. */
  readonly tables: readonly { readonly name: string; readonly rows: number | null }[];
}

type FigureOf<Subject> = (subject: Subject) => Figure;

const kinesis =
  (metric: string, take: Figure['take'] = 'Sum'): FigureOf<Stream> =>
  ({ streamName }) => ({ namespace: 'AWS/Kinesis', metric, dimensions: { StreamName: streamName }, take });
const own =
  (metric: string, take: Figure['take'] = 'Sum'): FigureOf<PartOutputs> =>
  ({ name }) => ({ namespace: 'Millrace', metric, dimensions: { service: name }, take });
const lambda =
  (metric: string, take: Figure['take']): FigureOf<PartOutputs> =>
  ({ functionName }) => ({ namespace: 'AWS/Lambda', metric, dimensions: { FunctionName: functionName }, take });

type Stream = Pick<StageOutputs, 'streamName'> & Pick<Target, 'stage'>;

const STREAM = {
  recordsPerSecond: kinesis('IncomingRecords', 'PerSecond'),
  recordsIn: kinesis('IncomingRecords'),
  bytesIn: kinesis('IncomingBytes'),
  heartbeats: ({ stage }: Stream) => heartbeatFigure(stage),
  writesThrottled: kinesis('WriteProvisionedThroughputExceeded'),
};

const PIPELINE = {
  eventsPerSecond: own('Events', 'PerSecond'),
  events: own('Events'),
  duplicates: own('Duplicates'),
  quarantined: own('Quarantined'),
  /** The most that one shard held at a time; `millrace redrive --dry-run` counts what all hold now. */
  parkedRecords: own('ParkedRecords', 'Maximum'),
  rows: own('Rows'),
  commits: own('Commits'),
  invocations: lambda('Invocations', 'Sum'),
  errors: lambda('Errors', 'Sum'),
  throttles: lambda('Throttles', 'Sum'),
  lagMs: lambda('IteratorAge', 'Latest'),
};

/** Columns for people; work done has a table of its own. */
const HEALTH = ['name', 'eventsPerSecond', 'lagMs', 'errors', 'throttles', 'quarantined', 'parkedRecords'];
const WORK = ['name', 'events', 'duplicates', 'rows', 'commits', 'invocations'];

const EXAMPLES = `
Examples:
  $ npx millrace status
  $ npx millrace status --minutes 180 --json
  $ npx millrace status --aws --stage prod --rows`;

/** `millrace status`: what went in, what came out, how far behind each pipeline is, and which alarms are on. */
export function register(program: Command): void {
  const command = program
    .command('status')
    .description('show throughput, lag, errors, alarms, rows, what was quarantined and what is parked')
    .option('--minutes <n>', 'look back this far', wholeNumber(1, 1_440), 60)
    .option('--rows', 'count the rows of every table (on AWS a query that Athena bills; a local run does so anyway)')
    .option('--no-rows', 'do not count the rows of the tables')
    .option('--json', 'print an object for scripts')
    .addHelpText('after', EXAMPLES);
  addTargetOptions(command).action(async (options: Options) => {
    const target = chooseTarget(options);
    announceTarget(target);
    const status = await readStatus(target, options.minutes, options.rows ?? target.isLocal);
    console.log(options.json ? JSON.stringify(status, null, 2) : describeStatus(status));
  });
}

export async function readStatus(target: Target, minutes: number, withRows: boolean): Promise<Status> {
  const outputs = await stageOutputs(target);
  const cloudWatch = new CloudWatchClient(target.client);
  const athena = new AthenaClient(target.client);
  try {
    const figures = [
      ...Object.values(STREAM).map((figure) => figure({ ...outputs, stage: target.stage })),
      ...outputs.parts.flatMap((part) => Object.values(PIPELINE).map((figure) => figure(part))),
    ];
    const values = [...(await readFigures(cloudWatch, figures, minutes, Date.now()))];
    const take = <Names extends object>(names: Names) =>
      Object.fromEntries(Object.keys(names).map((name) => [name, values.shift() ?? null])) as Record<keyof Names, Cell>;
    const stream = withoutHeartbeats({ name: outputs.streamName, ...take(STREAM) });
    const pipelines = outputs.parts.map(({ name }) => ({ name, ...take(PIPELINE) }));
    const tables = await lakeTables(target, outputs);
    const counts = withRows ? await countRows(athena, outputs, tables) : new Map<string, number>();
    const counted = tables.map((name) => ({ name, rows: counts.get(name) ?? null }));
    const alarms = await readAlarms(cloudWatch, target.stage);
    return { stage: target.stage, minutes, stream, pipelines, alarms, tables: counted };
  } finally {
    cloudWatch.destroy();
    athena.destroy();
  }
}

function withoutHeartbeats(stream: Status['stream']): Status['stream'] {
  const { recordsIn, heartbeats } = stream;
  if (recordsIn === null) return stream;
  return { ...stream, recordsIn: Math.max(0, Number(recordsIn) - Number(heartbeats)) }; // one may be told before the other
}

type Row = Readonly<Record<string, Cell>>;

export function describeStatus({ minutes, stream, pipelines, alarms, tables }: Status): string {
  const section = (title: string, rows: readonly Row[], names = Object.keys(rows[0] ?? {})) => {
    const columns = names.map((name): Column => ({ name, type: '' }));
    const cells = rows.map((row) => columns.map(({ name }) => row[name] ?? null));
    return `${styled('bold', title)}\n${printTable(columns, cells, true)}`;
  };
  return [
    section(`Stream, last ${minutes} minutes`, [stream]),
    section(`Pipelines, last ${minutes} minutes`, pipelines, HEALTH),
    section('Work done', pipelines, WORK),
    describeAlarms(alarms),
    section('Tables', tables),
  ].join('\n\n');
}

/** `Alarms: 1 ALARM, 19 OK`, and those that are on with what they mean. */
function describeAlarms(alarms: readonly AlarmStatus[]): string {
  const counts = ['ALARM', 'INSUFFICIENT_DATA', 'OK'].map(
    (state) => [alarms.filter((alarm) => alarm.state === state).length, state] as const,
  );
  const shown = counts.filter(([count]) => count > 0).map(([count, state]) => `${count} ${state}`);
  const on = alarms
    .filter(({ state }) => state === 'ALARM')
    .map(({ name, since, reason, meaning }) => `  ${name}, since ${since}\n    ${meaning}\n    ${reason}`);
  return [styled('bold', `Alarms: ${shown.join(', ') || 'none'}`), ...on].join('\n');
}
