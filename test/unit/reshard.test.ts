import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { memoryCommitLog } from '../../adapters/memory/commit-log.ts';
import { memoryLake } from '../../adapters/memory/lake.ts';
import { memoryObjectStore } from '../../adapters/memory/object-store.ts';
import { memoryShards } from '../../adapters/memory/shards.ts';
import { hashOf } from '../../core/engine/hash-range.ts';
import { type Position, RECORD_END } from '../../core/engine/position.ts';
import { LogError } from '../../core/engine/shard-state.ts';
import { aggregate } from '../../core/event/aggregate.ts';
import { redriveRecord } from '../../core/event/control.ts';
import { from, lake as lakeTable, minutes, pipeline } from '../../core/pipeline/index.ts';
import { type Shard, TransientError } from '../../core/ports.ts';
import { countingPlan, distinct, orderAt } from '../support/counting.ts';
import { ARRIVAL_MS, engineInMemory, recordAt, SHARD, WHOLE } from '../support/engine.ts';
import { Order, order } from '../support/orders.ts';

const MIDDLE = { below: `7${'f'.repeat(31)}`, above: `8${'0'.repeat(31)}` };
const LOW: Shard = { shardId: 'low', parents: [SHARD], range: { from: WHOLE.range.from, to: MIDDLE.below } };
const HIGH: Shard = { shardId: 'high', parents: [SHARD], range: { from: MIDDLE.above, to: WHOLE.range.to } };
const MERGED: Shard = { shardId: 'merged', parents: ['low', 'high'], range: WHOLE.range };

/** Two customers whose hashes lie in different halves. */
const [low, high] = ['ann', 'ada'];

/** A stream that is split and merged again, on one log; `left` are shards with records that nobody has processed. */
function resharding(broken = { is: true }) {
  const left = new Set<string>();
  const gone = new Set<string>();
  const all = [WHOLE, LOW, HIGH, MERGED];
  const log = memoryCommitLog();
  const lake = memoryLake();
  const objects = memoryObjectStore();
  const shards = {
    describe: async (shardId: string) => all.find((shard) => shard.shardId === shardId && !gone.has(shardId)),
    hasRecordsAfter: async (shardId: string) => left.has(shardId),
  };
  const engine = () => engineInMemory(countingPlan(broken), { log, lake, objects, shards });
  return { engine, left, gone, lake, log };
}

const statelessPlan = pipeline('stateless', [
  from(Order)
    .filter('check', ({ amount }) => {
      if (amount === 13) throw new RangeError('thirteen');
      return true;
    })
    .to(lakeTable('orders')),
]);

const counts = (rows: readonly Record<string, unknown>[]) =>
  distinct(rows).map(({ event_id, n }) => `${event_id} ${n}`);
const NOW = Number.POSITIVE_INFINITY;

