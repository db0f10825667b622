import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
  type GetShardIteratorCommandInput,
  IncreaseStreamRetentionPeriodCommand,
  KinesisClient,
  ListShardsCommand,
  ListStreamsCommand,
  MergeShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
  SplitShardCommand,
  UpdateStreamModeCommand,
} from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import type { ServiceContext } from '../../local/service.ts';
import { hashKeyOf, parseHashKey } from '../../local/services/kinesis/hash-key.ts';
import { decodeIterator, encodeIterator } from '../../local/services/kinesis/iterator.ts';
import { createKinesis, type Kinesis } from '../../local/services/kinesis/kinesis.ts';
import { compareSequence } from '../../local/services/kinesis/sequence.ts';
import { NEW_STREAM } from '../../local/services/kinesis/settings.ts';
import { Stream, streamArn } from '../../local/services/kinesis/stream.ts';

const directory = mkdtempSync(join(tmpdir(), 'kinesis-test-'));
const metrics: { name: string; stream: string | undefined; value: number }[] = [];
const logged: string[] = [];

function context(stateDir?: string): ServiceContext {
  return {
    endpoint: '',
    stateDir,
    scratchDir: directory,
    metric: (_namespace, name, dimensions, value) => metrics.push({ name, stream: dimensions.StreamName, value }),
    log: (line) => logged.push(line),
  };
}

let gateway: Gateway;
let kinesis: Kinesis;
let client: KinesisClient;

beforeAll(async () => {
  gateway = await openGateway(0);
  kinesis = createKinesis(context(), { limits: false });
  gateway.serve([kinesis]);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new KinesisClient({ endpoint: gateway.endpoint, region: 'us-east-1', credentials });
});

afterAll(async () => {
  client.destroy();
  await gateway.close();
  await kinesis.close();
  rmSync(directory, { recursive: true });
});

let streamCount = 0;
async function newStream(shardCount: number): Promise<string> {
  streamCount += 1;
  const StreamName = `stream-${streamCount}`;
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: shardCount }));
  return StreamName;
}

async function iteratorOf(StreamName: string, rest: Partial<GetShardIteratorCommandInput>): Promise<string> {
  const defaults = { ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' as const };
  const { ShardIterator } = await client.send(new GetShardIteratorCommand({ StreamName, ...defaults, ...rest }));
  return ShardIterator as string;
}

async function read(StreamName: string, rest: Partial<GetShardIteratorCommandInput>): Promise<GetRecordsCommandOutput> {
  return client.send(new GetRecordsCommand({ ShardIterator: await iteratorOf(StreamName, rest) }));
}

const texts = (output: GetRecordsCommandOutput) => output.Records?.map((r) => Buffer.from(r.Data ?? []).toString());

async function put(StreamName: string, ...data: string[]): Promise<string[]> {
  const Records = data.map((text) => ({ PartitionKey: 'key', Data: Buffer.from(text) }));
  const output = await client.send(new PutRecordsCommand({ StreamName, Records }));
  expect(output.FailedRecordCount).toBe(0);
  return (output.Records ?? []).map((record) => record.SequenceNumber as string);
}

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: Error) => ({ name: error.name, message: error.message }),
  );

