import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { memoryCommitLog } from '../../adapters/memory/commit-log.ts';
import { memoryLake } from '../../adapters/memory/lake.ts';
import { decodeEntry, type Entry } from '../../core/engine/entry.ts';
import { type Json, keep, MAX_STATE_CHARS, StateError } from '../../core/event/json.ts';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { type LogItem, TransientError } from '../../core/ports.ts';
import { countingPlan, distinct, orderAt } from '../support/counting.ts';
import { engineInMemory, recordAt, SHARD } from '../support/engine.ts';
import { Order, order } from '../support/orders.ts';

/** What the table's view shows: a cold start delivers again what was in the newest entry's outbox. */
const counts = (rows: readonly Record<string, unknown>[]) =>
  distinct(rows).map(({ event_id, customer, n }) => [event_id, customer, n]);

describe('a step with state', () => {
  it.each([
    ['warm', false],
    ['cold', true],
  ])('keeps a state for each key, across batches, %s', async (_, cold) => {
    const { run, restart, lake: tables } = engineInMemory(countingPlan());
    await run([orderAt(1, 'ada'), orderAt(2, 'bob'), orderAt(3, 'ada')]);
    if (cold) restart();
    await run([orderAt(4, 'ada'), orderAt(5, 'ada', 0), orderAt(6, 'ada'), orderAt(7, 'bob', 10, 'e2')]);
    if (cold) restart();
    await run([orderAt(8, 'bob')]);
    expect(counts(tables.rows('counts'))).toEqual([
      ['e1/count.0', 'ada', 1],
      ['e2/count.0', 'bob', 1],
      ['e3/count.0', 'ada', 2],
      ['e4/count.0', 'ada', 3],
      ['e5/count.0', 'ada', 4],
      ['e6/count.0', 'ada', 1],
      ['e8/count.0', 'bob', 2],
    ]);
  });

  it('sends what it emits after the commit, and never when the slot was lost', async () => {
    const log = memoryCommitLog();
    const store = memoryLake();
    const order: string[] = [];
    const watched = {
      ...store,
      deliver: async (rows: ReadonlyMap<string, readonly string[]>) => {
        order.push(...rows.keys());
        await store.deliver(rows);
      },
    };
    const append = async (shardId: string, item: LogItem) => {
      const outcome = await log.append(shardId, item);
      order.push(`${outcome} ${item.slot}`);
      return outcome;
    };
    const mine = engineInMemory(countingPlan(), { log: { ...log, append }, lake: watched });
    await mine.run([orderAt(1, 'ada')]);
    expect(order).toEqual(['committed 0', 'orders', 'committed 1', 'counts']);
    order.length = 0;
    await engineInMemory(countingPlan(), { log }).run([orderAt(1, 'ada'), orderAt(2, 'ada')]);
    await mine.run([orderAt(3, 'ada')]);
    // First the other's outbox, which nobody knows to be delivered, then its own.
    expect(order).toEqual(['orders', 'taken 2', 'counts', 'committed 3', 'counts']);
    expect(counts(store.rows('counts'))).toEqual([
      ['e1/count.0', 'ada', 1],
      ['e2/count.0', 'ada', 2],
      ['e3/count.0', 'ada', 3],
    ]);
  });

  it.each([
    ['warm', false],
    ['cold', true],
  ])(
    'has its outbox repaired when it could not be delivered, also by a batch that brings nothing new, %s',
    async (_, cold) => {
      const store = memoryLake();
      let fails = true;
      const flaky = {
        deliver: async (rows: ReadonlyMap<string, readonly string[]>) => {
          if (fails && rows.has('counts')) throw new TransientError('throttled');
          await store.deliver(rows);
        },
      };
      const { run, restart } = engineInMemory(countingPlan(), { lake: flaky });
      await expect(run([orderAt(1, 'ada')])).rejects.toThrow('throttled');
      await expect(run([orderAt(1, 'ada')])).rejects.toThrow('throttled');
      expect(store.rows('counts')).toEqual([]);
      fails = false;
      if (cold) restart();
      expect(await run([orderAt(1, 'ada')])).toMatchObject({ events: 0, commits: 0, repaired: 1 });
      expect(counts(store.rows('counts'))).toEqual([['e1/count.0', 'ada', 1]]);
      expect(store.rows('orders')).toHaveLength(1);
      expect(await run([orderAt(2, 'ada')])).toMatchObject({ events: 1, repaired: 0 });
    },
  );

  it('keeps nothing of a record that fails further on', async () => {
    const plan = pipeline('shop', [
      from(Order)
        .process('count', { init: () => ({ n: 0 }), on: ({ n }) => ({ state: { n: n + 1 }, emit: [{ n: n + 1 }] }) })
        .map('check', ({ n }) => (n === 2 ? { n: Number.NaN } : { n }))
        .to(lake('counts', { schema: z.object({ n: z.int() }) })),
    ]);
    const { run, state, lake: tables } = engineInMemory(plan);
    expect(await run([orderAt(1, 'ada'), orderAt(2, 'ada')])).toMatchObject({ events: 1, quarantined: 1 });
    expect((await state()).cellOf('count/ada')?.state).toEqual({ n: 1 });
    expect(tables.rows('counts')).toHaveLength(1);
  });

  it('refuses events that come under another partition key, or to another shard, than their key says', async () => {
    const whole = engineInMemory(countingPlan());
    await whole.run([recordAt(1, order('a', { customer: 'ada' }))]);
    expect(whole.lake.rows('quarantine')).toMatchObject([{ reason: 'partition-key', found: 'partition key "key"' }]);
    const range = { from: '0'.repeat(32), to: `0${'f'.repeat(31)}` };
    const shard = { shardId: SHARD, parents: [], range };
    const part = engineInMemory(countingPlan(), {
      shards: { describe: async () => shard, hasRecordsAfter: async () => false },
    });
    await part.run([orderAt(1, 'ada')]); // MD5 8c8d357b…
    expect(part.lake.rows('quarantine')).toMatchObject([{ reason: 'wrong-shard' }]);
  });

  it('stops the pipeline before the states outgrow the memory, and takes in what makes them smaller', async () => {
    const text = z.object({ chars: z.int() });
    const plan = pipeline('shop', [
      from(Order)
        .process('keep', {
          init: () => ({ text: '' }),
          on: (_, { amount }) => ({
            state: amount === 0 ? undefined : { text: 'x'.repeat(amount) },
            emit: [{ chars: amount }],
          }),
        })
        .to(lake('kept', { schema: text })),
    ]);
    const { run } = engineInMemory(plan);
    const records = Array.from({ length: 600 }, (_, i) => orderAt(i + 1, `c${i}`, 60_000));
    const { stopped, events, unfinished } = await run(records);
    expect(stopped).toMatch(/^the steps' states come to 33\d{6} characters of JSON and would grow$/);
    expect(unfinished).toBe(records[events]?.sequenceNumber);
    expect(await run([orderAt(601, 'c1', 0), orderAt(602, 'c601', 60_000)])).toMatchObject({
      events: 2,
      stopped: undefined,
    });
  });

  it('writes states compactly', async () => {
    const { run, log } = engineInMemory(countingPlan());
    await run(Array.from({ length: 500 }, (_, i) => orderAt(i + 1, `customer-${i % 300}`)));
    const entries: Entry[] = [];
    let bytes = 0;
    for await (const { slot, body } of log.newest(SHARD)) {
      entries.push(decodeEntry(slot, body));
      bytes += body.length;
    }
    expect(entries[0]?.details.states).toHaveLength(300);
    expect(entries[0]?.details.outbox).toHaveLength(500);
    expect(bytes).toBeLessThan(30_000); // 300 states and 500 rows besides 500 ids
  });
});

describe('keep', () => {
  it.each([
    ['a date', { at: new Date(0) }, 'a Date'],
    ['a map', new Map(), 'a Map'],
    ['NaN', [Number.NaN], 'NaN'],
    ['a function', { f: () => 1 }, 'a function'],
    ['a bigint', 1n, 'a bigint'],
    ['undefined in an array', [undefined], 'a undefined'],
  ])('refuses %s', (_, value, found) => {
    expect(() => keep('s', value)).toThrow(
      new StateError(`state of step 's': found ${found}; expected what JSON can hold`),
    );
  });

  it('refuses what is too large or refers to itself', () => {
    expect(() => keep('s', 'x'.repeat(MAX_STATE_CHARS))).toThrow(/found 262146 characters/);
    const self: Record<string, unknown> = {};
    self.self = self;
    expect(() => keep('s', self)).toThrow(/levels/);
  });

  it('gives what a cold start would: a frozen copy as JSON brings it back', () => {
    const given = { b: [1, { c: -0 }], a: undefined, __proto__x: null };
    const kept = keep('s', given);
    expect(kept).toStrictEqual(JSON.parse(JSON.stringify(given)));
    expect(Object.isFrozen(kept) && Object.isFrozen((kept as { b: Json }).b)).toBe(true);
    expect(keep('s', kept)).toBe(kept);
  });

  it("has a step that changes its state in place fail, not change it under others' eyes", async () => {
    const plan = pipeline('shop', [
      from(Order)
        .process('count', {
          init: () => ({ n: 0 }),
          on: (state) => {
            (state as { n: number }).n += 1;
            return { state, emit: [{ n: state.n }] };
          },
        })
        .to(lake('counts', { schema: z.object({ n: z.int() }) })),
    ]);
    const { run, state } = engineInMemory(plan);
    expect(await run([orderAt(1, 'ada')])).toMatchObject({ parked: 1 });
    expect((await state()).lot.keys.get('ada')?.failure.found).toMatch(/read only property 'n'/);
  });
});
