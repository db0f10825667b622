// fine: a pattern's steps know the items and what was taken before, and matches have them by name
import * as z from 'zod';
import { from, lake, minutes } from '../../core/pipeline/index.ts';
import { Order } from '../support/orders.ts';
import { same } from './aggregate-fixture.ts';

const orders = from(Order);
const { matched, timedOut, late } = orders.sequence('card-testing', {
  pattern: (p) =>
    p
      .take('small', { where: ({ amount }) => amount < 2, times: 3, contiguity: 'strict' })
      .not('gift', { where: ({ items }) => items.length === 0, given: ({ at }, { small }) => at > small[0].at })
      .take('more', {
        times: { min: 1, max: 4 },
        optional: true,
        given: ({ amount }, { small, more }) => amount > (more.at(-1) ?? small[0]).amount,
      })
      .take('odd', { optional: true, greedy: false })
      .take('large', { given: ({ amount }, { odd, small }) => amount > (odd?.amount ?? 0) + small.length }),
  within: minutes(10),
  skip: 'to-next',
  contiguity: 'relaxed',
});

interface Item {
  customer: string;
  at: string;
  amount: number;
  items: string[];
}
const plain = matched.map('plain', ({ key, start, end, small, more, odd, large }) => {
  same<typeof small, [Item, ...Item[]]>('same');
  same<typeof more, Item[]>('same');
  same<typeof odd, Item | undefined>('same');
  same<typeof large, Item>('same');
  return { key, start, end, amount: large.amount };
});
const row = z.object({ key: z.string(), start: z.iso.datetime(), end: z.iso.datetime(), amount: z.number() });
plain.to(lake('matches', { schema: row }));
timedOut.map('partly', ({ small, large }) => {
  same<typeof small, Item[]>('same');
  same<typeof large, Item | undefined>('same');
  return { small: small.length };
});
late.to(lake('late_orders'));
