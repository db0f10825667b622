import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryCommitLog } from '../../adapters/memory/commit-log.ts';
import { memoryObjectStore } from '../../adapters/memory/object-store.ts';
import { idempotencyKey } from '../../core/engine/idempotency-key.ts';
import { RecentKeys } from '../../core/engine/recent-keys.ts';
import { LogError } from '../../core/engine/shard-state.ts';
import { counted, EMPTY_TALLY, isOver } from '../../core/engine/tally.ts';
import { type CommitLog, ENTRY_TTL_MS, type LogItem, MAX_BODY_BYTES, TransientError } from '../../core/ports.ts';
import { countingPlan, orderAt } from '../support/counting.ts';
import { ARRIVAL_MS, engineInMemory, SHARD } from '../support/engine.ts';

const OFTEN = { bytes: Number.POSITIVE_INFINITY, commits: 3 };

/** A log that counts what is read of it, and may have lost what is below a slot. */
function watchedLog(log: CommitLog = memoryCommitLog()) {
  const watched = { read: 0, expired: 0 };
  async function* newest(shardId: string): AsyncGenerator<LogItem> {
    for await (const item of log.newest(shardId)) {
      if (item.slot > 0 && item.slot <= watched.expired) continue;
      watched.read += 1;
      yield item;
    }
  }
  return { log: { ...log, newest }, watched };
}

describe('snapshots', () => {
  it('keep a cold start short, and say all that the log says', async () => {
    const { log, watched } = watchedLog();
    const { run, restart, state, objects } = engineInMemory(countingPlan(), { log, policy: OFTEN });
    const taken: number[] = [];
    for (let n = 1; n <= 10; n++) {
      const { snapshot } = await run([orderAt(n, `c${n % 3}`, n % 4 === 0 ? 13 : 10)]);
      if (snapshot === 'stored') taken.push(n);
    }
    expect(taken).toEqual([3, 6, 9]); // of the slots before them; the genesis counts
    expect([...objects.objects.keys()].filter((name) => name.startsWith('snapshots/'))).toEqual(
      taken.map((slot) => `snapshots/counting/v1/${SHARD}/${slot - 1}`),
    );
    const warm = (await state()).snapshotEntry();
    restart();
    watched.read = 0;
    const cold = (await state()).snapshotEntry();
    expect(watched.read).toBe(3); // 10 and 9, and 8, where it stops
    expect(cold).toEqual({ ...warm, details: { ...warm.details, outbox: cold.details.outbox } });
    expect(
      (await engineInMemory(countingPlan(), { log: noSnapshots(log) }).state()).snapshotEntry().details.states,
    ).toEqual(cold.details.states);
  });

  it('come into use though no environment lives for two batches', async () => {
    const { log, watched } = watchedLog();
    const { run, restart } = engineInMemory(countingPlan(), { log, policy: OFTEN });
    for (let n = 1; n <= 20; n++) {
      await run([orderAt(n, 'ada')]);
      restart();
      watched.read = 0;
    }
    await run([orderAt(21, 'ada')]);
    expect(watched.read).toBeLessThanOrEqual(4);
  });

  it('do no harm when they are lost', async () => {
    const objects = memoryObjectStore();
    let fails = true;
    const put = async (name: string, bytes: Uint8Array) => {
      if (fails && name.startsWith('snapshots/')) throw new TransientError('slow down');
      return objects.put(name, bytes);
    };
    const { run, restart } = engineInMemory(countingPlan(), { objects: { ...objects, put }, policy: OFTEN });
    await run([orderAt(1, 'ada')]);
    await run([orderAt(2, 'ada')]);
    const failed = { failed: 'TransientError: slow down' };
    expect(await run([orderAt(3, 'ada')])).toMatchObject({ commits: 1, snapshot: failed });
    restart();
    fails = false;
    expect(await run([orderAt(4, 'ada')])).toMatchObject({ events: 1, snapshot: 'stored' });
  });

  it('are taken by age too, so that a slow shard does not outlive its entries', async () => {
    const { run } = engineInMemory(countingPlan());
    const day = 24 * 3_600_000;
    const at = (n: number, ms: number) => ({ ...orderAt(n, 'ada'), arrivalMs: ARRIVAL_MS + ms });
    expect(await run([at(1, 0)])).toMatchObject({ snapshot: 'not due' });
    expect(await run([at(2, day - 1)])).toMatchObject({ snapshot: 'not due' });
    expect(await run([at(3, day)])).toMatchObject({ snapshot: 'not due' }); // of slot 2, a millisecond short
    expect(await run([at(4, day)])).toMatchObject({ snapshot: 'stored' });
  });

  it('are missed loudly', async () => {
    const { run, restart, log } = engineInMemory(countingPlan(), { policy: OFTEN });
    for (let n = 1; n <= 4; n++) await run([orderAt(n, 'ada')]);
    restart();
    await expect(engineInMemory(countingPlan(), { log }).run([orderAt(5, 'ada')])).rejects.toThrow(
      new LogError(
        `${SHARD}: found no snapshot snapshots/counting/v1/${SHARD}/2; expected the one its newest entry names`,
      ),
    );
  });
});

