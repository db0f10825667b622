import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import * as z from 'zod';
import { type CloudEvent, createEvent, event } from '../../core/event/index.ts';

export const BATCH_EVENTS = 500;
export const SHARD = 'shardId-000000000000';
const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/requests';
const FIRST_ARRIVAL_MS = Date.parse('2026-03-02T08:00:00Z');
const EVENTS_PER_MS = 2;
/** A copy is of one of so many records before its batch: a producer's retry after some seconds. */
const RETRY_WITHIN_RECORDS = 5_000;
const AGENT =
  'Mozilla/5.0 (Linux; Android 16; Pixel 10 Pro Build/BP2A.250605.031; wv) AppleWebKit/537.36 (KHTML, like Gecko) ' +
  'Version/4.0 Chrome/140.0.7339.51 Mobile Safari/537.36';

/** The one type of event there is. */
export const Request = event('bench.request', {
  version: 1,
  key: 'host',
  time: 'at',
  schema: z.object({
    host: z.string().max(255),
    at: z.iso.datetime(),
    method: z.enum(['GET', 'POST']),
    url: z.string().max(8192),
    referrer: z.string().max(8192),
    agent: z.string().max(1024),
    status: z.int().min(100).max(599),
    bytes: z.int().min(0),
  }),
});

export interface Workload {
  /** What the event source mapping hands over, one invocation each. */
  readonly batches: readonly KinesisStreamEvent[];
  readonly events: number;
  readonly duplicates: number;
  /** The rows that must come out, by event id. */
  readonly rows: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
}

/** `events` records of one shard, one in ten of which is an event put a second time. The first copy is always of an
 *  earlier batch, so the first batch has none.
 *  @param name makes the ids: events of workloads with different names are different.
 *  @param after records of the shard that came before. */
export function workload(name: string, events: number, after = 0): Workload {
  const records: KinesisStreamRecord[] = [];
  const rows = new Map<string, Readonly<Record<string, unknown>>>();
  for (let i = 0; i < events; i++) {
    if (isDuplicate(i, events)) {
      const { kinesis } = records[originalOf(i)] as KinesisStreamRecord;
      records.push(record(after + i, kinesis.partitionKey, kinesis.data));
      continue;
    }
    const cloudEvent = request(name, i);
    records.push(record(after + i, cloudEvent.data.host, Buffer.from(JSON.stringify(cloudEvent)).toString('base64')));
    rows.set(cloudEvent.id, row(cloudEvent, records[i] as KinesisStreamRecord));
  }
  return { batches: batchesOf(records), events, duplicates: events - rows.size, rows };
}

/** A tenth of all events, spread evenly over every batch but the first. */
function isDuplicate(i: number, events: number): boolean {
  if (i < BATCH_EVENTS) return false;
  const until = (records: number) => Math.floor((records * events) / 10 / (events - BATCH_EVENTS));
  return until(i + 1 - BATCH_EVENTS) > until(i - BATCH_EVENTS);
}

function originalOf(i: number): number {
  const batchFrom = i - (i % BATCH_EVENTS);
  const reach = Math.min(batchFrom, RETRY_WITHIN_RECORDS);
  return batchFrom - reach + ((i * 7_919) % reach);
}

/** An event of about 500 bytes. */
function request(name: string, i: number): CloudEvent & { readonly data: z.infer<typeof Request.schema> } {
  const path = `/shop/${['shoes', 'hats', 'coats', 'bags'][i % 4]}/${String(i).padStart(8, '0')}`;
  const data = {
    host: `${i % 251}.${i % 241}.example.net`,
    at: new Date(FIRST_ARRIVAL_MS + i / EVENTS_PER_MS).toISOString(),
    method: i % 5 === 0 ? ('POST' as const) : ('GET' as const),
    url: `https://www.example.net${path}?colour=blue&size=${i % 50}`,
    referrer: `https://www.example.net/search?q=${i % 997}`,
    agent: AGENT,
    status: 200,
    bytes: (i * 37) % 90_000,
  };
  return { ...createEvent(Request, { id: `${name}/${i}`, source: '/bench/web', data }), data };
}

function row({ id, source, data }: ReturnType<typeof request>, { kinesis }: KinesisStreamRecord) {
  return {
    event_id: id,
    event_source: source,
    event_time: data.at,
    shard_id: SHARD,
    sequence_number: kinesis.sequenceNumber,
    ...data,
  };
}

function record(n: number, partitionKey: string, data: string): KinesisStreamRecord {
  const sequenceNumber = `49${String(n + 1).padStart(54, '0')}`;
  return {
    awsRegion: 'us-east-1',
    eventID: `${SHARD}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventSourceARN: ARN,
    eventVersion: '1.0',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/process',
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey,
      sequenceNumber,
      data,
      approximateArrivalTimestamp: (FIRST_ARRIVAL_MS + n / EVENTS_PER_MS) / 1000,
    },
  };
}

function batchesOf(records: readonly KinesisStreamRecord[]): readonly KinesisStreamEvent[] {
  return Array.from({ length: Math.ceil(records.length / BATCH_EVENTS) }, (_, batch) => ({
    Records: records.slice(batch * BATCH_EVENTS, (batch + 1) * BATCH_EVENTS),
  }));
}
