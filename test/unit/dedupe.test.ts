import { describe, expect, it } from '@jest/globals';
import { from, minutes, seconds } from '../../core/pipeline/index.ts';
import { type Case, check, START } from '../support/cases.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { Order, order } from '../support/orders.ts';
import { passing } from '../support/passing.ts';
import { checkAnyDelivery } from '../support/shuffled.ts';

const MS = 1 / 60_000;

/** Orders of one amount are equals for ten minutes. */
const CASES: readonly Case[] = [
  { name: 'empty', events: [10], rows: {} },
  { name: 'one', events: [['ada', 1, 7], 6], rows: { items: [['ada', 1, 7]] } },
  { name: 'one that event time has not passed', events: [['ada', 1, 7], 5], rows: {} },
  {
    name: 'boundaries: an equal is left out for ten minutes after the one that passed, not after the last',
    events: [['ada', 0, 7], ['ada', 5, 7], ['ada', 10 - MS, 7], ['ada', 10, 7], ['ada', 20 - MS, 7], ['ada', 20, 7], 6],
    rows: {
      items: [
        ['ada', 0, 7],
        ['ada', 10, 7],
        ['ada', 20, 7],
      ],
    },
  },
  {
    name: 'the first by event time passes, of a tie the first by id; what is late leaves as late',
    events: [['ada', 5, 7], ['ada', 3, 7], ['ada', 3, 7], ['ada', 9, 8], ['ada', 3.9, 9], 10],
    rows: {
      items: [
        ['ada', 3, 7],
        ['ada', 9, 8],
      ],
      late: [['ada', 3.9, 9]],
    },
  },
  {
    name: 'gaps, several values and keys, in Unicode',
    events: [['é/日本', 0, 1], ['', 0, 1], ['é/日本', 1, 2], ['é/日本', 2, 1], ['é/日本', 11, 2], ['👩‍🚀', 60, 1], 10],
    rows: {
      items: [
        ['', 0, 1],
        ['é/日本', 0, 1],
        ['é/日本', 1, 2],
        ['é/日本', 11, 2],
        ['👩‍🚀', 60, 1],
      ],
    },
  },
  {
    name: 'huge values, and those that JSON holds as equal',
    events: [['ada', 0, 1e308], ['ada', 1, 1e308], ['ada', 2, 0], ['ada', 3, -0], 10],
    rows: {
      items: [
        ['ada', 0, 1e308],
        ['ada', 2, 0],
      ],
    },
  },
];

const plan = passing((orders) => orders.dedupe('first', { by: 'amount', ttl: minutes(10) }));

describe('dedupe by amount, for ten minutes', () => {
  it.each(CASES)('$name', (each) => check(plan, each));

  it('comes to what a naive reader finds, whatever the order within bounds, the batches and the restarts', () =>
    checkAnyDelivery(plan, (sorted) => {
      const passed: (readonly [string, number, number])[] = [];
      for (const each of sorted) {
        const [customer, minute, amount] = each;
        const isEqual = ([key, at, value]: (typeof passed)[number]) =>
          key === customer && value === amount && minute < at + 10;
        if (!passed.some(isEqual)) passed.push(each);
      }
      return { items: passed, late: [] };
    }));

  it('takes what a function gives', () =>
    check(
      passing((orders) => orders.dedupe('parity', { by: ({ amount }) => amount % 2 === 0, ttl: minutes(10) })),
      {
        name: 'parity',
        events: [['ada', 0, 2], ['ada', 1, 4], ['ada', 2, 1], 10],
        rows: {
          items: [
            ['ada', 0, 2],
            ['ada', 2, 1],
          ],
        },
      },
    ));

  it('refuses what has no equals, when it arrives', async () => {
    const wrong = passing((orders) => orders.dedupe('first', { by: () => [] as never, ttl: minutes(10) }));
    const { run, state } = engineInMemory(wrong);
    const at = new Date(START).toISOString();
    expect(await run([recordAt(1, order('e1', { at }), START, 'ada')])).toMatchObject({ parked: 1 });
    expect((await state()).lot.keys.get('ada')?.failure.found).toMatch(/by =>: found an object; expected a string/);
  });

  it('refuses more values than it can hold', async () => {
    const hour = passing((orders) => orders.dedupe('first', { by: 'amount', ttl: minutes(60) }));
    const { run, state } = engineInMemory(hour);
    const records = Array.from({ length: 1_002 }, (_, n) => {
      const at = new Date(START + seconds(2 * n)).toISOString();
      return recordAt(n, order(`e${n}`, { amount: n, at }), START, 'ada');
    });
    expect(await run(records)).toMatchObject({ events: 1_000, parked: 2 });
    expect((await state()).lot.keys.get('ada')?.failure.found).toMatch(
      /1000 values of a key are remembered or wait; at most so many may/,
    );
  });

  it('is refused without a time', () => {
    expect(() => from(Order).dedupe('first', { by: 'amount', ttl: 0 })).toThrow(/step 'first': found ttl 0/);
  });

  it('forgets a key when its last value no longer counts', async () => {
    const { run, state } = engineInMemory(plan);
    const at = (n: number, customer: string, minute: number) =>
      recordAt(n, order(`e${n}`, { customer, at: new Date(START + minutes(minute)).toISOString() }), START, customer);
    await run([at(1, 'ada', 0), at(2, 'bob', 15 - MS)]);
    expect((await state()).cellOf('first/ada')).toBeDefined();
    await run([at(3, 'bob', 15)]);
    expect((await state()).cellOf('first/ada')).toBeUndefined();
  });
});
