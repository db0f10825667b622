import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { count, from, hours, lake, minutes, pipeline, session, sum, tumbling } from '../../core/pipeline/index.ts';
import { drive } from '../../testing/drive.ts';
import { Order } from '../support/orders.ts';

const START = Date.parse('2026-11-21T00:00:00Z');
const GRACE = minutes(20);
const Late = z.object({ key: z.string(), orders: z.int() });

/** Windows of windows, each of which waits for late items: ten minutes, of which hours are made, of which days. */
const tens = from(Order).window('tens', {
  over: tumbling(minutes(10)),
  grace: GRACE,
  aggregate: { orders: count(), amount: sum('amount') },
});
const inHours = tens.closed.window('hours', {
  over: tumbling(hours(1)),
  grace: minutes(1),
  aggregate: { tens: count(), orders: sum('orders'), amount: sum('amount') },
});
const inOrder = inHours.closed.inOrder('in-order');
const last = inOrder.items.window('stretches', {
  over: session(hours(3)),
  aggregate: { hours: count(), orders: sum('orders') },
});
const allHours = tens.closed
  .rekey('all', () => 'all')
  .window('all-hours', { over: tumbling(hours(1)), aggregate: { tens: count(), orders: sum('orders') } });
const Row = z.object({ key: z.string(), start: z.iso.datetime(), end: z.iso.datetime(), orders: z.number() });
const plan = pipeline(
  'delays',
  [
    inHours.closed.to(lake('in_hours', { schema: Row.extend({ tens: z.int(), amount: z.number() }) })),
    last.closed.to(lake('all_stretches', { schema: Row.extend({ hours: z.int() }) })),
    inHours.late.to(lake('late_tens', { schema: Late })),
    inOrder.late.to(lake('late_hours', { schema: z.object({ key: z.string(), orders: z.number() }) })),
    last.late.to(lake('late_stretches', { schema: z.object({ key: z.string(), orders: z.number() }) })),
    allHours.closed.to(lake('all_hours', { schema: Row.extend({ tens: z.int() }) })),
    allHours.late.to(lake('late_behind_the_hop', { schema: Late })), // so the tens go over the hop one by one
  ],
  { outOfOrderness: minutes(1) },
);

const late = ['late_tens', 'late_hours', 'late_stretches', 'late_behind_the_hop'];

const numbered = (row: Record<string, unknown>) =>
  `${row.key} ${(Date.parse(String(row.start)) - START) / hours(1)}: ${row.orders}`;

describe('steps behind windows that wait for late items', () => {
  it('have their own time so much later: nothing is late to them that was not late before', async () => {
    const orders = fc.array(
      fc.record({ customer: fc.constantFrom('ada', 'bob'), minute: fc.integer({ min: 0, max: 600 }) }),
      { minLength: 1, maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(orders, fc.infiniteStream(fc.nat({ max: 18 })), async (made, delays) => {
        const run = drive(plan, { batchSize: 7 });
        const arriving = made
          .map((each) => ({ ...each, arrives: each.minute + (delays.next().value as number) }))
          .sort((a, b) => a.arrives - b.arrives);
        for (const [n, { customer, minute }] of arriving.entries()) {
          const at = new Date(START + minutes(minute)).toISOString();
          await run.put(Order, { customer, at, amount: 1, items: [] }, { id: `e${n}` });
          await run.advance(1_000); // a heartbeat, so that those behind the hop hear of the time
        }
        for (let hour = 0; hour < 20; hour++) await run.advance(hours(1));
        expect(late.flatMap((table) => run.rows(table))).toEqual([]);
        const expected = new Map<string, number>();
        for (const { customer, minute } of made) {
          const name = `${customer} ${Math.floor(minute / 60)}`;
          expected.set(name, (expected.get(name) ?? 0) + 1);
        }
        const inHours = [...expected].map(([name, orders]) => `${name}: ${orders}`);
        expect(run.rows('in_hours').map(numbered).sort()).toEqual(inHours.sort());
        const sumOf = (table: string) => run.rows(table).reduce((sum, { orders }) => sum + Number(orders), 0);
        expect([sumOf('all_stretches'), sumOf('all_hours')]).toEqual([made.length, made.length]);
      }),
      { numRuns: 80 },
    );
  });
});
