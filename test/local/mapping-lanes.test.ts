import { afterEach, describe, expect, it } from '@jest/globals';
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
