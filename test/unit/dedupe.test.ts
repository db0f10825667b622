import { describe, expect, it } from '@jest/globals';
import { from, minutes, seconds } from '../../core/pipeline/index.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { START } from '../support/happenings.ts';
import { Order, order } from '../support/orders.ts';
import { passing } from '../support/passing.ts';
import { checkAnyDelivery } from '../support/shuffled.ts';

const MS = 1 / 60_000;

const plan = passing((orders) => orders.dedupe('first', { by: 'amount', ttl: minutes(10) }));

describe('dedupe by amount, for ten minutes', () => {
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
