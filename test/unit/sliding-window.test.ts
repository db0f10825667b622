import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { count, from, lake, latest, max, minutes, pipeline, reduce, sliding } from '../../core/pipeline/index.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { type Happening, rowsOf, START } from '../support/happenings.ts';
import { Order, order } from '../support/orders.ts';
import { aggregate, windowsOf } from '../support/windows.ts';

/** Ten minutes, which end with the item's own millisecond; so they begin a millisecond after the same minute. */
const MS = 1 / 60_000;
const plan = windowsOf((orders) => orders.window('w', { over: sliding(minutes(10)), aggregate }), minutes(5));

describe('sliding windows of ten minutes, five out of order', () => {
  it('forget a key once its last item has left the window', async () => {
    const { run, state } = engineInMemory(plan);
    const at = (n: number, customer: string, minute: number) =>
      recordAt(n, order(`e${n}`, { customer, at: new Date(START + minutes(minute)).toISOString() }), START, customer);
    await run([at(1, 'ada', 0), at(2, 'bob', 14.9)]);
    expect((await state()).cellOf('w/ada')).toBeDefined();
    await run([at(3, 'bob', 15)]);
    expect((await state()).cellOf('w/ada')).toBeUndefined();
  });

  it('come to what a naive reader computes, whatever the order within bounds, the batches and the restarts', async () => {
    const events = fc.array(
      fc.record({ customer: fc.constantFrom('ada', 'é'), at: fc.integer({ min: 0, max: 600 }), shift: fc.nat(49) }),
      { maxLength: 120 },
    );
    await fc.assert(
      fc.asyncProperty(events, fc.integer({ min: 1, max: 40 }), fc.boolean(), async (made, batch, cold) => {
        const arrived = made
          .map(({ customer, at, shift }) => ({ customer, minute: at / 10, arrives: at + shift }))
          .sort((a, b) => a.arrives - b.arrives);
        const happenings = arrived.map(({ customer, minute }, n): Happening => [customer, minute, 2 ** (n % 50)]);
        const { closed, late } = await rowsOf(plan, [...happenings, 10], { batch, cold });
        expect(late).toEqual([]);
        const sorted = happenings
          .map((each, n) => ({ each: each as [string, number, number], id: `e${n + 1}` }))
          .sort((a, b) => a.each[1] - b.each[1] || (a.id < b.id ? -1 : 1))
          .map(({ each }) => each);
        const expected = sorted.map(([customer, minute], n) => {
          const within = sorted.slice(0, n + 1).filter(([key, at]) => key === customer && at > minute - 10);
          return [customer, minute, within.length, within.reduce((sum, [, , amount]) => sum + amount, 0)];
        });
        const found = (closed ?? []).map(([key, , end, ...rest]) => [
          key,
          Math.round(((end as number) - MS) * 10) / 10,
          ...rest,
        ]);
        const byText = (rows: unknown[][]) => rows.map((row) => JSON.stringify(row)).sort();
        expect(byText(found)).toEqual(byText(expected));
      }),
      { numRuns: 40 },
    );
  });

  it('aggregate in order, also what depends on it, and cost some three merges an item', async () => {
    let merges = 0;
    const joined = reduce('joined', {
      of: ({ amount }: { amount: number }) => [amount],
      merge: (left, right) => {
        merges += 1;
        return [...left, ...right].slice(-3);
      },
    });
    const { closed } = from(Order).window('w', {
      over: sliding(minutes(200)),
      aggregate: { n: count(), last: latest('amount'), most: max('amount'), joined },
    });
    const row = z.object({ n: z.int(), last: z.number(), most: z.number(), joined: z.array(z.number()) });
    const windows = pipeline('windows', [closed.to(lake('closed', { schema: row }))], { outOfOrderness: 0 });
    const { run, lake: tables } = engineInMemory(windows);
    const items = 1_000;
    const records = Array.from({ length: items }, (_, n) =>
      recordAt(
        n,
        order(`e${n}`, { customer: 'ada', amount: n, at: new Date(START + minutes(n)).toISOString() }),
        START + minutes(n),
        'ada',
      ),
    );
    await run(records);
    expect(tables.rows('closed')).toHaveLength(items - 1);
    expect(tables.rows('closed').at(-1)).toMatchObject({ n: 200, last: 998, most: 998, joined: [996, 997, 998] });
    expect(merges).toBeLessThan(3 * items);
  });

  it('refuse more items than they can hold, while those before stand', async () => {
    const { run, state } = engineInMemory(
      windowsOf((orders) => orders.window('w', { over: sliding(minutes(10)), aggregate })),
    );
    const records = Array.from({ length: 4_003 }, (_, n) =>
      recordAt(n, order(`e${n}`, { customer: 'ada', at: new Date(START + n).toISOString() }), START, 'ada'),
    );
    expect(await run(records)).toMatchObject({ events: 4_000, parked: 3 });
    expect((await state()).lot.keys.get('ada')?.failure.found).toMatch(
      /4000 items of a key lie within 600000 ms or wait; at most so many may/,
    );
  });
});
