// fine: a window of aggregates goes to a table of their row
import * as z from 'zod';
import { count, from, hours, lake, max, sum, tumbling } from '../../core/pipeline/index.ts';
import { Order } from '../support/orders.ts';

const row = z.object({
  key: z.string(),
  start: z.iso.datetime(),
  orders: z.int(),
  amount: z.number(),
  largest: z.number(),
});
const perHour = from(Order).window('per-hour', {
  over: tumbling(hours(1)),
  aggregate: { orders: count(), amount: sum('amount'), largest: max('amount') },
});
perHour.closed.to(lake('orders_by_hour', { schema: row }));
perHour.late.to(lake('late_orders'));
