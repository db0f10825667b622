import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import {
  count,
  from,
  hopping,
  hours,
  lake,
  minutes,
  pipeline,
  seconds,
  session,
  tumbling,
} from '../../core/pipeline/index.ts';
import type { TimeOver } from '../../core/pipeline/over.ts';
import { distinct } from '../support/counting.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { type Happening, rowsOf, START } from '../support/happenings.ts';
import { Order, order } from '../support/orders.ts';
import { aggregate, windowsOf } from '../support/windows.ts';

const at = (n: number, customer: string, minute: number, amount = 1) =>
  recordAt(
    n,
    order(`e${n}`, { customer, amount, at: new Date(START + minutes(minute)).toISOString() }),
    START,
    customer,
  );

describe('sessions', () => {
  it.each([
    ['in order', ['ada', 'ada', 'bob'], [0, 10, 11]],
    ['out of order within the bound', ['ada', 'bob', 'ada'], [0, 11, 10]],
  ])('are one where the gap is met exactly, %s', async (_, customers, minuteOf) => {
    const { closed, late } = from(Order).window('s', { over: session(minutes(10)), aggregate: { orders: count() } });
    const schema = z.object({ key: z.string(), orders: z.int() });
    const plan = pipeline('sessions', [closed.to(lake('sessions', { schema })), late.to(lake('late'))], {
      outOfOrderness: minutes(1),
    });
    const { run, lake: tables } = engineInMemory(plan);
    for (const [n, customer] of customers.entries()) await run([at(n + 1, customer, minuteOf[n] as number)]);
    await run([at(9, 'eve', 100)]);
    expect(distinct(tables.rows('sessions')).map(({ key, orders }) => `${key} ${orders}`)).toEqual(['ada 2', 'bob 1']);
    expect(tables.rows('late')).toEqual([]);
  });
});

describe('windows of time', () => {
  it('close under an id and at a time of their own, and change under those of their items', async () => {
    const plan = windowsOf((orders) => orders.window('w', { over: tumbling(minutes(5)), aggregate }));
    const { run, lake: tables } = engineInMemory(plan);
    await run([at(1, 'ada', 0), at(2, 'ada', 5)]);
    expect(tables.rows('closed')).toMatchObject([
      { event_id: `w/${START + minutes(5)}/ada.0`, event_time: '2026-11-21T10:04:59.999Z' },
    ]);
    expect(tables.rows('updates')).toMatchObject([
      { event_id: 'e1/w.0', event_time: '2026-11-21T10:00:00.000Z' },
      { event_id: 'e2/w.0', event_time: '2026-11-21T10:05:00.000Z' },
    ]);
  });

  it.each([
    [minutes(5), minutes(6), /leave no gap/],
    [minutes(0), minutes(0), /size 0; expected at least a millisecond/],
    [minutes(1), minutes(0), /every 0/],
    [hours(1), seconds(1), /at most 100 of an item/],
    [0.5, 0.5, /size 0.5/],
  ])('are refused where they leave gaps, are empty, or too many at a time: %d every %d', (size, every, message) => {
    expect(() => hopping(size, every)).toThrow(message);
  });

  it.each([
    ['key', { key: count() }],
    ['nothing', {}],
  ])('refuse an aggregate named %s', (_, named) => {
    expect(() => from(Order).window('w', { over: tumbling(1), aggregate: named })).toThrow(/step 'w'/);
  });

  it('are told later where they could not be told in time, as when a shard ends with too much to send', () => {
    const step = from(Order)
      .window('w', { over: hopping(4, 2), aggregate: { orders: count() } })
      .closed.path.find((node) => node.kind === 'process');
    const takes = (output: string) => output !== 'updates';
    const context = { key: 'ada', source: '/shop', input: 0, takes };
    const on = (state: unknown, timeMs: number, watermarkMs: number) =>
      step?.on(state as never, {} as never, { ...context, timeMs, watermarkMs, id: 'e' });
    const one = on(step?.init('ada'), 1, 0);
    expect(one).toMatchObject({ wakeMs: 2 });
    const two = on(on(one?.state, 20, 17)?.state, 13, 17); // it has not been woken at 2
    expect(two?.emit).toMatchObject([{ output: 'late' }]);
    const woken = step?.onWake?.(two?.state as never, { key: 'ada', wakeMs: 18, takes });
    expect(woken?.wakeMs).toBe(22);
    const told = woken?.emit?.filter(({ output }) => output === 'closed').map(({ data }) => data);
    expect(told).toMatchObject([
      { end: '1970-01-01T00:00:00.002Z', orders: 1 },
      { end: '1970-01-01T00:00:00.004Z', orders: 1 },
    ]);
    expect(woken?.emit).toHaveLength(4); // and the same as results
  });

  it('refuse more windows than a key can hold, while those before stand', async () => {
    const over = tumbling(minutes(1));
    const { closed } = from(Order).window('w', { over, grace: hours(20), aggregate: { orders: count() } });
    const plan = pipeline('many', [closed.to(lake('closed', { schema: z.object({ orders: z.int() }) }))]);
    const { run, state } = engineInMemory(plan);
    const records = Array.from({ length: 1_002 }, (_, n) => at(n, 'ada', n));
    expect(await run(records)).toMatchObject({ events: 1_000, parked: 2 });
    expect((await state()).lot.keys.get('ada')?.failure.found).toMatch(/1001 windows of a key are open; at most 1000/);
  });
});

