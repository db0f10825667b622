import type { Summary } from './summary.ts';

/** A statistic of a period's values; undefined when the values do not tell it. */
export type Statistic = (summary: Summary) => number | undefined;

const SIMPLE: Readonly<Record<string, Statistic>> = {
  SampleCount: (summary) => summary.count,
  Sum: (summary) => summary.sum,
  Average: (summary) => summary.sum / summary.count,
  Minimum: (summary) => summary.min,
  Maximum: (summary) => summary.max,
};

/** Names of the statistics that GetMetricStatistics and alarms take as `Statistic`. */
export const SIMPLE_STATISTICS: readonly string[] = Object.keys(SIMPLE);

const PERCENTILE = /^p(\d{1,3}(?:\.\d{1,10})?)$/;
const SHORT_FORM = /^(tm|tc|ts|wm)(\d{1,2}(?:\.\d{1,10})?)$/;
const LONG_FORM = /^(TM|TC|TS|WM|PR)\((-?[\d.]*%?):(-?[\d.]*%?)\)$/;

type Value = readonly [value: number, count: number];

/** Where a trimmed statistic begins and ends: a share of the values, or a value. */
interface Bound {
  readonly share: number | undefined;
  readonly value: number | undefined;
}

interface Part {
  /** Values within the bounds, those on a bound by percentage in part. */
  readonly inside: readonly Value[];
  readonly below: number;
  readonly above: number;
}

/** How the family of trimmed statistics sees its part. Source: CloudWatch User Guide, statistics definitions. */
const TRIMMED: Readonly<Record<string, (part: Part, total: number) => number | undefined>> = {
  TM: ({ inside }) => ratio(sumOf(inside), countOf(inside)),
  TC: ({ inside }) => countOf(inside),
  TS: ({ inside }) => sumOf(inside),
  WM: ({ inside, below, above }) => {
    const [first, last] = [inside[0]?.[0], inside.at(-1)?.[0]];
    if (first === undefined || last === undefined) return undefined;
    return ratio(sumOf(inside) + below * first + above * last, countOf(inside) + below + above);
  },
  PR: ({ inside }, total) => (100 * countOf(inside)) / total,
};

/** The statistic of this name: simple, percentile or trimmed. Undefined for a name CloudWatch does not know. How
 *  CloudWatch interpolates percentiles is not published: here they are values that did occur (nearest rank). */
export function statisticNamed(name: string): Statistic | undefined {
  if (Object.hasOwn(SIMPLE, name)) return SIMPLE[name];
  if (name === 'IQM') return trimmed('TM', '25%', '75%');
  const [, percent] = PERCENTILE.exec(name) ?? [];
  if (percent !== undefined) return Number(percent) <= 100 ? percentile(Number(percent)) : undefined;
  const [, short, share] = SHORT_FORM.exec(name) ?? [];
  if (short && share) return trimmed(short.toUpperCase(), '', `${share}%`);
  const [, long, from = '', to = ''] = LONG_FORM.exec(name) ?? [];
  if (!long || (from === '' && to === '') || (long === 'PR' && /%/.test(from + to))) return undefined;
  return trimmed(long, from, to);
}

/** Percentiles are not available where values are hidden in statistic sets, or negative. */
function sorted({ values, min }: Summary): readonly Value[] | undefined {
  return values && min >= 0 ? [...values].sort(([a], [b]) => a - b) : undefined;
}

function percentile(percent: number): Statistic {
  return (summary) => {
    const values = sorted(summary);
    if (!values) return undefined;
    let left = Math.max(1, Math.ceil((percent / 100) * summary.count));
    for (const [value, count] of values) {
      left -= count;
      if (left <= 0) return value;
    }
    return summary.max;
  };
}

function trimmed(kind: string, from: string, to: string): Statistic | undefined {
  const lower = boundOf(from, 0);
  const upper = boundOf(to, 1);
  const measure = TRIMMED[kind];
  if (!lower || !upper || !measure) return undefined;
  return (summary) => {
    const values = sorted(summary);
    return values && measure(partOf(values, summary.count, lower, upper), summary.count);
  };
}

function boundOf(text: string, missing: number): Bound | undefined {
  if (text === '') return { share: missing, value: undefined };
  const number = Number(text.replace('%', ''));
  if (Number.isNaN(number)) return undefined;
  if (!text.endsWith('%')) return { share: undefined, value: number };
  return number >= 0 && number <= 100 ? { share: number / 100, value: undefined } : undefined;
}

/** Bounds by value leave out the lower one and take in the upper one, as `TM(150:1000)` is defined. */
function partOf(values: readonly Value[], total: number, lower: Bound, upper: Bound): Part {
  const inside: Value[] = [];
  let [below, above, rank] = [0, 0, 0];
  for (const [value, count] of values) {
    const begin = lower.share === undefined ? (value > (lower.value ?? 0) ? 0 : total) : lower.share * total;
    const end = upper.share === undefined ? (value <= (upper.value ?? 0) ? total : 0) : upper.share * total;
    const [first, last] = [Math.max(rank, begin), Math.min(rank + count, end)];
    const taken = Math.max(0, last - first);
    if (taken > 0) inside.push([value, taken]);
    below += Math.max(0, Math.min(rank + count, begin) - rank);
    above += Math.max(0, rank + count - Math.max(rank, end));
    rank += count;
  }
  return { inside, below, above };
}

const sumOf = (values: readonly Value[]): number => values.reduce((sum, [value, count]) => sum + value * count, 0);
const countOf = (values: readonly Value[]): number => values.reduce((sum, [, count]) => sum + count, 0);
const ratio = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole);
