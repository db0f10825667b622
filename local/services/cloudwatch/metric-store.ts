/** Values of a metric within a minute, or within a longer period. */
export interface Statistics {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

export type Dimensions = Readonly<Record<string, string>>;

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Dimensions;
}

export interface Datapoint extends Statistics {
  /** Start of the period. */
  readonly startMs: number;
}

export interface MetricStore {
  /** Adds values to the minute of `atMs`; what is older than the retention is not kept. */
  add(metric: Metric, values: Statistics, atMs: number): void;
  /** Periods with data, oldest first, of minutes from `fromMs` (its whole minute) to before `toMs`. The periods begin
   *  at `fromMs`. */
  read(metric: Metric, fromMs: number, toMs: number, periodMs: number): readonly Datapoint[];
  list(): readonly Metric[];
}

const MINUTE_MS = 60_000;
/** CloudWatch keeps minutes for 15 days; a local run needs what one sitting shows. */
export const RETENTION_MS = 6 * 60 * MINUTE_MS;
/** Beyond this many metrics the one seen first goes. */
const MAX_METRICS = 10_000;

interface Series {
  readonly metric: Metric;
  readonly minutes: Map<number, Statistics>;
}

/** Metrics by the minute, in memory. `now` gives milliseconds of the epoch. */
export function createMetricStore(now: () => number): MetricStore {
  const allSeries = new Map<string, Series>();

  const seriesFor = (metric: Metric): Series => {
    const key = keyOf(metric);
    const series = allSeries.get(key) ?? { metric, minutes: new Map() };
    if (!allSeries.has(key)) {
      allSeries.set(key, series);
      const [oldest] = allSeries.keys();
      if (allSeries.size > MAX_METRICS && oldest !== undefined) allSeries.delete(oldest);
    }
    return series;
  };

  return {
    add(metric, values, atMs) {
      const { minutes } = seriesFor(metric);
      const minute = floorTo(atMs, MINUTE_MS);
      const before = minutes.get(minute);
      minutes.set(minute, before ? merge(before, values) : values);
      if (before) return;
      for (const kept of minutes.keys()) if (kept < now() - RETENTION_MS) minutes.delete(kept);
    },
    read(metric, fromMs, toMs, periodMs) {
      const start = floorTo(fromMs, MINUTE_MS);
      const periods = new Map<number, Datapoint>();
      for (const [minute, values] of allSeries.get(keyOf(metric))?.minutes ?? []) {
        if (minute < start || minute >= toMs) continue;
        const startMs = start + floorTo(minute - start, periodMs);
        const before = periods.get(startMs);
        periods.set(startMs, { startMs, ...(before ? merge(before, values) : values) });
      }
      return [...periods.values()].sort((a, b) => a.startMs - b.startMs);
    },
    list: () => [...allSeries.values()].map((series) => series.metric),
  };
}

/** What a single value is as statistics. */
export const single = (value: number, count = 1): Statistics => ({ count, sum: value * count, min: value, max: value });

function merge(a: Statistics, b: Statistics): Statistics {
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
}

function keyOf({ namespace, name, dimensions }: Metric): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

const floorTo = (value: number, step: number): number => Math.floor(value / step) * step;
