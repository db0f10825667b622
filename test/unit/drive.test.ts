import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { event } from '../../core/event/index.ts';
import {
  alert,
  count,
  from,
  hours,
  lake,
  minutes,
  pipeline,
  stream,
  sum,
  tumbling,
  view,
} from '../../core/pipeline/index.ts';
import { type Drive, drive } from '../../testing/drive.ts';
import { DriveError } from '../../testing/errors.ts';
import { CRASH_POINTS } from '../../testing/fuse.ts';

const Order = event('shop.order', {
  version: 1,
  key: 'customer',
  time: 'at',
  schema: z.object({ customer: z.string(), at: z.iso.datetime(), amount: z.number() }),
});
const Visit = event('shop.visit', { version: 1, key: 'customer', schema: z.object({ customer: z.string() }) });

/** Orders as they came, each customer's number of orders, and their amounts by the quarter of an hour. A step throws on
 *  orders of 13 for as long as `broken.is` is true. */
function shop(broken = { is: false }) {
  const orders = from(Order).filter('check', ({ amount }) => {
    if (broken.is && amount === 13) throw new RangeError('thirteen');
    return true;
  });
  const counted = orders.process('count', {
    init: () => 0,
    on: (n, { customer }) => ({ state: n + 1, emit: [{ customer, n: n + 1 }] }),
  });
  const { closed, late } = orders.window('by-quarter', {
    over: tumbling(minutes(15)),
    aggregate: { orders: count(), amount: sum('amount') },
  });
  const quarter = z.object({ key: z.string(), start: z.iso.datetime(), orders: z.int(), amount: z.number() });
  return pipeline('shop', [
    orders.to(lake('orders')),
    counted.to(lake('counts', { schema: z.object({ customer: z.string(), n: z.int() }) })),
    closed.to(lake('quarters', { schema: quarter })),
    late.to(lake('late')),
    from(Visit).to(lake('visits')),
  ]);
}

const order = (customer: string, at: string, amount = 10) => ({ customer, at: `2026-11-21T${at}Z`, amount });
const counts = (run: Drive) => run.rows('counts').map(({ customer, n }) => `${customer} ${n}`);
const quarters = (run: Drive) => run.rows('quarters').map(({ key, orders }) => `${key} ${orders}`);

