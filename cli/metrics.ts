import { type CloudWatchClient, type MetricDataQuery, paginateGetMetricData } from '@aws-sdk/client-cloudwatch';
import { heartbeatName, METRIC_NAMESPACE } from '../infra/names.ts';

/** One figure to read from CloudWatch. */
export interface Figure {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** `Sum` and `Maximum` are over the whole time; `Latest` is the maximum of the last minute with data, `PerSecond` the
   *  mean of the last five whole minutes. */
  readonly take: 'Sum' | 'Maximum' | 'Latest' | 'PerSecond';
}

/** Sum or maximum of one minute. */
interface Point {
  readonly value: number;
  readonly atMs: number;
}

const MINUTE_MS = 60_000;
const RATE_MINUTES = 5;

/** How many heartbeats the stream took, which its own figures count among its records. */
export function heartbeatFigure(stage: string): Figure {
  const dimensions = { service: heartbeatName(stage) };
  return { namespace: METRIC_NAMESPACE, metric: 'Heartbeats', dimensions, take: 'Sum' };
}

/** The figures over the last minutes, in their order; null where CloudWatch has no data.
 *  Takes at most 500, which is GetMetricData's limit. */
export async function readFigures(
  cloudWatch: CloudWatchClient,
  figures: readonly Figure[],
  minutes: number,
  nowMs: number,
): Promise<readonly (number | null)[]> {
  const input = {
    StartTime: new Date(nowMs - minutes * 60_000),
    EndTime: new Date(nowMs + 60_000),
    ScanBy: 'TimestampDescending' as const,
    MetricDataQueries: figures.map(queryOf),
  };
  const points = new Map<string | undefined, Point[]>();
  for await (const { MetricDataResults = [] } of paginateGetMetricData({ client: cloudWatch }, input)) {
    for (const { Id, Timestamps = [], Values = [] } of MetricDataResults) {
      const page = Values.map((value, i) => ({ value, atMs: Timestamps[i]?.getTime() ?? 0 }));
      points.set(Id, [...(points.get(Id) ?? []), ...page]);
    }
  }
  return figures.map(({ take }, i) => combine(points.get(`f${i}`) ?? [], take, nowMs));
}

function queryOf({ namespace, metric, dimensions, take }: Figure, i: number): MetricDataQuery {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const Metric = { Namespace: namespace, MetricName: metric, Dimensions };
  return {
    Id: `f${i}`,
    MetricStat: { Metric, Period: 60, Stat: take === 'Sum' || take === 'PerSecond' ? 'Sum' : 'Maximum' },
  };
}

/** `points` are the newest first. */
function combine(points: readonly Point[], take: Figure['take'], nowMs: number): number | null {
  if (points.length === 0) return null;
  const values = points.map(({ value }) => value);
  if (take === 'Sum') return sum(values);
  if (take === 'PerSecond') return perSecond(points, nowMs);
  return take === 'Maximum' ? Math.max(...values) : (values[0] ?? null);
}

function perSecond(points: readonly Point[], nowMs: number): number {
  const endMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  const recent = points.filter(({ atMs }) => atMs < endMs && atMs >= endMs - RATE_MINUTES * MINUTE_MS);
  return Math.round((10 * sum(recent.map(({ value }) => value))) / (RATE_MINUTES * 60)) / 10;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
