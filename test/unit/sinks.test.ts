import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { memoryAlerts } from '../../adapters/memory/alerts.ts';
import { redriveRecord } from '../../core/event/control.ts';
import { event } from '../../core/event/index.ts';
import { alert, from, hours, lake, minutes, pipeline, stream, view } from '../../core/pipeline/index.ts';
import { type AlertMessage, TransientError } from '../../core/ports.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { Order, order } from '../support/orders.ts';

const START = Date.parse('2026-11-21T10:00:00Z');

const at = (n: number, customer: string, minute: number, amount = 1) =>
  recordAt(
    n,
    order(`e${n}`, { customer, amount, at: new Date(START + minutes(minute)).toISOString() }),
    START + n,
    customer,
  );

const orders = from(Order);

describe('alerts', () => {
  const large = orders.filter('large', ({ amount }) => amount >= 100);
  const plan = (quiet = 0) =>
    pipeline('alerting', [
      large.to(alert('large-order', { quiet, text: ({ amount }, key) => `${key}: ${amount}` })),
      orders.to(lake('orders')),
    ]);

  it('are told once the batch is committed, with an id of their own', async () => {
    const { run, alerts } = engineInMemory(plan());
    await run([at(1, 'ada', 0, 100), at(2, 'bob', 1, 99), at(3, 'ada', 2, 500)]);
    expect(alerts.told).toEqual([
      {
        alert: 'large-order',
        id: 'e1',
        source: '/shop',
        key: 'ada',
        timeMs: START,
        subject: 'large-order',
        text: 'ada: 100',
      },
      expect.objectContaining({ id: 'e3', text: 'ada: 500' }),
    ]);
  });

  it('keep quiet about a key for as long as asked, by event time', async () => {
    const { run, alerts } = engineInMemory(plan(hours(1)));
    await run([at(1, 'ada', 0, 100), at(2, 'ada', 59, 100), at(3, 'bob', 30, 100), at(4, 'ada', 60, 100)]);
    await run([at(5, 'ada', 119, 100), at(6, 'ada', 200, 100)]);
    expect(alerts.told.map(({ id }) => id)).toEqual([
      'e1/large-order-quiet.0',
      'e3/large-order-quiet.0',
      'e4/large-order-quiet.0',
      'e6/large-order-quiet.0',
    ]);
  });

  it('are not told again by a cold start, nor by a batch that comes again', async () => {
    const { run, restart, alerts, log } = engineInMemory(plan());
    await run([at(1, 'ada', 0, 100)]);
    restart();
    await run([at(1, 'ada', 0, 100)]);
    restart();
    await run([at(2, 'ada', 0, 1)]);
    expect(alerts.told).toHaveLength(1);
    const slots: number[] = [];
    for await (const { slot } of log.newest('shardId-000000000000')) slots.push(slot);
    expect(slots).toEqual([3, 2, 1, 0]); // genesis, the batch, that it was told, the batch without
  });

  it('are told when the first try failed, under the same id', async () => {
    const told: AlertMessage[][] = [];
    const kept = memoryAlerts();
    const flaky = {
      async publish(alerts: readonly AlertMessage[]) {
        told.push([...alerts]);
        if (told.length === 1) throw new TransientError('throttled');
        await kept.publish(alerts);
      },
    };
    const { run, restart } = engineInMemory(plan(), { alerts: flaky });
    await expect(run([at(1, 'ada', 0, 100)])).rejects.toThrow('throttled');
    restart();
    await run([at(1, 'ada', 0, 100)]);
    restart();
    await run([at(1, 'ada', 0, 100)]);
    expect(told).toHaveLength(2);
    expect(told[1]).toEqual(told[0]);
    expect(kept.told).toHaveLength(1);
  });

  it.each([
    ['', 'expected 1 to 99 ASCII characters'],
    ['é', 'expected 1 to 99 ASCII characters'],
  ])('refuse a subject that SNS would refuse: %j', (subject, message) => {
    expect(() => alert('a', { subject, text: () => '' })).toThrow(message);
  });

  it.each([undefined as never, ''])('park the record when the text is none: %j', async (text) => {
    const bad = pipeline('bad', [orders.to(alert('a', { text: () => text }))]);
    const { run, alerts } = engineInMemory(bad);
    expect(await run([at(1, 'ada', 0)])).toMatchObject({ parked: 1 });
    expect(alerts.told).toEqual([]);
  });
});

