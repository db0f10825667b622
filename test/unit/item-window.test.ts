import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { counting, from, global, minutes } from '../../core/pipeline/index.ts';
import { type Case, check, type Happening, rowsOf } from '../support/cases.ts';
import { Order } from '../support/orders.ts';
import { aggregate, windowsOf } from '../support/windows.ts';

/** A row's window ends a millisecond after the item that ends it. */
const MS = 1 / 60_000;
const OUT_OF_ORDER = minutes(5);

const TWO_ITEMS: readonly Case[] = [
  { name: 'empty', events: [10], rows: { results: [], updates: [] } },
  {
    name: 'one, which is not enough',
    events: [['ada', 1, 7], 24],
    rows: { results: [], updates: [['ada', 1, 1 + MS, 1, 7, 1]] },
  },
  {
    name: 'one, which has waited too long for another',
    events: [['ada', 1, 7], 25],
    rows: { closed: [['ada', 1, 21, 1, 7]], results: [['ada', 1, 21, 1, 7, 1]] },
  },
  {
    name: 'boundaries: every two items, whatever is between them',
    events: [['ada', 1, 1], ['ada', 2, 2], ['ada', 3, 4], ['ada', 22.99, 8], ['ada', 23, 16], ['ada', 43, 32], 60],
    rows: {
      closed: [
        ['ada', 1, 2 + MS, 2, 3],
        ['ada', 3, 22.99 + MS, 2, 12],
        ['ada', 23, 43, 1, 16],
        ['ada', 43, 63, 1, 32],
      ],
      results: [
        ['ada', 1, 2 + MS, 2, 3, 2],
        ['ada', 3, 22.99 + MS, 2, 12, 2],
        ['ada', 23, 43, 1, 16, 1],
        ['ada', 43, 63, 1, 32, 1],
      ],
      updates: [
        ['ada', 1, 1 + MS, 1, 1, 1],
        ['ada', 1, 2 + MS, 2, 3, 2],
        ['ada', 3, 3 + MS, 1, 4, 1],
        ['ada', 3, 22.99 + MS, 2, 12, 2],
        ['ada', 23, 23 + MS, 1, 16, 1],
        ['ada', 43, 43 + MS, 1, 32, 1],
      ],
    },
  },
  {
    name: 'the last millisecond before the time is up, and the first after it',
    events: [['ada', 0, 1], ['ada', 20 - MS, 2], ['ada', 30, 4], ['ada', 50, 8], 30],
    rows: {
      closed: [
        ['ada', 0, 20, 2, 3],
        ['ada', 30, 50, 1, 4],
        ['ada', 50, 70, 1, 8],
      ],
    },
  },
  {
    name: 'out of order, ties by id, late, gaps and several keys, in Unicode',
    events: [['é/日本', 5, 1], ['é/日本', 3, 2], ['', 3, 4], ['é/日本', 3, 8], ['', 90, 16], ['é/日本', 84, 32], 40],
    rows: {
      closed: [
        ['é/日本', 3, 3 + MS, 2, 10],
        ['', 3, 23, 1, 4],
        ['é/日本', 5, 25, 1, 1],
        ['', 90, 110, 1, 16],
      ],
      late: [['é/日本', 84, 32]],
    },
  },
  {
    name: 'huge values',
    events: [['ada', 0, 1e308], ['ada', 1, 5e-324], 10],
    rows: { closed: [['ada', 0, 1 + MS, 2, 1e308]] },
  },
];

describe('windows of two items, of twenty minutes at most', () => {
  const over = counting(2, { atMost: minutes(20) });
  const plan = windowsOf((orders) => orders.window('w', { over, aggregate }), OUT_OF_ORDER);
  it.each(TWO_ITEMS)('$name', (each) => check(plan, each));
});

