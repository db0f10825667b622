import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { compareTimers, DueTimers, type Timer, Timers } from '../../core/engine/timers.ts';
import { heartbeatRecord } from '../../core/event/control.ts';
import { count, from, hours, lake, minutes, pipeline, seconds, sum, tumbling } from '../../core/pipeline/index.ts';
import { distinct } from '../support/counting.ts';
import { ARRIVAL_MS, engineInMemory, recordAt } from '../support/engine.ts';
import { Order, order } from '../support/orders.ts';

const START = Date.parse('2026-11-21T10:00:00Z');

/** The n-th record: a customer's order at a minute, which arrives at once. */
const at = (n: number, customer: string, minute: number, amount = 1) =>
  recordAt(
    n,
    order(`e${n}`, { customer, amount, at: new Date(START + minutes(minute)).toISOString() }),
    START + minutes(minute),
    customer,
  );
const heartbeat = (n: number, minute: number) =>
  recordAt(n, heartbeatRecord(`h${n}`), START + minutes(minute), `h${n}`);

/** Tells of a customer that has been silent for ten minutes; after an order of 7 again and again, each minute. */
const silence = (ttl?: number) =>
  pipeline(
    'silence',
    [
      from(Order)
        .process('silence', {
          ...(ttl !== undefined && { ttl }),
          init: () => ({ orders: 0, again: false }),
          on: ({ orders }, { amount }, { timeMs }) => ({
            state: { orders: orders + 1, again: amount === 7 },
            wakeMs: timeMs + minutes(10),
          }),
          onWake: (state, { key, wakeMs }) => ({
            state: state.again ? state : undefined,
            emit: [{ customer: key, orders: state.orders, minute: (wakeMs - START) / 60_000 }],
            wakeMs: state.again && wakeMs < START + minutes(13) ? wakeMs + minutes(1) : undefined,
          }),
        })
        .to(lake('silent', { schema: z.object({ customer: z.string(), orders: z.int(), minute: z.number() }) })),
    ],
    { outOfOrderness: seconds(30) },
  );

const told = (rows: readonly Record<string, unknown>[]) =>
  distinct(rows).map(({ customer, orders, minute }) => `${customer} ${orders} ${minute}`);