describe('a view', () => {
  const last = orders.to(view('last_order', { row: ({ amount, at }) => (amount === 0 ? undefined : { amount, at }) }));
  const plan = pipeline('viewed', [last]);

  it('has the latest row of each key, and none for one that is deleted', async () => {
    const { run, views } = engineInMemory(plan);
    await run([at(1, 'ada', 0, 1), at(2, 'bob', 0, 2), at(3, 'ada', 1, 3)]);
    await run([at(4, 'bob', 2, 0), at(5, 'eve', 2, 5)]);
    const time = (minute: number) => new Date(START + minutes(minute)).toISOString();
    expect([...views.rows('last_order')]).toEqual([
      ['ada', { amount: 3, at: time(1) }],
      ['eve', { amount: 5, at: time(2) }],
    ]);
  });

  it('does not go back when an outbox is delivered again behind newer ones', async () => {
    const { run, restart, views } = engineInMemory(plan);
    await run([at(1, 'ada', 0, 1)]);
    restart();
    await run([at(2, 'ada', 0, 2), at(3, 'ada', 0, 3)]);
    restart();
    await run([]);
    expect([...views.rows('last_order').values()]).toMatchObject([{ amount: 3 }]);
  });

  it('takes a parked event that was taken through for later than what came while it waited', async () => {
    let isBroken = true;
    const counted = orders.process('count', {
      init: () => 0,
      on: (count: number, { amount }, { timeMs }) => {
        if (amount === 2 && isBroken) throw new Error('a bug');
        return { state: count + 1, emit: [{ count: count + 1 }], wakeMs: timeMs + minutes(10) };
      },
      onWake: (count) => ({ state: count, emit: [{ count }] }),
    });
    const parking = pipeline('viewed', [counted.to(view('counts', { row: (row) => row }))], { outOfOrderness: 0 });
    const { run, views } = engineInMemory(parking);
    await run([at(1, 'ada', 0, 1), at(2, 'ada', 1, 2)]);
    await run([at(3, 'bob', 30, 1)]); // ada is woken while her second order waits
    isBroken = false;
    await run([recordAt(4, redriveRecord('r', 'viewed', 'ada'), START, 'ada')]);
    expect(views.rows('counts').get('ada')).toEqual({ count: 2 });
  });
});

describe('a view, before the commit,', () => {
  const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) });
  const deepest = nested(31);
  it.each([
    ['a number too large', { n: -1e126 }, 'the number -1e.126'],
    ['a number too small', { n: [1e-131] }, 'the number 1e-131'],
    ['too many levels', { a: deepest }, 'more than 31 levels'],
    ['a field without a name', { a: { '': 1 } }, 'a field without a name'],
    ['too many bytes', { text: 'x'.repeat(260_000) }, /^2600\d\d bytes$/],
  ])('refuses what DynamoDB would refuse behind it: %s', async (_, row, found) => {
    const { run, views, lake } = engineInMemory(pipeline('odd', [orders.to(view('v', { row: () => row }))]));
    expect(await run([at(1, 'ada', 0)])).toMatchObject({ quarantined: 1 });
    expect(lake.rows('quarantine')).toMatchObject([{ step: 'v', found: expect.stringMatching(found) }]);
    expect(views.rows('v').size).toBe(0);
  });

  it('refuses a key that is no key there', async () => {
    const { run, lake } = engineInMemory(pipeline('odd', [orders.to(view('v', { row: () => ({}) }))]));
    expect(await run([at(1, 'ü'.repeat(1_025), 0), at(2, 'ü'.repeat(1_024), 0)])).toMatchObject({ quarantined: 1 });
    expect(lake.rows('quarantine')).toMatchObject([{ step: 'v', found: 'a key of 2050 bytes' }]);
  });

  it('takes the largest and the smallest', async () => {
    const row = { most: 9.9e125, least: -1e-130, zero: 0, deepest: nested(30) };
    const { run, views } = engineInMemory(pipeline('odd', [orders.to(view('v', { row: () => row }))]));
    await run([at(1, 'ada', 0)]);
    expect([...views.rows('v').values()]).toEqual([row]);
  });
});

describe('a stream of its own', () => {
  const Large = event('shop.large-order', {
    version: 1,
    key: 'buyer',
    schema: z.object({ buyer: z.string(), cents: z.int() }),
  });
  const plan = pipeline('publishing', [
    orders
      .map('cents', ({ customer, amount }) => ({ buyer: customer, cents: amount * 100 }))
      .to(stream('large', Large)),
  ]);

  it('gets the items as events, under their key, with ids that stay', async () => {
    const { run, restart, streams } = engineInMemory(plan);
    await run([at(1, 'ada', 0, 5)]);
    const put = streams.take('large');
    restart();
    await run([at(1, 'ada', 0, 5)]);
    expect(streams.take('large')).toEqual(put); // delivered again, the same
    expect(put.map(({ partitionKey }) => partitionKey)).toEqual(['ada']);
    expect(JSON.parse(Buffer.from(put[0]?.data ?? []).toString())).toEqual({
      specversion: '1.0',
      id: 'e1',
      source: '/shop',
      type: 'shop.large-order',
      time: '2026-11-21T10:00:00.000Z',
      data: { buyer: 'ada', cents: 500 },
    });
  });

  it('takes no item that is not such an event', async () => {
    const { run, streams } = engineInMemory(plan);
    expect(await run([at(1, 'ada', 0, 0.001)])).toMatchObject({ quarantined: 1 });
    expect(streams.take('large')).toEqual([]);
  });
});
