import type { ShardInfo } from '../services/kinesis-reader.ts';
import type { Checkpoint } from './checkpoint.ts';
import { pollShard } from './poller.ts';
import type { MappingRun } from './run.ts';

/** Starts a poller for each shard whose parents are processed to their end, and for their children when they are: so
 *  the order of a key survives a reshard. `stopped` resolves once every poller has ended. */
export function followStream(run: MappingRun): { stopped(): Promise<void> } {
  const { checkpoints, reader, settings } = run;
  const polling = new Map<string, Promise<void>>();
  const finished = new Set<string>();

  async function poll(shard: ShardInfo, from: Checkpoint): Promise<void> {
    const { shardId } = shard;
    try {
      if (!(await pollShard(run, shard, from))) return;
      finished.add(shardId);
      startReady();
    } catch (error) {
      run.log(`${shardId}: reading stopped by an error: ${error instanceof Error ? error.stack : error}`);
    }
  }

  /** Checkpoints of shards that have expired serve nobody. */
  function forgetExpired(present: ReadonlySet<string>): void {
    for (const shardId of [...checkpoints.all().keys()]) {
      if (!present.has(shardId) && (finished.has(shardId) || !polling.has(shardId))) checkpoints.forget(shardId);
    }
  }

  function startReady(): void {
    const shards = reader.shards(settings.sourceArn);
    const present = new Set(shards.map(({ shardId }) => shardId));
    forgetExpired(present);
    // A parent that is neither listed nor being read has expired with all it held.
    const isUnfinished = (id: string) => !finished.has(id) && (present.has(id) || polling.has(id));
    for (const shard of shards) {
      const { shardId, parentShardIds } = shard;
      const from = checkpoints.all().get(shardId) ?? { position: 'TRIM_HORIZON' };
      if (polling.has(shardId) || parentShardIds.some(isUnfinished)) continue;
      polling.set(shardId, poll(shard, from));
    }
  }

  // StartingPosition is for the shards there are now; one that comes later continues its parents.
  if (checkpoints.all().size === 0) {
    const position = settings.startingPosition;
    for (const { shardId } of reader.shards(settings.sourceArn)) checkpoints.save(shardId, { position });
  }
  startReady();

  return {
    async stopped() {
      for (let count = -1; count !== polling.size; ) {
        count = polling.size;
        await Promise.all(polling.values());
      }
    },
  };
}
