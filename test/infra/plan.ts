import * as z from 'zod';
import { event } from '../../core/event/index.ts';
import { alert, from, lake, type Plan, pipeline, stream, view } from '../../core/pipeline/index.ts';

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

const schema = z.object({ customer: z.string(), total: z.number() });
const placed = from(Order);
const bySku = placed
  .flatMap('by-line', ({ lines, total }) => lines.map(({ sku }) => ({ sku, total })))
  .rekey('by-sku', ({ sku }) => sku);
const byCent = bySku.rekey('by-cent', ({ total }) => String(total % 1));

/** A pipeline of three parts, with sinks of every kind. */
export const sales: Plan = pipeline('sales', [
  placed.to(lake('placed')),
  placed.to(alert('large-order', { text: ({ total }) => `${total}` })),
  bySku.to(view('latest_sale', { row: (sale) => sale })),
  bySku.map('sale', ({ sku, total }) => ({ customer: sku, total })).to(lake('sales', { schema })),
  byCent
    .map('odd', ({ total }) => ({ customer: 'odd', total }))
    .to(stream('odd-sales', event('sale.odd', { version: 1, key: 'customer', schema }))),
  byCent.to(alert('odd-sale', { text: () => 'odd' })),
]);
