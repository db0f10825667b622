import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { compile } from '../../core/engine/program.ts';
import { waitingKeys } from '../../core/engine/waiting.ts';
import { heartbeatRecord } from '../../core/event/control.ts';
import { count, from, hours, lake, minutes, type Plan, pipeline, tumbling, view } from '../../core/pipeline/index.ts';
import { ARRIVAL_MS, engineInMemory, recordAt } from '../support/engine.ts';
import { Order, order } from '../support/orders.ts';

const orders = from(Order);
const perHour = { over: tumbling(hours(1)), aggregate: { orders: count() } };
const counted = lake('counted', { schema: z.object({ orders: z.int() }) });

/** What waits once each customer has ordered in the same minute, so long ago. */
async function waitingIn(plan: Plan, customers: readonly string[], amount = 1, agoMs = 0): Promise<unknown> {
  const { run, state } = engineInMemory(plan);
  await run(customers.map((customer, n) => recordAt(n, order(`e${n}`, { customer, amount }), ARRIVAL_MS, customer)));
  await run([recordAt(100, heartbeatRecord('h'), ARRIVAL_MS + agoMs)]);
  const found = await state();
  const before = JSON.stringify(found.snapshotEntry());
  const waiting = Object.fromEntries(waitingKeys(compile(plan), found));
  expect(JSON.stringify(found.snapshotEntry())).toBe(before);
  return waiting;
}

describe('what waits for event time to go on', () => {
  it('are keys with open windows, by step', async () => {
    const windows = orders.window('per-hour', perHour);
    const plan = pipeline('windows', [windows.closed.to(counted)]);
    expect(await waitingIn(plan, ['ada', 'bob', 'ada'])).toEqual({ 'per-hour': 2 });
    expect(await waitingIn(plan, [])).toEqual({});
  });

  it('are windows whose results only another step takes', async () => {
    const windows = orders.window('per-hour', perHour).closed.window('of-windows', perHour);
    expect(await waitingIn(pipeline('windows', [windows.closed.to(counted)]), ['ada'])).toEqual({ 'per-hour': 1 });
  });

  it('are items that wait for their order, not those that are merely remembered', async () => {
    const { items } = orders.dedupe('first', { by: 'amount', ttl: hours(5) });
    const plan = pipeline('firsts', [items.to(lake('firsts'))]);
    expect(await waitingIn(plan, ['ada'])).toEqual({ first: 1 });
    expect(await waitingIn(plan, ['ada'], 1, minutes(2))).toEqual({});
  });

  it('are not what a join keeps for pairs that may come', async () => {
    const schema = z.object({ text: z.string() });
    const both = orders.join('both', orders, { within: minutes(5), how: 'inner', with: () => ({ text: '' }) });
    expect(await waitingIn(pipeline('joins', [both.items.to(lake('pairs', { schema }))]), ['ada'])).toEqual({});
  });

  it('are not the rows of a table', async () => {
    const amounts = orders.table('amounts', { change: ({ amount }) => ({ upsert: { amount } }) });
    const row = view('latest', { row: ({ after }: { after?: { amount: number } }) => after });
    expect(await waitingIn(pipeline('tables', [amounts.changes.to(row)]), ['ada'])).toEqual({});
  });

  /** Wakes a minute after an order, as often as its amount says, and tells the last time. */
  const patient = pipeline('patient', [
    orders
      .process('patient', {
        init: () => 0,
        on: (_, { amount }, { timeMs }) => ({ state: amount, wakeMs: timeMs + minutes(1) }),
        onWake: (left: number, { wakeMs }) => {
          if (left < 0) throw new RangeError('less than nothing');
          if (left > 1) return { state: left - 1, wakeMs: wakeMs + minutes(1) };
          return { state: undefined, emit: left === 1 ? [{ orders: 1 }] : [] };
        },
      })
      .to(counted),
  ]);

  it.each([
    [0, {}],
    [1, { patient: 1 }],
    [5, { patient: 1 }],
    [-1, { patient: 1 }],
  ])('are steps that have something to tell, or to throw, at whichever waking: %d', async (amount, expected) => {
    expect(await waitingIn(patient, ['ada'], amount)).toEqual(expected);
  });
});
