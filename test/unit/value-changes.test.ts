import { describe, expect, it } from '@jest/globals';
import { minutes } from '../../core/pipeline/index.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { START } from '../support/happenings.ts';
import { order } from '../support/orders.ts';
import { passing } from '../support/passing.ts';
import { checkAnyDelivery } from '../support/shuffled.ts';

const plan = passing((orders) => orders.changes('changed', { of: 'amount', ttl: minutes(10) }));

describe('changes of the amount, a customer being forgotten after ten minutes', () => {
  it('come to what a naive reader finds, whatever the order within bounds, the batches and the restarts', () =>
    checkAnyDelivery(plan, (sorted) => ({
      items: sorted.filter(([customer, minute, amount], n) => {
        const before = sorted.slice(0, n).findLast(([key]) => key === customer);
        return before === undefined || minute >= before[1] + 10 || amount !== before[2];
      }),
      late: [],
    })));

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
