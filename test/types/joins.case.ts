// fine: joins, tables and lookups; a side is undefined exactly where the join allows it
import * as z from 'zod';
import { hours, lake, minutes, pipeline } from '../../core/pipeline/index.ts';
import { same } from './aggregate-fixture.ts';
import { changes, names, orders, payments } from './joins-fixture.ts';

type Order = { key: string; at: string; cents: number };
type Payment = { key: string; at: string; paid: number };

const within = { before: minutes(1), after: hours(1) };
const pairs = orders.join('pairs', payments, {
  within,
  how: 'inner',
  with: (order, payment) => {
    same<typeof order, Order>('same');
    same<typeof payment, Payment>('same');
    return { order: order.cents, paid: payment.paid };
  },
});
const left = orders.join('left', payments, {
  within: minutes(5),
  how: 'left',
  with: (order, payment) => {
    same<typeof order, Order>('same');
    same<typeof payment, Payment | undefined>('same');
    return { order: order.cents, paid: payment?.paid ?? 0 };
  },
});
const full = orders.join('full', payments, {
  within,
  how: 'full',
  with: (order, payment) => {
    same<typeof order, Order | undefined>('same');
    // Never are both missing.
    return { order: order ? order.cents : -payment.paid, paid: payment?.paid };
  },
});

const people = names.table('people', { change: ({ name, left }) => (left ? 'delete' : { upsert: { name } }) });
const rows = changes.table('rows', { ttl: hours(1) });
const named = orders.lookup('named', people, {
  how: 'left',
  with: (order, person) => ({ cents: order.cents, name: person?.name ?? 'unknown' }),
});
const owed = orders.lookup('owed', rows, { how: 'inner', with: (order, { total }) => total - order.cents });
const accounts = people.join('accounts', rows, {
  how: 'left',
  with: ({ name }, account) => ({ name, total: account?.total ?? 0 }),
});
const again = accounts.changes.table('again', {});

export const plan = pipeline('joins', [
  pairs.items.to(lake('pairs', { schema: z.object({ order: z.int(), paid: z.int() }) })),
  pairs.late.left.to(lake('late_orders')),
  pairs.late.right.filter('large', ({ paid }) => paid > 100).to(lake('late_payments')),
  left.items.to(lake('left', { schema: z.object({ order: z.int(), paid: z.int() }) })),
  full.items.to(lake('full', { schema: z.object({ order: z.int(), paid: z.optional(z.int()) }) })),
  named.items.to(lake('named', { schema: z.object({ cents: z.int(), name: z.string() }) })),
  named.late.to(lake('unnamed')),
  owed.items.map('plain', (cents) => ({ cents })).to(lake('owed', { schema: z.object({ cents: z.int() }) })),
  accounts.changes
    .map('account', ({ op, after }) => ({ op, total: after?.total }))
    .to(lake('accounts', { schema: z.object({ op: z.string(), total: z.optional(z.int()) }) })),
  again.changes
    .map('account', ({ key, after }) => ({ key, name: after?.name }))
    .to(lake('names', { schema: z.object({ key: z.string(), name: z.optional(z.string()) }) })),
  rows.late
    .map('late-row', ({ after }) => ({ total: after?.total }))
    .to(lake('late_rows', { schema: z.object({ total: z.optional(z.int()) }) })),
]);
