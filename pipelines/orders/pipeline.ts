import * as z from 'zod';
import { alert, from, lake, minutes, pipeline, view } from '../../core/pipeline/index.ts';
import { decode, Order, OrderChanged, OrderPayment } from './events.ts';
import { queries } from './queries.ts';

const changes = from(OrderChanged);
const payments = from(OrderPayment);

// DynamoDB spreads a table's changes by a key of its own. Under the order's they meet, and meet its payments.
const ofOrder = changes.rekey('by-order', ({ key }) => key);
const captured = payments
  .rekey('payments-by-order', ({ order }) => order)
  .filter('captured', ({ outcome }) => outcome === 'captured');

const orders = ofOrder.table('orders', {});

const Checked = z.object({ orderId: z.string(), amountCents: z.int(), totalCents: z.optional(z.int()) });

const checked = captured.lookup('paid-order', orders, {
  how: 'left',
  with: ({ order, amountCents }, row) => ({ orderId: order, amountCents, totalCents: row?.totalCents }),
});
const orphans = checked.items.filter('of-no-order', ({ totalCents }) => totalCents === undefined);
const mispaid = checked.items.filter(
  'wrong-amount',
  ({ amountCents, totalCents }) => totalCents !== undefined && totalCents !== amountCents,
);

const placed = ofOrder.flatMap('placed', ({ op, after }) => (op === 'insert' && after ? [after] : []));

const Unpaid = z.object({ orderId: z.string(), customer: z.string(), placedAt: z.iso.datetime() });

const settled = placed.join('settled', captured, {
  within: { before: 0, after: minutes(30) },
  how: 'left',
  with: ({ orderId, customer, placedAt }, payment) => ({ orderId, customer, placedAt, isPaid: payment !== undefined }),
});
const unpaid = settled.items.filter('not-paid', ({ isPaid }) => !isPaid);

const euros = (cents = 0) => (cents / 100).toFixed(2);

/** A shop's orders as they are now, and what does not fit between them and their payments. */
export const shopOrders = pipeline(
  'orders',
  [
    changes.to(lake('order_changes', { description: 'Every change of an order, as DynamoDB told it' })),
    payments.to(lake('order_payments', { description: 'Every payment, as the provider told it' })),
    orders.changes.to(view('current_orders', { description: 'Each order as it is now', row: ({ after }) => after })),
    unpaid.to(lake('unpaid', { description: 'Orders that were not paid within half an hour', schema: Unpaid })),
    mispaid.to(lake('mispaid', { description: "Payments of another amount than the order's", schema: Checked })),
    mispaid.to(
      alert('wrong-payment', {
        text: ({ orderId, amountCents, totalCents }) =>
          `${orderId}: ${euros(amountCents)} EUR were paid; it comes to ${euros(totalCents)} EUR`,
      }),
    ),
    orphans.to(lake('orphans', { description: 'Payments of orders that there are not', schema: Checked })),
    checked.late.to(
      lake('late_payments', { description: 'Payments that came too late to be checked', schema: OrderPayment.schema }),
    ),
    settled.late.left.to(
      lake('late_orders', { description: 'Orders that came too late to wait for their payment', schema: Order }),
    ),
  ],
  {
    description: 'Orders of a shop and their payments',
    // Changes and payments come up to a minute late, and later where days are put at once.
    outOfOrderness: minutes(5),
    decode,
    queries,
  },
);
