import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isoTime, parseIsoTime } from '../../core/event/iso-time.ts';

/** Also far back, far ahead and at the edges of days. */
const times = fc.oneof(
  fc.integer({ min: -8.64e15, max: 8.64e15 }),
  fc.integer({ min: -1e12, max: 3e12 }),
  fc.tuple(fc.integer({ min: -1_000, max: 30_000 }), fc.integer({ min: -2, max: 2 })).map(([d, ms]) => d * 864e5 + ms),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }),
);

describe('isoTime', () => {
  it('gives what Date gives', () => {
    fc.assert(
      fc.property(times, (ms) => expect(isoTime(ms)).toBe(new Date(ms).toISOString())),
      { numRuns: 500 },
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 8.64e15 + 1])('refuses %p', (ms) => {
    expect(() => isoTime(ms)).toThrow(RangeError);
  });
});

describe('parseIsoTime', () => {
  const inYearsOfFourDigits = times.filter((ms) => new Date(ms).toISOString().length === 24);

  it('gives what Date gives', () => {
    fc.assert(
      fc.property(inYearsOfFourDigits, (ms) =>
        expect(parseIsoTime(new Date(ms).toISOString())).toBe(Math.trunc(ms) + 0),
      ),
      { numRuns: 500 },
    );
    for (let year = 1; year < 10_000; year++) {
      const text = `${String(year).padStart(4, '0')}-03-01T00:00:00.000Z`;
      expect(parseIsoTime(text)).toBe(Date.parse(text));
    }
  });

  it.each([
    '2026-11-21T10:00:00Z',
    '2026-11-21T10:00:00.1234Z',
    '2026-11-21T10:00:00.5+02:00',
    '2026-02-28T23:59:59.999-11:30',
  ])('takes other forms too: %s', (text) => expect(parseIsoTime(text)).toBe(Date.parse(text)));
});
