import { describe, expect, it } from '@jest/globals';
import { minutes } from '../../core/pipeline/index.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { START } from '../support/happenings.ts';
import { order } from '../support/orders.ts';
import { passing } from '../support/passing.ts';
import { checkAnyDelivery } from '../support/shuffled.ts';

const MS = 1 / 60_000;

const plan = passing((orders) => orders.rateLimit('limit', { atMost: 2, per: minutes(10) }));

describe('rateLimit to two in ten minutes', () => {
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
