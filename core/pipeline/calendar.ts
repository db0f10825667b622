import { days } from './duration.ts';
import { duration, PipelineError } from './errors.ts';
import { onlyWindow, type Span, type TimeOver } from './over.ts';

export type CalendarUnit = 'day' | 'week' | 'month';

export interface CalendarOptions {
  /** Of the IANA list, such as `Europe/Berlin`. */
  readonly timeZone: string;
  /** How much later than at midnight a day begins, by the clocks there, in milliseconds; less than the unit's shortest.
   *  Default: 0. */
  readonly offset?: number;
}

/** A unit on the clocks of a place, whose readings are counted as if they were UTC. */
interface Unit {
  /** The beginning of the unit that a reading lies in. */
  readonly beginOf: (clockMs: number) => number;
  /** The beginning so many units later. */
  readonly after: (beginMs: number, units: number) => number;
  readonly shortestMs: number;
}

const DAY = days(1);
const MONDAY = 4 * DAY; // 1970 began on a Thursday

const steady = (ms: number, firstMs: number): Unit => ({
  beginOf: (clockMs) => Math.floor((clockMs - firstMs) / ms) * ms + firstMs,
  after: (beginMs, units) => beginMs + units * ms,
  shortestMs: ms,
});

const month = (clockMs: number, further: number): number => {
  const date = new Date(clockMs);
  return new Date(0).setUTCFullYear(date.getUTCFullYear(), date.getUTCMonth() + further, 1);
};

const UNITS: Readonly<Record<CalendarUnit, Unit>> = {
  day: steady(DAY, 0),
  week: steady(7 * DAY, MONDAY),
  month: { beginOf: (clockMs) => month(clockMs, 0), after: month, shortestMs: 28 * DAY },
};

/** Days of UTC whose spans are remembered. */
const MAX_REMEMBERED = 1_000;

/** Days, weeks from Monday, or months as the clocks of a place show them: where clocks are put forward and back, days have
 *  23 and 25 hours. The rules of a place are those that Node came with.
 *
 *  @example
 *  orders.window('per-day', {
 *    over: calendar('day', { timeZone: 'Europe/Berlin', offset: hours(6) }), // from six to six
 *    aggregate: { orders: count() },
 *  }).closed */
export function calendar(unit: CalendarUnit, { timeZone, offset = 0 }: CalendarOptions): TimeOver {
  const kind = `calendar(${unit}, ${timeZone}, ${offset})`;
  const { shortestMs } = UNITS[unit] ?? {};
  if (shortestMs === undefined) throw new PipelineError(kind, `the unit '${unit}'`, "'day', 'week' or 'month'");
  if (duration(kind, 'offset', offset) >= shortestMs)
    throw new PipelineError(kind, `offset ${offset}`, `less than a ${unit}, ${shortestMs}`);
  const spansFrom = spansOf(UNITS[unit], offset, clocksOf(kind, timeZone));
  const remembered = new Map<number, readonly Span[]>();
  const paneOf = (timeMs: number): Span => {
    const dayMs = Math.floor(timeMs / DAY) * DAY;
    let spans = remembered.get(dayMs);
    if (spans === undefined) {
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      spans = spansFrom(dayMs, dayMs + DAY);
      remembered.set(dayMs, spans);
    }
    return spans.find(({ endMs }) => timeMs < endMs) as Span;
  };
  return { by: 'time', kind, merges: false, paneOf, windowAfter: onlyWindow };
}

/** What the clocks of a place show, and when they show it. */
interface Clocks {
  readonly at: (timeMs: number) => number;
  /** The first time that they show this; where they are put forward past it, the time when they are. */
  readonly when: (clockMs: number) => number;
}

function clocksOf(kind: string, timeZone: string): Clocks {
  const format = formatOf(kind, timeZone);
  const aheadAt = (timeMs: number): number => {
    const wholeMs = Math.floor(timeMs / 1_000) * 1_000;
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(wholeMs)) part[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - wholeMs;
  };
  const when = (clockMs: number): number => {
    const [before, after] = [aheadAt(clockMs - DAY), aheadAt(clockMs + DAY)];
    if (aheadAt(clockMs - before) === before) return clockMs - before;
    if (aheadAt(clockMs - after) === after) return clockMs - after;
    let [low, high] = [clockMs - after, clockMs - before]; // the clocks are put forward between these
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (aheadAt(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  };
  return { at: (timeMs) => timeMs + aheadAt(timeMs), when };
}

function formatOf(kind: string, timeZone: string): Intl.DateTimeFormat {
  const field = 'numeric';
  const fields = { year: field, month: field, day: field, hour: field, minute: field, second: field } as const;
  try {
    return new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', { timeZone, hourCycle: 'h23', ...fields });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new PipelineError(kind, `the time zone '${timeZone}'`, "one of the IANA list, such as 'Europe/Berlin'");
  }
}

/** The unit's spans that reach into a stretch of time, and perhaps some before, in order. They are sought from one unit before that which the clocks
 *  show: clocks that are put back over midnight show a day again when the next has begun. */
function spansOf(unit: Unit, offset: number, { at, when }: Clocks) {
  return (fromMs: number, toMs: number): readonly Span[] => {
    const spans: Span[] = [];
    let beginMs = unit.after(unit.beginOf(at(fromMs) - offset), -1);
    for (let startMs = when(beginMs + offset); startMs < toMs; ) {
      beginMs = unit.after(beginMs, 1);
      const endMs = when(beginMs + offset);
      spans.push({ startMs, endMs }); // nothing lies in those that have passed, or in a day that a place left out
      startMs = endMs;
    }
    return spans;
  };
}
