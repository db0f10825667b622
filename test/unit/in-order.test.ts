import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { heartbeatRecord } from '../../core/event/control.ts';
import { count, counting, from, hours, lake, minutes, pipeline } from '../../core/pipeline/index.ts';
import { distinct } from '../support/counting.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { Order, order } from '../support/orders.ts';

const START = Date.parse('2026-11-21T10:00:00Z');
const OUT_OF_ORDERNESS = minutes(10);

interface Event {
  readonly id: string;
  readonly customer: string;
  readonly minute: number;
}

/** Tells of each order which of its customer's it is, by event time. */
const { items, late } = from(Order).inOrder('in-order');
const ranked = items.process('rank', {
  init: () => 0,
  on: (rank: number) => ({ state: rank + 1, emit: [{ rank: rank + 1 }] }),
});
const plan = pipeline(
  'ranks',
  [ranked.to(lake('ranks', { schema: z.object({ rank: z.int() }) })), late.to(lake('late')), items.to(lake('orders'))],
  { outOfOrderness: OUT_OF_ORDERNESS },
);

const recordOf = ({ id, customer, minute }: Event, n: number) => {
  const at = new Date(START + minutes(minute)).toISOString();
  return recordAt(n, order(id, { customer, amount: 1, at }), START + n, customer);
};

async function ranksOf(events: readonly Event[], batches: readonly number[] = [], cold = false) {
  const { run, restart, lake: tables } = engineInMemory(plan);
  const records = events.map((event, n) => recordOf(event, n + 1));
  records.push(recordAt(9_999, heartbeatRecord('h'), START + hours(30), 'h'));
  let [begin, turn] = [0, 0];
  while (begin < records.length) {
    const end = begin + (batches[turn % batches.length] ?? records.length);
    await run(records.slice(begin, end));
    if (cold) restart();
    [begin, turn] = [end, turn + 1];
  }
  const shown = (table: string) =>
    distinct(tables.rows(table))
      .map(({ event_id, rank, event_time }) => `${event_id} ${rank ?? ''} ${event_time}`)
      .sort();
  return { ranks: shown('ranks'), late: shown('late'), orders: shown('orders') };
}

const e = (id: string, minute: number, customer = 'ada'): Event => ({ id, minute, customer });

describe('items in order', () => {
  it('come by event time, those of one millisecond by id, under their own ids and times', async () => {
    const { ranks, late, orders } = await ranksOf([e('c', 7), e('b', 3), e('x', 5, 'bob'), e('a', 3), e('d', 9)]);
    const time = (minute: number) => new Date(START + minutes(minute)).toISOString();
    expect(ranks).toEqual([
      `a/in-order.0/rank.0 1 ${time(3)}`,
      `b/in-order.0/rank.0 2 ${time(3)}`,
      `c/in-order.0/rank.0 3 ${time(7)}`,
      `d/in-order.0/rank.0 4 ${time(9)}`,
      `x/in-order.0/rank.0 1 ${time(5)}`,
    ]);
    expect(orders).toContain(`c/in-order.0  ${time(7)}`);
    expect(late).toEqual([]);
  });

  it('wait until event time has passed them', async () => {
    const { run, lake: tables } = engineInMemory(plan);
    await run([recordOf(e('a', 0), 1), recordOf(e('b', 10), 2)]);
    expect(tables.rows('ranks')).toEqual([]); // an order of minute 0 may yet come
    await run([recordOf(e('0', 0), 3), recordOf(e('c', 10.1), 4)]);
    expect(distinct(tables.rows('ranks')).map(({ event_id }) => event_id)).toEqual([
      '0/in-order.0/rank.0',
      'a/in-order.0/rank.0',
    ]);
  });

  it('are late behind the watermark, and change nothing then', async () => {
    const { ranks, late } = await ranksOf([e('a', 0), e('b', 30), e('c', 19.9), e('d', 20)], [1]);
    expect(ranks.map((rank) => rank.slice(0, 1))).toEqual(['a', 'b', 'd']);
    expect(late).toEqual([`c/in-order.0  ${new Date(START + minutes(19.9)).toISOString()}`]);
  });

  it('come to the same when event time passes many at a time', () => {
    const step = from(Order)
      .window('w', { over: counting(3, { atMost: 10 }), aggregate: { n: count() } })
      .closed.path.find((node) => node.kind === 'process');
    const takes = () => false;
    const told = (wakes: readonly number[]) => {
      let state = step?.init('ada');
      for (const timeMs of [0, 9, 10, 30, 31, 32, 39, 40]) {
        const context = { key: 'ada', source: '/shop', input: 0, takes, timeMs, watermarkMs: 0, id: `e${timeMs}` };
        state = step?.on(state as never, {} as never, context).state;
      }
      return wakes.flatMap((wakeMs) => {
        const result = state === undefined ? undefined : step?.onWake?.(state as never, { key: 'ada', wakeMs, takes });
        state = result?.state;
        return (result?.emit ?? []).map(({ data, timeMs }) => [timeMs, (data as { n: number }).n]);
      });
    };
    const everyMs = Array.from({ length: 60 }, (_, n) => n + 1);
    expect(told(everyMs)).toEqual([
      [9, 2],
      [19, 1],
      [32, 3],
      [48, 2],
    ]);
    expect(told([60])).toEqual(told(everyMs));
    expect(told([10, 33, 60])).toEqual(told(everyMs));
  });

  it('are refused when too many of a key wait, while those before stand', async () => {
    const { closed } = from(Order).window('w', { over: counting(3), aggregate: { n: count() } });
    const { run, state } = engineInMemory(
      pipeline('threes', [closed.to(lake('threes', { schema: z.object({ n: z.int() }) }))]),
    );
    const records = Array.from({ length: 1_003 }, (_, n) => recordOf(e(`e${n}`, n / 10_000), n + 1));
    expect(await run(records)).toMatchObject({ events: 1_000, parked: 3 });
    expect((await state()).lot.keys.get('ada')?.failure.found).toMatch(/1000 items of a key wait for event time/);
  });

  it('come out the same in whatever order they arrive, in whatever batches, warm or cold', async () => {
    const events = fc.array(
      fc.record({ customer: fc.constantFrom('ada', 'bob', 'é/日本'), minute: fc.integer({ min: 0, max: 40 }) }),
      { maxLength: 25 },
    );
    const shuffle = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));
    const batches = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(events, shuffle, batches, fc.boolean(), async (made, shift, sizes, cold) => {
        const inTime = made.map((each, n) => ({ ...each, id: `e${n}` })).sort((a, b) => a.minute - b.minute);
        const shuffled = inTime
          .map((each) => ({ each, at: each.minute + 10 * (shift.next().value as number) }))
          .sort((a, b) => a.at - b.at)
          .map(({ each }) => each);
        const found = await ranksOf(shuffled, sizes, cold);
        expect(found).toEqual(await ranksOf(inTime));
        expect(found.ranks).toHaveLength(made.length);
      }),
      { numRuns: 60 },
    );
  });
});
