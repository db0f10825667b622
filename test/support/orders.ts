import * as z from 'zod';
import { event } from '../../core/event/index.ts';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';

export const Order = event('shop.order', {
  version: 1,
  key: 'customer',
  time: 'at',
  schema: z.object({ customer: z.string(), at: z.iso.datetime(), amount: z.number(), items: z.array(z.string()) }),
});

const orders = from(Order);

export const shop = pipeline('shop', [
  orders.to(lake('orders')),
  orders
    .filter('large', (order) => order.amount >= 100)
    .flatMap('items', (order) => order.items.map((item) => ({ customer: order.customer, item })))
    .to(lake('large_items', { schema: z.object({ customer: z.string(), item: z.string() }) })),
]);

/** A valid order as a CloudEvent; `id` also makes its data. */
export const order = (id: string, data: object = {}) => ({
  specversion: '1.0' as const,
  id,
  source: '/shop',
  type: 'shop.order',
  data: { customer: 'ada', at: '2026-11-21T11:59:00Z', amount: 10, items: ['pen'], ...data },
});
