import { describe, expect, it } from '@jest/globals';
import { minutes } from '../../core/pipeline/index.ts';
import { type Case, check, START } from '../support/cases.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { order } from '../support/orders.ts';
import { passing } from '../support/passing.ts';
import { checkAnyDelivery } from '../support/shuffled.ts';

const MS = 1 / 60_000;

/** Of the amount; a customer is forgotten after ten minutes. */
const CASES: readonly Case[] = [
  { name: 'empty', events: [10], rows: {} },
  { name: 'one', events: [['ada', 1, 7], 6], rows: { items: [['ada', 1, 7]] } },
  { name: 'one that event time has not passed', events: [['ada', 1, 7], 5], rows: {} },
  {
    name: 'boundaries: after ten minutes without an item the same passes again',
    events: [['ada', 0, 7], ['ada', 10 - MS, 7], ['ada', 20 - 2 * MS, 7], ['ada', 30 - 2 * MS, 7], ['ada', 31, 8], 6],
    rows: {
      items: [
        ['ada', 0, 7],
        ['ada', 30 - 2 * MS, 7],
        ['ada', 31, 8],
      ],
    },
  },
  {
    name: 'there and back, out of order, ties by id, late',
    events: [['ada', 4, 2], ['ada', 2, 1], ['ada', 3, 1], ['ada', 4, 1], ['ada', 8, 1], ['ada', 2.9, 5], 10],
    rows: {
      items: [
        ['ada', 2, 1],
        ['ada', 4, 2],
        ['ada', 4, 1],
      ],
      late: [['ada', 2.9, 5]],
    },
  },
  {
    name: 'gaps and several keys, in Unicode',
    events: [['é/日本', 0, 1], ['', 0, 1], ['é/日本', 1, 1], ['👩‍🚀', 60, 1], ['é/日本', 61, 1], 10],
    rows: {
      items: [
        ['', 0, 1],
        ['é/日本', 0, 1],
        ['👩‍🚀', 60, 1],
        ['é/日本', 61, 1],
      ],
    },
  },
  {
    name: 'huge values, and those that JSON holds as equal',
    events: [['ada', 0, 1e308], ['ada', 1, 1.0000000000000002e308], ['ada', 2, 0], ['ada', 3, -0], 10],
    rows: {
      items: [
        ['ada', 0, 1e308],
        ['ada', 1, 1.0000000000000002e308],
        ['ada', 2, 0],
      ],
    },
  },
];

const plan = passing((orders) => orders.changes('changed', { of: 'amount', ttl: minutes(10) }));

describe('changes of the amount, a customer being forgotten after ten minutes', () => {
  it.each(CASES)('$name', (each) => check(plan, each));

  it('come to what a naive reader finds, whatever the order within bounds, the batches and the restarts', () =>
    checkAnyDelivery(plan, (sorted) => ({
      items: sorted.filter(([customer, minute, amount], n) => {
        const before = sorted.slice(0, n).findLast(([key]) => key === customer);
        return before === undefined || minute >= before[1] + 10 || amount !== before[2];
      }),
      late: [],
    })));

  it('take nothing for null, and what a function gives', () =>
    check(
      passing((orders) =>
        orders.changes('changed', { of: ({ amount }) => (amount > 0 ? amount : amount < 0 ? null : undefined) }),
      ),
      {
        name: 'nothing',
        events: [['ada', 0, 0], ['ada', 1, -1], ['ada', 2, 1], ['ada', 3, 0], 10],
        rows: {
          items: [
            ['ada', 0, 0],
            ['ada', 2, 1],
            ['ada', 3, 0],
          ],
        },
      },
    ));

  it('refuse what cannot be compared, when it arrives', async () => {
    const wrong = passing((orders) => orders.changes('changed', { of: () => ({}) as never }));
    const { run, state } = engineInMemory(wrong);
    const at = new Date(START).toISOString();
    expect(await run([recordAt(1, order('e1', { at }), START, 'ada')])).toMatchObject({ parked: 1 });
    expect((await state()).lot.keys.get('ada')?.failure.found).toMatch(/of =>: found an object; expected a string/);
  });

  it('are refused without a time', () => {
    expect(() => passing((orders) => orders.changes('changed', { of: 'amount', ttl: 0 }))).toThrow(/found ttl 0/);
  });
});