/** The log as if no entry named a snapshot, which makes a reader fold it from the beginning. */
function noSnapshots(log: CommitLog): CommitLog {
  return { ...log, newest: (shardId) => withoutSnapshots(log.newest(shardId)) };
}

async function* withoutSnapshots(items: AsyncIterable<LogItem>): AsyncGenerator<LogItem> {
  const { decodeEntry, encodeEntry } = await import('../../core/engine/entry.ts');
  for await (const item of items) {
    const { snapshot: _, ...details } = decodeEntry(item.slot, item.body).details;
    yield { ...item, body: encodeEntry({ ...decodeEntry(item.slot, item.body), details }) };
  }
}

describe('a log whose entries have expired', () => {
  it.each([
    ['some of them', 2, /found slot 3 next in the log; expected slot 1/],
    ['all of them', 3, /a log begun on 2026-11-21T12:00:00.000Z whose entries have expired/],
  ])('is refused, %s', async (_, expired, message) => {
    const { log, watched } = watchedLog();
    const clock = { ms: ARRIVAL_MS, now: () => clock.ms };
    const { run, restart } = engineInMemory(countingPlan(), { log, clock });
    for (let n = 1; n <= 3; n++) await run([orderAt(n, 'ada')]);
    watched.expired = expired;
    clock.ms += ENTRY_TTL_MS;
    restart();
    await expect(run([orderAt(4, 'ada')])).rejects.toThrow(message);
  });

  it('is not one that was begun a moment ago', async () => {
    const log = memoryCommitLog();
    const first = engineInMemory(countingPlan(), { log });
    await first.state();
    expect(await engineInMemory(countingPlan(), { log }).run([orderAt(1, 'ada')])).toMatchObject({ events: 1 });
  });
});

describe('an entry larger than an item', () => {
  it('goes to the object store, and is read from there', async () => {
    const { run, restart, state, log, objects } = engineInMemory(countingPlan());
    const many = Array.from({ length: 9_000 }, (_, i) =>
      orderAt(i + 1, `customer ${Math.sin(i)} ${Math.cos(i)} ${Math.tan(i)}`),
    );
    await run(many);
    const items: LogItem[] = [];
    for await (const item of log.newest(SHARD)) items.push(item);
    expect(items[0]?.body.length).toBeLessThan(100);
    const [name] = [...objects.objects.keys()];
    expect(name).toMatch(new RegExp(`^spill/counting/v1/${SHARD}/1-token`));
    expect(objects.objects.get(name as string)?.length).toBeGreaterThan(MAX_BODY_BYTES);
    restart();
    expect((await state()).snapshotEntry().details.states).toHaveLength(9_000);
    expect(await run([orderAt(1, 'ada'), orderAt(9_001, 'ada', 10, 'e5')])).toMatchObject({ duplicates: 1 });
  });

  it('is missed loudly', async () => {
    const { run, log } = engineInMemory(countingPlan());
    await run(
      Array.from({ length: 9_000 }, (_, i) =>
        orderAt(i + 1, `${Math.sin(i)} ${Math.cos(i)} ${Math.tan(i)} ${Math.tan(i + 0.5)}`),
      ),
    );
    await expect(engineInMemory(countingPlan(), { log }).state()).rejects.toThrow(/expected the entry of slot 1/);
  });
});

