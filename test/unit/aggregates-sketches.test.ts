import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bucketsOf, decodeBuckets, encodeBuckets, mergeBuckets } from '../../core/aggregates/buckets.ts';
import { estimate, mergeRegisters, precisionFor, withHashes } from '../../core/aggregates/hyper-log-log.ts';
import { distinctCount, mostFrequent, quantiles } from '../../core/aggregates/index.ts';
import { randomFrom, resultOf, stateOf, type Timed, treeOf } from '../support/aggregates.ts';

const value = (n: number) => n;
const timed = (items: readonly number[]): readonly Timed<number>[] =>
  items.map((item) => ({ item, at: { timeMs: 0, id: '' } }));

describe('quantiles', () => {
  const random = randomFrom(1);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const ranks = { least: 0, low: 0.01, quarter: 0.25, median: 0.5, p90: 0.9, p99: 0.99, p999: 0.999, most: 1 };

  it.each([
    ['of latencies', () => Math.exp(3 + normal())],
    ['of numbers alike', () => 1000 + random()],
    ['of both signs', () => normal() * 1e6],
    ['of few values', () => Math.floor(random() * 3) - 1],
    ['of a long tail', () => 1 / (1 - random()) ** 2],
    ['of tiny numbers', () => random() * 1e-300],
  ])('%s are within the accuracy', (_, draw) => {
    for (const accuracy of [0.002, 0.01, 0.037, 0.2]) {
      const values = Array.from({ length: 500 }, draw);
      const sorted = Float64Array.from(values).sort();
      const found = resultOf(quantiles(value, ranks, { accuracy }), values);
      for (const [name, q] of Object.entries(ranks)) {
        const exact = sorted[Math.floor(q * (values.length - 1))] as number;
        expect(Math.abs((found[name as keyof typeof ranks] ?? Number.NaN) - exact)).toBeLessThanOrEqual(
          Math.abs(exact) * accuracy,
        );
      }
    }
  });

  it('of one value are that value', () => {
    expect(resultOf(quantiles(value, ranks), [200, 200])).toEqual(
      Object.fromEntries(Object.keys(ranks).map((name) => [name, 200])),
    );
  });

  it('have a bucket for every number, in order, whose middle is within the accuracy', () => {
    const normalNumber = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => Math.abs(n) >= 2 ** -1022);
    fc.assert(
      fc.property(normalNumber, normalNumber, fc.constantFrom(0.002, 0.01, 0.0625, 0.2), (a, b, accuracy) => {
        const { numberOf, middleOf } = bucketsOf(accuracy);
        for (const n of [a, b]) expect(Math.abs(middleOf(numberOf(n)) / n - 1)).toBeLessThanOrEqual(accuracy);
        if (a <= b) expect(numberOf(a)).toBeLessThanOrEqual(numberOf(b));
      }),
      { numRuns: 800 },
    );
    const { numberOf, middleOf } = bucketsOf(0.01);
    expect([0, 5e-324, -5e-324].map(numberOf).map(middleOf)).toEqual([0, 0, 0]);
    expect(Math.abs(middleOf(numberOf(Number.MAX_VALUE)) / Number.MAX_VALUE - 1)).toBeLessThanOrEqual(0.01);
  });

  const buckets = fc
    .uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 30 })
    .chain((keys) =>
      fc.tuple(
        ...keys.sort((a, b) => a - b).map((key) => fc.tuple(fc.constant(key), fc.integer({ min: 1, max: 2 ** 40 }))),
      ),
    )
    .map((pairs) => pairs.flat());

  it('keep the same highest buckets in whatever order they come, and every item', () => {
    fc.assert(
      fc.property(buckets, buckets, buckets, (a, b, c) => {
        const merge = (left: readonly number[], right: readonly number[]) => mergeBuckets(left, right, 5);
        const merged = merge(merge(a, b), c);
        expect(merge(a, merge(b, c))).toEqual(merged);
        expect(merge(merge(c, a), b)).toEqual(merged);
        expect(merged.length).toBeLessThanOrEqual(10);
        const items = (all: readonly number[]) => all.reduce((sum, n, i) => (i % 2 === 1 ? sum + n : sum), 0);
        expect(items(merged)).toBe(items([...a, ...b, ...c]));
        const keys = [...new Set([a, b, c].flatMap((all) => all.filter((_, i) => i % 2 === 0)))].sort((x, y) => x - y);
        expect(merged.filter((_, i) => i % 2 === 0)).toEqual(keys.slice(-5));
      }),
    );
  });

  it('are written so that the same buckets are read', () => {
    fc.assert(
      fc.property(buckets, fc.integer({ min: -1e6, max: 1e6 }), (all, by) => {
        const moved = all.map((n, i) => (i % 2 === 0 ? n + by : n * 4000));
        expect(decodeBuckets(encodeBuckets(moved))).toEqual(moved);
      }),
    );
  });

  it('lose accuracy for the lowest values only, and only where the group spans more than it has buckets for', () => {
    const values = Array.from({ length: 4000 }, (_, i) => 1.01 ** i); // 57 powers of two
    const found = resultOf(quantiles(value, ranks), values);
    expect(found.least).toBe(1);
    expect(found.low / 1.01 ** 39).toBeGreaterThan(2);
    for (const q of ['median', 'p90', 'p99'] as const) {
      const exact = 1.01 ** Math.floor(ranks[q] * 3999);
      expect(Math.abs(found[q] / exact - 1)).toBeLessThanOrEqual(0.01);
    }
  });
});

