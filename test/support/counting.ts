import * as z from 'zod';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { ARRIVAL_MS, recordAt } from './engine.ts';
import { Order, order } from './orders.ts';

/** A pipeline that counts each customer's orders. It throws on orders of 13 for as long as `broken.is` is true, and
 *  forgets a customer with an order of 0. */
export function countingPlan(broken: { is: boolean } = { is: true }, options: { parkingBudget?: number } = {}) {
  const checked = from(Order).filter('check', ({ amount }) => {
    if (broken.is && amount === 13) throw new RangeError('thirteen');
    return true;
  });
  const counts = checked.process('count', {
    init: () => ({ n: 0 }),
    on: ({ n }, { customer, amount }) => ({
      state: amount === 0 ? undefined : { n: n + 1 },
      emit: [{ customer, n: n + 1 }],
    }),
  });
  return pipeline(
    'counting',
    [checked.to(lake('orders')), counts.to(lake('counts', { schema: z.object({ customer: z.string(), n: z.int() }) }))],
    options,
  );
}

/** The n-th record: an order `e<n>` of a customer, under the customer's key. */
export const orderAt = (n: number, customer: string, amount = 10, id = `e${n}`) =>
  recordAt(n, order(id, { customer, amount }), ARRIVAL_MS + n, customer);

type Row = Record<string, unknown>;

/** Rows as the table's view shows them, each id once.
 *  @throws Error when two rows of an id differ. */
export function distinct(rows: readonly Row[]): readonly Row[] {
  const byId = new Map<string, Row>();
  for (const row of rows) {
    const id = `${row.event_source} ${row.event_id}`;
    const known = byId.get(id) ?? row;
    if (JSON.stringify(known) !== JSON.stringify(row)) throw new Error(`${row.event_id} has two contents`);
    byId.set(id, known);
  }
  return [...byId.values()];
}