describe('records', () => {
  it('come back in order, whole, under rising sequence numbers of 56 digits', async () => {
    const stream = await newStream(1);
    const blob = Buffer.from([0, 255, 128, 10]);
    const one = await client.send(new PutRecordCommand({ StreamName: stream, PartitionKey: 'ключ', Data: blob }));
    const others = await put(stream, 'b', '', 'c');
    const { Records = [], MillisBehindLatest } = await read(stream, {});
    expect(Buffer.from(Records[0]?.Data ?? [])).toEqual(blob);
    expect(Records.map((record) => record.PartitionKey)).toEqual(['ключ', 'key', 'key', 'key']);
    const numbers = Records.map((record) => record.SequenceNumber as string);
    expect(numbers).toEqual([one.SequenceNumber, ...others]);
    for (const number of numbers) expect(number).toMatch(/^[1-9]\d{55}$/);
    expect(numbers.map(BigInt)).toEqual([...numbers.map(BigInt)].sort((a, b) => (a < b ? -1 : 1)));
    expect(MillisBehindLatest).toBe(0);
    expect(Math.abs(Date.now() - Number(Records[0]?.ApproximateArrivalTimestamp))).toBeLessThan(5000);
  });

  it('go to the shard whose range holds the MD5 of their key, or the explicit hash key', async () => {
    const stream = await newStream(3);
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }));
    const keys = Array.from({ length: 40 }, (_, index) => `host-${index}`);
    const Records = keys.map((PartitionKey) => ({ PartitionKey, Data: Buffer.from('x') }));
    const output = await client.send(new PutRecordsCommand({ StreamName: stream, Records }));
    const expected = keys.map((key) => {
      const hash = BigInt(`0x${hashKeyOf(key)}`);
      const holds = (start = '', end = '') => BigInt(start) <= hash && hash <= BigInt(end);
      return Shards.find((s) => holds(s.HashKeyRange?.StartingHashKey, s.HashKeyRange?.EndingHashKey))?.ShardId;
    });
    expect(output.Records?.map((record) => record.ShardId)).toEqual(expected);
    expect(new Set(expected).size).toBe(3);

    const highest = { StreamName: stream, PartitionKey: 'k', Data: Buffer.from('x') };
    const explicit = await client.send(new PutRecordCommand({ ...highest, ExplicitHashKey: String(2n ** 128n - 1n) }));
    expect(explicit.ShardId).toBe('shardId-000000000002');
  });

  it('are counted', async () => {
    const stream = await newStream(1);
    await put(stream, 'four', 'fives');
    await read(stream, { ShardIteratorType: 'TRIM_HORIZON' });
    const own = metrics.filter((metric) => metric.stream === stream);
    const {
      'PutRecords.Latency': putMs,
      'GetRecords.Latency': gotMs,
      ...counts
    } = Object.fromEntries(own.map(({ name, value }) => [name, value]));
    expect([putMs, gotMs]).toEqual([expect.any(Number), expect.any(Number)]);
    expect(counts).toEqual({
      IncomingRecords: 2,
      IncomingBytes: 9,
      'PutRecords.Success': 1,
      'PutRecords.Bytes': 9,
      'PutRecords.TotalRecords': 2,
      'PutRecords.SuccessfulRecords': 2,
      'PutRecords.FailedRecords': 0,
      'PutRecords.ThrottledRecords': 0,
      'GetRecords.Success': 1,
      'GetRecords.Records': 2,
      'GetRecords.Bytes': 9,
      'GetRecords.IteratorAgeMilliseconds': 0,
    });
  });

  it('are refused as AWS refuses them', async () => {
    const StreamName = await newStream(1);
    const record = { PartitionKey: 'key', Data: Buffer.from('x') };
    const refused = (Records: object[]) =>
      errorOf(client.send(new PutRecordsCommand({ StreamName, Records: Records as [] }))).then((error) => error?.name);
    expect(await refused(Array.from({ length: 501 }, () => record))).toBe('ValidationException');
    expect(await refused([])).toBe('ValidationException');
    expect(await refused([{ ...record, PartitionKey: 'k'.repeat(257) }])).toBe('ValidationException');
    expect(await refused([{ ...record, PartitionKey: '' }])).toBe('ValidationException');
    expect(await refused([{ ...record, Data: Buffer.alloc(1024 * 1024 + 1) }])).toBe('ValidationException');
    expect(await refused([{ ...record, ExplicitHashKey: String(2n ** 128n) }])).toBe('InvalidArgumentException');
    expect(await refused([{ ...record, ExplicitHashKey: '01' }])).toBe('ValidationException');
    const mebibyte = { ...record, Data: Buffer.alloc(1024 * 1024) };
    expect(await refused(Array.from({ length: 10 }, () => mebibyte))).toBe('InvalidArgumentException');
    expect(await refused([{ ...mebibyte, PartitionKey: '\u{1F40E}'.repeat(256) }])).toBeUndefined();
    expect((await read(StreamName, {})).Records).toHaveLength(1);

    expect(await errorOf(client.send(new PutRecordCommand({ StreamName: 'absent', ...record })))).toEqual({
      name: 'ResourceNotFoundException',
      message: 'Stream absent under account 000000000000 not found.',
    });
  });
});

