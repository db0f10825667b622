import * as z from 'zod';
import { changeSchema, dynamodbChanges, event } from '../../core/event/index.ts';

/** An item of the shop's DynamoDB table `orders`. */
export const Order = z.object({
  orderId: z.string().max(32),
  customer: z.string().max(32),
  status: z.enum(['placed', 'paid', 'packed', 'shipped', 'delivered', 'cancelled']),
  placedAt: z.iso.datetime(),
  lines: z.array(z.object({ sku: z.string(), quantity: z.int().min(1), priceCents: z.int().min(0) })),
  totalCents: z.int().min(0),
  currency: z.literal('EUR'),
  tags: z.optional(z.array(z.string())),
});

/** A change of an order, as DynamoDB tells it. */
export const OrderChanged = event('order.changed', {
  version: 1,
  key: 'key',
  time: 'at',
  description: 'An order was placed, changed or removed',
  schema: changeSchema(Order),
});

/** What the payment provider tells of an order. */
export const OrderPayment = event('order.payment', {
  version: 1,
  key: 'order',
  time: 'at',
  description: 'A payment of an order was captured, failed or was refunded',
  schema: z.object({
    order: z.string().max(32),
    at: z.iso.datetime(),
    amountCents: z.int().min(0),
    currency: z.literal('EUR'),
    method: z.enum(['card', 'transfer', 'wallet']),
    outcome: z.enum(['captured', 'failed', 'refunded']),
  }),
});

/** Change records of the table become events; payments are CloudEvents already. */
export const decode = dynamodbChanges({ tables: { orders: { type: OrderChanged.type, key: ['orderId'] } } });
