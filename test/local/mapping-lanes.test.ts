import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { laneOf } from '../../local/mapping/lanes.ts';
import { closeWorlds, directory, fail, report, SHARD, START_MS, world } from '../support/mapping-world.ts';

afterEach(closeWorlds);

/** Keys of four lanes, a to d in this order. */
const [a, b, c, d] = [0, 1, 2, 3].map((lane) => {
  const keys = Array.from({ length: 100 }, (_, index) => `k${index}`);
  return keys.find((key) => laneOf(key, 4) === lane);
});
const FOUR = { ParallelizationFactor: 4 };
const gate = () => Promise.withResolvers<null>();

describe('several batches of a shard at a time', () => {
  it('are one per lane and never share a key; a key keeps its order', async () => {
    const gates = [gate(), gate(), gate(), gate()];
    const { stream, clock, deliveries, provision } = world(
      (batch) => gates['abcd'.indexOf(batch[0]?.data[0] ?? '')]?.promise,
    );
    stream.open(SHARD);
    stream.put(SHARD, START_MS, `${a}:a1`, `${b}:b1`, `${a}:a2`, `${c}:c1`, `${d}:d1`, `${b}:b2`, `${a}:a3`);
    await provision({ ...FOUR, BatchSize: 2 });
    await clock.runUntil(() => deliveries.length === 4);
    expect(deliveries.toSorted()).toEqual(['a1a2', 'b1b2', 'c1', 'd1']);
    gates[0]?.resolve(null);
    await clock.runUntil(() => deliveries.length === 5);
    expect(deliveries.at(-1)).toBe('a3');
  });

  it('go on beside a lane that fails, but for its keys', async () => {
    let isBroken = true;
    const { stream, clock, deliveries, timesMs, provision } = world((batch) =>
      isBroken && batch[0]?.data === 'a1' ? fail() : null,
    );
    stream.open(SHARD);
    stream.put(SHARD, START_MS, `${a}:a1`, `${b}:b1`, `${a}:a2`, `${b}:b2`);
    await provision({ ...FOUR, BatchSize: 1 });
    await clock.runUntil(() => deliveries.filter((data) => data === 'a1').length === 3);
    stream.put(SHARD, clock.now(), `${b}:b3`);
    await clock.runUntil(() => deliveries.includes('b3'));
    expect(deliveries).not.toContain('a2');
    // The back-off of the failing lane is its own.
    expect(timesMs.filter((_, index) => deliveries[index] === 'a1')).toEqual([0, 1_000, 3_000]);
    isBroken = false;
    await clock.runUntil(() => deliveries.includes('a2'));
  });

  it('have one checkpoint, before the lowest record that is not done with', async () => {
    let isBroken = true;
    const { stream, clock, deliveries, open, provision } = world(
      (batch) => (isBroken && batch[0]?.data === 'a2' ? report(batch[0]) : null),
      directory(),
    );
    const properties = { ...FOUR, BatchSize: 1, FunctionResponseTypes: ['ReportBatchItemFailures'] };
    stream.open(SHARD);
    stream.put(SHARD, START_MS, `${a}:a1`, `${b}:b1`, `${a}:a2`, `${b}:b2`);
    const first = open();
    await provision(properties, first);
    await clock.runUntil(() => deliveries.includes('b2') && deliveries.includes('a2'));
    await first.close();
    const before = deliveries.length;
    isBroken = false;
    await provision(properties);
    await clock.runUntil(() => deliveries.length === before + 2);
    await clock.runFor(1_000);
    // b2 is delivered again, as on AWS: at least once.
    expect(deliveries.slice(before).toSorted()).toEqual(['a2', 'b2']);
  });

  it('end together before the children of a closed shard begin', async () => {
    const slow = gate();
    const { stream, clock, deliveries, provision } = world((batch) => (batch[0]?.data === 'a1' ? slow.promise : null));
    stream.open(SHARD);
    stream.put(SHARD, START_MS, `${a}:a1`, `${b}:b1`);
    stream.close(SHARD);
    stream.open('child', SHARD);
    stream.put('child', START_MS, `${b}:b2`);
    await provision(FOUR);
    await clock.runUntil(() => deliveries.length === 2);
    expect(deliveries.toSorted()).toEqual(['a1', 'b1']);
    slow.resolve(null);
    await clock.runUntil(() => deliveries.includes('b2'));
  });

  it('read only so far ahead of a lane that fails', async () => {
    const { stream, clock, deliveries, provision, valuesOf } = world(
      (batch) => (batch[0]?.data === 'a' ? fail() : null),
      undefined,
      { readAheadBytesMax: 10_000 },
    );
    stream.open(SHARD);
    stream.put(SHARD, START_MS, ...Array.from({ length: 100 }, () => `${a}:a`), `${b}:b1`);
    await provision({ ...FOUR, BatchSize: 5, MetricsConfig: { Metrics: ['EventCount'] } });
    await clock.runFor(60_000);
    expect(deliveries).not.toContain('b1');
    const polled = valuesOf('PolledEventCount').reduce((sum, count) => sum + count, 0);
    expect(polled).toBeGreaterThanOrEqual(20);
    expect(polled).toBeLessThanOrEqual(40);
  });
});

