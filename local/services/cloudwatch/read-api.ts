import { contradictory, invalid, nextToken, pageStart, required } from './errors.ts';
import {
  type DimensionInput,
  dimensionList,
  type MetricInput,
  metricOf,
  periodMsOf,
  type RangeInput,
  rangeOf,
  statisticOf,
} from './input.ts';
import type { Series } from './math/value.ts';
import type { Metric, MetricStore } from './metric-store.ts';
import { checkQueries, evaluateQueries, type MetricDataQuery, roundedStart } from './queries.ts';
import { SIMPLE_STATISTICS } from './statistics.ts';

interface GetMetricDataInput extends RangeInput {
  readonly MetricDataQueries?: readonly MetricDataQuery[];
  readonly ScanBy?: 'TimestampDescending' | 'TimestampAscending';
  readonly MaxDatapoints?: number;
  readonly NextToken?: string;
}

interface GetMetricStatisticsInput extends MetricInput, RangeInput {
  readonly Period?: number;
  readonly Statistics?: readonly string[];
  readonly ExtendedStatistics?: readonly string[];
  readonly Unit?: string;
}

interface ListMetricsInput {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly DimensionInput[];
  readonly NextToken?: string;
  readonly RecentlyActive?: string;
}

/** Limits of the API. Source: API reference of each operation. */
const MAX_QUERIES = 500;
const MAX_DATAPOINTS = 100_800;
const MAX_STATISTICS_POINTS = 1_440;
const LIST_PAGE = 500;
const LISTED_MS = 14 * 24 * 3_600_000;
const RECENT_MS = 3 * 3_600_000;

export const getMetricData = (store: MetricStore) => (input: GetMetricDataInput) => {
  const queries = required('MetricDataQueries', input.MetricDataQueries);
  if (queries.length > MAX_QUERIES)
    throw invalid(`The collection MetricDataQueries must not have more than ${MAX_QUERIES} members.`);
  checkQueries(queries);
  const results = evaluateQueries(store, queries, rangeOf(input));
  const shown = queries.filter((query) => query.ReturnData !== false);
  const all = shown.flatMap(({ Id }) => (results.get(Id) ?? []).map((series) => ({ Id, series })));
  const { start, end, isLast } = pageOf(input, all);
  return {
    MetricDataResults: all.map(({ Id, series }) => {
      const points = ordered(series, input.ScanBy).slice(start, end);
      return {
        Id,
        Label: series.label,
        Timestamps: points.map(([atMs]) => new Date(atMs)),
        Values: points.map(([, value]) => value),
        StatusCode: isLast ? 'Complete' : 'PartialData',
      };
    }),
    Messages: [],
    ...(!isLast && { NextToken: String(end) }),
  };
};

/** A page takes as many points of each series, so that all pages together give each point once. */
function pageOf({ MaxDatapoints = MAX_DATAPOINTS, NextToken }: GetMetricDataInput, all: readonly { series: Series }[]) {
  if (!(MaxDatapoints >= 1 && MaxDatapoints <= MAX_DATAPOINTS))
    throw invalid(`The parameter MaxDatapoints must be from 1 to ${MAX_DATAPOINTS}.`);
  const start = pageStart(NextToken);
  const end = start + Math.max(1, Math.floor(MaxDatapoints / Math.max(1, all.length)));
  return { start, end, isLast: all.every(({ series }) => series.points.size <= end) };
}

function ordered({ points }: Series, scanBy: GetMetricDataInput['ScanBy']): readonly (readonly [number, number])[] {
  return scanBy === 'TimestampAscending' ? [...points] : [...points].reverse();
}

export const getMetricStatistics = (store: MetricStore) => (input: GetMetricStatisticsInput) => {
  const { Statistics: simple = [], ExtendedStatistics: extended = [] } = input;
  if (simple.length > 0 && extended.length > 0)
    throw contradictory('The parameters Statistics and ExtendedStatistics exclude each other.');
  if (simple.length + extended.length === 0) required('Statistics', undefined);
  const unknown = simple.find((name) => !SIMPLE_STATISTICS.includes(name));
  if (unknown !== undefined) throw invalid(`The value ${unknown} for parameter Statistics is not valid.`);
  const statistics = [...simple, ...extended].map((name) => [name, statisticOf(name)] as const);
  const metric = metricOf(input);
  const periodMs = periodMsOf(input.Period);
  const { fromMs, toMs } = rangeOf(input);
  if ((toMs - fromMs) / periodMs > MAX_STATISTICS_POINTS) {
    const asked = Math.floor((toMs - fromMs) / periodMs);
    throw contradictory(
      `You have requested up to ${asked} datapoints, which exceeds the limit of ${MAX_STATISTICS_POINTS}.`,
    );
  }
  const window = { fromMs: roundedStart(fromMs, periodMs), toMs, periodMs, unit: input.Unit };
  return {
    Label: metric.name,
    Datapoints: store.read(metric, window).flatMap(({ startMs, unit, summary }) => {
      const values = statistics.map(([name, statistic]) => [name, statistic(summary)] as const);
      if (values.every(([, value]) => value === undefined)) return [];
      const point = { Timestamp: new Date(startMs), Unit: unit };
      if (extended.length > 0) return [{ ...point, ExtendedStatistics: Object.fromEntries(values) }];
      return [{ ...point, ...Object.fromEntries(values) }];
    }),
  };
};

export const listMetrics = (store: MetricStore, now: () => number) => (input: ListMetricsInput) => {
  const start = pageStart(input.NextToken);
  if (input.RecentlyActive !== undefined && input.RecentlyActive !== 'PT3H')
    throw invalid('The parameter RecentlyActive must be PT3H.');
  const sinceMs = now() - (input.RecentlyActive ? RECENT_MS : LISTED_MS);
  const found = store.list(sinceMs).filter((metric) => matches(metric, input));
  const end = start + LIST_PAGE;
  return {
    Metrics: found.slice(start, end).map(({ namespace, name, dimensions }) => ({
      Namespace: namespace,
      MetricName: name,
      Dimensions: dimensionList(dimensions),
    })),
    ...nextToken(end, found.length),
  };
};

function matches({ namespace, name, dimensions }: Metric, wanted: ListMetricsInput): boolean {
  return (
    (wanted.Namespace ?? namespace) === namespace &&
    (wanted.MetricName ?? name) === name &&
    (wanted.Dimensions ?? []).every(
      ({ Name, Value }) => Name in dimensions && (Value ?? dimensions[Name]) === dimensions[Name],
    )
  );
}
