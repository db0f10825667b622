import { expect } from '@jest/globals';
import fc from 'fast-check';
import type { Plan } from '../../core/pipeline/index.ts';
import { type Happening, type Rows, rowsOf } from './happenings.ts';

type Order = readonly [customer: string, minute: number, amount: number];

/** Has orders come in any order up to five minutes apart, in any batches, warm or cold: what comes out must be what a naive
 *  reader makes of them when they are sorted by time and id. */
export async function checkAnyDelivery(plan: Plan, naive: (sorted: readonly Order[]) => Rows): Promise<void> {
  const order = fc.record({
    customer: fc.constantFrom('ada', 'é'),
    tenth: fc.integer({ min: 0, max: 600 }),
    amount: fc.integer({ min: -3, max: 3 }),
    shift: fc.nat(49), // tenths of a minute
  });
  const orders = fc.array(order, { maxLength: 100 });
  await fc.assert(
    fc.asyncProperty(orders, fc.integer({ min: 1, max: 40 }), fc.boolean(), async (made, batch, cold) => {
      const arrived = made
        .toSorted((a, b) => a.tenth + a.shift - b.tenth - b.shift)
        .map(({ customer, tenth, amount }): Order => [customer, tenth / 10, amount]);
      const sorted = arrived
        .map((each, n) => ({ each, id: `e${n + 1}` }))
        .sort((a, b) => a.each[1] - b.each[1] || (a.id < b.id ? -1 : 1))
        .map(({ each }) => each);
      const found = await rowsOf(plan, [...arrived, 90] satisfies readonly Happening[], { batch, cold });
      expect(inText(found)).toEqual(inText(naive(sorted)));
    }),
    { numRuns: 40 },
  );
}

/** Keys come in the order in which they are woken; that of each key is in its rows' times. */
const inText = (rows: Rows) =>
  Object.fromEntries(
    Object.entries(rows).map(([table, each]) => [table, each.map((row) => JSON.stringify(row)).sort()]),
  );
