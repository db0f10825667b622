import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { counting, from, global, minutes } from '../../core/pipeline/index.ts';
import { type Happening, rowsOf } from '../support/happenings.ts';
import { Order } from '../support/orders.ts';
import { aggregate, windowsOf } from '../support/windows.ts';

const OUT_OF_ORDER = minutes(5);

describe('windows of items', () => {
  it.each([
    ['none', () => counting(0), /items 0; expected an integer from 1 to 1000000/],
    ['parts of items', () => counting(1.5), /items 1.5/],
    ['no time', () => counting(1, { atMost: 0 }), /atMost 0; expected at least a millisecond/],
    ['no life', () => global({ ttl: 0 }), /ttl 0/],
    [
      'no trigger',
      () => window(undefined as never),
      /step 'w': found a global window without emit; expected { items }/,
    ],
    ['a trigger of no items', () => window({ items: 0 }), /step 'w': found items 0/],
    ['a trigger of no time', () => window({ every: 0 }), /step 'w': found every 0/],
  ])('are refused with %s', (_, make, message) => {
    expect(make).toThrow(message);
  });

  it('come to what a naive reader computes, whatever the order within bounds, the batches and the restarts', async () => {
    const events = fc.array(
      fc.record({ customer: fc.constantFrom('ada', 'é'), at: fc.integer({ min: 0, max: 900 }), shift: fc.nat(49) }),
      { maxLength: 80 },
    );
    const items = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(events, items, fc.integer({ min: 1, max: 40 }), fc.boolean(), async (made, n, batch, cold) => {
        const plan = windowsOf(
          (orders) => orders.window('w', { over: counting(n, { atMost: minutes(20) }), aggregate }),
          OUT_OF_ORDER,
        );
        const happenings = made
          .toSorted((a, b) => a.at + a.shift - b.at - b.shift)
          .map(({ customer, at }, index): Happening => [customer, at / 10, 2 ** (index % 50)]);
        const { closed, late } = await rowsOf(plan, [...happenings, 30], { batch, cold });
        expect(late).toEqual([]);
        const counts = (closed ?? []).map(([key, start, , orders, total]) =>
          JSON.stringify([key, start, orders, total]),
        );
        expect(counts.sort()).toEqual(naive(happenings, n).sort());
      }),
      { numRuns: 40 },
    );
  });
});

const window = (emit: { readonly items: number } | { readonly every: number }) =>
  from(Order).window('w', { over: global(), aggregate, emit });

/** Each customer's orders by time and id, cut after so many and after twenty minutes. */
function naive(happenings: readonly Happening[], items: number): string[] {
  const sorted = happenings
    .map((each, n) => ({ each: each as readonly [string, number, number], id: `e${n + 1}` }))
    .sort((a, b) => a.each[1] - b.each[1] || (a.id < b.id ? -1 : 1));
  const windows: { key: string; start: number; amounts: number[] }[] = [];
  for (const { each } of sorted) {
    const [key, minute, amount] = each;
    const last = windows.findLast((window) => window.key === key);
    if (last && last.amounts.length < items && minute < last.start + 20) last.amounts.push(amount);
    else windows.push({ key, start: minute, amounts: [amount] });
  }
  return windows.map(({ key, start, amounts }) =>
    JSON.stringify([key, start, amounts.length, amounts.reduce((sum, amount) => sum + amount)]),
  );
}
