import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { event } from '../../core/event/index.ts';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { planJson, planPicture } from '../../core/pipeline/print.ts';
import { webTraffic } from '../../pipelines/web-traffic/pipeline.ts';
import { ARRIVAL_MS, engineInMemory, recordAt, SHARD } from '../support/engine.ts';
import { Order, order } from '../support/orders.ts';

const orders = from(Order);

describe('pipeline', () => {
  it('gives a plan that prints as JSON and as a picture', () => {
    expect(planJson(webTraffic)).toMatchSnapshot();
    expect(planPicture(webTraffic)).toMatchSnapshot();
  });

  it('is frozen, and its streams are immutable', () => {
    const large = orders.filter('large', (o) => o.amount > 100);
    const plan = pipeline('shop', [orders.to(lake('orders')), large.to(lake('large_orders'))]);
    expect(plan.nodes.map((node) => node.id)).toEqual(['shop.order', 'lake.orders', 'large', 'lake.large_orders']);
    for (const part of [plan, plan.nodes, plan.tables, plan.queries, ...plan.nodes, ...plan.tables]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it.each([
    [
      'a step id used twice',
      () => [
        orders
          .filter('f', () => true)
          .filter('f', () => false)
          .to(lake('t')),
      ],
      /step 'f': found a second filter under the id of a filter/,
    ],
    [
      'a step id used in two branches',
      () => [orders.filter('f', () => true).to(lake('a')), orders.filter('f', () => true).to(lake('b'))],
      /step 'f': found a second filter/,
    ],
    [
      'a table used twice',
      () => [orders.to(lake('t')), orders.filter('f', () => true).to(lake('t'))],
      /step 'lake.t': found a second lake under the id of a lake/,
    ],
    [
      'a step under the id of another',
      () => [
        orders
          .filter('t', () => true)
          .map('t', (order) => order)
          .to(lake('t', { schema: Order.schema })),
      ],
      /step 't': found a second map under the id of a filter/,
    ],
    [
      'a step id in capitals',
      () => [orders.filter('Large', () => true).to(lake('t'))],
      /step 'Large': found the id 'Large'; expected lower-case/,
    ],
    [
      'an empty step id',
      () => [orders.map('', (o) => o).to(lake('t', { schema: z.object({ amount: z.number() }) }))],
      /expected lower-case/,
    ],
    ['a table name in capitals', () => [orders.to(lake('Orders'))], /table name 'Orders'/],
    ["Millrace's own table", () => [orders.to(lake('quarantine'))], /table name 'quarantine'/],
    [
      'a partition that begins on no day',
      () => [orders.to(lake('t', { partition: { by: 'event-day', since: '2026-13-01' } }))],
      /since '2026-13-01'/,
    ],
    [
      'a field that no column can hold',
      () => [
        orders
          .map('m', () => ({ u: 1 as number | string }))
          .to(lake('t', { schema: z.object({ u: z.union([z.string(), z.number()]) }) })),
      ],
      /step 't': found field 'u' is of Zod's kind 'union'/,
    ],
    [
      "a field under one of Millrace's names",
      () => [orders.map('m', () => ({ event_id: '' })).to(lake('t', { schema: z.object({ event_id: z.string() }) }))],
      /'event_id': the name is taken/,
    ],
    [
      'two fields that are one column',
      () => [
        orders.map('m', () => ({ a: '', A: '' })).to(lake('t', { schema: z.object({ a: z.string(), A: z.string() }) })),
      ],
      /fields 'a' and 'A' are one column/,
    ],
    [
      'partitions by event day of events far ahead',
      () => {
        const accept = { behindDays: 1, aheadDays: 7 };
        const Booking = event('booking', { version: 1, key: 'id', accept, schema: z.object({ id: z.string() }) });
        return [from(Booking).to(lake('t', { partition: { by: 'event-day', since: '2026-01-01' } }))];
      },
      /up to 7 days ahead; expected at most 1/,
    ],
    ['no outputs', () => [], /without outputs/],
  ])('refuses %s', (_, outputs, message) => {
    expect(() => pipeline('shop', outputs())).toThrow(message);
  });

  it.each([['Shop'], ['a_b'], ['x'.repeat(33)], ['']])("refuses the name '%s'", (name) => {
    expect(() => pipeline(name, [orders.to(lake('t'))])).toThrow(/pipeline name/);
  });

  it("parks a record on which a step throws, in the step's name, with none of its rows", async () => {
    const plan = pipeline('shop', [
      orders.to(lake('orders')),
      orders
        .map('divide', ({ items }) => ({ first: (items[0] as string).length }))
        .to(lake('firsts', { schema: z.object({ first: z.int() }) })),
    ]);
    const { run, state, lake: tables } = engineInMemory(plan);
    const batch = [recordAt(1, order('a', { items: [] })), recordAt(2, order('b'), ARRIVAL_MS, 'another key')];
    expect(await run(batch)).toMatchObject({ events: 1, parked: 1 });
    expect((await state()).lot.keys.get('key')?.failure).toMatchObject({
      step: 'divide',
      found: expect.stringMatching(/^TypeError/),
    });
    expect(tables.rows('quarantine')).toEqual([]);
    expect(tables.rows('orders').map((row) => row.event_id)).toEqual(['b']);
  });

  it('does not let a step change the event that other steps see, nor fall over what it throws', async () => {
    const change = (o: { amount: number }) => {
      o.amount = 99;
      return { amount: o.amount };
    };
    const odd = (): { amount: number } => {
      throw Object.create(null);
    };
    const amounts = (name: string) => lake(name, { schema: z.object({ amount: z.number() }) });
    for (const step of [change, odd]) {
      const plan = pipeline('shop', [orders.map('step', step).to(amounts('changed')), orders.to(lake('orders'))]);
      const { run, state, lake: tables } = engineInMemory(plan);
      expect(await run([recordAt(1, order('a'))])).toMatchObject({ events: 0, parked: 1 });
      expect((await state()).lot.keys.get('key')?.failure).toMatchObject({ step: 'step' });
      expect(tables.rows('changed')).toEqual([]);
    }
  });

  it('checks mapped rows against the schema of their table', async () => {
    const plan = pipeline('shop', [
      orders
        .map('ratio', (o) => ({ ratio: o.amount / 0 }))
        .to(lake('ratios', { schema: z.object({ ratio: z.number() }) })),
    ]);
    const { run, lake: tables } = engineInMemory(plan);
    await run([recordAt(1, order('a'))]);
    expect(tables.rows('quarantine')).toMatchObject([
      { reason: 'schema', step: 'ratios', found: expect.stringMatching(/^ratio: /) },
    ]);
  });

  it('quarantines an event of a day before the first partition', async () => {
    const plan = pipeline('shop', [orders.to(lake('orders', { partition: { by: 'event-day', since: '2026-11-21' } }))]);
    const { run, lake: tables } = engineInMemory(plan);
    await run([recordAt(1, order('a', { at: '2026-11-20T23:59:59Z' })), recordAt(2, order('b'))]);
    expect(tables.rows('quarantine')).toMatchObject([{ reason: 'event-time', step: 'orders' }]);
    expect(tables.rows('orders')).toHaveLength(1);
  });

  it('decodes JSON that is no CloudEvent, with ids made from its position', async () => {
    const plan = pipeline('shop', [orders.to(lake('orders'))], {
      decode: (json, record) => ({ ...order(record.position), data: (json as { row: unknown }).row }),
    });
    const { run, lake: tables } = engineInMemory(plan);
    await run([recordAt(1, { row: order('').data }), recordAt(2, 'null')]);
    expect(tables.rows('orders')).toMatchObject([{ event_id: `${SHARD}:${recordAt(1, '').sequenceNumber}.0` }]);
    expect(tables.rows('quarantine')).toMatchObject([{ reason: 'decode-failed', step: 'decode' }]);
  });
});

describe('pipelines of one stage', () => {
  const Ping = event('ping', { version: 1, key: 'host', schema: z.object({ host: z.string() }) });
  const shop = pipeline('shop', [orders.to(lake('orders'))]);
  const pings = pipeline('pings', [from(Ping).to(lake('pings'))], {
    decode: (json) => {
      const { ping } = json as { ping: string };
      if (typeof ping !== 'string') throw new Error('no ping');
      const time = '2026-11-21T12:00:00Z';
      return { specversion: '1.0', id: ping, source: '/p', type: 'ping', time, data: { host: ping } };
    },
  });
  const broken = Buffer.from('84mawgoG', 'base64');
  const records = [
    order('a'),
    { ping: 'p' },
    { nobody: 'knows' },
    'not json',
    broken,
    order('b', { amount: 'ten' }),
  ].map((data, n) => recordAt(n + 1, data));

  it('take their own events and leave the others; one of them keeps what none can read', async () => {
    const stage = [shop, pings];
    const [first, second] = stage.map((plan) => engineInMemory(plan, { stage }));
    expect(await first?.run(records)).toMatchObject({ events: 1, skipped: 1, quarantined: 4, unfinished: undefined });
    expect(await second?.run(records)).toMatchObject({ events: 1, skipped: 5, quarantined: 0, commits: 1 });
    expect(first?.lake.rows('quarantine').map((row) => row.reason)).toEqual([
      'not-a-cloudevent',
      'not-json',
      'broken-aggregate',
      'schema',
    ]);
    expect(second?.lake.rows('pings')).toMatchObject([{ event_id: 'p' }]);
  });
});

describe('event', () => {
  const schema = z.object({ host: z.string(), at: z.iso.datetime() });
  it.each([
    ['a type in capitals', () => event('Page', { version: 1, key: 'host', schema }), /event 'Page'/],
    ['version 0', () => event('page', { version: 0, key: 'host', schema }), /version is 0, expected an integer from 1/],
    [
      'a key that is no field',
      () => event('page', { version: 1, key: 'hots' as 'host', schema }),
      /key is "hots", expected a field of the schema: host, at/,
    ],
    [
      'a key that its schema changes',
      () => event('page', { version: 1, key: 'host', schema: z.object({ host: z.string().toLowerCase() }) }),
      /key is "host", expected a field whose schema takes its value as it is/,
    ],
    [
      'a key with a default',
      () => event('page', { version: 1, key: 'host', schema: z.object({ host: z.string().default('none') }) }),
      /takes its value as it is/,
    ],
    [
      'a time that is no field',
      () => event('page', { version: 1, key: 'host', time: 'when' as 'at', schema }),
      /time is "when"/,
    ],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});
