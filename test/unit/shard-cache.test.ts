import { describe, expect, it } from '@jest/globals';
import { memoryCommitLog } from '../../adapters/memory/commit-log.ts';
import { MAX_CACHE_AGE_MS, ShardCache } from '../../core/engine/shard-cache.ts';
import { ShardState } from '../../core/engine/shard-state.ts';

/** A cache on a log that counts its reads, under a clock that the test sets. */
function countingCache() {
  const log = memoryCommitLog();
  const reads: string[] = [];
  const clock = { ms: 0, now: () => clock.ms };
  const newest = (shardId: string) => {
    reads.push(shardId);
    return log.newest(shardId);
  };
  return { cache: new ShardCache({ ...log, newest }, clock, 3_600_000), reads, clock };
}

describe('ShardCache', () => {
  it('reads the log once while it is warm', async () => {
    const { cache, reads } = countingCache();
    expect(await cache.get('s0')).toBe(await cache.get('s0'));
    expect(reads).toEqual(['s0']);
  });

  it('reads it again when it is too old to write from, or was dropped', async () => {
    const { cache, reads, clock } = countingCache();
    await cache.get('s0');
    clock.ms = MAX_CACHE_AGE_MS;
    await cache.get('s0');
    expect(reads).toEqual(['s0', 's0']);
    cache.drop('s0');
    await cache.get('s0');
    expect(reads).toHaveLength(3);
  });

  it('remembers four shards, the ones read last', async () => {
    const { cache, reads } = countingCache();
    for (const shard of ['s0', 's1', 's2', 's3', 's4']) await cache.get(shard);
    for (const shard of ['s1', 's2', 's3', 's4', 's0']) await cache.get(shard);
    expect(reads).toEqual(['s0', 's1', 's2', 's3', 's4', 's0']);
  });
});

describe('ShardState', () => {
  it('refuses a log with a slot missing', async () => {
    const newest = async function* () {
      for (const slot of [3, 1]) {
        const position = { sequenceNumber: String(slot), subSequence: 0 };
        yield { slot, token: 't', position, arrivalMs: slot, keys: [] };
      }
    };
    await expect(ShardState.fold(newest(), 3_600_000)).rejects.toThrow('from slot 1 to 3; expected slot 2');
  });
});
