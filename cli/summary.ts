import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { FirehoseClient, ListDeliveryStreamsCommand } from '@aws-sdk/client-firehose';
import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { Plan } from '../core/pipeline/index.ts';
import { type Count, everyEvent, type Lake } from './lake.ts';
import { heartbeatFigure, readFigures } from './metrics.ts';
import type { StageOutputs } from './outputs.ts';
import type { StageServices } from './stage-services.ts';
import { readStanding, type Standing } from './standing.ts';
import type { Target } from './target.ts';
import { viewCounts } from './view-counts.ts';

/** What a run came to, counted where it arrived: at the services, in the logs and by SQL, never at the producer. */
export interface Summary extends Standing {
  /** Records the stream took, heartbeats apart. */
  readonly put: number;
  /** Rows of the tables that every event comes to, copies included; null for a pipeline without. */
  readonly inLake: number | null;
  /** The same through the views that read each id once. */
  readonly distinct: number | null;
  /** Records of the stream in quarantine. */
  readonly quarantined: number;
  /** Events that came again. */
  readonly duplicates: number;
  /** Records that the pipeline's `decode` ignores. */
  readonly ignored: number;
  /** Write units of the commit log. */
  readonly dynamoWriteUnits: number;
  /** Records that Firehose took, many rows in each. */
  readonly firehoseRecords: number;
  /** Parquet objects under `tables/`. */
  readonly s3Objects: number;
  /** Objects under `errors/` and `aws/lambda/`: what Firehose or the mapping could not deliver. */
  readonly undelivered: number;
  readonly elapsedSeconds: number;
  /** Distinct rows by table. */
  readonly tables: Readonly<Record<string, number>>;
  /** Keys by view, and alerts told. */
  readonly views: Readonly<Record<string, number>>;
  readonly alerts: Readonly<Record<string, number>>;
}

/** What a run is counted by. */
export interface Counted {
  readonly target: Target;
  readonly outputs: StageOutputs;
  readonly services: StageServices;
  readonly lake: Lake;
  readonly alerts: Summary['alerts'];
  readonly elapsedSeconds: number;
}

const METRIC_MINUTES = 60;

export async function summarise({ target, outputs, services, lake, ...told }: Counted): Promise<Summary> {
  const { plan } = lake;
  // At once: the queries run beside this thread.
  const [counts, quarantined, standing, served, objects, views] = await Promise.all([
    lake.counts(),
    lake.quarantined(),
    readStanding(plan, outputs, services),
    serviceCounts(target, outputs, plan),
    objectCounts(target, outputs.bucketName),
    viewCounts(target, plan),
  ]);
  const tables = everyEvent(plan);
  const inAll = (of: keyof Count) =>
    tables === undefined ? null : tables.reduce((sum, table) => sum + (counts[table]?.[of] ?? 0), 0);
  return {
    ...served,
    ...standing,
    inLake: inAll('rows'),
    distinct: inAll('distinct'),
    quarantined,
    ...objects,
    elapsedSeconds: Number(told.elapsedSeconds.toFixed(1)),
    tables: Object.fromEntries(Object.entries(counts).map(([name, { distinct }]) => [name, distinct])),
    views,
    alerts: told.alerts,
  };
}

async function serviceCounts(target: Target, outputs: StageOutputs, plan: Plan) {
  const table = outputs.parts.find(({ name }) => name === plan.name)?.logTableName ?? '';
  const sum = (namespace: string, metric: string, dimensions: Record<string, string>) =>
    ({ namespace, metric, dimensions, take: 'Sum' }) as const;
  const streams = await deliveryStreams(target);
  const figures = [
    sum('AWS/Kinesis', 'IncomingRecords', { StreamName: outputs.streamName }),
    heartbeatFigure(target.stage),
    sum('AWS/DynamoDB', 'ConsumedWriteCapacityUnits', { TableName: table }),
    sum('Millrace', 'Duplicates', { service: plan.name }),
    sum('Millrace', 'Skipped', { service: plan.name }),
    ...streams.map((name) => sum('AWS/Firehose', 'IncomingRecords', { DeliveryStreamName: name })),
  ];
  const cloudWatch = new CloudWatchClient(target.client);
  try {
    const values = await readFigures(cloudWatch, figures, METRIC_MINUTES, Date.now());
    const counts = values.map((value) => value ?? 0);
    const [records = 0, heartbeats = 0, dynamoWriteUnits = 0, duplicates = 0, ignored = 0, ...firehose] = counts;
    const firehoseRecords = firehose.reduce((total, each) => total + each, 0);
    return { put: records - heartbeats, dynamoWriteUnits, duplicates, ignored, firehoseRecords };
  } finally {
    cloudWatch.destroy();
  }
}

