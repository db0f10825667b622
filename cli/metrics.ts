import { type CloudWatchClient, type MetricDataQuery, paginateGetMetricData } from '@aws-sdk/client-cloudwatch';
import { heartbeatName, METRIC_NAMESPACE } from '../infra/names.ts';

/** One figure to read from CloudWatch. */
export interface Figure {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** `Sum` and `Maximum` are over the whole time; `Latest` is the maximum of the last minute with data. */
  readonly take: 'Sum' | 'Maximum' | 'Latest';
}

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
  const values = new Map<string | undefined, number[]>();
  for await (const { MetricDataResults = [] } of paginateGetMetricData({ client: cloudWatch }, input)) {
    for (const { Id, Values = [] } of MetricDataResults) values.set(Id, [...(values.get(Id) ?? []), ...Values]);
  }
  return figures.map(({ take }, i) => combine(values.get(`f${i}`) ?? [], take));
}

function queryOf({ namespace, metric, dimensions, take }: Figure, i: number): MetricDataQuery {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const Metric = { Namespace: namespace, MetricName: metric, Dimensions };
  return { Id: `f${i}`, MetricStat: { Metric, Period: 60, Stat: take === 'Sum' ? 'Sum' : 'Maximum' } };
}

function combine(values: readonly number[], take: Figure['take']): number | null {
  if (values.length === 0) return null;
  if (take === 'Sum') return values.reduce((sum, value) => sum + value, 0);
  return take === 'Maximum' ? Math.max(...values) : (values[0] ?? null);
}
