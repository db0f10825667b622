import { tmpdir } from 'node:os';
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packByKey } from '../../adapters/kinesis/pack.ts';
import { listShards } from '../../adapters/kinesis/shards.ts';
import { memoryStreams } from '../../adapters/memory/streams.ts';
import { deaggregate } from '../../core/event/aggregate.ts';
import { type OutgoingRecord, type Streams, TransientError } from '../../core/ports.ts';
import { streamsOn } from '../../functions/process/streams.ts';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import { createKinesis, type Kinesis } from '../../local/services/kinesis/kinesis.ts';

let gateway: Gateway;
let kinesis: Kinesis;
let client: KinesisClient;
let count = 0;

beforeAll(async () => {
  gateway = await openGateway(0);
  kinesis = createKinesis({ endpoint: '', stateDir: undefined, scratchDir: tmpdir(), metric() {}, log() {} });
  gateway.serve([kinesis]);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new KinesisClient({ endpoint: gateway.endpoint, region: 'us-east-1', credentials });
});

afterAll(async () => {
  client.destroy();
  await gateway.close();
  await kinesis.close();
});

interface Put {
  readonly key: string;
  readonly text: string;
}

/** A stream that can be put to as `large`. */
interface OneStream {
  readonly streams: Streams;
  readonly shards: readonly string[];
  /** What each shard has got, in order. */
  read(): Promise<readonly (readonly Put[])[]>;
}

const putOf = ({ partitionKey, data }: OutgoingRecord): Put => ({
  key: partitionKey,
  text: Buffer.from(data).toString(),
});

async function streamOfKinesis(): Promise<OneStream> {
  const StreamName = `stream-${++count}`;
  await client.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
  const ShardToSplit = 'shardId-000000000000';
  await client.send(new SplitShardCommand({ StreamName, ShardToSplit, NewStartingHashKey: '5' }));
  const read = async (ShardId: string) => {
    const from = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
    const { ShardIterator } = await client.send(new GetShardIteratorCommand(from));
    const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
    return Records.flatMap(({ PartitionKey = '', Data = new Uint8Array() }) => deaggregate(PartitionKey, Data)).map(
      putOf,
    );
  };
  const shards = ['1', '2', '3'].map((n) => `shardId-${n.padStart(12, '0')}`);
  return {
    streams: streamsOn(client, { large: StreamName }, {}),
    shards,
    async read() {
      expect((await listShards(client, { StreamName })).map(({ shardId }) => shardId)).toEqual([
        ShardToSplit,
        ...shards,
      ]);
      return Promise.all(shards.map(read));
    },
  };
}

async function streamOfMemory(): Promise<OneStream> {
  const streams = memoryStreams();
  return { streams, shards: ['shardId-000000000000'], read: async () => [streams.take('large').map(putOf)] };
}

const STREAMS: readonly (readonly [string, () => Promise<OneStream>])[] = [
  ['memory', streamOfMemory],
  ['Kinesis', streamOfKinesis],
];

const record = (partitionKey: string, text: string): OutgoingRecord => ({ partitionKey, data: Buffer.from(text) });

describe.each(STREAMS)('a stream of %s', (_, make) => {
  it('gets every record, those of a key in their order', async () => {
    const { streams, read } = await make();
    const numbers = Array.from({ length: 300 }, (__, n) => n);
    const keyOf = (n: number) => `k${(n * n) % 7}`;
    await streams.put(
      'large',
      numbers.slice(0, 200).map((n) => record(keyOf(n), String(n))),
    );
    await streams.put(
      'large',
      numbers.slice(200).map((n) => record(keyOf(n), String(n))),
    );
    const shards = await read();
    const got = Map.groupBy(shards.flat(), ({ key }) => key);
    const expected = Map.groupBy(numbers, keyOf);
    expect(Object.fromEntries([...got].map(([key, puts]) => [key, puts.map(({ text }) => Number(text))]))).toEqual(
      Object.fromEntries(expected),
    );
    for (const key of expected.keys())
      expect(shards.filter((puts) => puts.some((put) => put.key === key))).toHaveLength(1);
  });

  it('gets a broadcast in each open shard, which is told of all of them', async () => {
    const { streams, shards, read } = await make();
    await streams.put('large', [record('k', 'before')]);
    await streams.broadcast('large', (all) => Buffer.from(all.join()));
    await streams.put('large', [record('k', 'after')]);
    const texts = (await read()).map((puts) => puts.map(({ text }) => text));
    for (const each of texts) expect(each.filter((text) => text === shards.join())).toHaveLength(1);
    expect(texts.filter((each) => each.length > 1)).toEqual([['before', shards.join(), 'after']]);
  });
});

describe('a stream of Kinesis', () => {
  const failing = (answer: (call: number) => object) => {
    const calls: string[][] = [];
    const send = async (command: {
      readonly input: { readonly Records: readonly { readonly Data: Uint8Array }[] };
    }) => {
      calls.push(command.input.Records.map(({ Data }) => Buffer.from(Data).toString()));
      return answer(calls.length);
    };
    return { calls, streams: streamsOn({ send } as never, { large: 'large-stream' }, { sleep: async () => {} }) };
  };
  const taken = { Records: [{ SequenceNumber: '1' }] };
  const refused = { Records: [{ ErrorCode: 'ProvisionedThroughputExceededException' }] };

  it('is asked again when it refuses a record', async () => {
    const { streams, calls } = failing((call) => (call < 3 ? refused : taken));
    await streams.put('large', [record('k', 'a')]);
    expect(calls).toEqual([['a'], ['a'], ['a']]);
    const full = failing(() => refused);
    await expect(full.streams.put('large', [record('k', 'a')])).rejects.toThrow(TransientError);
    expect(full.calls).toHaveLength(10);
  });

  it('that does not answer gives the batch back; one that is not there fails', async () => {
    const broken = failing(() => {
      throw Object.assign(new Error('x'), { name: 'TimeoutError' });
    });
    await expect(broken.streams.put('large', [record('k', 'a')])).rejects.toThrow(TransientError);
    const missing = streamsOn(client, { large: 'missing' }, {});
    await expect(missing.put('large', [record('k', 'a')])).rejects.toThrow(/not found/);
    await expect(missing.put('other', [])).rejects.toThrow("'other' has no stream");
  });
});

describe('packing by key', () => {
  const keysOf = (records: readonly OutgoingRecord[]) => records.map(({ partitionKey }) => partitionKey);
  const unpacked = (records: readonly OutgoingRecord[]) =>
    records.flatMap(({ partitionKey, data }) => deaggregate(partitionKey, data).map(putOf));

  it('makes one record of those of a key, and leaves one that is alone as it is', () => {
    const alone = record('b', '2');
    const packed = packByKey([record('a', '1'), alone, record('a', '3')]);
    expect(keysOf(packed)).toEqual(['a', 'b']);
    expect(packed[1]).toBe(alone);
    expect(unpacked(packed).map(({ text }) => text)).toEqual(['1', '3', '2']);
  });

  it('packs no more than fits with others into a call', () => {
    const sizes = [100, 99, 1, 150, 900, 10, 10].map((kilobytes) => kilobytes * 1_024);
    const records = sizes.map((size, n) => record('k', String(n).repeat(size)));
    const packed = packByKey(records);
    expect(unpacked(packed)).toEqual(records.map(putOf));
    expect(packed.map(({ data, partitionKey }) => deaggregate(partitionKey, data).length)).toEqual([3, 1, 1, 2]);
  });
});
