import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isoTime } from '../../core/event/iso-time.ts';

describe('isoTime', () => {
  it('gives what Date gives, also far back, far ahead and at the edges of days', () => {
    const times = fc.oneof(
      fc.integer({ min: -8.64e15, max: 8.64e15 }),
      fc.integer({ min: -1e12, max: 3e12 }),
      fc
        .tuple(fc.integer({ min: -1_000, max: 30_000 }), fc.integer({ min: -2, max: 2 }))
        .map(([d, ms]) => d * 864e5 + ms),
    );
    fc.assert(
      fc.property(times, (ms) => expect(isoTime(ms)).toBe(new Date(ms).toISOString())),
      { numRuns: 500 },
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 8.64e15 + 1])('refuses %p', (ms) => {
    expect(() => isoTime(ms)).toThrow(RangeError);
  });
});