describe('distinctCount', () => {
  it('is exact up to its bound, and says by its result that it is not beyond', () => {
    for (const n of [1, 2, 50, 63, 64]) {
      const values = Array.from({ length: 2 * n }, (_, i) => i % n);
      expect(resultOf(distinctCount(value, { exactUpTo: 64 }), values)).toBe(n);
    }
    for (const n of [65, 66, 70, 100]) {
      const found = resultOf(
        distinctCount(value, { exactUpTo: 64 }),
        Array.from({ length: n }, (_, i) => i),
      );
      expect(found).toBeGreaterThan(64);
      expect(Math.abs(found / n - 1)).toBeLessThan(0.07);
    }
  });

  it('is estimated from the first value beyond the bound on, and never as a number that would be exact', () => {
    const few = distinctCount(value, { exactUpTo: 3, error: 0.26 });
    for (let group = 0; group < 50; group += 1) {
      const values = [0, 1, 2, 3].map((n) => 4 * group + n);
      expect(Object.keys(stateOf(few, timed(values.slice(1))) as object)).toEqual(['hashes']);
      expect(Object.keys(stateOf(few, timed(values)) as object)).toEqual(['registers']);
      expect(resultOf(few, values)).toBeGreaterThan(3);
    }
  });

  it.each([
    [0.02, 12],
    [0.0163, 12],
    [0.01625, 12],
    [0.0162, 13],
    [0.26, 4],
    [0.006, 15],
  ])('takes for an error of %d 2^%i registers', (error, precision) => {
    expect(precisionFor(error)).toBe(precision);
  });

  /** Any hashes do, if they are random. */
  const hashes = (n: number, random: () => number) =>
    Array.from(
      { length: n },
      () =>
        Math.floor(random() * 2 ** 26)
          .toString(16)
          .padStart(7, '0')
          .slice(-6) +
        Math.floor(random() * 2 ** 28)
          .toString(16)
          .padStart(7, '0'),
    );

  it.each([10, 50, 200, 800, 3_000])('has the error of its number of registers, and no bias, for %i values', (n) => {
    const [precision, groups] = [6, 100];
    const random = randomFrom(n);
    const errors = Array.from({ length: groups }, () => {
      return estimate(precision, withHashes(precision, hashes(n, random))) / n - 1;
    });
    const mean = errors.reduce((sum, error) => sum + error, 0) / groups;
    const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / groups);
    const standard = 1.04 / Math.sqrt(2 ** precision);
    expect(deviation).toBeLessThan(1.2 * standard);
    expect(Math.abs(mean)).toBeLessThan((3 * standard) / Math.sqrt(groups));
  });

  it('has registers that are those of all hashes, however they were divided', () => {
    const all = hashes(3000, randomFrom(7));
    const whole = withHashes(9, all);
    expect(mergeRegisters(withHashes(9, all.slice(0, 1000)), withHashes(9, all.slice(900)))).toBe(whole);
    expect(withHashes(9, all.slice(0, 1500), withHashes(9, all.slice(1400)))).toBe(whole);
    expect(JSON.stringify(whole)).toHaveLength(2 ** 9 + 2);
  });

  it('counts up to the last bit of a hash', () => {
    for (const precision of [4, 15]) {
      const full = withHashes(
        precision,
        Array.from({ length: 2 ** precision }, (_, i) =>
          (BigInt(i) << BigInt(52 - precision)).toString(16).padStart(13, '0'),
        ),
      );
      expect(full).toMatch(/^[(-Z]+$/);
      expect(JSON.stringify(full)).toHaveLength(2 ** precision + 2);
      expect(estimate(precision, full) / 2 ** 53).toBeCloseTo(0.5 / Math.LN2, 10);
    }
  });

  it('of text and numbers is as exact as of hashes', () => {
    const values = Array.from({ length: 5_000 }, (_, i) => `https://example.org/page/${i}`);
    const found = resultOf(
      distinctCount((text: string) => text),
      values,
    );
    expect(Math.abs(found / 5_000 - 1)).toBeLessThan(0.04);
  });
});

