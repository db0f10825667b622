import { absorb, copyOf, type Summary } from './summary.ts';

export type Dimensions = Readonly<Record<string, string>>;

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Dimensions;
}

/** How a value is kept. Values of another unit are another series of the same metric. */
export interface Kept {
  readonly unit: string;
  /** By the second, else by the minute. */
  readonly isHighResolution?: boolean;
}

export interface Window {
  /** Periods begin here. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly periodMs: number;
  /** Only values of this unit; all when undefined. */
  readonly unit?: string;
}

export interface Datapoint {
  /** Start of the period. */
  readonly startMs: number;
  readonly unit: string;
  readonly summary: Summary;
}

export interface MetricStore {
  add(metric: Metric, summary: Summary, atMs: number, kept: Kept): void;
  /** Periods with data, oldest first; of each unit by itself. */
  read(metric: Metric, window: Window): readonly Datapoint[];
  /** Metrics with a value at or after this time. */
  list(sinceMs: number): readonly Metric[];
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How finely values are kept for how long, before they are joined to the next coarser ones.
 *  Source: CloudWatch User Guide, metrics retention. */
export const RETENTION = [
  { resolutionMs: SECOND_MS, keptMs: 3 * HOUR_MS },
  { resolutionMs: MINUTE_MS, keptMs: 15 * DAY_MS },
  { resolutionMs: 5 * MINUTE_MS, keptMs: 63 * DAY_MS },
  { resolutionMs: HOUR_MS, keptMs: 455 * DAY_MS },
] as const;
const BY_SECOND = 0;
const BY_MINUTE = 1;

/** Beyond this many metrics the one seen first goes: a local run's memory is not CloudWatch's. */
const MAX_METRICS = 10_000;

/** By resolution, as in RETENTION; each from the start of its bucket to what is known of it. */
type Buckets = readonly Map<number, Summary>[];

interface Series {
  readonly metric: Metric;
  readonly units: Map<string, Buckets>;
  lastMs: number;
}

/** Metrics in memory. `now` gives milliseconds of the epoch. */
export function createMetricStore(now: () => number): MetricStore {
  const allSeries = new Map<string, Series>();

  const seriesFor = (metric: Metric): Series => {
    const key = keyOf(metric);
    const found = allSeries.get(key);
    if (found) return found;
    const made: Series = { metric, units: new Map(), lastMs: 0 };
    allSeries.set(key, made);
    const [oldest] = allSeries.keys();
    if (allSeries.size > MAX_METRICS && oldest !== undefined) allSeries.delete(oldest);
    return made;
  };

  return {
    add(metric, summary, atMs, { unit, isHighResolution }) {
      const series = seriesFor(metric);
      series.lastMs = Math.max(series.lastMs, atMs);
      const buckets = series.units.get(unit) ?? RETENTION.map(() => new Map<number, Summary>());
      series.units.set(unit, buckets);
      if (put(buckets, isHighResolution ? BY_SECOND : BY_MINUTE, atMs, summary)) age(buckets, now());
    },
    read(metric, { fromMs, toMs, periodMs, unit }) {
      const points: Datapoint[] = [];
      for (const [of, buckets] of allSeries.get(keyOf(metric))?.units ?? []) {
        if (unit !== undefined && unit !== of) continue;
        age(buckets, now());
        for (const [startMs, summary] of periodsOf(buckets, fromMs, toMs, periodMs)) {
          points.push({ startMs, unit: of, summary });
        }
      }
      return points.sort((a, b) => a.startMs - b.startMs);
    },
    list: (sinceMs) => [...allSeries.values()].filter(({ lastMs }) => lastMs >= sinceMs).map(({ metric }) => metric),
  };
}

/** True when a bucket was begun. */
function put(buckets: Buckets, level: number, atMs: number, summary: Summary): boolean {
  const { resolutionMs } = RETENTION[level] as (typeof RETENTION)[number];
  const kept = buckets[level] as Map<number, Summary>;
  const startMs = floorTo(atMs, resolutionMs);
  const before = kept.get(startMs);
  if (before) absorb(before, summary);
  else kept.set(startMs, copyOf(summary));
  return !before;
}

/** Joins what has become too old for its resolution to the next coarser one, or forgets it. */
function age(buckets: Buckets, nowMs: number): void {
  for (const [level, { keptMs }] of RETENTION.entries()) {
    const finer = buckets[level] as Map<number, Summary>;
    for (const [startMs, summary] of finer) {
      if (startMs >= nowMs - keptMs) continue;
      finer.delete(startMs);
      if (level + 1 < RETENTION.length) put(buckets, level + 1, startMs, summary);
    }
  }
}

/** What is kept more coarsely than the period asks for shows only where the period is a multiple of it. */
function periodsOf(buckets: Buckets, fromMs: number, toMs: number, periodMs: number): Map<number, Summary> {
  const periods = new Map<number, Summary>();
  for (const [level, { resolutionMs }] of RETENTION.entries()) {
    if (level > BY_MINUTE && periodMs % resolutionMs !== 0) continue;
    for (const [atMs, summary] of buckets[level] as Map<number, Summary>) {
      if (atMs < fromMs || atMs >= toMs) continue;
      const startMs = fromMs + floorTo(atMs - fromMs, periodMs);
      const before = periods.get(startMs);
      if (before) absorb(before, summary);
      else periods.set(startMs, copyOf(summary));
    }
  }
  return periods;
}

/** The same for the same dimensions, in whatever order. */
export function keyOf({ namespace, name, dimensions }: Metric): string {
  let key = `${namespace}\0${name}`;
  for (const dimension of Object.keys(dimensions).sort()) key += `\0${dimension}\0${dimensions[dimension]}`;
  return key;
}

export const floorTo = (value: number, step: number): number => Math.floor(value / step) * step;