describe('a driven pipeline', () => {
  it('takes events, one or a batch, and shows the rows of its tables', async () => {
    const run = drive(shop());
    await run.put(Order, order('ada', '10:00:00'), { id: 'a', source: '/web' });
    await run.put(Order, [order('bob', '10:01:00'), order('ada', '10:02:00')]);
    expect(run.rows('orders')[0]).toEqual({ customer: 'ada', at: '2026-11-21T10:00:00.000Z', amount: 10 });
    expect(run.rows('orders', { origin: true })[0]).toMatchObject({
      event_id: 'a',
      event_source: '/web',
      event_time: '2026-11-21T10:00:00.000Z',
      customer: 'ada',
    });
    expect(counts(run)).toEqual(['ada 1', 'bob 1', 'ada 2']);
  });

  it.each([
    ['1995', '1995-07-01T10:00:00Z'],
    ['2026', '2026-11-21T10:00:00Z'],
    ['2099', '2099-12-31T10:00:00Z'],
  ])('has time follow the events, also in %s, and pass without any', async (_, first) => {
    const run = drive(shop());
    await run.put(Order, { customer: 'ada', at: first, amount: 1 });
    const later = (ms: number) => new Date(Date.parse(first) + ms).toISOString();
    await run.until(later(minutes(15)));
    expect(quarters(run)).toEqual([]); // outOfOrderness is a minute
    await run.advance(minutes(1) - 1);
    expect(quarters(run)).toEqual([]);
    await run.advance(1);
    expect(quarters(run)).toEqual(['ada 1']);
    await run.put(Order, { customer: 'ada', at: first, amount: 1 });
    expect(run.rows('late')).toHaveLength(1);
    await run.put(Order, { customer: 'ada', at: later(hours(1)), amount: 1 });
    await run.put(Order, { customer: 'bob', at: later(hours(2)), amount: 1 });
    expect(quarters(run)).toEqual(['ada 1', 'ada 1']);
    expect(run.quarantined()).toEqual([]);
  });

  it('has history arrive when it is told to: what has passed since then moves event time, not the date', async () => {
    const run = drive(shop(), { start: '2026-11-21T10:00:00Z' });
    await run.put(Order, { customer: 'ada', at: '1995-07-01T10:00:00Z', amount: 1 });
    await run.advance(minutes(15));
    expect(quarters(run)).toEqual([]);
    await run.advance(minutes(1));
    expect(quarters(run)).toEqual(['ada 1']);
    await run.put(Order, order('ada', '10:00:00'), { arrival: '2026-11-22T12:00:00Z' });
    await run.advance(minutes(16));
    expect(quarters(run)).toEqual(['ada 1', 'ada 1']);
  });

  it('has a heartbeat a minute while time passes from one event to the next, not within one arrival', async () => {
    const silence = from(Order).process('silence', {
      init: () => null,
      on: (_, __, { timeMs }) => ({ state: null, wakeMs: timeMs + minutes(10) }),
      onWake: (_, { key }) => ({ state: undefined, emit: [{ customer: key }] }),
    });
    const plan = pipeline('silence', [silence.to(lake('silent', { schema: z.object({ customer: z.string() }) }))]);
    const silent = async (second: string, options = {}) => {
      const run = drive(plan, { start: '2026-11-21T10:00:00Z' });
      await run.put(Order, [order('ada', '10:00:00'), order('ada', second)], options);
      return run.rows('silent', { origin: true }).map(({ event_time }) => event_time);
    };
    expect(await silent('10:11:00')).toEqual([]); // by the heartbeat of 10:10 event time is at 10:09
    expect(await silent('10:11:00.001')).toEqual(['2026-11-21T10:10:00.000Z']);
    expect(await silent('10:11:00.001', { arrival: '2026-11-21T10:12:01Z' })).toEqual([]);
  });

  it("knows a producer's retry, as long as the pipeline does", async () => {
    const run = drive(shop());
    await run.put(Order, order('ada', '10:00:00'), { id: 'a' });
    await run.put(Order, order('ada', '10:00:00'), { id: 'a' });
    await run.put(Order, order('ada', '10:00:00'), { id: 'a', source: '/other' });
    expect(counts(run)).toEqual(['ada 1', 'ada 2']);
    await run.advance(hours(2));
    await run.put(Order, order('ada', '10:00:00'), { id: 'a' });
    expect(run.rows('orders')).toHaveLength(2); // the view still shows it once
  });

  it('gives events of a type without a time the time of their arrival, or another', async () => {
    const times = (run: Drive) => run.rows('visits', { origin: true }).map(({ event_time }) => event_time);
    const run = drive(shop(), { start: '2026-11-21T10:00:00Z' });
    await run.put(Visit, { customer: 'ada' });
    await run.put(Visit, { customer: 'ada' }, { time: '2026-11-21T09:00:00Z' });
    await run.put(Visit, { customer: 'ada' }, { arrival: '2026-11-21T11:00:00Z' });
    expect(times(run)).toEqual(['2026-11-21T10:00:00.000Z', '2026-11-21T09:00:00.000Z', '2026-11-21T11:00:00.000Z']);
    const other = drive(shop());
    await other.put(Visit, { customer: 'ada' }, { arrival: '2026-11-21T11:00:00Z' });
    expect(times(other)).toEqual(['2026-11-21T11:00:00.000Z']);
  });

  it('puts bad records in quarantine, whole', async () => {
    const run = drive(shop(), { start: '2026-11-21T10:00:00Z' });
    await run.send(['not JSON', { specversion: '1.0', type: 'shop.order', id: 'b', source: '/web', data: {} }]);
    expect(run.quarantined()).toEqual([
      expect.objectContaining({ reason: 'not-json', step: 'decode', record: 'not JSON' }),
      expect.objectContaining({ reason: 'schema', step: 'shop.order', record: expect.stringContaining('"id":"b"') }),
    ]);
    await run.send({ specversion: '1.0', type: 'shop.order', id: 'c', source: '/', data: order('ada', '10:00:00') });
    expect(counts(run)).toEqual(['ada 1']);
  });

  it('feeds a pipeline that decodes records of its own', async () => {
    const plan = pipeline(
      'log',
      [from(Visit).process('n', { init: () => 0, on: (n) => ({ state: n + 1, emit: [{ n: n + 1 }] }) })].map((each) =>
        each.to(lake('visits', { schema: z.object({ n: z.int() }) })),
      ),
      {
        decode: (json, { arrivalMs, position }) => ({
          specversion: '1.0',
          type: 'shop.visit',
          source: '/log',
          id: position,
          time: new Date(arrivalMs).toISOString(),
          data: json,
        }),
      },
    );
    const run = drive(plan, { start: '2026-11-21T10:00:00Z', shards: 4 });
    await run.send([{ customer: 'ada' }, { customer: 'ada' }, { customer: 'bob' }]);
    expect(run.rows('visits').map(({ n }) => n)).toEqual(expect.arrayContaining([1, 2, 1]));
    expect(run.quarantined()).toEqual([]);
    await expect(run.put(Visit, { customer: 'ada' })).rejects.toThrow(/^put: shop.visit: found customer: .*send\(\)/);
  });

  it('parks what a step throws on, and takes it through once the step is mended', async () => {
    const broken = { is: true };
    const run = drive(shop(broken));
    await run.put(Order, [order('ada', '10:00:00', 13), order('ada', '10:00:01'), order('bob', '10:00:02')]);
    expect(run.parked()).toEqual([{ key: 'ada', step: 'check', found: 'RangeError: thirteen', records: 2 }]);
    await run.redrive();
    expect(run.parked()).toMatchObject([{ records: 2 }]);
    run.crash();
    broken.is = false;
    await run.redrive();
    expect(run.parked()).toEqual([]);
    expect(counts(run)).toEqual(['bob 1', 'ada 1', 'ada 2']);
  });

  it('fails the test when the pipeline stops, and goes on when it can', async () => {
    const broken = { is: true };
    const run = drive(shop(broken));
    const many = Array.from({ length: 30 }, (_, i) => order(`c${i}`, '10:00:00', 13));
    await expect(run.put(Order, many)).rejects.toThrow(
      new DriveError(
        "pipeline 'shop' has stopped: parkingBudget 0.1 is exceeded by 20 of the last 20 records, the last by step 'check': it threw",
      ),
    );
    expect(run.parked()).toHaveLength(19);
    broken.is = false;
    await run.redrive();
    expect(run.rows('orders')).toHaveLength(30);
  });
});

