import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { calendar, days, hours, minutes } from '../../core/pipeline/index.ts';
import type { TimeOver } from '../../core/pipeline/over.ts';

const at = (over: TimeOver, time: string) => {
  const { startMs, endMs } = over.paneOf(Date.parse(time));
  return `${new Date(startMs).toISOString()} ${(endMs - startMs) / hours(1)}`;
};

describe('calendar', () => {
  it.each([
    ['a day of 24 hours', 'day', 'Europe/Berlin', '2026-11-21T10:00:00Z', '2026-11-20T23:00:00.000Z 24'],
    ['its first millisecond', 'day', 'Europe/Berlin', '2026-11-20T23:00:00Z', '2026-11-20T23:00:00.000Z 24'],
    ['the last before it', 'day', 'Europe/Berlin', '2026-11-20T22:59:59.999Z', '2026-11-19T23:00:00.000Z 24'],
    ['a day of 23 hours', 'day', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z 23'],
    ['a day of 25 hours', 'day', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-24T22:00:00.000Z 25'],
    ['a day of 25 hours, its last hour', 'day', 'Europe/Berlin', '2026-10-25T22:30:00Z', '2026-10-24T22:00:00.000Z 25'],
    [
      'half an hour of summer time',
      'day',
      'Australia/Lord_Howe',
      '2026-04-05T00:00:00Z',
      '2026-04-04T13:00:00.000Z 24.5',
    ],
    ['a quarter of an hour', 'day', 'Asia/Kathmandu', '2026-11-21T18:15:00Z', '2026-11-21T18:15:00.000Z 24'],
    ['a day without midnight', 'day', 'America/Sao_Paulo', '2018-11-04T12:00:00Z', '2018-11-04T03:00:00.000Z 23'],
    ['a midnight that comes twice', 'day', 'America/Havana', '2026-11-01T05:30:00Z', '2026-11-01T04:00:00.000Z 25'],
    ['a last hour that comes twice', 'day', 'America/Sao_Paulo', '2018-02-18T02:30:00Z', '2018-02-17T02:00:00.000Z 25'],
    [
      'a midnight that is put back over',
      'day',
      'America/St_Johns',
      '2010-11-07T02:30:30Z',
      '2010-11-07T02:30:00.000Z 25',
    ],
    [
      'the evening after that midnight',
      'day',
      'America/St_Johns',
      '2010-11-07T03:00:00Z',
      '2010-11-07T02:30:00.000Z 25',
    ],
    ['a day that never was', 'day', 'Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-30T10:00:00.000Z 24'],
    ['the day before it', 'day', 'Pacific/Apia', '2011-12-30T09:59:59Z', '2011-12-29T10:00:00.000Z 24'],
    ['before 1970', 'day', 'Europe/Berlin', '1969-12-31T23:30:00Z', '1969-12-31T23:00:00.000Z 24'],
    ['UTC', 'day', 'UTC', '2026-11-21T10:00:00Z', '2026-11-21T00:00:00.000Z 24'],
    ['a week, from Monday', 'week', 'Europe/Berlin', '2026-11-22T22:59:59Z', '2026-11-15T23:00:00.000Z 168'],
    ['a week with a day of 23 hours', 'week', 'Europe/Berlin', '2026-03-23T00:00:00Z', '2026-03-22T23:00:00.000Z 167'],
    ['a month', 'month', 'America/New_York', '2024-02-29T12:00:00Z', '2024-02-01T05:00:00.000Z 696'],
    [
      'a month with a day of 25 hours',
      'month',
      'America/New_York',
      '2026-11-01T04:00:00Z',
      '2026-11-01T04:00:00.000Z 721',
    ],
    ['the turn of the year', 'month', 'Asia/Tokyo', '2026-12-31T15:00:00Z', '2026-12-31T15:00:00.000Z 744'],
  ] as const)('knows %s', (_, unit, timeZone, time, expected) => {
    expect(at(calendar(unit, { timeZone }), time)).toBe(expected);
  });

  it.each([
    ['day', hours(6), '2026-10-25T04:30:00Z', '2026-10-24T04:00:00.000Z 25'],
    ['day', hours(6), '2026-10-25T05:00:00Z', '2026-10-25T05:00:00.000Z 24'],
    ['week', days(6), '2026-11-21T10:00:00Z', '2026-11-14T23:00:00.000Z 168'],
    ['month', days(14), '2026-11-14T22:59:00Z', '2026-10-14T22:00:00.000Z 745'],
  ] as const)('begins a %s %d ms later, by the clocks there', (unit, offset, time, expected) => {
    expect(at(calendar(unit, { timeZone: 'Europe/Berlin', offset }), time)).toBe(expected);
  });

  it.each([
    ['day', { timeZone: 'Europe/Bern' }, /time zone 'Europe\/Bern'; expected one of the IANA list/],
    ['day', { timeZone: '' }, /time zone ''/],
    ['year' as 'day', { timeZone: 'UTC' }, /the unit 'year'; expected 'day', 'week' or 'month'/],
    ['day', { timeZone: 'UTC', offset: days(1) }, /offset 86400000; expected less than a day, 86400000/],
    ['month', { timeZone: 'UTC', offset: days(28) }, /expected less than a month/],
    ['day', { timeZone: 'UTC', offset: -1 }, /offset -1/],
  ] as const)('refuses a %s of %j', (unit, options, message) => {
    expect(() => calendar(unit, options)).toThrow(message);
  });

  it('gives spans that follow each other and hold the times they are of, whatever was asked before', () => {
    const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
    const times = fc.array(fc.integer({ min: Date.parse('1960-01-01'), max: Date.parse('2060-01-01') }), {
      minLength: 1,
    });
    const unit = fc.constantFrom('day' as const, 'week' as const, 'month' as const);
    fc.assert(
      fc.property(unit, zones, fc.integer({ min: 0, max: hours(24) - 1 }), times, (each, timeZone, offset, asked) => {
        const over = calendar(each, { timeZone, offset });
        for (const timeMs of asked) {
          const span = over.paneOf(timeMs);
          expect(span.startMs <= timeMs && timeMs < span.endMs).toBe(true);
          expect(over.paneOf(span.startMs)).toEqual(span);
          expect(over.paneOf(span.endMs).startMs).toBe(span.endMs);
          expect(calendar(each, { timeZone, offset }).paneOf(span.endMs - 1)).toEqual(span);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('agrees with what the clocks show', () => {
    const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Tehran', 'UTC');
    const time = fc.integer({ min: Date.parse('1990-01-01'), max: Date.parse('2030-01-01') });
    fc.assert(
      fc.property(zones, time, time, (timeZone, a, near) => {
        const b = a + (near % days(2));
        const over = calendar('day', { timeZone });
        const date = (timeMs: number) => new Intl.DateTimeFormat('en', { timeZone, dateStyle: 'full' }).format(timeMs);
        expect(over.paneOf(a).startMs === over.paneOf(b).startMs).toBe(date(a) === date(b));
      }),
    );
  });

  it('costs little once a day is known', () => {
    const over = calendar('day', { timeZone: 'Europe/Berlin' });
    let asked = 0;
    const { formatToParts } = Intl.DateTimeFormat.prototype;
    Intl.DateTimeFormat.prototype.formatToParts = function (this: Intl.DateTimeFormat, date) {
      asked += 1;
      return formatToParts.call(this, date);
    };
    try {
      for (let minute = 0; minute < 2 * 24 * 60; minute++) over.paneOf(Date.parse('2026-11-21') + minutes(minute));
    } finally {
      Intl.DateTimeFormat.prototype.formatToParts = formatToParts;
    }
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(100);
  });
});
