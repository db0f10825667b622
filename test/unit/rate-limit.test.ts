import { describe, expect, it } from '@jest/globals';
import { minutes } from '../../core/pipeline/index.ts';
import { type Case, check, START } from '../support/cases.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { order } from '../support/orders.ts';
import { passing } from '../support/passing.ts';
import { checkAnyDelivery } from '../support/shuffled.ts';

const MS = 1 / 60_000;

/** At most two in ten minutes. */
const CASES: readonly Case[] = [
  { name: 'empty', events: [10], rows: {} },
  { name: 'one', events: [['ada', 1, 7], 6], rows: { items: [['ada', 1, 7]] } },
  { name: 'one that event time has not passed', events: [['ada', 1, 7], 5], rows: {} },
  {
    name: 'boundaries: a third within ten minutes goes over, and does not count for the next',
    events: [['ada', 0, 1], ['ada', 9, 2], ['ada', 10 - MS, 3], ['ada', 10, 4], ['ada', 19 - MS, 5], ['ada', 19, 6], 6],
    rows: {
      items: [
        ['ada', 0, 1],
        ['ada', 9, 2],
        ['ada', 10, 4],
        ['ada', 19, 6],
      ],
      over: [
        ['ada', 10 - MS, 3],
        ['ada', 19 - MS, 5],
      ],
    },
  },
  {
    name: 'out of order, ties by id, late',
    events: [['ada', 4, 1], ['ada', 4, 2], ['ada', 3, 3], ['ada', 8, 4], ['ada', 2.9, 5], 10],
    rows: {
      items: [
        ['ada', 3, 3],
        ['ada', 4, 1],
      ],
      over: [
        ['ada', 4, 2],
        ['ada', 8, 4],
      ],
      late: [['ada', 2.9, 5]],
    },
  },
  {
    name: 'gaps, huge values and several keys, in Unicode',
    events: [
      ['é/日本', 0, 1e308],
      ['', 0, 1],
      ['é/日本', 0, 2],
      ['é/日本', 1, 3],
      ['👩‍🚀', 60, 1],
      ['é/日本', 61, 4],
      10,
    ],
    rows: {
      items: [
        ['', 0, 1],
        ['é/日本', 0, 1e308],
        ['é/日本', 0, 2],
        ['👩‍🚀', 60, 1],
        ['é/日本', 61, 4],
      ],
      over: [['é/日本', 1, 3]],
    },
  },
];

const plan = passing((orders) => orders.rateLimit('limit', { atMost: 2, per: minutes(10) }));

describe('rateLimit to two in ten minutes', () => {
  it.each(CASES)('$name', (each) => check(plan, each));

  it('comes to what a naive reader finds, whatever the order within bounds, the batches and the restarts', () =>
    checkAnyDelivery(plan, (sorted) => {
      const items: (readonly [string, number, number])[] = [];
      const over: typeof items = [];
      for (const each of sorted) {
        const [customer, minute] = each;
        const within = items.filter(([key, at]) => key === customer && minute < at + 10);
        (within.length < 2 ? items : over).push(each);
      }
      return { items, over, late: [] };
    }));

  it('forgets a key when nothing that passed counts any more', async () => {
    const { run, state } = engineInMemory(plan);
    const at = (n: number, customer: string, minute: number) =>
      recordAt(n, order(`e${n}`, { customer, at: new Date(START + minutes(minute)).toISOString() }), START, customer);
    await run([at(1, 'ada', 0), at(2, 'bob', 15 - MS)]);
    expect((await state()).cellOf('limit/ada')).toBeDefined();
    await run([at(3, 'bob', 15)]);
    expect((await state()).cellOf('limit/ada')).toBeUndefined();
  });

  it.each([
    [{ atMost: 0, per: 1 }, /step 'limit': found atMost 0; expected an integer from 1 to 1000/],
    [{ atMost: 1_001, per: 1 }, /atMost 1001/],
    [{ atMost: 1.5, per: 1 }, /atMost 1.5/],
    [{ atMost: 1, per: 0 }, /step 'limit': found per 0/],
  ])('refuses %j', (options, message) => {
    expect(() => passing((orders) => orders.rateLimit('limit', options))).toThrow(message);
  });
});
