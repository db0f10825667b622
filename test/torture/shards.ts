import {
  type KinesisClient,
  ListShardsCommand,
  type ListShardsCommandInput,
  MergeShardsCommand,
  type Shard,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import type { Random } from '../sim/random.ts';

const OPEN_MAX = 6;

/** Splits or merges shards of a stream, so that 1 to 6 are open.
 *  @returns how many are open now. */
export async function reshard(kinesis: KinesisClient, StreamName: string, random: Random): Promise<number> {
  const open = await listShards(kinesis, { StreamName, ShardFilter: { Type: 'AT_LATEST' } });
  open.sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
  const splits = open.length === 1 || (open.length < OPEN_MAX && random.chance(0.55));
  if (splits) {
    const shard = random.pick(open);
    const NewStartingHashKey = within(shard, random.between(250, 750));
    await kinesis.send(new SplitShardCommand({ StreamName, ShardToSplit: shard.ShardId, NewStartingHashKey }));
    return open.length + 1;
  }
  const upper = random.between(1, open.length - 1);
  const [ShardToMerge, AdjacentShardToMerge] = [open[upper - 1]?.ShardId, open[upper]?.ShardId];
  await kinesis.send(new MergeShardsCommand({ StreamName, ShardToMerge, AdjacentShardToMerge }));
  return open.length - 1;
}

/** What became of the shards of a stream, told by the shards there are. */
export async function countReshards(kinesis: KinesisClient, StreamName: string) {
  const shards = await listShards(kinesis, { StreamName });
  const merges = shards.filter(({ AdjacentParentShardId }) => AdjacentParentShardId).length;
  const children = shards.filter(({ ParentShardId }) => ParentShardId).length;
  return { splits: (children - merges) / 2, merges };
}

export async function listShards(kinesis: KinesisClient, input: ListShardsCommandInput): Promise<Shard[]> {
  const found: Shard[] = [];
  for (let next = input; ; ) {
    const { Shards = [], NextToken } = await kinesis.send(new ListShardsCommand(next));
    found.push(...Shards);
    if (NextToken === undefined) return found;
    next = { NextToken };
  }
}

const startOf = ({ HashKeyRange }: Shard): bigint => BigInt(HashKeyRange?.StartingHashKey ?? 0);

/** A hash key of the shard's range, at so many thousandths of it. */
function within(shard: Shard, thousandths: number): string {
  const size = BigInt(shard.HashKeyRange?.EndingHashKey ?? 0) - startOf(shard);
  return String(startOf(shard) + (size * BigInt(thousandths)) / 1000n);
}
