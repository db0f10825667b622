import { tmpdir } from 'node:os';
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordCommand,
  PutRecordsCommand,
} from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import { evenRanges } from '../../local/services/kinesis/hash-key.ts';
import { createKinesis, type Kinesis } from '../../local/services/kinesis/kinesis.ts';
import { OnDemand } from '../../local/services/kinesis/on-demand.ts';
import { NEW_STREAM } from '../../local/services/kinesis/settings.ts';
import { Stream } from '../../local/services/kinesis/stream.ts';
import { CallMeter, ReadMeter, WriteMeter } from '../../local/services/kinesis/throttle.ts';

const MIB = 1024 * 1024;
const NOW = 1_700_000_000_000;

describe('a shard takes in a second', () => {
  const taken = (meter: WriteMeter, count: number, bytes: number, atMs: number) =>
    Array.from({ length: count }, () => meter.take(bytes, atMs)).filter(Boolean).length;

  it('1,000 records', () => {
    const meter = new WriteMeter();
    expect(taken(meter, 1500, 10, NOW)).toBe(1000);
    expect(taken(meter, 1500, 10, NOW + 100)).toBe(100);
    expect(taken(meter, 1500, 10, NOW + 60_000)).toBe(1000);
  });

  it('1 MiB', () => {
    const meter = new WriteMeter();
    expect(taken(meter, 20, MIB / 8, NOW)).toBe(8);
    expect(taken(meter, 20, MIB / 8, NOW + 500)).toBe(4);
  });

  it('a large record once, which the next ones wait for', () => {
    const meter = new WriteMeter();
    expect(taken(meter, 2, 10 * MIB, NOW)).toBe(1);
    expect(taken(meter, 1, 1, NOW + 8_999)).toBe(0);
    expect(taken(meter, 2, 10 * MIB, NOW + 10_000)).toBe(1);
  });
});

describe('a shard gives', () => {
  it('2 MiB a second, and then nothing for one', () => {
    const meter = new ReadMeter();
    meter.took(MIB, false, NOW);
    expect(meter.waitMs(NOW)).toBe(0);
    meter.took(MIB, false, NOW);
    expect(meter.waitMs(NOW)).toBe(1000);
    expect(meter.waitMs(NOW + 1000)).toBe(0);
    meter.took(6 * MIB, false, NOW + 1000);
    expect(meter.waitMs(NOW + 1000)).toBe(3000);
  });

  it('10 MiB at once, and then nothing for five seconds', () => {
    const meter = new ReadMeter();
    meter.took(9.5 * MIB, true, NOW);
    expect(meter.waitMs(NOW)).toBe(5000);
    expect(meter.waitMs(NOW + 5000)).toBe(0);
  });

  it('five answers a second', () => {
    const meter = new CallMeter();
    expect(Array.from({ length: 8 }, () => meter.take(NOW)).filter(Boolean)).toHaveLength(5);
    expect([meter.take(NOW + 199), meter.take(NOW + 200)]).toEqual([false, true]);
  });
});

describe('an on-demand stream', () => {
  const MINUTE = 60_000;
  const start = Math.ceil(NOW / MINUTE) * MINUTE;
  const newStream = (mode: 'ON_DEMAND' | 'PROVISIONED') => Stream.create('s', 4, { ...NEW_STREAM, mode }, start);

  /** Writes the same to each open shard in each minute; gives the open shards after each. */
  function grow(stream: Stream, onDemand: OnDemand, minutes: number, bytesPerSecond: number): number[] {
    return Array.from({ length: minutes }, (_, minute) => {
      const nowMs = start + minute * MINUTE;
      for (const cut of onDemand.cuts(stream, nowMs)) stream.split(cut.shardId, cut.newStart, nowMs);
      for (const shard of stream.shards) if (shard.isOpen) onDemand.wrote(stream, shard, bytesPerSecond * 60);
      return stream.openShardCount;
    });
  }

  it('doubles when its shards are more than half full, at most once in 15 minutes', () => {
    const counts = grow(newStream('ON_DEMAND'), new OnDemand(), 32, 600 * 1024);
    expect(counts.slice(0, 3)).toEqual([4, 8, 8]);
    expect(counts[15]).toBe(8);
    expect(counts[16]).toBe(16);
    expect(counts.at(-1)).toBe(32);
  });

  it('ends at 200 shards', () => {
    expect(grow(newStream('ON_DEMAND'), new OnDemand(), 120, 900 * 1024).at(-1)).toBe(200);
  });

  it('splits the hot shard alone, in its middle', () => {
    const stream = newStream('ON_DEMAND');
    const onDemand = new OnDemand();
    const [cold, hot] = stream.shards;
    if (!cold || !hot) throw new Error('no shards');
    onDemand.cuts(stream, start);
    onDemand.wrote(stream, cold, 500 * 1024 * 60);
    for (let count = 0; count < 501 * 60; count += 1) onDemand.wrote(stream, hot, 1);
    const eighths = evenRanges(8);
    expect(onDemand.cuts(stream, start + MINUTE)).toEqual([{ shardId: hot.id, newStart: eighths[3]?.start }]);
  });

  it('keeps its shards when provisioned, half empty, or asked after a pause', () => {
    expect(grow(newStream('PROVISIONED'), new OnDemand(), 5, 900 * 1024).at(-1)).toBe(4);
    expect(grow(newStream('ON_DEMAND'), new OnDemand(), 5, 500 * 1024).at(-1)).toBe(4);
    const stream = newStream('ON_DEMAND');
    const onDemand = new OnDemand();
    onDemand.cuts(stream, start);
    for (const shard of stream.shards) onDemand.wrote(stream, shard, 60 * MIB);
    expect(onDemand.cuts(stream, start + 2 * MINUTE)).toEqual([]);
  });
});