describe('a crash', () => {
  const moves: readonly ((run: Drive) => Promise<void>)[] = [
    (run) => run.put(Order, [order('ada', '10:00:00'), order('bob', '10:05:00')]),
    (run) => run.put(Order, order('ada', '10:10:00')),
    (run) => run.put(Order, order('ada', '10:17:00')),
    (run) => run.advance(minutes(30)),
  ];
  const shown = (run: Drive) => ['orders', 'counts', 'quarters'].map((table) => run.rows(table, { origin: true }));

  it('between batches or at any point of any batch changes nothing', async () => {
    const whole = drive(shop());
    for (const move of moves) await move(whole);
    expect(quarters(whole)).toEqual(['ada 2', 'bob 1', 'ada 1']);
    for (const before of [undefined, ...CRASH_POINTS]) {
      for (const [index] of moves.entries()) {
        const run = drive(shop());
        for (const [i, move] of moves.entries()) {
          if (i === index) run.crash(before ? { before } : {});
          await move(run);
        }
        expect(shown(run)).toEqual(shown(whole));
      }
    }
  });

  it('comes at its point, and once', async () => {
    const seen: Record<string, number[]> = {};
    for (const before of CRASH_POINTS) {
      let calls = 0;
      const plan = pipeline('calls', [
        from(Order)
          .filter('call', () => {
            calls += 1;
            return true;
          })
          .to(lake('orders')),
      ]);
      const run = drive(plan);
      run.crash({ before });
      await run.put(Order, order('ada', '10:00:00'));
      const first = calls;
      await run.put(Order, order('ada', '10:00:01'));
      seen[before] = [first, calls - first];
      expect(run.rows('orders')).toHaveLength(2);
    }
    // Once the commit stands nothing is computed again.
    expect(seen).toEqual({ delivery: [2, 1], commit: [2, 1], outbox: [1, 1], checkpoint: [1, 1] });
  });

  it('shows a step that depends on more than its arguments', async () => {
    let calls = 0;
    const schema = z.object({ call: z.int() });
    const run = drive(
      pipeline('calls', [
        from(Order)
          .map('call', () => ({ call: ++calls }))
          .to(lake('calls', { schema })),
      ]),
    );
    run.crash({ before: 'commit' });
    await run.put(Order, order('ada', '10:00:00'), { id: 'a' });
    expect(() => run.rows('calls')).toThrow("table 'calls': found two rows of id 'a' that differ");
  });
});