describe('shard iterators', () => {
  it('start where each type says', async () => {
    const stream = await newStream(1);
    const [first, second] = await put(stream, 'a', 'b');
    const betweenMs = Date.now() + 1;
    while (Date.now() < betweenMs) await new Promise(setImmediate);
    const latest = await iteratorOf(stream, { ShardIteratorType: 'LATEST' });
    await put(stream, 'c');

    const at = { ShardIteratorType: 'AT_SEQUENCE_NUMBER' as const, StartingSequenceNumber: second };
    const after = { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER' as const, StartingSequenceNumber: first };
    expect(texts(await read(stream, {}))).toEqual(['a', 'b', 'c']);
    expect(texts(await read(stream, at))).toEqual(['b', 'c']);
    expect(texts(await read(stream, after))).toEqual(['b', 'c']);
    const time = { ShardIteratorType: 'AT_TIMESTAMP' as const, Timestamp: new Date(betweenMs) };
    expect(texts(await read(stream, time))).toEqual(['c']);
    expect(texts(await client.send(new GetRecordsCommand({ ShardIterator: latest })))).toEqual(['c']);
  });

  it('go on from page to page, and tell how far behind the tip they are', async () => {
    const stream = await newStream(1);
    await put(stream, 'a', 'b', 'c');
    const page = async (ShardIterator?: string) => client.send(new GetRecordsCommand({ ShardIterator, Limit: 2 }));
    const beforeMs = Date.now();
    while (Date.now() < beforeMs + 5) await new Promise(setImmediate);
    const first = await page(await iteratorOf(stream, {}));
    expect(texts(first)).toEqual(['a', 'b']);
    expect(first.MillisBehindLatest).toBeGreaterThanOrEqual(4);
    const second = await page(first.NextShardIterator);
    expect([texts(second), second.MillisBehindLatest]).toEqual([['c'], 0]);
    const empty = await page(second.NextShardIterator);
    expect(texts(empty)).toEqual([]);
    await put(stream, 'd');
    expect(texts(await page(empty.NextShardIterator))).toEqual(['d']);
  });

  it('are refused when they make no sense', async () => {
    const stream = await newStream(1);
    const other = await newStream(1);
    const [foreign] = await put(other, 'a');
    const name = async (rest: Partial<GetShardIteratorCommandInput>) => (await errorOf(iteratorOf(stream, rest)))?.name;
    expect(await name({ ShardId: 'shardId-000000000009' })).toBe('ResourceNotFoundException');
    expect(await name({ StartingSequenceNumber: foreign })).toBe('InvalidArgumentException');
    const at = { ShardIteratorType: 'AT_SEQUENCE_NUMBER' as const };
    expect(await name(at)).toBe('InvalidArgumentException');
    expect(await name({ ...at, StartingSequenceNumber: '1' })).toBe('InvalidArgumentException');
    expect(await name({ ...at, StartingSequenceNumber: '-1' })).toBe('ValidationException');
    const future = new Date(Date.now() + 60_000);
    expect(await name({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: future })).toBe('InvalidArgumentException');
    expect(await errorOf(client.send(new GetRecordsCommand({ ShardIterator: 'bm9uc2Vuc2U=' })))).toMatchObject({
      name: 'InvalidArgumentException',
    });
  });

  it('expire after five minutes', () => {
    const iterator = { stream: 's', shardId: 'x', position: 'LATEST', issuedMs: 1000 } as const;
    const token = encodeIterator(iterator);
    expect(decodeIterator(token, 301_000)).toEqual(iterator);
    expect(() => decodeIterator(token, 301_001)).toThrow(/Iterator expired/);
  });
});

describe('reshards', () => {
  it('a split closes the parent; drained, it gives no iterator but its children', async () => {
    const StreamName = await newStream(1);
    const [parentNumber] = await put(StreamName, 'before');
    const middle = String(2n ** 127n);
    const split = { StreamName, ShardToSplit: 'shardId-000000000000', NewStartingHashKey: middle };
    await client.send(new SplitShardCommand(split));
    const drained = await read(StreamName, {});
    expect(texts(drained)).toEqual(['before']);
    expect(drained.NextShardIterator).toBeUndefined();
    expect(drained.ChildShards).toEqual([
      {
        ShardId: 'shardId-000000000001',
        ParentShards: ['shardId-000000000000'],
        HashKeyRange: { StartingHashKey: '0', EndingHashKey: String(2n ** 127n - 1n) },
      },
      {
        ShardId: 'shardId-000000000002',
        ParentShards: ['shardId-000000000000'],
        HashKeyRange: { StartingHashKey: middle, EndingHashKey: String(2n ** 128n - 1n) },
      },
    ]);
    const [childNumber] = await put(StreamName, 'after');
    expect(compareSequence(childNumber as string, parentNumber as string)).toBeGreaterThan(0);
    const again = await errorOf(client.send(new SplitShardCommand(split)));
    expect(again).toMatchObject({ name: 'InvalidArgumentException', message: /already been merged or split/ });
  });

  it('a merge makes one child of two neighbours, and of nothing else', async () => {
    const StreamName = await newStream(3);
    const merge = (low: string, high: string) =>
      client.send(new MergeShardsCommand({ StreamName, ShardToMerge: low, AdjacentShardToMerge: high }));
    const ids = ['shardId-000000000000', 'shardId-000000000001', 'shardId-000000000002'] as const;
    expect((await errorOf(merge(ids[0], ids[2])))?.message).toContain('are not an adjacent pair');
    expect((await errorOf(merge(ids[0], ids[0])))?.name).toBe('InvalidArgumentException');
    expect((await errorOf(merge(ids[1], ids[0])))?.message).toContain('are not an adjacent pair');
    await merge(ids[0], ids[1]);
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
    expect(Shards.map((shard) => shard.ShardId)).toEqual([...ids, 'shardId-000000000003']);
    expect(Shards[3]).toMatchObject({ ParentShardId: ids[0], AdjacentParentShardId: ids[1] });
    expect(Shards[3]?.HashKeyRange).toEqual({
      StartingHashKey: '0',
      EndingHashKey: Shards[1]?.HashKeyRange?.EndingHashKey,
    });
    expect(Shards.map((shard) => shard.SequenceNumberRange?.EndingSequenceNumber !== undefined)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    const open = await client.send(new ListShardsCommand({ StreamName, ShardFilter: { Type: 'AT_LATEST' } }));
    expect(open.Shards?.map((shard) => shard.ShardId)).toEqual([ids[2], 'shardId-000000000003']);
    const oldest = await client.send(new ListShardsCommand({ StreamName, ShardFilter: { Type: 'AT_TRIM_HORIZON' } }));
    expect(oldest.Shards?.map((shard) => shard.ShardId)).toEqual([...ids]);
  });

  it('an on-demand stream refuses them until it is switched to provisioned', async () => {
    const StreamName = 'on-demand';
    await client.send(new CreateStreamCommand({ StreamName, StreamModeDetails: { StreamMode: 'ON_DEMAND' } }));
    const summary = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
    expect(summary.StreamDescriptionSummary).toMatchObject({ OpenShardCount: 4, StreamStatus: 'ACTIVE' });
    const split = () =>
      client.send(
        new SplitShardCommand({ StreamName, ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '99' }),
      );
    expect((await errorOf(split()))?.name).toBe('ValidationException');
    const provisioned = { StreamARN: streamArn(StreamName), StreamModeDetails: { StreamMode: 'PROVISIONED' as const } };
    await client.send(new UpdateStreamModeCommand(provisioned));
    await split();
    expect(kinesis.shards(streamArn(StreamName))).toHaveLength(5);
  });
});

describe('streams', () => {
  it('are listed and described page by page, and gone when deleted', async () => {
    const names = [await newStream(5), await newStream(1)].sort();
    const last = (await client.send(new ListStreamsCommand({}))).StreamNames?.filter((name) => name < (names[0] ?? ''));
    const listed = await client.send(new ListStreamsCommand({ Limit: 1, ExclusiveStartStreamName: last?.at(-1) }));
    expect(listed).toMatchObject({ StreamNames: [names[0]], HasMoreStreams: true });
    const first = await client.send(new DescribeStreamCommand({ StreamName: names[0], Limit: 1 }));
    expect(first.StreamDescription).toMatchObject({ RetentionPeriodHours: 24, StreamARN: streamArn(names[0] ?? '') });

    const shards: (string | undefined)[] = [];
    for (let NextToken: string | undefined, first = true; first || NextToken; first = false) {
      const page = await client.send(
        new ListShardsCommand(NextToken ? { NextToken, MaxResults: 2 } : { StreamName: 'stream-1', MaxResults: 2 }),
      );
      shards.push(...(page.Shards ?? []).map((shard) => shard.ShardId));
      NextToken = page.NextToken;
    }
    expect(shards).toEqual(
      (await client.send(new ListShardsCommand({ StreamName: 'stream-1' }))).Shards?.map((s) => s.ShardId),
    );

    await client.send(new DeleteStreamCommand({ StreamName: names[0] }));
    expect((await errorOf(client.send(new DescribeStreamCommand({ StreamName: names[0] }))))?.name).toBe(
      'ResourceNotFoundException',
    );
  });

  it('trim what outlived retention, and expire closed shards', () => {
    const hour = 3_600_000;
    const stream = Stream.create('s', 1, NEW_STREAM, 0);
    const record = (shardIndex: number, arrivalMs: number) => ({
      shardIndex,
      arrivalMs,
      partitionKey: 'k',
      data: Buffer.from(String(arrivalMs)),
    });
    const [old] = stream.append([record(0, 1), record(0, hour)]);
    stream.split('shardId-000000000000', parseHashKey(String(2n ** 127n)) as string, 2 * hour);
    const shard = stream.shard('shardId-000000000000');
    stream.trim(24 * hour + 2);
    expect(shard.read('TRIM_HORIZON', 10, 0).records.map((r) => r.arrivalMs)).toEqual([hour]);
    expect(shard.read({ after: old?.sequenceNumber ?? '' }, 10, 0).records).toHaveLength(1);
    stream.trim(26 * hour);
    expect(shard.recordCount).toBe(0);
    expect(stream.shards).toHaveLength(3);
    stream.trim(26 * hour + 1);
    expect(stream.shards.map((each) => each.id)).toEqual(['shardId-000000000001', 'shardId-000000000002']);
  });

  it('keep records longer when told so', async () => {
    const StreamName = await newStream(1);
    const increase = (hours: number) =>
      client.send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: hours }));
    await increase(168);
    const { StreamDescriptionSummary } = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
    expect(StreamDescriptionSummary?.RetentionPeriodHours).toBe(168);
    expect((await errorOf(increase(24)))?.name).toBe('InvalidArgumentException');
    expect((await errorOf(increase(8761)))?.name).toBe('ValidationException');
  });
});

