import type * as z from 'zod';
import { from, lake, minutes, type Plan, pipeline } from '../../core/pipeline/index.ts';
import type { AsTheyCame, InOrder, Limited } from '../../core/pipeline/stream.ts';
import { Order } from './orders.ts';

const orders = from(Order);
type Item = z.infer<typeof Order.schema>;

/** Some of the orders pass, which come up to five minutes out of order: every output is a table of its name. */
export function passing(pass: (stream: typeof orders) => InOrder<Item, AsTheyCame> | Limited<Item, AsTheyCame>): Plan {
  const outputs = Object.entries(pass(orders)).map(([name, stream]) => stream.to(lake(name)));
  return pipeline('passing', outputs, { outOfOrderness: minutes(5) });
}