/** What windows may be, and which of them a naive reader puts items of these minutes in. */
const OVERS: readonly (readonly [TimeOver, (minutes: readonly number[]) => readonly (readonly [number, number])[]])[] =
  [
    [tumbling(minutes(15)), (items) => spans(items, 15, 15)],
    [hopping(minutes(10), minutes(4)), (items) => spans(items, 10, 4)],
    [hopping(minutes(12), minutes(1)), (items) => spans(items, 12, 1)],
    [session(minutes(3)), (items) => sessions(items, 3)],
  ];

const spans = (items: readonly number[], size: number, every: number) =>
  Array.from({ length: 300 }, (_, n) => [(n - 100) * every, (n - 100) * every + size] as const).filter(([start, end]) =>
    items.some((minute) => start <= minute && minute < end),
  );

function sessions(items: readonly number[], gap: number) {
  const found: [number, number][] = [];
  for (const minute of items.toSorted((a, b) => a - b)) {
    const last = found.at(-1);
    if (last && minute <= last[1]) last[1] = minute + gap;
    else found.push([minute, minute + gap]);
  }
  return found;
}

const inText = (rows: readonly (readonly unknown[])[] = []) => rows.map((row) => JSON.stringify(row)).sort();

describe('windows of time come to what a naive reader computes', () => {
  const BOUND = 20;
  const item = fc.record({ customer: fc.constantFrom('ada', 'é'), minute: fc.nat(90), shift: fc.nat(BOUND - 1) });
  const items = fc.array(item, { maxLength: 60 });
  const arrivals = (made: readonly { customer: string; minute: number; shift: number }[]) =>
    made
      .toSorted((a, b) => a.minute + a.shift - b.minute - b.shift)
      .map(({ customer, minute }, n) => [customer, minute, 2 ** (n % 50)] as const);

  it.each(OVERS)('$kind, whatever the order within bounds, the batches and the restarts', async (over, naive) => {
    const windows = [0, BOUND].map((grace) =>
      windowsOf(
        (orders) => orders.window('w', { over, grace: minutes(grace), aggregate }),
        minutes(BOUND - grace), // what comes too late for the watermark comes within the grace
      ),
    );
    const delivery = fc.record({ batch: fc.integer({ min: 1, max: 40 }), cold: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(items, fc.constantFrom(...windows), delivery, async (made, plan, { batch, cold }) => {
        const happenings = arrivals(made);
        const events: readonly Happening[] = [...happenings, 150];
        const { closed, results, late } = await rowsOf(plan, events, { batch, cold });
        expect(late).toEqual([]);
        const expected = ['ada', 'é'].flatMap((key) => {
          const own = happenings.filter(([customer]) => customer === key);
          return naive(own.map(([, minute]) => minute)).map(([start, end]) => {
            const within = own.filter(([, minute]) => start <= minute && minute < end);
            return [key, start, end, within.length, within.reduce((sum, [, , amount]) => sum + amount, 0)];
          });
        });
        expect(inText(closed)).toEqual(inText(expected));
        const last = new Map(results?.map((row) => [JSON.stringify(row.slice(0, 2)), row.slice(0, 5)]));
        const final = new Set(inText([...last.values()]));
        expect(inText(closed).filter((row) => !final.has(row))).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('and hold the same bytes of the same items, whatever their order', async () => {
    await fc.assert(
      fc.asyncProperty(items, fc.constantFrom(...OVERS), async (made, [over]) => {
        const plan = windowsOf((orders) => orders.window('w', { over, grace: minutes(BOUND), aggregate }));
        const held = async (arrived: readonly (readonly [string, number, number])[]) => {
          const { run, state } = engineInMemory(plan);
          await run(arrived.map(([customer, minute, amount], n) => at(n + 1, customer, minute, amount)));
          const cells = ['w/ada', 'w/é'];
          return JSON.stringify(await Promise.all(cells.map(async (cell) => (await state()).cellOf(cell))));
        };
        const arrived = arrivals(made);
        expect(await held(arrived)).toBe(await held(arrived.toSorted((a, b) => a[1] - b[1])));
      }),
      { numRuns: 60 },
    );
  });
});

describe('an item of a hundred windows', () => {
  it('is merged once, and each window when it closes', async () => {
    let merges = 0;
    const counted = {
      kind: 'counted',
      of: () => 1,
      merge: (left: number, right: number) => {
        merges += 1;
        return left + right;
      },
      result: (state: number) => state,
    };
    const over = hopping(minutes(100), minutes(1));
    const { closed } = from(Order).window('w', { over, aggregate: { orders: counted } });
    const row = z.object({ end: z.iso.datetime(), orders: z.int() });
    const { run, lake: tables } = engineInMemory(
      pipeline('many', [closed.to(lake('closed', { schema: row }))], { outOfOrderness: 0 }),
    );
    await run(Array.from({ length: 1_000 }, (_, n) => at(n, 'ada', n / 1_000)));
    expect(merges).toBe(999);
    await run([at(1_001, 'ada', 200)]);
    expect(tables.rows('closed')).toHaveLength(100);
    expect(tables.rows('closed').every(({ orders }) => orders === 1_000)).toBe(true);
    expect(merges).toBe(999);
  });
});