describe('shards', () => {
  const customers = ['ada', 'bob', 'eve', 'ian', 'ann', 'joe', 'kim', 'lee'];
  const round = (minute: number) => customers.map((customer) => order(customer, `10:${minute}:00`));

  it('have the keys of their ranges, also when they are split and merged', async () => {
    const run = drive(shop(), { shards: 3 });
    const reshards = [() => run.split(), () => run.merge(), () => run.merge(), () => run.split(), () => run.merge()];
    for (const [i, reshard] of reshards.entries()) {
      await run.put(Order, round(10 + i));
      run.crash();
      await reshard();
    }
    await run.put(Order, round(19));
    expect(run.quarantined()).toEqual([]);
    expect(counts(run).sort()).toEqual(
      customers.flatMap((each) => [1, 2, 3, 4, 5, 6].map((n) => `${each} ${n}`)).sort(),
    );
    const shards = new Set(run.rows('orders', { origin: true }).map(({ shard_id }) => shard_id));
    expect(shards.size).toBeGreaterThan(8);
  });

  it('carry parked keys along', async () => {
    const broken = { is: true };
    const run = drive(shop(broken));
    await run.put(Order, order('ada', '10:00:00', 13));
    await run.split();
    expect(run.parked()).toMatchObject([{ key: 'ada', records: 1 }]);
    broken.is = false;
    await run.redrive();
    expect(run.parked()).toEqual([]);
    expect(counts(run)).toEqual(['ada 1']);
  });

  it('have a heartbeat each', async () => {
    const run = drive(shop(), { shards: 4 });
    await run.put(Order, round(10));
    await run.advance(hours(1));
    expect(run.rows('quarters')).toHaveLength(customers.length);
  });

  it('cannot be merged when there is one', async () => {
    await expect(drive(shop()).merge()).rejects.toThrow(
      new DriveError('merge: found 1 open shard; expected 2 or more'),
    );
  });
});

describe('a replay', () => {
  it('gives the same, and another version of the pipeline its own', async () => {
    const run = drive(shop(), { shards: 2 });
    await run.put(Order, [order('ada', '10:00:00'), order('bob', '10:01:00', 200)]);
    await run.split();
    await run.put(Order, [order('ada', '10:20:00', 300)]);
    await run.advance(hours(1));
    const again = await run.replay();
    for (const table of ['orders', 'counts', 'quarters'])
      expect(again.rows(table, { origin: true })).toEqual(run.rows(table, { origin: true }));
    const large = pipeline('shop', [
      from(Order)
        .filter('from-200', ({ amount }) => amount >= 200)
        .to(lake('large')),
    ]);
    const version2 = await run.replay(large);
    expect(version2.rows('large').map(({ amount }) => amount)).toEqual([200, 300]);
    await version2.put(Order, order('ada', '12:00:00', 400));
    expect(version2.rows('large')).toHaveLength(3);
    expect(run.rows('orders')).toHaveLength(3);
  });
});

