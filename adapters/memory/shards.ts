import type { Shard, Shards } from '../../core/ports.ts';

/** A stream's shards in memory; `left` are those that hold records nobody has read. */
export function memoryShards(shards: readonly Shard[], left: ReadonlySet<string> = new Set()): Shards {
  return {
    describe: async (shardId) => shards.find((shard) => shard.shardId === shardId),
    hasRecordsAfter: async (shardId) => left.has(shardId),
  };
}
