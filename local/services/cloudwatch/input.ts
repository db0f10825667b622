import { ServiceError } from '../json-api.ts';
import type { Datapoint, Dimensions, Metric } from './metric-store.ts';

/** Shapes of CloudWatch's API that several operations share; times are seconds of the epoch. */
export interface DimensionInput {
  readonly Name: string;
  readonly Value?: string;
}

export interface MetricInput {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly DimensionInput[];
}

export interface RangeInput {
  readonly StartTime?: number;
  readonly EndTime?: number;
}

const STATISTICS: Readonly<Record<string, (point: Datapoint) => number>> = {
  SampleCount: (point) => point.count,
  Sum: (point) => point.sum,
  Average: (point) => point.sum / point.count,
  Minimum: (point) => point.min,
  Maximum: (point) => point.max,
};

/** CloudWatch takes at most this many dimensions for a metric. */
const MAX_DIMENSIONS = 30;

export function metricOf({ Namespace, MetricName, Dimensions = [] }: MetricInput): Metric {
  if (Dimensions.length > MAX_DIMENSIONS) throw invalid(`a metric has at most ${MAX_DIMENSIONS} dimensions`);
  const dimensions: Dimensions = Object.fromEntries(Dimensions.map(({ Name, Value = '' }) => [Name, Value]));
  return { namespace: required('Namespace', Namespace), name: required('MetricName', MetricName), dimensions };
}

export const dimensionList = (dimensions: Dimensions): readonly DimensionInput[] =>
  Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));

export function rangeOf({ StartTime, EndTime }: RangeInput): { fromMs: number; toMs: number } {
  const fromMs = required('StartTime', StartTime) * 1000;
  const toMs = required('EndTime', EndTime) * 1000;
  if (fromMs >= toMs) throw invalid('StartTime must be before EndTime');
  return { fromMs, toMs };
}

/** Data is kept by the minute, so shorter periods give minutes, as they do for CloudWatch's standard resolution. */
export function periodMs(seconds: number | undefined): number {
  const period = required('Period', seconds);
  if ([1, 5, 10, 20, 30].includes(period)) return 60_000;
  if (period > 0 && period % 60 === 0) return period * 1000;
  throw invalid('Period must be 1, 5, 10, 20, 30 or a multiple of 60');
}

export function statistic(name: string | undefined): (point: Datapoint) => number {
  const found = STATISTICS[required('Stat', name)];
  if (found) return found;
  throw invalid(`the statistic ${name} is not emulated; there are ${Object.keys(STATISTICS).join(', ')}`);
}

export function required<Value>(name: string, value: Value | undefined): Value {
  if (value !== undefined && value !== '') return value;
  throw new ServiceError('MissingRequiredParameterException', `The parameter ${name} is required.`);
}

export const invalid = (message: string): ServiceError => new ServiceError('InvalidParameterValueException', message);
