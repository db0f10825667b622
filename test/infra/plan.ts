import * as z from 'zod';
import { event } from '../../core/event/index.ts';
import { from, lake, type Plan, pipeline } from '../../core/pipeline/index.ts';

const Order = event('order.placed', {
  version: 1,
  key: 'customer',
  schema: z.object({ customer: z.string(), total: z.number(), lines: z.array(z.object({ sku: z.string() })) }),
});

/** A pipeline with a table of each kind of partition. */
export const orders: Plan = pipeline(
  'orders',
  [
    from(Order).to(lake('orders', { description: 'Every order' })),
    from(Order).to(lake('orders_by_day', { partition: { by: 'event-day', since: '2025-01-01' } })),
  ],
  {
    queries: [{ name: 'largest', description: 'The largest orders', sql: 'SELECT * FROM orders ORDER BY total DESC' }],
  },
);