describe('a state that became too old while it was in use', () => {
  it('is not written by', async () => {
    const clock = { ms: ARRIVAL_MS, now: () => clock.ms };
    const deliver = async () => {
      clock.ms += 7 * 3_600_000;
    };
    const { run } = engineInMemory(countingPlan(), { clock, lake: { deliver } });
    await expect(run([orderAt(1, 'ada')])).rejects.toThrow(/too old to write by/);
  });
});

describe('RecentKeys', () => {
  it('answers as a list that is searched whole would, however its keys were added', () => {
    const event = fc.record({ key: fc.integer({ min: 0, max: 12 }).map(String), gap: fc.integer({ min: 0, max: 6 }) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.array(fc.nat(5)), (events, batches) => {
        const [horizon, limit] = [10, 5];
        const recent = new RecentKeys(horizon, limit);
        const all: { key: string; arrivalMs: number }[] = [];
        let pending: { key: string; arrivalMs: number }[] = [];
        let clockMs = 0;
        let batch = 0;
        for (const { key, gap } of events) {
          clockMs += gap;
          const inBatch = pending.some((seen) => seen.key === key && seen.arrivalMs >= clockMs - horizon);
          const naive = all.slice(-limit).some((seen) => seen.key === key && seen.arrivalMs >= clockMs - horizon);
          expect(inBatch || recent.has(key, clockMs, pending.length)).toBe(naive);
          if (!naive) {
            all.push({ key, arrivalMs: clockMs });
            pending.push({ key, arrivalMs: clockMs });
          }
          if (pending.length > (batches[batch] ?? 0) || pending.length === limit) {
            recent.add(pending, clockMs);
            pending = [];
            batch += 1;
          }
        }
        recent.add(pending, clockMs);
        expect(recent.size).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('makes room as more come, and forgets them again', () => {
    const recent = new RecentKeys(1_000);
    const seen = Array.from({ length: 20_000 }, (_, n) => ({ key: idempotencyKey('/s', `e${n}`), arrivalMs: n / 4 }));
    for (let n = 0; n < seen.length; n += 500) recent.add(seen.slice(n, n + 500), (n + 499) / 4);
    const clockMs = 19_999 / 4;
    const kept = seen.slice(-4_001);
    expect(recent.all()).toEqual(kept);
    expect(kept.every(({ key }) => recent.has(key, clockMs, 0))).toBe(true);
    expect(seen.slice(0, -4_001).some(({ key }) => recent.has(key, clockMs, 0))).toBe(false);
    const all = new RecentKeys(10_000);
    all.add(seen, clockMs);
    expect(all.all()).toEqual(seen);
    expect(seen.every(({ key }) => all.has(key, clockMs, 0))).toBe(true);
  });
});

describe('a tally', () => {
  it('weighs old records less and less', () => {
    let tally = EMPTY_TALLY;
    for (let n = 0; n < 1_999; n++) tally = counted(tally, true);
    expect(tally).toEqual({ records: 1_999, failed: 1_999 });
    for (let n = 0; n < 10_000; n++) tally = counted(tally, false);
    expect(tally.records).toBeLessThan(2_000);
    expect(tally.failed).toBeLessThan(10);
  });

  it('is over its budget above its share, from a number on', () => {
    const budget = { share: 0.5, atLeast: 10 };
    expect(isOver(budget, { records: 9, failed: 9 })).toBe(false);
    expect(isOver(budget, { records: 20, failed: 10 })).toBe(false);
    expect(isOver(budget, { records: 20, failed: 11 })).toBe(true);
  });
});
