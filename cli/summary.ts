import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { FirehoseClient, ListDeliveryStreamsCommand } from '@aws-sdk/client-firehose';
import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { Plan } from '../core/pipeline/index.ts';
import type { Lake } from './lake.ts';
import { heartbeatFigure, readFigures } from './metrics.ts';
import type { StageOutputs } from './outputs.ts';
import type { Target } from './target.ts';

/** What a run came to, counted where it arrived: at the services and by SQL, never at the producer. */
export interface Summary {
  /** Records the stream took, heartbeats apart. */
  readonly put: number;
  /** Rows of the table that every event comes to, copies included. */
  readonly inLake: number;
  /** The same through the view that reads each id once. */
  readonly distinct: number;
  readonly quarantined: number;
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
}

const METRIC_MINUTES = 60;

export async function summarise(
  lake: Lake,
  target: Target,
  outputs: StageOutputs,
  plan: Plan,
  elapsedSeconds: number,
): Promise<Summary> {
  const counts = await lake.counts();
  const [records = 0, heartbeats = 0, dynamoWriteUnits = 0, ...firehose] = await serviceCounts(target, outputs, plan);
  const everyEvent = counts[lake.everyEvent];
  return {
    put: records - heartbeats,
    inLake: everyEvent?.rows ?? 0,
    distinct: everyEvent?.distinct ?? 0,
    quarantined: counts.quarantine?.distinct ?? 0,
    dynamoWriteUnits,
    firehoseRecords: firehose.reduce((sum, each) => sum + each, 0),
    ...(await objectCounts(target, outputs.bucketName)),
    elapsedSeconds: Number(elapsedSeconds.toFixed(1)),
    tables: Object.fromEntries(Object.entries(counts).map(([name, { distinct }]) => [name, distinct])),
  };
}

async function serviceCounts(target: Target, outputs: StageOutputs, plan: Plan): Promise<readonly number[]> {
  const table = outputs.parts.find(({ name }) => name === plan.name)?.logTableName ?? '';
  const sum = (namespace: string, metric: string, dimensions: Record<string, string>) =>
    ({ namespace, metric, dimensions, take: 'Sum' }) as const;
  const streams = await deliveryStreams(target);
  const figures = [
    sum('AWS/Kinesis', 'IncomingRecords', { StreamName: outputs.streamName }),
    heartbeatFigure(target.stage),
    sum('AWS/DynamoDB', 'ConsumedWriteCapacityUnits', { TableName: table }),
    ...streams.map((name) => sum('AWS/Firehose', 'IncomingRecords', { DeliveryStreamName: name })),
  ];
  const cloudWatch = new CloudWatchClient(target.client);
  try {
    const values = await readFigures(cloudWatch, figures, METRIC_MINUTES, Date.now());
    return values.map((value) => value ?? 0);
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
  return [
    ['events put to the stream', summary.put],
    ['rows in the lake', summary.inLake],
    ['distinct events in the lake', summary.distinct],
    ['records in quarantine', summary.quarantined],
    ...Object.entries(summary.tables)
      .filter(([name]) => name !== 'quarantine')
      .map(([name, rows]) => [`rows of ${name}`, rows] as const),
    ['DynamoDB write units', summary.dynamoWriteUnits],
    ['write units per event', Number((summary.dynamoWriteUnits / Math.max(1, summary.put)).toFixed(4))],
    ['Firehose records', summary.firehoseRecords],
    ['Parquet objects in S3', summary.s3Objects],
    ['objects not delivered', summary.undelivered],
    ['seconds, synthesis included', summary.elapsedSeconds],
  ];
}

/** What does not add up, as sentences; `sent` is what the producer meant to put. */
export function checkSummary(summary: Summary, sent: number): readonly string[] {
  const { put, inLake, distinct, quarantined, undelivered } = summary;
  return [
    put === sent ? '' : `${sent} events were sent and the stream took ${put}`,
    distinct + quarantined === put
      ? ''
      : `${put} were put; ${distinct} are in the lake and ${quarantined} in quarantine`,
    inLake >= distinct ? '' : `the view has ${distinct} rows and the table behind it ${inLake}`,
    undelivered === 0 ? '' : `${undelivered} objects were not delivered; look under errors/ and aws/lambda/`,
  ].filter((fault) => fault !== '');
}
