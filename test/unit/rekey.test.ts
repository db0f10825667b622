import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { hashOf } from '../../core/engine/hash-range.ts';
import { heartbeatRecord } from '../../core/event/control.ts';
import {
  collect,
  count,
  from,
  hopping,
  hours,
  lake,
  minutes,
  type Plan,
  pipeline,
  session,
  sum,
  tumbling,
} from '../../core/pipeline/index.ts';
import { distinct } from '../support/counting.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { Order, order } from '../support/orders.ts';
import { type TestEvent, twoHops } from '../support/two-hops.ts';

const START = Date.parse('2026-11-21T10:00:00Z');
const WindowRow = z.object({ key: z.string(), start: z.iso.datetime(), items: z.int(), amount: z.number() });

const items = from(Order).flatMap('items', ({ items, amount }) => items.map((item) => ({ item, amount })));
const byItem = items.rekey('by-item', ({ item }) => item);
const perHour = byItem.window('per-hour', {
  over: tumbling(hours(1)),
  aggregate: { items: count(), amount: sum('amount') },
});
const plan = pipeline('items', [
  from(Order).to(lake('orders')),
  byItem
    .process('rank', {
      init: () => 0,
      on: (n: number, { item }) => ({ state: n + 1, emit: [{ item, n: n + 1 }] }),
    })
    .to(lake('ranks', { schema: z.object({ item: z.string(), n: z.int() }) })),
  perHour.closed.to(lake('hours', { schema: WindowRow })),
  perHour.late.to(lake('late', { schema: z.object({ item: z.string(), amount: z.number() }) })),
]);

interface Made {
  readonly customer: string;
  readonly minute: number;
  readonly items: readonly string[];
}

const eventOf = ({ customer, minute, items }: Made, n: number): TestEvent => {
  const at = new Date(START + minutes(minute)).toISOString();
  return {
    key: customer,
    event: order(`e${n}`, { customer, at, amount: n, items }),
    arrivalMs: START + minutes(minute),
  };
};

