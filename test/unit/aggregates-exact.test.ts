import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { add, multiply, toNumber } from '../../core/aggregates/exact.ts';
import { average, sum, variance } from '../../core/aggregates/index.ts';
import { resultOf } from '../support/aggregates.ts';

const STEP = 1074n;

/** A double as an integer of steps of 2^-1074, by doubling until nothing is left behind the point. */
function steps(value: number): bigint {
  let [whole, doublings] = [value, 0n];
  while (!Number.isInteger(whole)) {
    whole *= 2;
    doublings += 1n;
  }
  return BigInt(whole) << (STEP - doublings);
}

/** The doubles next to one. */
function neighbours(value: number): readonly number[] {
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  return [-1n, 1n].map((by) => new Float64Array(new BigInt64Array([(bits[0] as bigint) + by]).buffer)[0] as number);
}

const distance = (left: bigint, right: bigint) => (left < right ? right - left : left - right);

const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }),
  fc.integer({ min: -100_000, max: 100_000 }).map((cents) => cents / 100),
  fc.integer(),
  fc.constantFrom(5e-324, -5e-324, 2.2250738585072014e-308, 2 ** 53, 2 ** 53 - 1, -(2 ** 53), 1e300),
);
const value = (n: number) => n;

describe('a sum', () => {
  it('is the double nearest to the true one', () => {
    fc.assert(
      fc.property(fc.array(double, { minLength: 1, maxLength: 20 }), (values) => {
        const found = resultOf(sum(value), values);
        const exact = values.reduce((total, next) => total + steps(next), 0n);
        if (found === 0) return expect(exact).toBe(0n);
        const off = distance(steps(found), exact);
        for (const other of neighbours(found)) expect(off <= distance(steps(other), exact)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [[0.1, 0.2], 0.30000000000000004],
    [[0.1, 0.2, 0.3], 0.6],
    [Array<number>(10).fill(0.1), 1],
    [[1e16, 1, 1, -1e16], 2],
    [[1e300, 0.5, -1e300], 0.5],
    [[2 ** 53, 1], 2 ** 53], // a tie, to even
    [[2 ** 53, 1, 5e-324], 2 ** 53 + 2], // just above the tie, and some 1,100 bits long
    [[-(2 ** 53), -1, -5e-324], -(2 ** 53) - 2],
    [[1, -1, 5e-324], 5e-324],
  ])('of %p is %d', (values, expected) => {
    expect(resultOf(sum(value), values)).toBe(expected);
  });

  it('is a number where a double holds it, and as short as can be', () => {
    expect(add(2 ** 53, -1)).toBe(2 ** 53 - 1);
    expect(add(0.1, 0.2)).toEqual(['10808639105689191', -55]);
    expect(add(add(0.1, 0.2), -0.2)).toBe(0.1);
    expect(add(add(1e300, 5e-324), -1e300)).toBe(5e-324);
  });

  it('may pass beyond the largest double, in parts, and come back', () => {
    const beyond = add(Number.MAX_VALUE, Number.MAX_VALUE);
    expect(toNumber(beyond)).toBe(Number.POSITIVE_INFINITY);
    expect(add(beyond, -Number.MAX_VALUE)).toBe(Number.MAX_VALUE);
  });
});

describe('a product', () => {
  it('is exact', () => {
    fc.assert(
      fc.property(double, double, (left, right) => {
        const product = multiply(left, right);
        const [mantissa, exponent] =
          typeof product === 'number' ? [steps(product), -STEP] : [BigInt(product[0]), BigInt(product[1])];
        expect(mantissa << (exponent + 2n * STEP)).toBe(steps(left) * steps(right));
      }),
    );
  });
});

describe('an average and a variance', () => {
  it('lose nothing where all values are large and near each other', () => {
    const values = [4, 7, 13, 16].map((n) => n + 1e9);
    expect(resultOf(average(value), values)).toBe(1e9 + 10);
    expect(resultOf(variance(value), values)).toBe(22.5);
  });

  it('are those of integers, to the last digits', () => {
    const integers = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(integers, fc.integer({ min: -1e14, max: 1e14 }), (small, offset) => {
        const values = small.map((n) => n + offset);
        const n = BigInt(values.length);
        const total = values.reduce((before, next) => before + BigInt(next), 0n);
        const spread = values.reduce((before, next) => before + (n * BigInt(next) - total) ** 2n, 0n);
        const expected = Number(spread) / Number(n) ** 3;
        expect(Math.abs(resultOf(variance(value), values) - expected)).toBeLessThanOrEqual(expected * 1e-15);
      }),
    );
  });

  it('are finite at the edges', () => {
    expect(resultOf(variance(value), [1e140, -1e140])).toBeCloseTo(1e280, -270);
    expect(resultOf(variance(value), [1e-160, -1e-160]) / 1e-320).toBeCloseTo(1, 3);
    expect(resultOf(variance(value), [5e-324, -5e-324])).toBe(0);
    expect(resultOf(variance(value), [3])).toBe(0);
  });
});
