import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { count } from '../../core/aggregates/count.ts';
import { latest } from '../../core/aggregates/ends.ts';
import { sum } from '../../core/aggregates/sum.ts';
import { heartbeatRecord, redriveRecord } from '../../core/event/control.ts';
import {
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
import type { Over } from '../../core/pipeline/over.ts';
import { distinct } from '../support/counting.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { Order, order } from '../support/orders.ts';

const START = Date.parse('2026-11-21T10:00:00Z');
const Row = z.object({
  key: z.string(),
  start: z.iso.datetime(),
  end: z.iso.datetime(),
  orders: z.int(),
  total: z.number(),
  last: z.number(),
});

const windows = (over: Over, grace = 0) => {
  const { closed, updates, late } = from(Order).window('w', {
    over,
    grace,
    aggregate: { orders: count(), total: sum('amount'), last: latest('amount') },
  });
  const Update = Row.extend({ revision: z.int() });
  return pipeline(
    'windows',
    [
      closed.to(lake('closed', { schema: Row })),
      updates.to(lake('updates', { schema: Update })),
      late.to(lake('late')),
    ],
    { outOfOrderness: seconds(0) },
  );
};

/** The n-th record: an order of amount n of a customer at a minute. */
const at = (n: number, customer: string, minute: number) =>
  recordAt(
    n,
    order(`e${n}`, { customer, amount: n, at: new Date(START + minutes(minute)).toISOString() }),
    START + n,
    customer,
  );

const minuteOf = (time: unknown) => (Date.parse(String(time)) - START) / 60_000;
const told = (rows: readonly Record<string, unknown>[]) =>
  distinct(rows).map(({ key, start, end, orders, total, last }) =>
    [key, `${minuteOf(start)}-${minuteOf(end)}`, orders, total, last].join(' '),
  );

describe('tumbling windows', () => {
  it('close when event time has passed their end, each once, with the items of their time', async () => {
    const { run, lake: tables } = engineInMemory(windows(tumbling(minutes(5))));
    await run([at(1, 'ada', 0), at(2, 'ada', 4.999), at(3, 'bob', 3), at(4, 'ada', 5)]);
    expect(told(tables.rows('closed'))).toEqual(['ada 0-5 2 3 2', 'bob 0-5 1 3 3']);
    expect(tables.rows('closed')[0]).toMatchObject({
      event_id: `w/${START + minutes(5)}/ada.0`,
      event_time: '2026-11-21T10:04:59.999Z',
    });
    await run([at(5, 'bob', 11)]);
    expect(told(tables.rows('closed')).slice(2)).toEqual(['ada 5-10 1 4 4']);
  });

  it('close between two parked events that are taken through', async () => {
    let broken = true;
    const sound = from(Order).filter('sound', () => {
      if (broken) throw new Error('a bug');
      return true;
    });
    const { closed } = sound.window('w', { over: tumbling(minutes(5)), aggregate: { orders: count() } });
    const schema = z.object({ key: z.string(), orders: z.int() });
    const parking = pipeline('parking', [closed.to(lake('closed', { schema }))], { outOfOrderness: 0 });
    const { run, lake: tables } = engineInMemory(parking);
    expect(await run([at(1, 'ada', 0), at(2, 'ada', 9), at(3, 'ada', 60)])).toMatchObject({ parked: 3 });
    broken = false;
    await run([recordAt(4, redriveRecord('r', 'parking', 'ada'), START, 'ada')]);
    expect(tables.rows('closed').map(({ event_id }) => event_id)).toEqual([
      `w/${START + minutes(5)}/ada.0`,
      `w/${START + minutes(10)}/ada.0`,
    ]);
  });

  it('take late items until their grace is over, and have them come out as late afterwards', async () => {
    const { run, lake: tables } = engineInMemory(windows(tumbling(minutes(5)), minutes(2)));
    await run([at(1, 'ada', 1), at(2, 'bob', 6.9), at(3, 'ada', 2), at(4, 'bob', 7), at(5, 'ada', 3)]);
    expect(told(tables.rows('closed'))).toEqual(['ada 0-5 2 4 3']);
    expect(tables.rows('late')).toMatchObject([{ event_id: 'e5/w.0', customer: 'ada', amount: 5 }]);
  });

  it('tell every change, with a revision', async () => {
    const { run, lake: tables } = engineInMemory(windows(tumbling(minutes(5))));
    await run([at(1, 'ada', 1), at(2, 'ada', 2)]);
    expect(tables.rows('updates')).toMatchObject([
      { event_id: 'e1/w.0', orders: 1, total: 1, revision: 1 },
      { event_id: 'e2/w.0', orders: 2, total: 3, revision: 2 },
    ]);
  });

  it('can begin later than at full multiples', async () => {
    const { run, lake: tables } = engineInMemory(windows(tumbling(hours(1), { offset: minutes(15) })));
    await run([at(1, 'ada', 14), at(2, 'ada', 15), at(3, 'ada', 80)]);
    expect(told(tables.rows('closed'))).toEqual(['ada -45-15 1 1 1', 'ada 15-75 1 2 2']);
  });
});

describe('hopping windows', () => {
  it('overlap: an item belongs to all that it lies in', async () => {
    const { run, lake: tables } = engineInMemory(windows(hopping(minutes(10), minutes(5))));
    await run([at(1, 'ada', 1), at(2, 'ada', 6), at(3, 'bob', 30)]);
    expect(told(tables.rows('closed'))).toEqual(['ada -5-5 1 1 1', 'ada 0-10 2 3 2', 'ada 5-15 1 2 2']);
    await run([at(4, 'ada', 20)]);
    expect(tables.rows('late')).toMatchObject([{ event_id: 'e4/w.0' }]);
  });

  it.each([
    [minutes(5), minutes(6)],
    [minutes(0), minutes(0)],
    [hours(1), seconds(1)],
  ])('are refused where they leave gaps, are empty, or too many at a time: %d every %d', (size, every) => {
    expect(() => hopping(size, every)).toThrow(/leave no gap/);
  });
});

describe('session windows', () => {
  it('last while items leave no gap, and merge when an item joins two', async () => {
    const { run, lake: tables } = engineInMemory(windows(session(minutes(10)), minutes(20)));
    await run([at(1, 'ada', 0), at(2, 'ada', 18), at(3, 'bob', 5), at(4, 'ada', 9), at(5, 'ada', 60)]);
    expect(told(tables.rows('closed'))).toEqual(['bob 5-15 1 3 3', 'ada 0-28 3 7 2']);
    await run([heartbeat(6, 200)]);
    expect(told(tables.rows('closed'))).toHaveLength(2); // the heartbeat is no event of another key's time
  });

  it.each([
    ['before its end has passed', ['ada 0', 'ada 10', 'bob 12']],
    ['when its end has passed', ['ada 0', 'bob 10', 'ada 10']],
  ])('end where the gap ends: an item at the end comes into the next, %s', async (_, items) => {
    const { run, lake: tables } = engineInMemory(windows(session(minutes(10))));
    const [first, ...more] = items.map((item, n) => at(n, item.split(' ')[0] as string, Number(item.split(' ')[1])));
    for (const record of [first as never, ...more, at(9, 'eve', 60)]) await run([record]);
    const ofAda = tables.rows('closed').filter(({ key }) => key === 'ada');
    expect(ofAda.map(({ start, end }) => `${minuteOf(start)}-${minuteOf(end)}`)).toEqual(['0-10', '10-20']);
    expect(tables.rows('late')).toEqual([]);
  });
});

const heartbeat = (n: number, ms: number) => recordAt(n, heartbeatRecord(`h${n}`), START + n + ms, `h${n}`);

describe('windows', () => {
  it.each([
    ['key', { key: count() }],
    ['nothing', {}],
  ])('refuse an aggregate named %s', (_, aggregate) => {
    expect(() => from(Order).window('w', { over: tumbling(1), aggregate })).toThrow(/step 'w'/);
  });

  it('come to what a naive reader computes, whatever the order within bounds, the batches and the restarts', async () => {
    const orders = Array.from({ length: 80 }, (_, i) => ({
      n: i + 1,
      customer: `c${(i * 7) % 4}`,
      minute: (i * i * 13) % 97,
    }));
    const expected = new Map<string, { orders: number; total: number }>();
    for (const { n, customer, minute } of orders) {
      const start = Math.floor(minute / 15) * 15;
      const key = `${customer} ${start}-${start + 15}`;
      const { orders: before, total } = expected.get(key) ?? { orders: 0, total: 0 };
      expected.set(key, { orders: before + 1, total: total + n });
    }
    const wanted = [...expected].map(([key, each]) => `${key} ${each.orders} ${each.total}`).sort();
    const jitter = fc.array(fc.integer({ min: 0, max: 29 }), { minLength: 80, maxLength: 80 });
    const cuts = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.boolean()), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(jitter, cuts, async (jitters, batches) => {
        const shuffled = orders
          .map((each, i) => ({ ...each, at: each.minute + (jitters[i] as number) }))
          .sort((a, b) => a.at - b.at)
          .map(({ n, customer, minute }, i) => {
            const data = { customer, amount: n, at: new Date(START + minutes(minute)).toISOString() };
            return recordAt(i + 1, order(`e${n}`, data), START, customer);
          });
        const plan = windows(tumbling(minutes(15)), minutes(30));
        const { run, restart, lake: tables } = engineInMemory(plan, { policy: { bytes: 500, commits: 3 } });
        let from = 0;
        for (const [size, cold] of [...batches, [80, false] as const]) {
          await run(shuffled.slice(from, from + size));
          from += size;
          if (cold) restart();
        }
        await run([at(1_000, 'end', 1_000)]);
        expect(tables.rows('late')).toEqual([]);
        const found = distinct(tables.rows('closed'));
        expect(
          found
            .map(({ key, start, end, orders: n, total }) => `${key} ${minuteOf(start)}-${minuteOf(end)} ${n} ${total}`)
            .sort(),
        ).toEqual(wanted);
      }),
      { numRuns: 30 },
    );
  });
});
