import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { memoryCommitLog } from '../../adapters/memory/commit-log.ts';
import { decodeEntry, type Entry } from '../../core/engine/entry.ts';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { type LogItem, TransientError } from '../../core/ports.ts';
import { ARRIVAL_MS, engineInMemory, recordAt, SHARD } from '../support/engine.ts';
import { Order, order, shop } from '../support/orders.ts';

const ids = (rows: readonly Record<string, unknown>[]) => rows.map((row) => row.event_id);

describe('processBatch', () => {
  it('writes each event to its tables and commits once', async () => {
    const { run, lake } = engineInMemory(shop);
    const result = await run([recordAt(1, order('a')), recordAt(2, order('b', { amount: 200, items: ['x', 'y'] }))]);
    expect(result).toMatchObject({ unfinished: undefined, events: 2, rows: 4, commits: 1, lostSlots: 0 });
    expect(ids(lake.rows('orders'))).toEqual(['a', 'b']);
    expect(ids(lake.rows('large_items'))).toEqual(['b#0', 'b#1']);
    expect(lake.rows('orders')[0]).toEqual({
      event_id: 'a',
      event_source: '/shop',
      event_time: '2026-11-21T11:59:00.000Z',
      shard_id: SHARD,
      sequence_number: recordAt(1, '').sequenceNumber,
      customer: 'ada',
      at: '2026-11-21T11:59:00.000Z',
      amount: 10,
      items: ['pen'],
    });
  });

  it.each([
    ['warm', false],
    ['cold', true],
  ])('adds nothing for a redelivered batch, %s', async (_, cold) => {
    const { run, lake, restart } = engineInMemory(shop);
    const batch = [recordAt(1, order('a')), recordAt(2, order('b'))];
    await run(batch);
    if (cold) restart();
    expect(await run(batch)).toMatchObject({ events: 0, rows: 0, commits: 0, duplicates: 0 });
    expect(await run([...batch, recordAt(3, order('c'))])).toMatchObject({ events: 1, commits: 1 });
    expect(ids(lake.rows('orders'))).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['warm', false],
    ['cold', true],
  ])("adds nothing for a producer's retry, %s", async (_, cold) => {
    const { run, lake, restart } = engineInMemory(shop);
    await run([recordAt(1, order('a')), recordAt(2, order('a'))]);
    if (cold) restart();
    expect(await run([recordAt(3, order('a')), recordAt(4, order('b'))])).toMatchObject({ events: 1, duplicates: 1 });
    expect(ids(lake.rows('orders'))).toEqual(['a', 'b']);
  });

  it('tells events of the same id and different sources apart', async () => {
    const { run, lake } = engineInMemory(shop);
    await run([recordAt(1, order('a')), recordAt(2, { ...order('a'), source: '/other' })]);
    expect(lake.rows('orders')).toHaveLength(2);
  });

  it.each([
    ['warm', false],
    ['cold', true],
  ])('forgets ids after the horizon, by arrival, %s', async (_, cold) => {
    const { run, lake, restart } = engineInMemory(shop);
    const minutes = (n: number) => ARRIVAL_MS + n * 60_000;
    await run([recordAt(1, order('a'), minutes(0))]);
    await run([recordAt(2, order('b'), minutes(61))]);
    if (cold) restart();
    expect(await run([recordAt(3, order('a'), minutes(62))])).toMatchObject({ events: 1, duplicates: 0 });
    if (cold) restart();
    expect(await run([recordAt(4, order('a'), minutes(63))])).toMatchObject({ events: 0, duplicates: 1 });
    expect(ids(lake.rows('orders'))).toEqual(['a', 'b', 'a']);
  });

  it('computes again when another writer took the slot, on what that writer committed', async () => {
    const log = memoryCommitLog();
    const mine = engineInMemory(shop, { log });
    const other = engineInMemory(shop, { log });
    await mine.run([recordAt(1, order('a'))]);
    await other.run([recordAt(1, order('a')), recordAt(2, order('b'))]);
    const result = await mine.run([recordAt(2, order('b')), recordAt(3, order('c'))]);
    expect(result).toMatchObject({ events: 1, rows: 1, commits: 1, lostSlots: 1 });
    const entries: Entry[] = [];
    for await (const { slot, body } of log.newest(SHARD)) entries.push(decodeEntry(slot, body));
    expect(entries.map(({ slot, keys }) => [slot, keys.length])).toEqual([
      [3, 1],
      [2, 1],
      [1, 1],
      [0, 0],
    ]);
  });

  it('delivers no row again when it computes again', async () => {
    const log = memoryCommitLog();
    const behind = engineInMemory(shop, { log });
    await behind.run([recordAt(1, order('a'))]);
    await engineInMemory(shop, { log }).run([recordAt(1, order('a')), recordAt(2, order('b'))]);
    const batch = [recordAt(3, order('c', { amount: 200 })), recordAt(4, 'not json')];
    expect(await behind.run(batch)).toMatchObject({ events: 1, quarantined: 1, lostSlots: 1, commits: 1 });
    expect(ids(behind.lake.rows('orders'))).toEqual(['a', 'c']);
    expect(ids(behind.lake.rows('large_items'))).toEqual(['c#0']);
    expect(behind.lake.rows('quarantine')).toHaveLength(1);
  });

  it('takes a rejected event again when it comes mended under its id', async () => {
    const odd = order('a', { items: ['\ud800'] });
    const { run, lake: tables } = engineInMemory(shop);
    expect(await run([recordAt(1, odd)])).toMatchObject({ events: 0, quarantined: 1 });
    expect(await run([recordAt(2, order('a'))])).toMatchObject({ events: 1, duplicates: 0 });
    expect(ids(tables.rows('orders'))).toEqual(['a']);
  });

  it('takes an event that becomes more rows than a call takes arguments', async () => {
    const count = ({ amount }: { amount: number }) => Array.from({ length: amount }, (_, n) => ({ n }));
    const counts = from(Order)
      .flatMap('count', count)
      .to(lake('counts', { schema: z.object({ n: z.int() }) }));
    const { run, lake: tables } = engineInMemory(pipeline('counts', [counts]));
    expect(await run([recordAt(1, order('a', { amount: 150_000 }))])).toMatchObject({ events: 1, rows: 150_000 });
    expect(tables.rows('counts').at(-1)).toMatchObject({ event_id: 'a#149999', n: 149_999 });
  });

  it('commits nothing when the lake does not take the rows', async () => {
    const log = memoryCommitLog();
    const failing = { deliver: () => Promise.reject(new TransientError('throttled')) };
    const broken = engineInMemory(shop, { log, lake: failing });
    await expect(broken.run([recordAt(1, order('a'))])).rejects.toThrow(TransientError);
    const mended = engineInMemory(shop, { log });
    expect(await mended.run([recordAt(1, order('a'))])).toMatchObject({ events: 1, commits: 1 });
  });

  it('drops its warm state when it does not know whether the commit stands', async () => {
    const log = memoryCommitLog();
    let lose = true;
    const lossy = {
      ...log,
      append: async (shardId: string, item: LogItem) => {
        const outcome = await log.append(shardId, item);
        if (lose && item.slot > 0) throw new TransientError('answer lost');
        return outcome;
      },
    };
    const { run, lake } = engineInMemory(shop, { log: lossy });
    await expect(run([recordAt(1, order('a'))])).rejects.toThrow('answer lost');
    lose = false;
    expect(await run([recordAt(1, order('a')), recordAt(2, order('b'))])).toMatchObject({ events: 1, lostSlots: 0 });
    expect(ids(lake.rows('orders'))).toEqual(['a', 'b']);
  });

  it('gives up after losing the slot again and again', async () => {
    const log = memoryCommitLog();
    const append = async (shardId: string, item: LogItem) =>
      item.slot === 0 ? await log.append(shardId, item) : ('taken' as const);
    await expect(engineInMemory(shop, { log: { ...log, append } }).run([recordAt(1, order('a'))])).rejects.toThrow(
      /lost 6 times/,
    );
  });

  it('stops when its time is up, commits what is done and reports the lowest unfinished record', async () => {
    let now = 0;
    const { run, lake } = engineInMemory(shop, { clock: { now: () => now++ } });
    const batch = [1, 2, 3, 4].map((n) => recordAt(n, order(`e${n}`)));
    const first = await run(batch, 4); // the clock's first two readings are the cache's and the genesis's
    expect(first).toMatchObject({ events: 2, commits: 1, unfinished: batch[2]?.sequenceNumber });
    now = 0;
    expect(await run(batch.slice(2), 100)).toMatchObject({ events: 2, unfinished: undefined });
    expect(ids(lake.rows('orders'))).toEqual(['e1', 'e2', 'e3', 'e4']);
  });

  it('remembers positions as integers of 56 digits, not as numbers or text', async () => {
    const { run } = engineInMemory(shop);
    const at = (sequenceNumber: string, id: string) => ({ ...recordAt(0, order(id)), sequenceNumber });
    await run([at('9', 'nine')]);
    expect(await run([at('10', 'ten')])).toMatchObject({ events: 1 });
    await run([at('49590338271490256608559692538361571095921575989136588898', 'low')]);
    expect(await run([at('49590338271490256608559692538361571095921575989136588899', 'high')])).toMatchObject({
      events: 1,
    });
  });
});
