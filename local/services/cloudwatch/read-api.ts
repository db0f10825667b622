import { ServiceError } from '../json-api.ts';
import {
  type DimensionInput,
  dimensionList,
  invalid,
  type MetricInput,
  metricOf,
  periodMs,
  type RangeInput,
  rangeOf,
  required,
  statistic,
} from './input.ts';
import type { Metric, MetricStore } from './metric-store.ts';

interface GetMetricDataInput extends RangeInput {
  readonly MetricDataQueries?: readonly MetricDataQuery[];
  readonly ScanBy?: 'TimestampDescending' | 'TimestampAscending';
}

interface MetricDataQuery {
  readonly Id: string;
  readonly Label?: string;
  readonly Expression?: string;
  readonly ReturnData?: boolean;
  readonly MetricStat?: { readonly Metric: MetricInput; readonly Period?: number; readonly Stat?: string };
}

interface GetMetricStatisticsInput extends MetricInput, RangeInput {
  readonly Period?: number;
  readonly Statistics?: readonly string[];
  readonly ExtendedStatistics?: readonly string[];
}

interface ListMetricsInput {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly DimensionInput[];
  readonly NextToken?: string;
}

/** Limits of the API. */
const MAX_QUERIES = 500;
const LIST_PAGE = 500;

export const getMetricData = (store: MetricStore) => (input: GetMetricDataInput) => {
  const queries = required('MetricDataQueries', input.MetricDataQueries);
  if (queries.length > MAX_QUERIES) throw invalid(`at most ${MAX_QUERIES} queries`);
  const { fromMs, toMs } = rangeOf(input);
  const results = queries.map((query) => {
    if (query.Expression !== undefined) throw invalid(`${query.Id}: expressions are not emulated`);
    const { Metric, Period, Stat } = required('MetricStat', query.MetricStat);
    const value = statistic(Stat);
    const points = [...store.read(metricOf(Metric), fromMs, toMs, periodMs(Period))];
    if (input.ScanBy !== 'TimestampAscending') points.reverse();
    return {
      Id: query.Id,
      Label: query.Label ?? Metric.MetricName,
      Timestamps: points.map((point) => point.startMs / 1000),
      Values: points.map(value),
      StatusCode: 'Complete',
    };
  });
  const hidden = new Set(queries.filter((query) => query.ReturnData === false).map((query) => query.Id));
  return { MetricDataResults: results.filter((result) => !hidden.has(result.Id)), Messages: [] };
};

export const getMetricStatistics = (store: MetricStore) => (input: GetMetricStatisticsInput) => {
  const { fromMs, toMs } = rangeOf(input);
  const names = [...(input.Statistics ?? []), ...(input.ExtendedStatistics ?? [])];
  if (names.length === 0) throw new ServiceError('MissingRequiredParameterException', 'Statistics are required.');
  const statistics = names.map((name) => [name, statistic(name)] as const);
  const points = store.read(metricOf(input), fromMs, toMs, periodMs(input.Period));
  return {
    Label: input.MetricName,
    Datapoints: points.map((point) => ({
      Timestamp: point.startMs / 1000,
      Unit: 'None',
      ...Object.fromEntries(statistics.map(([name, value]) => [name, value(point)])),
    })),
  };
};

export const listMetrics = (store: MetricStore) => (input: ListMetricsInput) => {
  const start = Number(input.NextToken ?? 0);
  if (!Number.isInteger(start) || start < 0) throw new ServiceError('InvalidNextToken', 'NextToken is not one given');
  const found = store.list().filter((metric) => matches(metric, input));
  const end = start + LIST_PAGE;
  return {
    Metrics: found.slice(start, end).map(({ namespace, name, dimensions }) => ({
      Namespace: namespace,
      MetricName: name,
      Dimensions: dimensionList(dimensions),
    })),
    ...(end < found.length && { NextToken: String(end) }),
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