/** Names of the stage's delivery streams: one call lists up to 10,000, and a stage has one a table. */
async function deliveryStreams(target: Target): Promise<readonly string[]> {
  const firehose = new FirehoseClient(target.client);
  try {
    const { DeliveryStreamNames = [] } = await firehose.send(new ListDeliveryStreamsCommand({ Limit: 10_000 }));
    return DeliveryStreamNames.filter((name) => name.startsWith(`millrace-${target.stage}-`));
  } finally {
    firehose.destroy();
  }
}

async function objectCounts(target: Target, bucket: string): Promise<{ s3Objects: number; undelivered: number }> {
  const s3 = new S3Client({ ...target.client, forcePathStyle: true });
  try {
    const keys: string[] = [];
    for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket })) {
      keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
    }
    const under = (...prefixes: string[]) => keys.filter((key) => prefixes.some((prefix) => key.startsWith(prefix)));
    return { s3Objects: under('tables/').length, undelivered: under('errors/', 'aws/lambda/').length };
  } finally {
    s3.destroy();
  }
}

/** The summary for people: what is counted, and how many. */
export function describeSummary(summary: Summary): readonly (readonly [string, number])[] {
  const { inLake, distinct, tables } = summary;
  const entries = (of: Readonly<Record<string, number>>, label: (name: string) => string) =>
    Object.entries(of).map(([name, count]) => [label(name), count] as const);
  const unlessNone = (label: string, count: number) => (count > 0 ? [[label, count] as const] : []);
  const { quarantine = 0, ...own } = tables;
  return [
    ['events put to the stream', summary.put],
    ...(inLake === null ? [] : [['rows in the lake', inLake] as const]),
    distinct === null ? ['distinct events taken in', summary.taken] : ['distinct events in the lake', distinct],
    ...unlessNone('events that came again', summary.duplicates),
    ...unlessNone('records that decode ignores', summary.ignored),
    ['records in quarantine', quarantine],
    ...unlessNone('records parked', summary.parked),
    ...entries(own, (name) => `rows of ${name}`),
    ...entries(summary.views, (name) => `keys in the view ${name}`),
    ...entries(summary.alerts, (name) => `alerts of ${name}`),
    ['DynamoDB write units', summary.dynamoWriteUnits],
    ['write units per event', Number((summary.dynamoWriteUnits / Math.max(1, summary.put)).toFixed(4))],
    ['Firehose records', summary.firehoseRecords],
    ['Parquet objects in S3', summary.s3Objects],
    ['objects not delivered', summary.undelivered],
    ['seconds, synthesis included', summary.elapsedSeconds],
  ];
}

/** What of the results is still to come, as a sentence; undefined when that is nothing. */
export function describeWaiting({ waiting }: Standing): string | undefined {
  const steps = Object.entries(waiting).map(
    ([step, keys]) => `${step} (${keys.toLocaleString('en-US')} ${keys === 1 ? 'key' : 'keys'})`,
  );
  if (steps.length === 0) return undefined;
  return `event time stands where the events end, so windows still open there are in no table yet: ${steps.join(', ')}`;
}

/** What does not add up, as sentences; `sent` is what the producer meant to put. Each record of the stream must have been
 *  taken in once, quarantined, recognised as one that came before, or ignored; and where all events come to tables, they
 *  must be there. */
export function checkSummary(summary: Summary, sent: number): readonly string[] {
  const { put, taken, inLake, distinct, quarantined, duplicates, ignored, parked, undelivered } = summary;
  const known = taken + quarantined + duplicates + ignored;
  return [
    put === sent ? '' : `${sent} events were sent and the stream took ${put}`,
    known === put
      ? ''
      : `${put} were put; ${taken} were taken in, ${quarantined} are in quarantine, ${duplicates} came again and ` +
        `${ignored} are ignored`,
    parked === 0 ? '' : `${parked} records are parked, since a step threw`,
    distinct === null || parked > 0 || distinct === taken ? '' : `${taken} were taken in; ${distinct} are in the lake`,
    (inLake ?? 0) >= (distinct ?? 0) ? '' : `the views have ${distinct} rows and the tables behind them ${inLake}`,
    undelivered === 0 ? '' : `${undelivered} objects were not delivered; look under errors/ and aws/lambda/`,
  ].filter((fault) => fault !== '');
}