describe('a test that makes no sense is told so:', () => {
  const Refund = event('shop.refund', { version: 1, key: 'customer', schema: z.object({ customer: z.string() }) });
  const at10 = { start: '2026-11-21T10:00:00Z' };
  const cases: readonly (readonly [string, (run: Drive) => unknown, string])[] = [
    [
      'another event type',
      (run) => run.put(Refund, { customer: 'ada' }),
      "put: pipeline 'shop' does not read 'shop.refund'; expected shop.order or shop.visit",
    ],
    [
      'data that does not follow the schema',
      (run) => run.put(Order, { customer: 'ada', at: '2026-11-21T10:00:00Z', amount: '10' } as never),
      'put: shop.order: found amount: Invalid input: expected number, received string; expected shop.order version 1 (send() puts it all the same)',
    ],
    [
      'an event of another age',
      (run) => run.put(Order, { customer: 'ada', at: '1960-01-01T00:00:00Z', amount: 1 }),
      'put: shop.order: found at: "1960-01-01T00:00:00Z"; expected at most 18250 days before or 1 after the arrival (send() puts it all the same)',
    ],
    [
      'one id for several events',
      (run) => run.put(Order, [order('ada', '10:00:00'), order('ada', '10:00:00')], { id: 'a' }),
      'put: found one id for 2 events',
    ],
    [
      'a time beside the one in the data',
      (run) => run.put(Order, order('ada', '10:00:00'), { time: '2026-11-21T10:00:00Z' }),
      "put: found a time; expected none, for 'shop.order' says it in its field 'at'",
    ],
    [
      'an arrival in the past',
      (run) => run.put(Order, order('ada', '10:00:00'), { arrival: '2026-11-21T09:59:00Z' }),
      'arrival: found 2026-11-21T09:59:00.000Z; expected 2026-11-21T10:00:00.000Z or later, for the clock does not go back',
    ],
    [
      'time that goes back',
      (run) => run.advance(-1),
      'advance: found 2026-11-21T09:59:59.999Z; expected 2026-11-21T10:00:00.000Z or later, for the clock does not go back',
    ],
    ['half a millisecond', (run) => run.advance(0.5), 'advance: found 0.5; expected a whole number of milliseconds'],
    [
      'what is no time',
      (run) => run.until('noon'),
      'until: found noon; expected an ISO 8601 time or milliseconds since 1970',
    ],
    [
      'another table',
      (run) => run.rows('order'),
      "pipeline 'shop': found no table 'order'; expected orders, counts, quarters, late, visits",
    ],
    [
      'a missing await',
      (run) => {
        void run.put(Order, order('ada', '10:00:00'));
        run.rows('orders');
      },
      'another call is under way; expected an await before each',
    ],
  ];

  it.each(cases)('%s', async (_, act, message) => {
    const run = drive(shop(), at10);
    await expect((async () => act(run))()).rejects.toThrow(new DriveError(message));
  });

  it('time without a beginning', async () => {
    const none = 'the clock has no time yet; expected an event before, or drive(pipeline, { start })';
    await expect(drive(shop()).advance(1)).rejects.toThrow(new DriveError(`advance: ${none}`));
    await expect(drive(shop()).put(Visit, { customer: 'ada' })).rejects.toThrow(new DriveError(`put: ${none}`));
    await expect(drive(shop()).send('bad')).rejects.toThrow(new DriveError(`send: ${none}`));
  });

  it.each([
    [{ shards: 0 }, 'shards: found 0; expected an integer from 1'],
    [{ batchSize: 1.5 }, 'batchSize: found 1.5; expected an integer from 1'],
    [{ start: 'now' }, 'start: found now; expected an ISO 8601 time or milliseconds since 1970'],
  ])('%j', (options, message) => {
    expect(() => drive(shop(), options)).toThrow(new DriveError(message));
  });
});

describe('what leaves for other places', () => {
  const Large = event('shop.large', {
    version: 1,
    key: 'customer',
    schema: z.object({ customer: z.string(), amount: z.number() }),
  });
  const large = from(Order).filter('large', ({ amount }) => amount >= 100);
  const plan = pipeline('sinks', [
    large.to(alert('large-order', { text: ({ amount }, key) => `${key}: ${amount}` })),
    from(Order).to(view('last_order', { row: ({ amount }) => (amount === 0 ? undefined : { amount }) })),
    large.map('slim', ({ customer, amount }) => ({ customer, amount })).to(stream('large-orders', Large)),
  ]);
  const move = async (run: Drive) => {
    await run.put(Order, [order('ada', '10:00:00', 100), order('bob', '10:00:01', 5), order('bob', '10:00:02', 0)]);
    await run.put(Order, order('ada', '10:00:03', 200));
  };

  it('can be seen', async () => {
    const run = drive(plan);
    await move(run);
    expect(run.alerts('large-order').map(({ text }) => text)).toEqual(['ada: 100', 'ada: 200']);
    expect(run.view('last_order')).toEqual({ ada: { amount: 200 } });
    expect(run.sent('large-orders')).toMatchObject([
      { type: 'shop.large', id: 'put-1', data: { customer: 'ada', amount: 100 } },
      { type: 'shop.large', id: 'put-4', data: { customer: 'ada', amount: 200 } },
    ]);
  });

  it.each(CRASH_POINTS)('goes out once, with a crash before each %s', async (before) => {
    const run = drive(plan);
    for (const customer of ['ada', 'bob', 'ada']) {
      run.crash({ before });
      await run.put(Order, order(customer, '10:00:00', 100));
    }
    expect(run.alerts('large-order').map(({ id }) => id)).toEqual(['put-1', 'put-2', 'put-3']);
    expect(run.sent('large-orders')).toHaveLength(3);
  });

  it('is known by its name', () => {
    expect(() => drive(plan).alerts('large')).toThrow("pipeline 'sinks': found no alert 'large'; expected large-order");
    expect(() => drive(plan).view('last')).toThrow("pipeline 'sinks': found no view 'last'; expected last_order");
    expect(() => drive(plan).sent('large')).toThrow("pipeline 'sinks': found no stream 'large'; expected large-orders");
    expect(() => drive(plan).rows('large')).toThrow("found no table 'large'; expected none, for it has none");
  });
});

