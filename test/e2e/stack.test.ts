import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import {
  GetRecordsCommand,
  type GetRecordsOutput,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
  waitUntilStreamExists,
} from '@aws-sdk/client-kinesis';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readObjects } from '../../adapters/s3/archive-store.ts';
import { verifyArchive } from '../../cli/archive.ts';
import { decodeArchived } from '../../core/archive/object.ts';
import type { StreamRecord } from '../../core/engine/record.ts';
import { runStack } from '../support/local-run.ts';

const MARKER = 'never-in-a-log-line';

const stateDir = mkdtempSync(join(tmpdir(), 'millrace-e2e-'));
let stack: Awaited<ReturnType<typeof runStack>>;
let kinesis: KinesisClient;

beforeAll(async () => {
  stack = await runStack({ stateDir });
  kinesis = new KinesisClient(stack.target.client);
}, 60_000);

afterAll(async () => {
  kinesis.destroy();
  await stack.close();
  rmSync(stateDir, { recursive: true });
}, 30_000);

const request = (id: string, data: object = {}) => ({
  specversion: '1.0',
  type: 'page.request',
  source: '/test',
  id,
  data: {
    host: `${MARKER}-${id.at(-1)}`,
    at: '2026-11-01T10:00:00Z',
    method: 'GET',
    url: `/${id}`,
    status: 200,
    bytes: 1,
    ...data,
  },
});

/** The key that producers put an event under; for what is no event, any. */
const hostOf = (document: object | string | Uint8Array): string =>
  (document as { readonly data?: { readonly host?: string } }).data?.host ?? 'nobody';

async function put(documents: readonly (object | string | Uint8Array)[]): Promise<void> {
  const bytes = (each: object | string | Uint8Array) =>
    each instanceof Uint8Array ? each : Buffer.from(typeof each === 'string' ? each : JSON.stringify(each));
  for (let i = 0; i < documents.length; i += 500) {
    const Records = documents.slice(i, i + 500).map((each) => ({ PartitionKey: hostOf(each), Data: bytes(each) }));
    const answer = await kinesis.send(new PutRecordsCommand({ StreamName: stack.outputs.streamName, Records }));
    expect(answer.FailedRecordCount).toBe(0);
  }
}

/** All that a shard holds. */
async function readShard(StreamName: string, ShardId: string): Promise<readonly StreamRecord[]> {
  const from = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
  let { ShardIterator: iterator } = await kinesis.send(new GetShardIteratorCommand(from));
  const records: StreamRecord[] = [];
  while (iterator) {
    const page: GetRecordsOutput = await kinesis.send(new GetRecordsCommand({ ShardIterator: iterator }));
    for (const { SequenceNumber = '', PartitionKey = '', ApproximateArrivalTimestamp, Data } of page.Records ?? []) {
      const arrivalMs = ApproximateArrivalTimestamp?.getTime() ?? 0;
      records.push({
        sequenceNumber: SequenceNumber,
        partitionKey: PartitionKey,
        arrivalMs,
        data: Data ?? new Uint8Array(),
      });
    }
    iterator = page.NextShardIterator;
  }
  return records;
}

async function readArchive(s3: S3Client, bucket: string) {
  const objects: { readonly name: string; readonly records: readonly StreamRecord[] }[] = [];
  for await (const { name, bytes } of readObjects(s3, bucket)) objects.push({ name, ...decodeArchived(bytes) });
  return objects;
}

const count = (table: string, where = 'true') => `SELECT count(*) FROM ${table} WHERE ${where}`;