const NOW_MS = Date.parse('2026-11-21T12:00:00Z');

describe('over the API', () => {
  let gateway: Gateway;
  let kinesis: Kinesis;
  let client: KinesisClient;
  const metrics: [string, number][] = [];

  beforeAll(async () => {
    gateway = await openGateway(0);
    const context = {
      endpoint: '',
      stateDir: undefined,
      scratchDir: tmpdir(),
      metric: (_namespace: string, name: string, _dimensions: object, value: number) => metrics.push([name, value]),
      log() {},
    };
    kinesis = createKinesis(context, { now: () => NOW_MS }); // all within one second
    gateway.serve([kinesis]);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    client = new KinesisClient({ endpoint: gateway.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  });

  afterAll(async () => {
    client.destroy();
    await gateway.close();
    await kinesis.close();
  });

  const newStream = async (StreamName: string, settings: object = {}) => {
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 1, ...settings }));
    return StreamName;
  };
  const iteratorOf = async (StreamName: string) => {
    const from = { ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' } as const;
    return (await client.send(new GetShardIteratorCommand({ StreamName, ...from }))).ShardIterator;
  };

  it('records over the limit are refused one by one, and those after them taken', async () => {
    const StreamName = await newStream('writes');
    const record = (kib: number) => ({ PartitionKey: 'key', Data: Buffer.alloc(kib * 1024) });
    const Records = [600, 600, 300, 600].map(record);
    const { FailedRecordCount, Records: results } = await client.send(new PutRecordsCommand({ StreamName, Records }));
    expect(FailedRecordCount).toBe(2);
    expect(results?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'ProvisionedThroughputExceededException',
      undefined,
      'ProvisionedThroughputExceededException',
    ]);
    expect(results?.[1]?.ErrorMessage).toBe(
      'Rate exceeded for shard shardId-000000000000 in stream writes under account 000000000000.',
    );
    expect(results?.[1]?.SequenceNumber).toBeUndefined();
    expect(metrics).toContainEqual(['WriteProvisionedThroughputExceeded', 2]);
    const single = client.send(new PutRecordCommand({ StreamName, ...record(1000) }));
    await expect(single).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
    const { Records: kept } = await client.send(new GetRecordsCommand({ ShardIterator: await iteratorOf(StreamName) }));
    expect(kept?.map(({ Data }) => Data?.length)).toEqual([600 * 1024, 300 * 1024]);
  });

  it('reads are refused behind an answer of 10 MiB', async () => {
    const StreamName = await newStream('reads', { MaxRecordSizeInKiB: 10_240 });
    const large = { PartitionKey: 'key', Data: Buffer.alloc(10 * MIB - 3) };
    await client.send(new PutRecordCommand({ StreamName, ...large }));
    const read = async () => client.send(new GetRecordsCommand({ ShardIterator: await iteratorOf(StreamName) }));
    expect((await read()).Records).toHaveLength(1);
    await expect(read()).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
      message: 'Rate exceeded for Shard - 000000000000/reads/shardId-000000000000',
    });
    expect(metrics).toContainEqual(['ReadProvisionedThroughputExceeded', 1]);
    const arn = 'arn:aws:kinesis:us-east-1:000000000000:stream/reads';
    expect(() => kinesis.read(arn, 'shardId-000000000000', 'TRIM_HORIZON', 1)).toThrow('Rate exceeded for Shard');
  });

  it('so are the sixth call of a second, and the sixth iterator', async () => {
    const StreamName = await newStream('calls');
    const ShardIterator = await iteratorOf(StreamName);
    const all = (call: () => Promise<unknown>) => Promise.allSettled(Array.from({ length: 12 }, call));
    const reads = await all(() => client.send(new GetRecordsCommand({ ShardIterator })));
    const iterators = await all(() => iteratorOf(StreamName));
    for (const results of [reads, iterators]) {
      expect(results.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
      expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(3);
    }
  });
});