describe('a pipeline of several parts', () => {
  const byAmount = from(Order).rekey('by-amount', ({ amount }) => (amount >= 100 ? 'large' : 'small'));
  const counted = byAmount.process('count', {
    init: () => 0,
    on: (n, { amount }) => {
      if (amount === 13) throw new RangeError('thirteen');
      return { state: n + 1, emit: [{ amount, n: n + 1 }] };
    },
  });
  const { closed } = byAmount
    .rekey('all', () => 'all')
    .window('hours', { over: tumbling(hours(1)), aggregate: { orders: count() } });
  const plan = pipeline('parts', [
    counted.to(lake('counts', { schema: z.object({ amount: z.number(), n: z.int() }) })),
    closed.to(lake('closed', { schema: z.object({ key: z.string(), orders: z.int() }) })),
  ]);
  const move = async (run: Drive) => {
    await run.put(Order, [order('ada', '10:00:00', 100), order('bob', '10:10:00'), order('eve', '10:20:00', 300)]);
    await run.put(Order, order('ada', '10:30:00', 200));
    await run.until('2026-11-21T11:01:00Z');
  };
  const shown = (run: Drive) => {
    const counts = run.rows('counts').map(({ amount, n }) => `${amount} ${n}`);
    return [...counts.sort(), ...run.rows('closed').map(({ key, orders }) => `${key} ${orders}`)];
  };

  it('is driven until nothing is left in any', async () => {
    const run = drive(plan);
    await move(run);
    expect(shown(run)).toEqual(['10 1', '100 1', '200 3', '300 2', 'all 4']);
  });

  it.each([undefined, ...CRASH_POINTS])('may crash in each, before %s', async (before) => {
    const run = drive(plan);
    for (const [customer, minute] of [
      ['ada', 10],
      ['bob', 20],
      ['ada', 30],
    ] as const) {
      run.crash(before && { before });
      await run.put(Order, order(customer, `10:${minute}:00`, minute));
    }
    run.crash(before && { before });
    await run.until('2026-11-21T11:01:00Z');
    expect(shown(run)).toEqual(['10 1', '20 2', '30 3', 'all 3']);
  });

  it('has shards in each, to be split and merged', async () => {
    const run = drive(plan, { shards: 2 });
    await run.put(Order, [order('ada', '10:00:00'), order('bob', '10:01:00'), order('eve', '10:02:00', 100)]);
    await run.split();
    await run.put(Order, [order('ada', '10:03:00'), order('bob', '10:04:00'), order('eve', '10:05:00', 100)]);
    await run.merge();
    await run.put(Order, [order('ada', '10:06:00'), order('eve', '10:07:00', 100)]);
    await run.until('2026-11-21T11:10:00Z');
    expect(shown(run)).toEqual(['10 1', '10 2', '10 3', '10 4', '10 5', '100 1', '100 2', '100 3', 'all 8']);
    const again = await run.replay();
    await again.advance(minutes(1));
    expect(shown(again)).toEqual(shown(run));
  });

  it('parks in any of them', async () => {
    const run = drive(plan);
    await run.put(Order, [order('ada', '10:00:00', 13), order('bob', '10:01:00')]);
    expect(run.parked()).toEqual([{ key: 'small', step: 'count', found: 'RangeError: thirteen', records: 2 }]);
    await run.redrive();
    expect(run.parked()).toMatchObject([{ records: 2 }]);
  });
});
