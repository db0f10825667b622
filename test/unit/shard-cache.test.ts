import { describe, expect, it } from '@jest/globals';
import { MAX_CACHE_AGE_MS, ShardCache } from '../../core/engine/shard-cache.ts';
import { ShardState } from '../../core/engine/shard-state.ts';

/** A cache that counts what it opens, under a clock that the test sets. */
function countingCache() {
  const opened: string[] = [];
  const clock = { ms: 0, now: () => clock.ms };
  const open = async (shardId: string) => {
    opened.push(shardId);
    return new ShardState(shardId, 3_600_000);
  };
  return { cache: new ShardCache(open, clock), opened, clock };
}

describe('ShardCache', () => {
  it('opens a shard once while it is warm', async () => {
    const { cache, opened } = countingCache();
    expect(await cache.get('s0')).toBe(await cache.get('s0'));
    expect(opened).toEqual(['s0']);
  });

  it('opens it again when it is too old to write by, or was dropped', async () => {
    const { cache, opened, clock } = countingCache();
    await cache.get('s0');
    expect(cache.isFresh('s0')).toBe(true);
    clock.ms = MAX_CACHE_AGE_MS;
    expect(cache.isFresh('s0')).toBe(false);
    await cache.get('s0');
    expect(opened).toEqual(['s0', 's0']);
    cache.drop('s0');
    expect(cache.isFresh('s0')).toBe(false);
    await cache.get('s0');
    expect(opened).toHaveLength(3);
  });

  it('remembers three shards, the ones opened last', async () => {
    const { cache, opened } = countingCache();
    for (const shard of ['s0', 's1', 's2', 's3']) await cache.get(shard);
    for (const shard of ['s1', 's2', 's3', 's0']) await cache.get(shard);
    expect(opened).toEqual(['s0', 's1', 's2', 's3', 's0']);
  });
});