describe('the template', () => {
  it('makes streams', async () => {
    const provision = kinesis.provisions['AWS::Kinesis::Stream'];
    const resource = { stack: 'a-stack', logicalId: 'Events', type: 'AWS::Kinesis::Stream' };
    const named = await provision?.({
      ...resource,
      properties: { Name: 'made', ShardCount: 2, RetentionPeriodHours: 48 },
    });
    expect(named).toEqual({ ref: 'made', attributes: { Arn: streamArn('made') } });
    const { StreamDescriptionSummary } = await client.send(new DescribeStreamSummaryCommand({ StreamName: 'made' }));
    expect(StreamDescriptionSummary).toMatchObject({ OpenShardCount: 2, RetentionPeriodHours: 48 });
    const unnamed = await provision?.({ ...resource, properties: { StreamModeDetails: { StreamMode: 'ON_DEMAND' } } });
    expect(unnamed?.ref).toMatch(/^a-stack-Events-[0-9a-f]{12}$/);
    expect(kinesis.shards(streamArn(unnamed?.ref ?? ''))).toHaveLength(4);
  });
});

describe('the reader in process', () => {
  it('sees what the API put, and each shard with its parents', async () => {
    const stream = await newStream(1);
    const arn = streamArn(stream);
    const fromTip = kinesis.read(arn, 'shardId-000000000000', 'LATEST', 10);
    expect(fromTip.records).toEqual([]);
    await put(stream, 'a', 'b');
    const read = kinesis.read(arn, 'shardId-000000000000', fromTip.next ?? 'TRIM_HORIZON', 1);
    expect(read.records.map((record) => record.data.toString())).toEqual(['a']);
    const rest = kinesis.read(arn, 'shardId-000000000000', read.next ?? 'LATEST', 10);
    expect(rest.records.map((record) => record.data.toString())).toEqual(['b']);
    const split = { StreamName: stream, ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '99' };
    await client.send(new SplitShardCommand(split));
    expect(kinesis.read(arn, 'shardId-000000000000', rest.next ?? 'LATEST', 10).next).toBeNull();
    const [first, last] = ['0'.repeat(32), 'f'.repeat(32)];
    const [below, from] = ['62', '63'].map((hash) => hash.padStart(32, '0'));
    expect(kinesis.shards(arn)).toEqual([
      { shardId: 'shardId-000000000000', parentShardIds: [], hashKeyRange: { start: first, end: last } },
      {
        shardId: 'shardId-000000000001',
        parentShardIds: ['shardId-000000000000'],
        hashKeyRange: { start: first, end: below },
      },
      {
        shardId: 'shardId-000000000002',
        parentShardIds: ['shardId-000000000000'],
        hashKeyRange: { start: from, end: last },
      },
    ]);
    expect(() => kinesis.shards(streamArn('absent'))).toThrow('Stream absent under account 000000000000 not found.');
  });

  it('waits at a time for which nothing has arrived yet', async () => {
    const stream = await newStream(1);
    await put(stream, 'a');
    const fromMs = Date.now() + 60_000;
    const read = kinesis.read(streamArn(stream), 'shardId-000000000000', { fromMs }, 10);
    expect(read).toEqual({ records: [], next: { fromMs }, millisBehindLatest: 0 });
  });
});