describe('the synthesised stack on this machine', () => {
  it('counts 1,000 events once that stock clients put twice, and lists Parquet under the prefix of the template', async () => {
    const events = Array.from({ length: 1_000 }, (_, i) => request(`twice-${i}`));
    await put(events);
    await put(events);
    const mine = "event_id LIKE 'twice-%'";
    expect(await stack.until(count('page_requests', mine), 1_000)).toBe(1_000);
    expect(await stack.until(count('page_requests_rows', mine), 1_000)).toBe(1_000);

    const athena = new AthenaClient(stack.target.client);
    const { QueryExecutionId } = await athena.send(
      new StartQueryExecutionCommand({
        QueryString: count('page_requests', mine),
        WorkGroup: 'millrace-dev',
        QueryExecutionContext: { Database: 'millrace_dev' },
      }),
    );
    let state: string | undefined;
    while (state !== 'SUCCEEDED' && state !== 'FAILED') {
      state = (await athena.send(new GetQueryExecutionCommand({ QueryExecutionId }))).QueryExecution?.Status?.State;
    }
    const { ResultSet } = await athena.send(new GetQueryResultsCommand({ QueryExecutionId }));
    expect(ResultSet?.Rows?.[1]?.Data?.[0]?.VarCharValue).toBe('1000');
    athena.destroy();

    const s3 = new S3Client({ ...stack.target.client, forcePathStyle: true });
    const Bucket = stack.outputs.bucketName;
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket, Prefix: 'tables/page_requests/delivery_hour=' }),
    );
    expect(Contents.length).toBeGreaterThan(0);
    for (const { Key } of Contents) {
      expect(Key).toMatch(/^tables\/page_requests\/delivery_hour=\d{4}-\d\d-\d\d-\d\d\/.*\.parquet$/);
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
      expect([bytes.toString('latin1', 0, 4), bytes.toString('latin1', bytes.length - 4)]).toEqual(['PAR1', 'PAR1']);
    }
    s3.destroy();
  }, 30_000);

  it('puts a filtered and mapped stream into partitions by event day', async () => {
    await put([
      request('day-1', { url: '/shuttle/a.html', at: '1995-08-01T23:59:59.999Z' }),
      request('day-2', { url: '/shuttle/b.html', at: '1995-08-02T00:00:00Z' }),
      request('day-3', { url: '/logo.gif' }),
    ]);
    expect(await stack.until(count('page_views', "event_id LIKE 'day-%'"), 2)).toBe(2);
    const rows = await stack.query(
      "SELECT event_id, page, section, event_day, event_time FROM page_views WHERE event_id LIKE 'day-%' ORDER BY 1",
    );
    expect(rows).toEqual([
      ['day-1', '/shuttle/a.html', 'shuttle', '1995-08-01', '1995-08-01 23:59:59.999'],
      ['day-2', '/shuttle/b.html', 'shuttle', '1995-08-02', '1995-08-02 00:00:00.000'],
    ]);
  }, 30_000);

  it('keeps bad input whole in quarantine: put = lake + quarantined', async () => {
    const big = Buffer.alloc(1024 * 1024 - 100, 0xff);
    const bad = [
      Buffer.from([0xff, 0xfe]),
      `not json ${MARKER}`,
      '',
      '[1,2,3]',
      request('bad-type', { status: MARKER }),
      { ...request('bad-unknown'), type: 'nobody.knows' },
      { ...request('bad'), id: undefined },
      request('bad-0001', { at: '0001-01-01T00:00:00Z' }),
      request('bad-9999', { at: '9999-12-31T00:00:00Z' }),
      '['.repeat(10_000),
      JSON.stringify(request('bad-proto')).replace('"host"', '"__proto__":{},"host"'),
      Buffer.from('84mawgoGaG9zdC1h', 'base64'),
      request('bad-big', { url: `/${'x'.repeat(1_040_000)}` }),
      big,
    ];
    const before = Number((await stack.query(count('quarantine')))[0]?.[0]);
    await put([request('good-1'), ...bad, request('good-2')]);
    expect(await stack.until(count('quarantine'), before + bad.length)).toBe(before + bad.length);
    expect(await stack.until(count('page_requests', "event_id LIKE 'good-%'"), 2)).toBe(2);
    const rows = await stack.query('SELECT reason, payload, payload_location, payload_bytes FROM quarantine');
    expect(rows.map(([reason]) => reason).sort()).toEqual(
      [
        'broken-aggregate',
        'empty',
        'event-time',
        'event-time',
        'forbidden-key',
        'not-a-cloudevent',
        'not-a-cloudevent',
        'not-json',
        'not-utf8',
        'not-utf8',
        'schema',
        'schema',
        'too-deep',
        'unknown-type',
      ].sort(),
    );
    const [spilled] = rows.filter(([, , location]) => location !== null && String(location).startsWith('s3://'));
    expect(spilled).toBeDefined();
    const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(String(spilled?.[2])) ?? [];
    const s3 = new S3Client({ ...stack.target.client, forcePathStyle: true });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    expect((await Body?.transformToByteArray())?.length).toBe(spilled?.[3]);
    s3.destroy();
  }, 30_000);

  it('archives every record as it came, and finds out what becomes of the archive', async () => {
    const { archiveBucketName: Bucket, streamName: StreamName } = stack.outputs;
    const s3 = new S3Client({ ...stack.target.client, forcePathStyle: true });
    // What a closed shard still has is handed over at once.
    const { Shards = [] } = await kinesis.send(new ListShardsCommand({ StreamName }));
    for (const { ShardId, HashKeyRange } of Shards) {
      const [from, to] = [BigInt(HashKeyRange?.StartingHashKey ?? 0), BigInt(HashKeyRange?.EndingHashKey ?? 0)];
      const NewStartingHashKey = String((from + to) / 2n);
      await kinesis.send(new SplitShardCommand({ StreamName, ShardToSplit: ShardId, NewStartingHashKey }));
      await waitUntilStreamExists({ client: kinesis, maxWaitTime: 10, minDelay: 1 }, { StreamName });
    }
    const inStream = await Promise.all(Shards.map(({ ShardId = '' }) => readShard(StreamName, ShardId)));
    const archived = async () => (await readArchive(s3, Bucket)).flatMap(({ records }) => records);
    while ((await archived()).length < inStream.flat().length) await new Promise((resolve) => setTimeout(resolve, 250));
    const textOf = ({ sequenceNumber, partitionKey, arrivalMs, data }: StreamRecord) =>
      [sequenceNumber, partitionKey, arrivalMs, Buffer.from(data).toString('base64')].join(' ');
    expect((await archived()).map(textOf).sort()).toEqual(inStream.flat().map(textOf).sort());
    expect(await verifyArchive(s3, Bucket)).toMatchObject({
      findings: [],
      shards: Shards.map(({ ShardId: shardId }, n) => ({ shardId, records: inStream[n]?.length })),
    });

    const [name = '', ...others] = (await readArchive(s3, Bucket)).map((each) => each.name);
    expect(others.length).toBeGreaterThan(0);
    const { Body, Metadata } = await s3.send(new GetObjectCommand({ Bucket, Key: name }));
    const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
    const put = (Key: string, Body: Uint8Array) => s3.send(new PutObjectCommand({ Bucket, Key, Body, Metadata }));
    const found = async () => (await verifyArchive(s3, Bucket)).findings.map(({ what, object }) => [what, object]);
    const copy = name.replace(/dt=[\d-]+/, 'dt=2030-01-01');
    await put(copy, bytes);
    expect(await found()).toEqual([['twice', copy]]);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: copy }));
    await put(name, bytes.subarray(0, -100));
    expect(await found()).toEqual([
      ['damaged', name],
      ['missing', undefined],
    ]);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: name }));
    expect(await found()).toEqual([['missing', undefined]]);
    s3.destroy();
  }, 60_000);

  it('wrote log lines of its own and no payload into any', () => {
    const files = readdirSync(stateDir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.log'));
    const logs = files.map((file) => readFileSync(join(stateDir, file), 'utf8')).join('');
    expect(logs).toContain('records quarantined');
    expect(logs).not.toContain(MARKER);
    expect(stack.lines.join('\n')).not.toContain(MARKER);
  });
});
