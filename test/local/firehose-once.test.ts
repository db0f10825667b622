import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import protobuf from 'protobufjs/minimal.js';
import type { FirehoseOptions } from '../../local/services/firehose/firehose.ts';
import { createKinesis, type Kinesis } from '../../local/services/kinesis/kinesis.ts';
import {
  base64,
  lambdaOf,
  type ObjectStore,
  openObjectStore,
  processing,
  processor,
  ROLE,
  type RunningFirehose,
  runFirehose,
  textOf,
} from '../support/firehose-service.ts';
import { provision, serve } from '../support/lake-services.ts';

const STREAM_ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/events';
const SOURCE = {
  DeliveryStreamType: 'KinesisStreamAsSource',
  KinesisStreamSourceConfiguration: { KinesisStreamARN: STREAM_ARN, RoleARN: ROLE },
};

let store: ObjectStore;
let directory = '';
let opened: RunningFirehose[] = [];

beforeAll(async () => {
  store = await openObjectStore();
});
afterEach(async () => {
  for (const running of opened) await running.close();
  opened = [];
  store.objects.clear();
  store.refuses = () => false;
  store.taken = () => {};
  rmSync(directory, { recursive: true, force: true });
});
afterAll(() => store.close());

async function open(stateDir: string | undefined, options: Partial<FirehoseOptions> = {}) {
  const running = await runFirehose(store, options, { stateDir });
  opened.push(running);
  return running;
}

const newDirectory = () => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-once-'));
  return directory;
};

/** What is on the disk and in S3 at one moment: all that a killed run leaves. */
interface Moment {
  readonly stateDir: string;
  readonly objects: ObjectStore['objects'];
}

/** Takes note of the moment at which each object is written: before the journal says so. */
function moments(stateDir: string): Moment[] {
  const found: Moment[] = [];
  store.taken = () => {
    const copy = `${stateDir}-${found.length}`;
    cpSync(stateDir, copy, { recursive: true });
    found.push({ stateDir: copy, objects: new Map(store.objects) });
  };
  return found;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

const rowsIn = (prefix: string) => store.text(prefix).split('\n').filter(Boolean).sort();

describe('Firehose: what is accepted is delivered once', () => {
  const upper = lambdaOf(({ records }) => ({
    records: records.map((record) => ({
      recordId: record.recordId,
      result: textOf(record).includes('drop') ? 'Dropped' : textOf(record).includes('fail') ? 'ProcessingFailed' : 'Ok',
      data: base64(textOf(record).toUpperCase()),
    })),
  }));
  const destination = {
    Prefix: 'day=!{partitionKeyFromQuery:day}/',
    ErrorOutputPrefix: 'bad/!{firehose:error-output-type}/',
    BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
    DynamicPartitioningConfiguration: { Enabled: true },
    S3BackupMode: 'Enabled',
    S3BackupConfiguration: { BucketARN: 'arn:aws:s3:::copy', RoleARN: ROLE },
    ...processing(
      processor('RecordDeAggregation', { SubRecordType: 'JSON' }),
      processor('Lambda', { LambdaArn: 'f', BufferSizeInMBs: 1, BufferIntervalInSeconds: 0 }),
      processor('MetadataExtraction', { MetadataExtractionQuery: '{day: .DAY}', JsonParsingEngine: 'JQ-1.6' }),
      processor('AppendDelimiterToRecord'),
    ),
  };
  const record = (i: number) =>
    [`{"day":"d${i % 3}","id":${i}}`, i % 2 ? `{"day":"d1","also":${i}}` : `{"day":"drop ${i}"}`].join('');
  const all = Array.from({ length: 8 }, (_, i) => (i === 5 ? '{"day":"fail"}' : i === 6 ? 'broken' : record(i)));
  const rows = all
    .flatMap((text) => text.match(/\{[^}]*\}/g) ?? [])
    .filter((text) => !/drop|fail/.test(text))
    .map((text) => text.toUpperCase())
    .sort();

  it('after SIGKILL at each object it writes, through every step there is', async () => {
    const stateDir = join(newDirectory(), 'state');
    const written = moments(stateDir);
    const first = await open(stateDir, { lambda: upper, bufferSeconds: 600 });
    await first.make(destination);
    await first.put(...all.slice(0, 4));
    await first.put(...all.slice(4));
    await first.service.close();
    // Three days, failures of the function and of the splitting in one object, and the backup
    expect(written).toHaveLength(5);
    const check = () => {
      expect(rowsIn('lake/day=')).toEqual(rows);
      expect(rowsIn('lake/bad/').map((line) => JSON.parse(line).errorCode)).toEqual([
        'DynamicPartitioning.MetadataExtractionFailed',
        'Lambda.ProcessingFailedStatus',
      ]);
      expect(store.text('copy/')).toBe(all.join(''));
    };
    check();
    store.taken = () => {};
    for (const moment of written) {
      store.objects = new Map(moment.objects);
      const again = await open(moment.stateDir, { lambda: upper, bufferSeconds: 600 });
      await again.make(destination);
      await again.service.close();
      check();
      const [folder = ''] = readdirSync(join(moment.stateDir, 'firehose'));
      expect(readdirSync(join(moment.stateDir, 'firehose', folder))).toEqual([]);
    }
  });

  it('forgets nothing that was put after the last delivery, and knows what is delivered already', async () => {
    const stateDir = join(newDirectory(), 'state');
    const first = await open(stateDir, { bufferSeconds: 0 });
    await first.make({});
    await first.put('1\n', '2\n');
    await first.service.delivered();
    await first.put('3\n');
    await first.service.delivered();
    cpSync(stateDir, `${stateDir}-copy`, { recursive: true });
    const second = await open(`${stateDir}-copy`, { bufferSeconds: 600 });
    await second.make({});
    expect(second.lines.join()).not.toContain('earlier run');
    await second.put('4\n');
    await second.service.close();
    expect(rowsIn('lake/')).toEqual(['1', '2', '3', '4']);
  });
});