describe('a rekey', () => {
  it('makes a part of its own of what follows', () => {
    expect(plan.nodes.map(({ id }) => id)).toEqual(['shop.order', 'lake.orders', 'items', 'by-item']);
    expect(plan.hops.map(({ name, hop, nodes, tables }) => [name, hop, nodes.length, tables.length])).toEqual([
      ['items-hop-1', 1, 8, 3],
    ]);
  });

  it('refuses a step with inputs behind different numbers of rekeys, naming both', () => {
    const join = { kind: 'process', id: 'both', inputs: ['items', 'by-item'] } as never;
    const path = [...byItem.path, join];
    expect(() => pipeline('p', [{ path }])).toThrow(
      "step 'both': found 'items' behind 0 rekeys and 'by-item' behind 1; expected inputs behind as many rekeys",
    );
  });

  it('takes items on under their new key, with their ids and times', async () => {
    const { first, second, put, take, carry, heartbeat, shardIds } = twoHops(plan);
    put([eventOf({ customer: 'ada', minute: 5, items: ['pen', 'ink'] }, 1)]);
    put([eventOf({ customer: 'bob', minute: 6, items: ['pen'] }, 2)]);
    for (const shardId of shardIds.before) await first.run(take(shardId), undefined, shardId);
    carry(START);
    for (const shardId of shardIds.behind) await second.run(take(shardId), undefined, shardId);
    expect(
      distinct(second.lake.rows('ranks')).map(({ event_id, event_time, item, n }) => [event_id, event_time, item, n]),
    ).toEqual(
      expect.arrayContaining([
        ['e1#0/rank.0', '2026-11-21T10:05:00.000Z', 'pen', 1],
        ['e2#0/rank.0', '2026-11-21T10:06:00.000Z', 'pen', 2],
        ['e1#1/rank.0', '2026-11-21T10:05:00.000Z', 'ink', 1],
      ]),
    );
    expect(second.lake.rows('hours')).toEqual([]);
    for (const minute of [90, 91]) {
      heartbeat(START + minutes(minute));
      for (const shardId of shardIds.before) await first.run(take(shardId), undefined, shardId);
      carry(START + minutes(minute));
      for (const shardId of shardIds.behind) await second.run(take(shardId), undefined, shardId);
    }
    expect(
      distinct(second.lake.rows('hours'))
        .map(({ key, items, amount }) => [key, items, amount])
        .sort(),
    ).toEqual([
      ['ink', 1, 1],
      ['pen', 2, 3],
    ]);
  });

  it('counts each item once and makes none late, whatever comes twice, in whatever batches and order of shards', async () => {
    const made = fc.array(
      fc.record({
        customer: fc.constantFrom('ada', 'bob', 'eve', 'dan'),
        minute: fc.integer({ min: 0, max: 300 }),
        items: fc.array(fc.constantFrom('pen', 'ink', 'cup', 'é/日'), { maxLength: 3 }),
      }),
      { maxLength: 60 },
    );
    const choices = fc.infiniteStream(fc.nat({ max: 999 }));
    await fc.assert(
      fc.asyncProperty(made, choices, async (events, random) => {
        const choose = (n: number) => (random.next().value as number) % n;
        const { first, second, put, take, carry, heartbeat, shardIds } = twoHops(plan);
        const inTime = [...events].sort((a, b) => a.minute - b.minute);
        const queues = new Map<string, ReturnType<typeof take>>();
        let reached = 0;
        /** Some records of a shard, perhaps again, perhaps cold. */
        const work = async (engine: typeof first, shardId: string, all = false) => {
          const queue = [...(queues.get(shardId) ?? []), ...take(shardId)];
          const size = all ? queue.length : choose(5);
          await engine.run(queue.slice(0, size), undefined, shardId);
          if (choose(3) === 0) engine.restart();
          queues.set(shardId, choose(4) === 0 && !all ? queue : queue.slice(size));
        };
        const ids = [...shardIds.before, ...shardIds.behind];
        const slow = ids[choose(5)]; // does nothing before the end
        const twist = () => choose(3);
        const engineOf = (shardId: string) => (shardIds.before.includes(shardId) ? first : second);
        for (const [n, each] of inTime.entries()) {
          put([eventOf(each, n)]);
          reached = START + minutes(each.minute);
          if (choose(4) === 0) heartbeat(reached);
          const shardId = ids[choose(ids.length)] as string;
          if (shardId !== slow) await work(engineOf(shardId), shardId);
          if (choose(2) === 0) carry(reached, twist);
        }
        for (const more of [60, 120, 180]) {
          heartbeat(reached + minutes(more));
          for (const shardId of choose(2) === 0 ? shardIds.before : [...shardIds.before].reverse()) {
            await work(first, shardId, true);
            carry(reached + minutes(more), twist);
            for (const behind of shardIds.behind) await work(second, behind, true);
          }
        }
        const expected = new Map<string, [items: number, amount: number]>();
        let count = 0;
        for (const [n, { items, minute }] of inTime.entries()) {
          for (const item of items) {
            const name = `${item} ${Math.floor(minute / 60)}`;
            const [items, amount] = expected.get(name) ?? [0, 0];
            expected.set(name, [items + 1, amount + n]);
            count += 1;
          }
        }
        const found = distinct(second.lake.rows('hours')).map(({ key, start, items, amount }) => [
          `${key} ${(Date.parse(String(start)) - START) / hours(1)}`,
          [items, amount],
        ]);
        expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
        expect(second.lake.rows('late')).toEqual([]);
        expect(distinct(second.lake.rows('ranks'))).toHaveLength(count);
      }),
      { numRuns: 100 },
    );
  });

  it('sends a part of each window and batch where windows are all that follows', async () => {
    const sent = async (step: 'alone' | 'with its items') => {
      const { closed } = byItem.window('per-hour', {
        over: hopping(hours(1), minutes(30)),
        aggregate: { items: count(), amount: sum('amount') },
      });
      const outputs = [closed.to(lake('hours', { schema: WindowRow }))];
      const Item = z.object({ item: z.string(), amount: z.number() });
      if (step !== 'alone') outputs.push(byItem.to(lake('sold', { schema: Item })));
      const { first, second, put, take, carry, heartbeat, shardIds } = twoHops(pipeline('items', outputs));
      put(Array.from({ length: 40 }, (_, n) => eventOf({ customer: 'ada', minute: n, items: ['pen', 'ink'] }, n)));
      let records = 0;
      for (const minute of [0, 150, 151]) {
        heartbeat(START + minutes(minute));
        for (const shardId of shardIds.before) await first.run(take(shardId), undefined, shardId);
        carry(START + minutes(minute));
        for (const shardId of shardIds.behind) {
          const all = take(shardId);
          records += all.filter(({ data }) => String(data).includes('"item"')).length;
          await second.run(all, undefined, shardId);
        }
      }
      return {
        records,
        rows: distinct(second.lake.rows('hours')).map(({ key, start, items, amount }) => [key, start, items, amount]),
      };
    };
    const [alone, besides] = [await sent('alone'), await sent('with its items')];
    expect(besides.records).toBe(80);
    expect(alone.records).toBe(4); // two items, two half hours
    expect(alone.rows).toHaveLength(6);
    expect(alone.rows).toEqual(besides.rows);
  });

  it('sends no more in a part than a record takes', async () => {
    const texts = from(Order).map('text', ({ amount }) => ({ text: ''.padEnd(amount, '\u0001') }));
    const collected = texts
      .rekey('as-one', () => 'all')
      .window('per-hour', { over: tumbling(hours(1)), aggregate: { texts: collect('text', { first: 100 }) } })
      .closed.map('lengths', ({ texts }) => ({ lengths: texts.map((text) => text.length) }));
    const rows = lake('rows', { schema: z.object({ lengths: z.array(z.int()) }) });
    const { first, second, put, take, carry, heartbeat, shardIds } = twoHops(pipeline('long', [collected.to(rows)]));
    const orderAt = (minute: number, amount: number) => {
      const at = new Date(START + minutes(minute)).toISOString();
      return { key: 'ada', event: order(`e${minute}`, { customer: 'ada', at, amount }), arrivalMs: START };
    };
    put(Array.from({ length: 20 }, (_, n) => orderAt(n, 10_000)));
    put([orderAt(20, 170_000)]); // by itself more than a record takes
    const sizes: number[] = [];
    for (const minute of [0, 150, 151]) {
      heartbeat(START + minutes(minute));
      for (const shardId of shardIds.before) await first.run(take(shardId), undefined, shardId);
      carry(START + minutes(minute));
      for (const shardId of shardIds.behind) {
        const all = take(shardId);
        sizes.push(...all.map(({ data }) => data.length).filter((bytes) => bytes > 10_000));
        await second.run(all, undefined, shardId);
      }
    }
    expect(sizes.map((bytes) => bytes > 900_000 && bytes < 1_000_000)).toEqual([true, false]); // six bytes a character
    expect(first.lake.rows('quarantine')).toMatchObject([{ step: 'as-one', reason: 'too-large' }]);
    expect(distinct(second.lake.rows('rows')).map(({ lengths }) => lengths)).toEqual([Array(20).fill(10_000)]);
  });

  it('parks an item whose key is no text, and the records behind it', async () => {
    const bad = pipeline('bad', [
      from(Order)
        .rekey('bad', () => '')
        .to(lake('rows', { schema: z.object({ customer: z.string() }) })),
    ]);
    const { run } = engineInMemory(bad);
    expect(await run([recordAt(1, order('e1'))])).toMatchObject({ parked: 1 });
  });

  it('waits for a shard that has just had its first event', async () => {
    const { first, second, put, take, carry, heartbeat, shardIds } = twoHops(plan);
    const [before = '', slow = ''] = shardIds.before;
    const customers = Array.from({ length: 20 }, (_, n) => `customer-${n}`);
    const fast = customers.find((customer) => hashOf(customer) < '8') as string;
    const late = customers.find((customer) => hashOf(customer) > '8') as string;
    put([eventOf({ customer: late, minute: 1, items: ['pen', 'ink', 'cup'] }, 1)]);
    put([eventOf({ customer: late, minute: 3, items: ['pen', 'ink', 'cup'] }, 2)]);
    put([eventOf({ customer: fast, minute: 2, items: ['pen', 'ink', 'cup'] }, 3)]);
    put([eventOf({ customer: fast, minute: 200, items: [] }, 4)]);
    for (let n = 0; n < 4; n++) {
      heartbeat(START);
      await first.run(take(before), undefined, before); // all there is, and what heartbeats tell of it
    }
    const [one, two, ...others] = take(slow);
    for (const records of [[one, two], others]) {
      await first.run(records as never, undefined, slow);
      carry(START);
      for (const shardId of shardIds.behind) await second.run(take(shardId), undefined, shardId);
    }
    expect(distinct(second.lake.rows('ranks'))).toHaveLength(9);
    expect(second.lake.rows('late')).toEqual([]);
  });

  it('is not moved on by a heartbeat: time comes over the hop', async () => {
    const { first, second, put, take, carry, heartbeat, shardIds } = twoHops(plan);
    put([eventOf({ customer: 'ada', minute: 5, items: ['pen'] }, 1)]);
    for (const minute of [6, 7]) {
      heartbeat(START + minutes(minute));
      for (const shardId of shardIds.before) await first.run(take(shardId), undefined, shardId);
      carry(START);
    }
    for (const shardId of shardIds.behind) {
      await second.run(take(shardId), undefined, shardId);
      const { watermarkMs } = await second.state(shardId);
      expect(watermarkMs).toBe(START + minutes(5)); // of the batch before, a minute out of order
      await second.run([recordAt(99_999, heartbeatRecord('h'), START + hours(9))], undefined, shardId);
      expect((await second.state(shardId)).watermarkMs).toBe(watermarkMs);
    }
  });

  const woken = from(Order).process('woken', {
    init: () => 0,
    on: (count: number, { amount }, { timeMs }) => ({ state: count + amount, wakeMs: timeMs + minutes(5) }),
    onWake: (count, { key }) => ({ state: undefined, emit: [{ key, count }] }),
  });
  const sessions = from(Order).window('sessions', { over: session(minutes(5)), aggregate: { count: sum('amount') } });

  it.each([
    ['woken step', woken, minutes(6)],
    ['closed window', sessions.closed, minutes(6) - 1],
  ])('tells of no later time than the items of a %s have that a full commit has left over', async (_, counts, time) => {
    const many = counts
      .flatMap('many', ({ key, count }) => Array.from({ length: count }, (_, n) => ({ item: `${key}${n}` })))
      .rekey('by-item', ({ item }) => item);
    const schema = z.object({ item: z.string() });
    const whole = pipeline('many', [many.to(lake('rows', { schema }))], { outOfOrderness: 0 });
    const { run, streams } = engineInMemory(whole);
    const at = (customer: string, minute: number, amount: number) =>
      order(`${customer}${minute}`, { customer, amount, at: new Date(START + minutes(minute)).toISOString() });
    await run([
      recordAt(1, at('ada', 0, 20_000), START, 'ada'),
      recordAt(2, at('bob', 1, 1), START, 'bob'),
      recordAt(3, at('eve', 9, 0), START, 'eve'), // ada and bob are due: bob is left over
    ]);
    streams.take('next hop');
    await run([recordAt(4, at('eve', 10, 0), START, 'eve')]);
    const [record] = streams.take('next hop');
    const { key, timeMs, watermarkMs } = JSON.parse(Buffer.from(record?.data ?? []).toString()).data;
    expect([key, timeMs]).toEqual(['bob0', START + time]);
    expect(watermarkMs).toBe(START + minutes(6) - 1);
  });

  it('has its records refused where none belong', async () => {
    const { first, put, take, carry, shardIds, second } = twoHops(plan);
    put([eventOf({ customer: 'ada', minute: 5, items: ['pen'] }, 1)]);
    for (const shardId of shardIds.before) await first.run(take(shardId), undefined, shardId);
    carry(START);
    const records = shardIds.behind.flatMap((shardId) => take(shardId));
    const [shardId = ''] = shardIds.before;
    expect(await first.run(records, undefined, shardId)).toMatchObject({ quarantined: records.length });
    const [other = ''] = shardIds.behind;
    expect(await second.run([recordAt(99_999, order('e1'), START, 'ada')], undefined, other)).toMatchObject({
      quarantined: 1,
    });
  });

  it('keeps in quarantine what another version of the pipeline has sent in another form, or by another rekey', async () => {
    const { closed } = byItem.window('per-hour', { over: tumbling(hours(1)), aggregate: { items: count() } });
    const alone = pipeline('items', [closed.to(lake('hours', { schema: z.object({ items: z.int() }) }))]);
    const renamed = pipeline('items', [
      items.rekey('of-item', ({ item }) => item).to(lake('hours', { schema: z.object({ item: z.string() }) })),
    ]);
    const sentBy = async (before: Plan) => {
      const { first, put, take, carry, shardIds } = twoHops(before);
      put([eventOf({ customer: 'ada', minute: 5, items: ['pen'] }, 1)]);
      for (const shardId of shardIds.before) await first.run(take(shardId), undefined, shardId);
      carry(START);
      return shardIds.behind.map((shardId) => [shardId, take(shardId)] as const);
    };
    const met = async (before: Plan, behind: Plan) => {
      const { second } = twoHops(behind);
      for (const [shardId, records] of await sentBy(before)) await second.run(records, undefined, shardId);
      return second.lake.rows('quarantine').map(({ found, expected }) => [found, expected]);
    };
    expect(await met(plan, plan)).toEqual([]);
    const [[found = '', expected = ''] = []] = await met(plan, alone);
    expect(found).toBe("an item of 'by-item' as it is");
    expect(expected).toMatch(/^taken together for window tumbling/);
    expect(await met(alone, plan)).toEqual([[`an item of 'by-item' ${expected}`, 'as it is']]);
    expect(await met(plan, renamed)).toEqual([['an item of the rekey "by-item"', 'one of "of-item"']]);
  });
});