describe('a reshard', () => {
  it('has the customers in different halves', () => {
    expect(hashOf(low as string) < MIDDLE.above && hashOf(high as string) >= MIDDLE.above).toBe(true);
  });

  it('carries the states of keys to the child of their range, and back', async () => {
    const { engine, lake } = resharding();
    await engine().run([orderAt(1, 'ada'), orderAt(2, 'ann'), orderAt(3, 'ada')]);
    const split = engine();
    await split.run([orderAt(4, 'ann')], NOW, 'low');
    await split.run([orderAt(5, 'ada')], NOW, 'high');
    expect((await split.state('low')).cellOf('count/ada')).toBeUndefined();
    expect((await split.state('high')).cellOf('count/ann')).toBeUndefined();
    await engine().run([orderAt(6, 'ada'), orderAt(7, 'ann')], NOW, 'merged');
    expect(counts(lake.rows('counts'))).toEqual([
      'e1/count.0 1',
      'e2/count.0 1',
      'e3/count.0 2',
      'e4/count.0 2',
      'e5/count.0 3',
      'e6/count.0 4',
      'e7/count.0 3',
    ]);
  });

  it("recognises a producer's retry that comes to a child", async () => {
    const { engine } = resharding();
    await engine().run([orderAt(1, 'ada')]);
    expect(await engine().run([orderAt(2, 'ada', 10, 'e1')], NOW, 'high')).toMatchObject({ events: 0, duplicates: 1 });
  });

  it('holds each id once after a split and a merge', async () => {
    const { engine } = resharding();
    await engine().run([orderAt(1, 'ada'), orderAt(2, 'ann')]);
    await engine().run([orderAt(3, 'ann')], NOW, 'low');
    await engine().run([orderAt(4, 'ada')], NOW, 'high');
    expect((await engine().state('merged')).recent.size).toBe(4);
  });

  it('has a child wait for a parent with records left', async () => {
    const { engine, left, lake } = resharding();
    await engine().run([orderAt(1, 'ada')]);
    left.add(SHARD);
    const child = engine();
    await expect(child.run([orderAt(3, 'ada')], NOW, 'high')).rejects.toThrow(
      new TransientError(`high waits for its parent ${SHARD}, which has records left`),
    );
    await engine().run([orderAt(2, 'ada')]);
    left.clear();
    await child.run([orderAt(3, 'ada')], NOW, 'high');
    expect(counts(lake.rows('counts'))).toEqual(['e1/count.0 1', 'e2/count.0 2', 'e3/count.0 3']);
  });

  it('ends the log of a parent: who still writes there is told', async () => {
    const { engine } = resharding();
    const parent = engine();
    await parent.run([orderAt(1, 'ada')]);
    await engine().run([orderAt(2, 'ada')], NOW, 'high');
    expect(await parent.run([orderAt(1, 'ada')])).toMatchObject({ commits: 0 });
    await expect(parent.run([orderAt(3, 'ann')])).rejects.toThrow(LogError);
    const { isSealed, slot } = await engine().state();
    await engine().run([orderAt(4, 'ann')], NOW, 'low');
    expect([isSealed, slot, (await engine().state()).slot]).toEqual([true, 2, 2]); // sealed once
  });

  it('delivers what the parent left in its outbox', async () => {
    const { engine, lake } = resharding();
    const failing = {
      deliver: async (rows: ReadonlyMap<string, readonly string[]>) => {
        if (rows.has('counts')) throw new TransientError('throttled');
      },
    };
    const { log } = engine();
    const parent = engineInMemory(countingPlan(), { log, lake: failing });
    await expect(parent.run([orderAt(1, 'ada')])).rejects.toThrow('throttled');
    await engine().run([orderAt(2, 'ada')], NOW, 'high');
    expect(counts(lake.rows('counts'))).toEqual(['e1/count.0 1', 'e2/count.0 2']);
  });

  it('goes through shards that never had a record, and past ones the stream has forgotten', async () => {
    const { engine, lake, gone } = resharding();
    await engine().run([orderAt(1, 'ada')]);
    await engine().run([orderAt(2, 'ada')], NOW, 'merged'); // low and high were empty
    expect(counts(lake.rows('counts'))).toEqual(['e1/count.0 1', 'e2/count.0 2']);
    const late = resharding();
    late.gone.add(SHARD);
    expect(await late.engine().run([orderAt(1, 'ada')], NOW, 'high')).toMatchObject({ events: 1 });
    gone.add('merged');
    expect(await engine().run([orderAt(3, 'ada')], NOW, 'merged')).toMatchObject({ events: 1 }); // it has a log
  });

  it('carries parked records to the child of their key', async () => {
    const broken = { is: true };
    const { engine, lake } = resharding(broken);
    await engine().run([orderAt(1, 'ada', 13), orderAt(2, 'ann', 13), orderAt(3, 'ann')]);
    expect(await engine().run([orderAt(4, 'ann')], NOW, 'low')).toMatchObject({ parked: 1, waiting: 3 });
    expect(await engine().run([orderAt(5, 'ada')], NOW, 'high')).toMatchObject({ parked: 1, waiting: 2 });
    broken.is = false;
    const redrive = (n: number, key: string) =>
      recordAt(n, redriveRecord(`r${n}`, 'counting', key), ARRIVAL_MS + n, key);
    expect(await engine().run([redrive(6, 'ann')], NOW, 'low')).toMatchObject({ redriven: 3, waiting: 0 });
    expect(await engine().run([redrive(7, 'ada')], NOW, 'high')).toMatchObject({ redriven: 2, waiting: 0 });
    expect(counts(lake.rows('counts')).sort()).toEqual(
      ['e1/count.0 1', 'e2/count.0 1', 'e3/count.0 2', 'e4/count.0 3', 'e5/count.0 2'].sort(),
    );
  });

  it('gives a parked key that lies outside of its shard to one child', async () => {
    const log = memoryCommitLog();
    const objects = memoryObjectStore();
    const half: Shard = { ...HIGH, shardId: 'half', parents: [] };
    const quarter = `c${'0'.repeat(31)}`;
    const first: Shard = {
      shardId: 'first',
      parents: ['half'],
      range: { from: half.range.from, to: `b${'f'.repeat(31)}` },
    };
    const second: Shard = { shardId: 'second', parents: ['half'], range: { from: quarter, to: half.range.to } };
    const all = [half, first, second];
    const shards = {
      describe: async (shardId: string) => all.find((shard) => shard.shardId === shardId),
      hasRecordsAfter: async () => false,
    };
    // Without state, a producer may choose where its records go; ann's belong to the lower half.
    const engine = () => engineInMemory(statelessPlan, { log, objects, shards });
    expect(await engine().run([orderAt(1, 'ann', 13)], NOW, 'half')).toMatchObject({ parked: 1 });
    expect((await engine().state('first')).lot.size).toBe(1);
    expect((await engine().state('second')).lot.size).toBe(0);
  });

  it('does not wait for the rest of an aggregate that the stream has dropped', async () => {
    const log = memoryCommitLog();
    let isKept = true;
    const all = [WHOLE, LOW, HIGH];
    const shards = {
      describe: async (shardId: string) => all.find((shard) => shard.shardId === shardId),
      hasRecordsAfter: async (_: string, position?: Position) => isKept && position?.subSequence !== RECORD_END,
    };
    const run = engineInMemory(statelessPlan, { log, shards }).run;
    // The budget for orders of 13 is used up before the end.
    const users = Array.from({ length: 50 }, (_, n) => {
      const customer = `c${n}`;
      return { partitionKey: customer, data: Buffer.from(JSON.stringify(order(`a${n}`, { customer, amount: 13 }))) };
    });
    const stopped = await run([recordAt(1, aggregate(users), ARRIVAL_MS, 'c0')]);
    expect(stopped.unfinished).toBeDefined();
    expect(stopped.parked).toBeGreaterThan(0);
    await expect(run([orderAt(2, 'ann')], NOW, 'low')).rejects.toThrow(/has records left/);
    isKept = false;
    expect(await run([orderAt(2, 'ann')], NOW, 'low')).toMatchObject({ commits: 1 });
  });

  it('wakes in its time, in the merged shard, a key that a full commit of its parent has left over', async () => {
    const steps = from(Order).process('many', {
      init: () => ({ rows: 0, wakeMs: 0 }),
      on: (before, { amount }, { timeMs }) => {
        const wakeMs = before.wakeMs || timeMs + minutes(10);
        return { state: { rows: before.rows + amount, wakeMs }, wakeMs };
      },
      onWake: ({ rows }, { key }) => ({ state: undefined, emit: Array.from({ length: rows }, () => ({ key })) }),
    });
    const schema = z.object({ key: z.string() });
    const plan = pipeline('many', [steps.to(lakeTable('rows', { schema }))], { outOfOrderness: 0 });
    const shards = memoryShards([{ ...LOW, parents: [] }, { ...HIGH, parents: [] }, MERGED]);
    const { run, lake } = engineInMemory(plan, { shards });
    const [one, left, last] = Array.from({ length: 20 }, (_, n) => `c${n}`).filter(
      (name) => hashOf(name) < MIDDLE.above,
    );
    const at = (n: number, customer = '', minute = 0, amount = 1) => {
      const time = new Date(ARRIVAL_MS + minutes(minute)).toISOString();
      return recordAt(n, order(`e${n}`, { customer, amount, at: time }), ARRIVAL_MS, customer);
    };
    await run([at(1, one, 0, 20_000), at(2, left, 1), at(3, last, 30)], NOW, 'low');
    await run([at(4, high, 5)], NOW, 'high');
    await run([at(5, left, 31)], NOW, 'merged');
    const woken = lake.rows('rows').filter(({ key }) => key === left);
    expect(woken.map(({ event_id }) => event_id)).toEqual(
      [0, 1].map((n) => `many/${ARRIVAL_MS + minutes(11)}/${left}.${n}`),
    );
  });
});
