import { tmpdir } from 'node:os';
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  MergeShardsCommand,
  PutRecordCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { putRecordsTo } from '../../adapters/kinesis/put-records.ts';
import { kinesisShards, listOpenShards, listShards } from '../../adapters/kinesis/shards.ts';
import { firstHashKey, isIn } from '../../core/engine/hash-range.ts';
import { RECORD_END } from '../../core/engine/position.ts';
import { type Shard, type Shards, TransientError } from '../../core/ports.ts';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import { createKinesis, type Kinesis } from '../../local/services/kinesis/kinesis.ts';

const [FIRST, LOW, HIGH, MERGED] = [0, 1, 2, 3].map((n) => `shardId-${String(n).padStart(12, '0')}`) as [
  string,
  string,
  string,
  string,
];
const stream = { StreamName: 'split-and-merged' };
let gateway: Gateway;
let kinesis: Kinesis;
let client: KinesisClient;
let shards: Shards;

const endOf = (sequenceNumber = '') => ({ sequenceNumber, subSequence: RECORD_END });

/** Sequence numbers of the records of the first shard, in order. */
const numbers: string[] = [];

beforeAll(async () => {
  gateway = await openGateway(0);
  const log = () => {};
  kinesis = createKinesis(
    { endpoint: '', stateDir: undefined, scratchDir: tmpdir(), metric: log, log },
    { limits: false },
  );
  gateway.serve([kinesis]);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new KinesisClient({ endpoint: gateway.endpoint, region: 'us-east-1', credentials });
  await client.send(new CreateStreamCommand({ ...stream, ShardCount: 1 }));
  for (const key of ['ada', 'ann', 'ada']) {
    const put = { ...stream, PartitionKey: key, Data: Buffer.from(key) };
    numbers.push((await client.send(new PutRecordCommand(put))).SequenceNumber as string);
  }
  const half = String(2n ** 127n);
  await client.send(new SplitShardCommand({ ...stream, ShardToSplit: FIRST, NewStartingHashKey: half }));
  await client.send(new MergeShardsCommand({ ...stream, ShardToMerge: LOW, AdjacentShardToMerge: HIGH }));
  shards = kinesisShards({ client, streamArn: await arn() });
});

async function arn(): Promise<string> {
  const { StreamDescriptionSummary } = await client.send(new DescribeStreamSummaryCommand(stream));
  return StreamDescriptionSummary?.StreamARN as string;
}

afterAll(async () => {
  client.destroy();
  await gateway.close();
  await kinesis.close();
});

describe('the shards of a Kinesis stream', () => {
  it('tell their parents and the hashes of the keys that come to them', async () => {
    const [lowest, highest] = ['0'.repeat(32), 'f'.repeat(32)];
    const whole = { from: lowest, to: highest };
    const low = { from: lowest, to: `7${'f'.repeat(31)}` };
    const high = { from: `8${'0'.repeat(31)}`, to: highest };
    expect(await shards.describe(FIRST)).toEqual({ shardId: FIRST, parents: [], range: whole });
    expect(await shards.describe(LOW)).toEqual({ shardId: LOW, parents: [FIRST], range: low });
    expect(await shards.describe(HIGH)).toEqual({ shardId: HIGH, parents: [FIRST], range: high });
    expect(await shards.describe(MERGED)).toEqual({ shardId: MERGED, parents: [LOW, HIGH], range: whole });
    expect(await shards.describe('shardId-000000000009')).toBeUndefined();
  });

  it('take keys where Kinesis puts them', async () => {
    const high = await shards.describe(HIGH);
    const put = (PartitionKey: string) =>
      client.send(new PutRecordCommand({ StreamName: 'two', PartitionKey, Data: Buffer.from('x') }));
    await client.send(new CreateStreamCommand({ StreamName: 'two', ShardCount: 2 }));
    for (let n = 0; n < 50; n++) {
      const { ShardId } = await put(`key-${n}`);
      expect(ShardId === 'shardId-000000000001').toBe(isIn(high?.range as { from: string; to: string }, `key-${n}`));
    }
  });

  it('are open or closed', async () => {
    const ids = (found: readonly Shard[]) => found.map(({ shardId }) => shardId);
    expect(ids(await listShards(client, stream))).toEqual([FIRST, LOW, HIGH, MERGED]);
    expect(ids(await listOpenShards(client, stream))).toEqual([MERGED]);
  });

  it('take a record by the beginning of their range, whatever its partition key, also after a split', async () => {
    const StreamName = 'four';
    await client.send(new CreateStreamCommand({ StreamName, ShardCount: 4 }));
    const before = await listOpenShards(client, { StreamName });
    const split = { StreamName, ShardToSplit: 'shardId-000000000000', NewStartingHashKey: '5' };
    await client.send(new SplitShardCommand(split));
    const record = (shard: Shard) => ({
      partitionKey: 'ada',
      explicitHashKey: firstHashKey(shard.range),
      data: Buffer.from(shard.shardId),
    });
    expect(await putRecordsTo(client, StreamName)(before.map(record))).toEqual(before.map(() => undefined));
    const taken: Record<string, string[]> = {};
    for (const { shardId } of await listShards(client, { StreamName })) {
      const from = { StreamName, ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
      const { ShardIterator } = await client.send(new GetShardIteratorCommand(from));
      const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
      taken[shardId] = Records.map(({ Data }) => Buffer.from(Data ?? []).toString());
    }
    expect(taken).toEqual({
      'shardId-000000000000': [],
      'shardId-000000000001': ['shardId-000000000001'],
      'shardId-000000000002': ['shardId-000000000002'],
      'shardId-000000000003': ['shardId-000000000003'],
      'shardId-000000000004': ['shardId-000000000000'],
      'shardId-000000000005': [],
    });
  });

  it('tell whether a closed shard holds records after a place', async () => {
    expect(await shards.hasRecordsAfter(FIRST, undefined)).toBe(true);
    expect(await shards.hasRecordsAfter(FIRST, endOf(numbers[1]))).toBe(true);
    expect(await shards.hasRecordsAfter(FIRST, endOf(numbers[2]))).toBe(false);
    expect(await shards.hasRecordsAfter(FIRST, { ...endOf(numbers[2]), subSequence: 0 })).toBe(true);
    expect(await shards.hasRecordsAfter(LOW, undefined)).toBe(false);
  });

  it('take an answer without members, as a broken connection leaves it, for none', async () => {
    for (const torn of ['ListShardsCommand', 'GetShardIteratorCommand', 'GetRecordsCommand']) {
      const send = async (command: object) => (command.constructor.name === torn ? {} : client.send(command as never));
      const cut = kinesisShards({ client: { send } as never, streamArn: await arn() });
      const asked = torn === 'ListShardsCommand' ? cut.describe(LOW) : cut.hasRecordsAfter(FIRST, endOf(numbers[2]));
      await expect(asked).rejects.toThrow(TransientError);
    }
  });

  it('cannot tell it of a shard whose end does not come', async () => {
    await expect(shards.hasRecordsAfter(MERGED, undefined)).rejects.toThrow(/the end of .* was not reached/);
  });
});