describe('a step that asks to be woken', () => {
  it.each([
    ['warm', false],
    ['cold', true],
  ])('is woken in the order of event time, when events have come that far, %s', async (_, cold) => {
    const { run, restart, lake: tables } = engineInMemory(silence());
    const again = () => (cold ? restart() : undefined);
    await run([at(1, 'ada', 0), at(2, 'bob', 1), at(3, 'ada', 2)]);
    again();
    await run([at(4, 'eve', 11.4)]); // bob is due at 11; the watermark is at 10.9
    expect(told(tables.rows('silent'))).toEqual([]);
    again();
    await run([at(5, 'eve', 13)]);
    expect(told(tables.rows('silent'))).toEqual(['bob 1 11', 'ada 2 12']);
    expect(tables.rows('silent')[0]).toMatchObject({
      event_id: `silence/${START + minutes(11)}/bob.0`,
      event_source: '/millrace/silence',
      event_time: '2026-11-21T10:11:00.000Z',
    });
    again();
    await run([at(6, 'ada', 14), at(7, 'eve', 40)]);
    expect(told(tables.rows('silent'))).toEqual(['bob 1 11', 'ada 2 12', 'ada 1 24']);
  });

  it('can ask again while it is woken, and is woken once for each time', async () => {
    const { run, lake: tables } = engineInMemory(silence());
    await run([at(1, 'ada', 0, 7), at(2, 'bob', 1.5), at(3, 'eve', 30)]);
    expect(told(tables.rows('silent'))).toEqual(['ada 1 10', 'ada 1 11', 'bob 1 11.5', 'ada 1 12', 'ada 1 13']);
  });

  it('has a time that has passed put off to the next, so that no id comes twice', async () => {
    const { run, lake: tables } = engineInMemory(silence());
    await run([at(1, 'eve', 30), at(2, 'ada', 0), at(3, 'eve', 31)]);
    const [late] = distinct(tables.rows('silent'));
    expect(late?.event_id).toBe(`silence/${START + minutes(29.5) + 1}/ada.0`);
    await run([at(4, 'ada', 0), at(5, 'eve', 32)]);
    expect(new Set(tables.rows('silent').map((row) => row.event_id)).size).toBe(2);
  });

  it('is woken at the next time when it asks for the one that it is woken for', async () => {
    const plan = pipeline(
      'shop',
      [
        from(Order)
          .process('again', {
            init: () => 0,
            on: (n, _, { timeMs }) => ({ state: n, wakeMs: timeMs + 1 }),
            onWake: (n: number, { wakeMs }) => ({ state: n < 2 ? n + 1 : undefined, wakeMs, emit: [{ n }] }),
          })
          .to(lake('woken', { schema: z.object({ n: z.int() }) })),
      ],
      { outOfOrderness: 0 },
    );
    const { run, lake: tables } = engineInMemory(plan);
    await run([at(1, 'ada', 0), at(2, 'bob', 1)]);
    const woken = [1, 2, 3].map((ms, n) => ({ event_id: `again/${START + ms}/ada.0`, n }));
    expect(tables.rows('woken')).toMatchObject(woken);
  });

  it('forgets a key after its time to live, and not before', async () => {
    const { run, state } = engineInMemory(silence(minutes(5)));
    await run([at(1, 'ada', 0), at(2, 'bob', 4), at(3, 'bob', 5.4)]);
    expect((await state()).cellOf('silence/ada')).toBeDefined();
    await run([at(4, 'bob', 5.5)]);
    expect((await state()).cellOf('silence/ada')).toBeUndefined();
    expect((await state()).cellOf('silence/bob')).toMatchObject({ state: { orders: 3 } });
  });

  it('is woken by heartbeats, as much later as the clock has moved on', async () => {
    const { run, restart, lake: tables } = engineInMemory(silence());
    await run([at(1, 'ada', 0), heartbeat(2, 10.4)]);
    expect(tables.rows('silent')).toEqual([]);
    restart();
    expect(await run([heartbeat(3, 10.5)])).toMatchObject({ events: 0, skipped: 0, commits: 1 });
    expect(told(tables.rows('silent'))).toEqual(['ada 1 10']);
  });

  it('is not made late by heartbeats when its events are history', async () => {
    const { run, state } = engineInMemory(silence());
    const old = { ...at(1, 'ada', 0), arrivalMs: ARRIVAL_MS };
    await run([old, recordAt(2, heartbeatRecord('h'), ARRIVAL_MS + seconds(20), 'h')]);
    expect((await state()).watermarkMs).toBe(START - seconds(10));
  });

  it('is told when it has nothing to wake, rather than forgotten', async () => {
    const plan = pipeline('shop', [
      from(Order)
        .process('asleep', {
          init: () => 0,
          on: (n, _, { timeMs }) => ({ state: n + 1, wakeMs: timeMs, emit: [{ n }] }),
        })
        .to(lake('woken', { schema: z.object({ n: z.int() }) })),
    ]);
    const { run, state } = engineInMemory(plan);
    expect(await run([at(1, 'ada', 0)])).toMatchObject({ parked: 1 });
    expect((await state()).lot.keys.get('ada')?.failure.found).toMatch(
      /step 'asleep' asks to be woken; expected an onWake/,
    );
  });

  it('stops the pipeline when it fails, and goes on from there once it is mended', async () => {
    let broken = true;
    const plan = pipeline('shop', [
      from(Order)
        .process('failing', {
          init: () => 0,
          on: (n, _, { timeMs }) => ({ state: n + 1, wakeMs: timeMs + 1 }),
          onWake: (n) => {
            if (broken) throw new Error('not yet');
            return { state: undefined, emit: [{ n }] };
          },
        })
        .to(lake('woken', { schema: z.object({ n: z.int() }) })),
    ]);
    const { run, restart, lake: tables } = engineInMemory(plan);
    const records = [at(1, 'ada', 0), at(2, 'bob', 5), at(3, 'bob', 6)];
    const result = await run(records);
    expect(result).toMatchObject({ events: 2, unfinished: records[2]?.sequenceNumber });
    expect(result.stopped).toMatch(/^step 'failing' fails when step 'failing' is woken at \d+$/);
    restart();
    expect(await run(records.slice(2))).toMatchObject({ commits: 0, stopped: expect.stringMatching('failing') });
    broken = false;
    expect(await run(records.slice(2))).toMatchObject({ events: 1, stopped: undefined });
    expect(tables.rows('woken')).toMatchObject([{ n: 1 }]);
  });

  it('spreads a great many over commits', async () => {
    const { run, lake: tables } = engineInMemory(silence());
    const many = Array.from({ length: 24_000 }, (_, i) => at(i + 1, `c${i}`, 0));
    await run(many);
    const rest = [at(30_000, 'eve', 60), at(30_001, 'eve', 61)];
    const first = await run(rest);
    expect(first).toMatchObject({ events: 1, rows: 20_000, unfinished: rest[1]?.sequenceNumber });
    expect(await run(rest)).toMatchObject({ events: 1, rows: 4_000, unfinished: undefined });
    expect(new Set(tables.rows('silent').map((row) => row.customer)).size).toBe(24_000);
  });

  it('gives the same whatever the batches and restarts', async () => {
    const records = Array.from({ length: 60 }, (_, i) =>
      at(i + 1, `c${(i * 7) % 5}`, (i * 13) % 47, i % 11 === 0 ? 7 : 1),
    );
    const whole = engineInMemory(silence(hours(1)));
    await whole.run([...records, heartbeat(99, 90)]);
    const expected = told(whole.lake.rows('silent'));
    expect(expected.length).toBeGreaterThan(10);
    const cut = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.boolean()), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(cut, async (cuts) => {
        const {
          run,
          restart,
          lake: tables,
        } = engineInMemory(silence(hours(1)), { policy: { bytes: 300, commits: 2 } });
        let from = 0;
        for (const [size, cold] of [...cuts, [60, true] as const]) {
          await run(records.slice(from, from + size));
          from += size;
          if (cold) restart();
        }
        await run([heartbeat(99, 90)]);
        expect(told(tables.rows('silent'))).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});

describe('what a woken step emits', () => {
  it('is in time for the steps behind it, which are woken after it', async () => {
    const aggregate = { orders: count() };
    const fives = from(Order).window('z-fives', { over: tumbling(minutes(5)), aggregate });
    const tens = fives.closed.window('a-tens', {
      over: tumbling(minutes(10)),
      aggregate: { windows: count(), orders: sum('orders') },
    });
    const row = z.object({ key: z.string(), windows: z.int(), orders: z.int() });
    const plan = pipeline(
      'windows',
      [
        tens.closed.to(lake('tens', { schema: row })),
        tens.late.map('nothing', () => ({})).to(lake('late', { schema: z.object({}) })),
      ],
      { outOfOrderness: 0 },
    );
    const { run, lake: tables } = engineInMemory(plan);
    await run([at(1, 'ada', 1), at(2, 'ada', 2), at(3, 'ada', 9), at(4, 'ada', 10), at(5, 'bob', 20)]);
    expect(tables.rows('tens')).toMatchObject([
      { event_id: `a-tens/${START + minutes(10)}/ada.0`, windows: 2, orders: 3 },
      { event_id: `a-tens/${START + minutes(20)}/ada.0`, windows: 1, orders: 1 },
    ]);
    expect(tables.rows('late')).toEqual([]);
  });
});

describe('the timers of a state', () => {
  /** Wakes a customer at the minute that the latest order names. */
  const alarm = pipeline('alarm', [
    from(Order)
      .process('alarm', {
        init: () => 0,
        on: (_, { amount }) => ({ state: amount, wakeMs: START + minutes(amount) }),
        onWake: (_, { key, wakeMs }) => ({
          state: undefined,
          emit: [{ customer: key, orders: 0, minute: (wakeMs - START) / 60_000 }],
        }),
      })
      .to(lake('rung', { schema: z.object({ customer: z.string(), orders: z.int(), minute: z.number() }) })),
  ]);

  it('are one a key, however often its time is put off', async () => {
    const { run, state, lake: tables } = engineInMemory(alarm);
    for (let n = 0; n < 20; n++) {
      await run(Array.from({ length: 50 }, (_, i) => at(1 + n * 50 + i, i % 2 ? 'ada' : 'bob', 0, 100 + n)));
      expect((await state()).timers.size).toBe(2);
    }
    await run([at(1_999, 'eve', 110, 500)]);
    expect(tables.rows('rung')).toEqual([]);
    await run([at(2_000, 'eve', 121, 500)]);
    expect(told(tables.rows('rung'))).toEqual(['ada 0 119', 'bob 0 119']);
    expect((await state()).timers.size).toBe(1);
  });

  it('are cleared when a time has been brought forward again and again', async () => {
    const { run, state, lake: tables } = engineInMemory(alarm);
    const sizeAfter = async (n: number) => {
      await run([at(n, 'ada', 0, 4_000 - n)]);
      return (await state()).timers.size;
    };
    let n = 1;
    for (let size = 0; (await sizeAfter(n)) > size; n++) size = (await state()).timers.size;
    expect(n).toBeLessThan(1_010);
    expect((await state()).timers.size).toBe(1);
    await run([at(5_000, 'bob', 4_000 - n + 0.9, 9_000)]);
    expect(tables.rows('rung')).toEqual([]);
    await run([at(5_001, 'bob', 4_000 - n + 1, 9_000)]);
    expect(told(tables.rows('rung'))).toEqual([`ada 0 ${4_000 - n}`]);
  });
});

describe('Timers', () => {
  const timer = fc.record({ wakeMs: fc.nat(20), rank: fc.nat(2), name: fc.constantFrom('a', 'b', 'c') });
  const inOrder = (timers: readonly Timer[]) => {
    const distinctOnes = new Map(timers.map((each) => [JSON.stringify(each), each]));
    return [...distinctOnes.values()].sort(compareTimers);
  };

  it('come in order, whatever was added when', () => {
    const batches = fc.array(fc.array(timer, { maxLength: 8 }), { maxLength: 12 });
    fc.assert(
      fc.property(batches, fc.array(timer), fc.nat(20), fc.nat(20), (batchesOf, own, passed, until) => {
        const timers = new Timers();
        for (const batch of batchesOf) timers.add(batch);
        const gone = timers.take(passed);
        expect(inOrder(gone)).toEqual(inOrder(batchesOf.flat().filter(({ wakeMs }) => wakeMs <= passed)));
        const base = batchesOf.flat().filter(({ wakeMs }) => wakeMs > passed);
        expect(timers.firstMs).toBe(Math.min(Number.POSITIVE_INFINITY, ...base.map(({ wakeMs }) => wakeMs)));
        const due = new DueTimers(timers);
        for (const each of own) due.add(each);
        const taken: Timer[] = [];
        for (let next = due.take(until); next; next = due.take(until)) taken.push(next);
        expect(taken).toEqual([...taken].sort(compareTimers));
        expect(inOrder(taken)).toEqual(inOrder([...base, ...own].filter(({ wakeMs }) => wakeMs <= until)));
      }),
    );
  });

  it('lie in few runs, however many batches they came in', () => {
    const timers = new Timers();
    for (let n = 0; n < 5_000; n++) timers.add([{ wakeMs: (n * 7_919) % 10_007, rank: 0, name: `k${n}` }]);
    expect(timers.size).toBe(5_000);
    expect(timers.runs.length).toBeLessThanOrEqual(13);
  });
});