describe('any mapping', () => {
  const PLAN = fc.record({
    factor: fc.integer({ min: 1, max: 10 }),
    batchSize: fc.integer({ min: 1, max: 7 }),
    bisects: fc.boolean(),
    keys: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 60 }),
    /** How the invocations go, in turn: all is well, an exception, a report of a record, throttled. */
    fates: fc.array(fc.constantFrom('well', 'well', 'throws', 'reports', 'refuses'), { maxLength: 40 }),
    restarts: fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 3 }),
  });

  type Plan = typeof PLAN extends fc.Arbitrary<infer Value> ? Value : never;

  it('delivers every record of a key in order, and no key in two batches at a time', async () => {
    const run = async ({ factor, batchSize, bisects, keys, fates, restarts }: Plan) => {
      const underWay = new Set<string>();
      const done = new Map<string, number[]>();
      const take = (data: string) => data.split('-') as [string, string];
      const { stream, clock, state, open, provision } = world(async (batch) => {
        const keysOf = new Set(batch.map(({ data }) => take(data)[0]));
        for (const key of keysOf) {
          expect(underWay.has(key)).toBe(false);
          underWay.add(key);
        }
        try {
          await clock.sleep(100, new AbortController().signal);
          const fate = fates.shift();
          const good = fate === 'throws' ? [] : fate === 'reports' ? batch.slice(0, batch.length >> 1) : batch;
          for (const { data } of good) {
            const [key, number] = take(data);
            done.set(key, [...(done.get(key) ?? []), Number(number)]);
          }
          if (fate === 'throws') fail();
          return fate === 'reports' ? report(batch[batch.length >> 1]) : null;
        } finally {
          for (const key of keysOf) underWay.delete(key);
        }
      }, directory());
      stream.open(SHARD);
      stream.put(SHARD, START_MS, ...keys.map((key, number) => `k${key}:k${key}-${number}`));
      state.refusals = fates.filter((fate) => fate === 'refuses').length;
      const properties = {
        ParallelizationFactor: factor,
        BatchSize: batchSize,
        BisectBatchOnFunctionError: bisects,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      };
      for (const ms of restarts) {
        const mapping = open();
        await provision(properties, mapping);
        await clock.runFor(ms);
        const closing = mapping.close();
        await clock.runUntil(() => underWay.size === 0);
        await closing;
      }
      await provision(properties);
      const isDone = (key: number, number: number) => done.get(`k${key}`)?.includes(number);
      await clock.runUntil(() => keys.every(isDone));
      for (const numbers of done.values()) {
        // Only what comes again goes back, and then it comes whole: the firsts are in order.
        expect([...new Set(numbers)]).toEqual([...new Set(numbers)].sort((a, b) => a - b));
      }
      await closeWorlds();
    };
    await fc.assert(fc.asyncProperty(PLAN, run), { numRuns: 25 });
  });
});