const EVERY_TWO_ITEMS: readonly Case[] = [
  { name: 'empty', events: [10], rows: { results: [], updates: [] } },
  {
    name: 'one, which is not enough, until nothing comes any more',
    events: [['ada', 1, 7], 36],
    rows: {
      updates: [['ada', 1, 1 + MS, 1, 7, 1]],
      results: [['ada', 1, 31, 1, 7, 1]],
      closed: [['ada', 1, 31, 1, 7]],
    },
  },
  {
    name: 'all since the beginning, late and ties, then a gap and a new beginning',
    events: [['é', 2, 1], ['é', 1, 2], ['é', 2, 4], ['é', 30, 8], ['é', 24, 16], ['é', 60, 32], ['é', 61, 64], 36],
    rows: {
      results: [
        ['é', 1, 2 + MS, 2, 3, 2],
        ['é', 1, 30 + MS, 4, 15, 4],
        ['é', 60, 61 + MS, 2, 96, 2],
      ],
      closed: [
        ['é', 1, 60, 4, 15],
        ['é', 60, 91, 2, 96],
      ],
      late: [['é', 24, 16]],
    },
  },
];

const EVERY_TEN_MINUTES: readonly Case[] = [
  {
    name: 'where items have come before',
    events: [['ada', 1, 1], ['ada', 10 - MS, 2], ['ada', 10, 4], ['ada', 35, 8], 50],
    rows: {
      results: [
        ['ada', 1, 10, 2, 3, 2],
        ['ada', 1, 20, 3, 7, 3],
        ['ada', 1, 40, 4, 15, 4],
      ],
      closed: [['ada', 1, 65, 4, 15]],
    },
  },
];

const EVERY_TEN_MINUTES_ANEW: readonly Case[] = [
  {
    name: 'only what has come since',
    events: [['ada', 1, 1], ['ada', 10 - MS, 2], ['ada', 10, 4], ['ada', 35, 8], 50],
    rows: {
      closed: [
        ['ada', 1, 10, 2, 3],
        ['ada', 10, 20, 1, 4],
        ['ada', 35, 40, 1, 8],
      ],
      results: [
        ['ada', 1, 10, 2, 3, 2],
        ['ada', 10, 20, 1, 4, 1],
        ['ada', 35, 40, 1, 8, 1],
      ],
    },
  },
];

const WHEN_ABOVE_TEN: readonly Case[] = [
  {
    name: 'at each item with which it holds',
    events: [['ada', 1, 10], ['bob', 1, 11], ['ada', 2, 1], ['ada', 3, -5], ['ada', 4, 5], 35],
    rows: {
      results: [
        ['bob', 1, 1 + MS, 1, 11, 1],
        ['ada', 1, 2 + MS, 2, 11, 2],
        ['ada', 1, 4 + MS, 4, 11, 4],
      ],
      closed: [
        ['bob', 1, 31, 1, 11],
        ['ada', 1, 34, 4, 11],
      ],
    },
  },
];

const WHEN_ABOVE_TEN_ANEW: readonly Case[] = [
  {
    name: 'then it begins anew',
    events: [['ada', 1, 10], ['ada', 2, 1], ['ada', 3, -5], ['ada', 4, 20], ['ada', 5, 6], 60],
    rows: {
      closed: [
        ['ada', 1, 2 + MS, 2, 11],
        ['ada', 3, 4 + MS, 2, 15],
        ['ada', 5, 35, 1, 6],
      ],
    },
  },
];

describe('a global window, forgotten after thirty minutes', () => {
  const over = global({ ttl: minutes(30) });
  const above = { when: ({ total }: { readonly total: number }) => total > 10 };
  describe.each([
    ['every two items', { emit: { items: 2 }, purge: false }, EVERY_TWO_ITEMS],
    ['every ten minutes', { emit: { every: minutes(10) }, purge: false }, EVERY_TEN_MINUTES],
    ['every ten minutes, with purge', { emit: { every: minutes(10) }, purge: true }, EVERY_TEN_MINUTES_ANEW],
    ['when the total is above ten', { emit: above, purge: false }, WHEN_ABOVE_TEN],
    ['when the total is above ten, with purge', { emit: above, purge: true }, WHEN_ABOVE_TEN_ANEW],
  ])('%s', (_, options, cases) => {
    const plan = windowsOf((orders) => orders.window('w', { over, aggregate, ...options }), OUT_OF_ORDER);
    it.each(cases)('$name', (each) => check(plan, each));
  });
});

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
        const delivery = { batch, restartsAt: (index: number) => cold && index % batch === 0 };
        const { closed, late } = await rowsOf(plan, [...happenings, 30], delivery);
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
