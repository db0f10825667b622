import * as z from 'zod';
import { count, from, lake, type Plan, pipeline, sum } from '../../core/pipeline/index.ts';
import type { AsTheyCame, Windows } from '../../core/pipeline/stream.ts';
import { Order } from './orders.ts';

const Closed = z.object({
  key: z.string(),
  start: z.iso.datetime(),
  end: z.iso.datetime(),
  orders: z.int(),
  total: z.number(),
});
const Version = Closed.extend({ revision: z.int() });

const orders = from(Order);
type Item = z.infer<typeof Order.schema>;

/** What the windows of the tests aggregate. */
export const aggregate = { orders: count(), total: sum<Item>('amount') };

/** The windows of each customer's orders: every output is a table of its name. */
export function windowsOf(
  cut: (stream: typeof orders) => Windows<Item, AsTheyCame, typeof aggregate>,
  outOfOrderness = 0,
): Plan {
  const { closed, results, updates, late } = cut(orders);
  const outputs = [
    closed.to(lake('closed', { schema: Closed })),
    results.to(lake('results', { schema: Version })),
    updates.to(lake('updates', { schema: Version })),
    late.to(lake('late')),
  ];
  return pipeline('windows', outputs, { outOfOrderness });
}