/** Records of the Kinesis Producer Library in one, by its format description. */
function aggregated(users: readonly (readonly [key: string, data: string])[]): Buffer {
  const message = protobuf.Writer.create();
  const keys = [...new Set(users.map(([key]) => key))];
  for (const key of keys) message.uint32(10).string(key);
  for (const [key, data] of users) {
    message.uint32(26).fork().uint32(8).uint64(keys.indexOf(key)).uint32(26).bytes(Buffer.from(data)).ldelim();
  }
  const bytes = Buffer.from(message.finish());
  const digest = createHash('md5').update(bytes).digest();
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), bytes, digest]);
}

describe('Firehose: a Kinesis stream as source', () => {
  let kinesis: Kinesis;

  async function openKinesis(ShardCount = 1) {
    const context = { endpoint: '', stateDir: undefined, scratchDir: tmpdir(), metric: () => {}, log: () => {} };
    kinesis = createKinesis(context);
    await provision(kinesis, 'AWS::Kinesis::Stream', { Name: 'events', ShardCount });
  }

  /** Puts as the API does, without a server. */
  async function putKinesis(...records: readonly (string | Buffer)[]) {
    const server = await serve(kinesis);
    const Records = records.map((data, i) => ({
      PartitionKey: `k${i}`,
      Data: Buffer.from(data).toString('base64'),
    }));
    const answer = await fetch(server.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'Kinesis_20131202.PutRecords', 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify({ StreamName: 'events', Records }),
    });
    expect(answer.status).toBe(200);
    await server.close();
  }

  it('reads from LATEST on, takes aggregated records apart and tells functions where they come from', async () => {
    await openKinesis(2);
    await putKinesis('before');
    const events: Record<string, unknown>[] = [];
    const lambda = lambdaOf((event) => {
      events.push(event);
      return { records: event.records.map(({ recordId, data }) => ({ recordId, result: 'Ok', data })) };
    });
    const running = await open(undefined, { lambda, reader: kinesis, sourcePollMs: 10, bufferSeconds: 0 });
    const steps = processing(
      processor('Lambda', { LambdaArn: 'f', BufferSizeInMBs: 1, BufferIntervalInSeconds: 0 }),
      processor('AppendDelimiterToRecord'),
    );
    await running.make({ Prefix: 'rows/', ...steps }, SOURCE);
    expect((await running.put('x')).body).toEqual({
      __type: 'InvalidArgumentException',
      message: 'This operation is not permitted on KinesisStreamAsSource delivery stream type.',
    });
    const lone = aggregated([
      ['a', '1'],
      ['b', '2'],
    ]);
    const notReally = Buffer.concat([lone.subarray(0, -1), Buffer.from([0])]);
    await putKinesis(lone, 'plain', notReally);
    const bytes = 4 + 6 + notReally.length + 1;
    await until(() => store.keys().reduce((sum, key) => sum + (store.objects.get(key)?.body.length ?? 0), 0) === bytes);
    const bodies = store.keys('lake/rows/').map((key) => store.objects.get(key)?.body.toString('latin1'));
    expect(bodies.join('').split('\n').sort()).toEqual(expect.arrayContaining(['1', '2', 'plain']));
    expect(bodies.join('')).not.toContain('before');
    const sent = events.flatMap(({ records }) => records as Record<string, unknown>[]);
    expect(events[0]).toMatchObject({ sourceKinesisStreamArn: STREAM_ARN });
    const second = sent.find(({ data }) => data === base64('2')) as Record<string, Record<string, unknown>>;
    const sequenceNumber = second.kinesisRecordMetadata?.sequenceNumber;
    expect(second).toEqual({
      recordId: `${sequenceNumber}000001`,
      approximateArrivalTimestamp: expect.any(Number),
      data: base64('2'),
      kinesisRecordMetadata: {
        sequenceNumber: expect.stringMatching(/^\d{56}$/),
        subsequenceNumber: 1,
        partitionKey: 'b',
        shardId: expect.stringMatching(/^shardId-00000000000\d$/),
        approximateArrivalTimestamp: expect.any(Number),
      },
    });
    const { body } = await running.call('DescribeDeliveryStream', { DeliveryStreamName: 'rows' });
    expect(body.DeliveryStreamDescription).toMatchObject({
      DeliveryStreamType: 'KinesisStreamAsSource',
      Source: { KinesisStreamSourceDescription: { KinesisStreamARN: STREAM_ARN, RoleARN: ROLE } },
    });
    expect(sumOf(running, 'DataReadFromKinesisStream.Records')).toBe(4);
    expect(running.metrics.has('KinesisMillisBehindLatest')).toBe(true);
    expect(running.metrics.has('IncomingRecords')).toBe(false);
  });

  const sumOf = (running: RunningFirehose, name: string) =>
    (running.metrics.get(name) ?? []).reduce((sum, value) => sum + value, 0);

  it('buffers for each shard', async () => {
    await openKinesis(2);
    const running = await open(undefined, { reader: kinesis, sourcePollMs: 5, bufferSeconds: 600 });
    await running.make({ Prefix: 'rows/' }, SOURCE);
    await putKinesis(...Array.from({ length: 20 }, (_, i) => `${i};`));
    await until(() => sumOf(running, 'DataReadFromKinesisStream.Records') === 20);
    await running.service.close();
    expect(store.keys('lake/rows/')).toHaveLength(2);
    expect(store.text('lake/rows/').split(';').filter(Boolean)).toHaveLength(20);
  });

  it('goes on where it was killed, record by record', async () => {
    await openKinesis();
    const stateDir = join(newDirectory(), 'state');
    const written = moments(stateDir);
    const options = { reader: kinesis, sourcePollMs: 5, bufferSeconds: 0 };
    const first = await open(stateDir, options);
    await first.make({ Prefix: 'rows/' }, SOURCE);
    const [folder = ''] = readdirSync(join(stateDir, 'firehose'));
    const positions = join('firehose', folder, 'positions.json');
    const before = readFileSync(join(stateDir, positions));
    await putKinesis(
      '1;',
      aggregated([
        ['a', '2;'],
        ['b', '3;'],
      ]),
    );
    await until(() => written.length === 1);
    await putKinesis('4;');
    await until(() => written.length === 2);
    await first.service.close();
    store.taken = () => {};
    for (const moment of written) {
      store.objects = new Map(moment.objects);
      // As if killed before the position was saved, but after the records were
      writeFileSync(join(moment.stateDir, positions), before);
      const again = await open(moment.stateDir, options);
      await again.make({ Prefix: 'rows/' }, SOURCE);
      await until(() => store.text('lake/rows/').length >= 8);
      await again.service.close();
      expect(store.text('lake/rows/').split(';').sort()).toEqual(['', '1', '2', '3', '4']);
    }
  });

  it('delivers a buffer of very many records', async () => {
    await openKinesis();
    const running = await open(undefined, { reader: kinesis, sourcePollMs: 5, bufferSeconds: 0 });
    await running.make({ Prefix: 'rows/' }, SOURCE);
    await putKinesis(aggregated(Array.from({ length: 140_000 }, () => ['k', 'x'] as const)));
    await until(() => running.metrics.has('DeliveryToS3.Records'));
    expect(running.metrics.get('DeliveryToS3.Records')).toEqual([140_000]);
    expect(store.text('lake/rows/')).toBe('x'.repeat(140_000));
  });

  it('refuses a stream that is not there', async () => {
    await openKinesis();
    const running = await open(undefined, { reader: kinesis });
    const other = { KinesisStreamARN: `${STREAM_ARN}-not`, RoleARN: ROLE };
    const made = running.make({}, { ...SOURCE, KinesisStreamSourceConfiguration: other });
    await expect(made).rejects.toThrow('Stream events-not under account 000000000000 not found.');
  });

  it('gives up what S3 does not take once the stream has let go of it', async () => {
    await openKinesis();
    const running = await open(undefined, {
      reader: {
        shards: kinesis.shards,
        read: (arn, shardId, position, limit) => {
          const found = kinesis.read(arn, shardId, position, limit);
          return position === 'TRIM_HORIZON' ? { ...found, records: [] } : found;
        },
      },
      sourcePollMs: 5,
      bufferSeconds: 0,
    });
    await running.make({}, SOURCE);
    store.refuses = () => true;
    await putKinesis('lost');
    await until(() => running.lines.some((line) => line.includes('1 record(s) lost')));
    store.refuses = () => false;
    await running.service.close();
    expect(store.keys()).toEqual([]);
  });
});

describe('Firehose: S3 that does not take objects', () => {
  it('is tried for a day, then the data are lost; freshness tells meanwhile', async () => {
    let nowMs = Date.now();
    const running = await open(undefined, { now: () => nowMs, bufferSeconds: 0 });
    await running.make({});
    let refusals = 0;
    store.refuses = () => {
      refusals += 1;
      nowMs += 24 * 60 * 60 * 1000 - 1;
      return true;
    };
    await running.put('lost');
    await running.service.delivered();
    expect(refusals).toBe(2);
    expect(running.lines.at(-1)).toBe('firehose rows: 1 record(s) lost: S3 did not take them in time');
    expect(running.metrics.get('DeliveryToS3.Success')).toEqual([0, 0]);
    expect(running.metrics.get('DeliveryToS3.DataFreshness')?.at(-1)).toBeGreaterThan(86_000);
  });
});