describe('mostFrequent', () => {
  const exactUpTo = 5;
  const frequent = mostFrequent(value, { n: 5, exactUpTo });
  const items = fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 40 })), {
    minLength: 1,
    maxLength: 200,
  });

  it('holds its bounds beyond what it counts exactly, in whatever order and grouping the items come', () => {
    fc.assert(
      fc.property(items, fc.array(fc.nat(), { minLength: 1 }), (values, picks) => {
        const found = frequent.result(treeOf(frequent, timed(values), picks) as never);
        const truth = new Map<number, number>();
        for (const n of values) truth.set(n, (truth.get(n) ?? 0) + 1);
        const missed = found[0]?.missed ?? values.length / (exactUpTo + 1);
        expect(missed).toBeLessThanOrEqual(values.length / (exactUpTo + 1));
        if (truth.size <= exactUpTo) expect(missed).toBe(0);
        for (const { value, count } of found) {
          expect(truth.get(value)).toBeGreaterThanOrEqual(count);
          expect(truth.get(value)).toBeLessThanOrEqual(count + missed);
        }
        for (const [n, count] of truth) if (count > missed) expect(found.map(({ value }) => value)).toContain(n);
        expect(found.map(({ count }) => count)).toEqual(found.map(({ count }) => count).sort((a, b) => b - a));
      }),
    );
  });

  it('adds up what groups have missed when they are merged', () => {
    const group = timed([1, 1, 1, 2, 3, 4, 5, 6]); // one value too many: each loses one
    const merged = frequent.merge(stateOf(frequent, group) as never, stateOf(frequent, group) as never);
    expect(frequent.result(merged)).toEqual([{ value: 1, count: 4, missed: 2 }]);
  });

  it('gives the same bytes for the same items in the same order', () => {
    const random = randomFrom(3);
    const values = Array.from({ length: 500 }, () => Math.floor(random() ** 2 * 100));
    const state = JSON.stringify(stateOf(frequent, timed(values)));
    expect(JSON.stringify(stateOf(frequent, timed(values)))).toBe(state);
    expect(JSON.parse(state).missed).toBeGreaterThan(0);
  });
});