describe('the journal', () => {
  const arn = streamArn('kept');
  const resource = {
    stack: 's',
    logicalId: 'l',
    type: 'AWS::Kinesis::Stream',
    properties: { Name: 'kept', ShardCount: 2 },
  };
  const texts = (kept: Kinesis, shardId: string) =>
    kept
      .read(arn, shardId, 'TRIM_HORIZON', 1000)
      .records.map((record) => [record.sequenceNumber, record.data.toString()]);

  /** Puts records through the API of a service kept in the directory, and leaves without closing, as a kill does. */
  async function fill(stateDir: string, batches: number): Promise<Kinesis> {
    const kept = createKinesis(context(stateDir), { limits: false });
    await kept.provisions['AWS::Kinesis::Stream']?.(resource);
    const own = await openGateway(0);
    own.serve([kept]);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const writer = new KinesisClient({ endpoint: own.endpoint, region: 'us-east-1', credentials });
    for (let batch = 0; batch < batches; batch += 1) {
      const Records = Array.from({ length: 4 }, (_, index) => ({
        PartitionKey: `ключ-${index}`,
        Data: Buffer.from(`${batch}/${index}`),
      }));
      await writer.send(new PutRecordsCommand({ StreamName: 'kept', Records }));
    }
    writer.destroy();
    await own.close();
    return kept;
  }

  it('brings back records, numbers and reshards after a kill', async () => {
    const stateDir = join(directory, 'kill');
    const before = await fill(stateDir, 3);
    const expected = before.shards(arn).map(({ shardId }) => texts(before, shardId));
    const after = await fill(stateDir, 1);
    const found = after.shards(arn).map(({ shardId }) => texts(after, shardId));
    expect(expected.flat()).toHaveLength(12);
    expect(found.flat()).toHaveLength(16);
    for (const [index, records] of expected.entries()) expect(found[index]?.slice(0, records.length)).toEqual(records);
    for (const records of found) expect(new Set(records.map(([number]) => number)).size).toBe(records.length);
    await before.close();
    await after.close();
  });

  it('drops a torn last entry, wherever it was cut', async () => {
    const stateDir = join(directory, 'torn');
    const path = join(stateDir, 'kinesis.journal');
    await (await fill(stateDir, 2)).close();
    const whole = statSync(path).size;
    const count = (kept: Kinesis) => kept.shards(arn).flatMap(({ shardId }) => texts(kept, shardId)).length;
    for (const cut of [1, 7, 60]) {
      truncateSync(path, whole - cut);
      logged.length = 0;
      const kept = createKinesis(context(stateDir), { limits: false });
      expect(count(kept)).toBe(4);
      expect(logged).toEqual([expect.stringMatching(/dropped an unfinished entry/)]);
      await kept.close();
      const again = createKinesis(context(stateDir), { limits: false });
      expect(count(again)).toBe(4);
      await again.close();
      rmSync(path);
      await (await fill(stateDir, 2)).close();
    }
    appendFileSync(path, Buffer.from([1, 2, 3]));
    const kept = createKinesis(context(stateDir), { limits: false });
    expect(count(kept)).toBe(8);
    await kept.close();
  });

  it('refuses to go on with damage in the middle', async () => {
    const stateDir = join(directory, 'damaged');
    const path = join(stateDir, 'kinesis.journal');
    await (await fill(stateDir, 2)).close();
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
    writeFileSync(path, bytes);
    expect(() => createKinesis(context(stateDir), { limits: false })).toThrow('the journal is damaged at byte 0');
  });

  it('is rewritten once most of it is dead, and keeps the rest', async () => {
    const stateDir = join(directory, 'rewritten');
    const kept = await fill(stateDir, 2);
    const expected = kept.shards(arn).map(({ shardId }) => texts(kept, shardId));
    const own = await openGateway(0);
    own.serve([kept]);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const writer = new KinesisClient({ endpoint: own.endpoint, region: 'us-east-1', credentials });
    await writer.send(new CreateStreamCommand({ StreamName: 'dropped', ShardCount: 1 }));
    const Records = Array.from({ length: 9 }, () => ({ PartitionKey: 'k', Data: Buffer.alloc(1024 * 1024) }));
    await writer.send(new PutRecordsCommand({ StreamName: 'dropped', Records }));
    await writer.send(new DeleteStreamCommand({ StreamName: 'dropped' }));
    await writer.send(
      new SplitShardCommand({ StreamName: 'kept', ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '99' }),
    );
    writer.destroy();
    await own.close();
    await kept.close();
    const path = join(stateDir, 'kinesis.journal');
    expect(statSync(path).size).toBeGreaterThan(9 * 1024 * 1024);
    for (let round = 0; round < 2; round += 1) {
      const again = createKinesis(context(stateDir), { limits: false });
      expect(statSync(path).size).toBeLessThan(10_000);
      expect(
        again
          .shards(arn)
          .slice(0, 2)
          .map(({ shardId }) => texts(again, shardId)),
      ).toEqual(expected);
      expect(again.shards(arn)).toHaveLength(4);
      await again.close();
    }
  });
});
