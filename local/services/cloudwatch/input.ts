import { contradictory, invalid, required, ValidationError } from './errors.ts';
import type { Dimensions, Metric } from './metric-store.ts';
import { type Statistic, statisticNamed } from './statistics.ts';

/** Shapes of CloudWatch's API that several operations share. */
export interface DimensionInput {
  readonly Name: string;
  readonly Value?: string;
}

export interface MetricInput {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly DimensionInput[];
}

/** Seconds of the epoch, or ISO 8601 text from clients of the Query protocol. */
export type Instant = number | string;

export interface RangeInput {
  readonly StartTime?: Instant;
  readonly EndTime?: Instant;
}

/** Limits of the API. Source: API reference, Dimension and PutMetricData. */
const MAX_DIMENSIONS = 30;
const MAX_NAME_CHARS = 255;
const MAX_DIMENSION_VALUE_CHARS = 1024;
const SHORT_PERIODS = [1, 5, 10, 20, 30];

export function metricOf({ Namespace, MetricName, Dimensions = [] }: MetricInput): Metric {
  if (Dimensions.length > MAX_DIMENSIONS) throw invalid(`a metric has at most ${MAX_DIMENSIONS} dimensions`);
  const dimensions: Dimensions = Object.fromEntries(
    Dimensions.map(({ Name, Value }) => [
      shorter('Dimensions.Name', required('Dimensions.Name', Name), MAX_NAME_CHARS),
      shorter('Dimensions.Value', required('Dimensions.Value', Value), MAX_DIMENSION_VALUE_CHARS),
    ]),
  );
  return {
    namespace: shorter('Namespace', required('Namespace', Namespace), MAX_NAME_CHARS),
    name: shorter('MetricName', required('MetricName', MetricName), MAX_NAME_CHARS),
    dimensions,
  };
}

function shorter(name: string, value: string, chars: number): string {
  if (value.length <= chars) return value;
  throw invalid(`The parameter ${name} must be shorter than ${chars + 1} characters.`);
}

export const dimensionList = (dimensions: Dimensions): readonly DimensionInput[] =>
  Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));

export function epochMs(name: string, instant: Instant | undefined): number {
  const given = required(name, instant);
  const ms = typeof given === 'number' ? given * 1000 : Date.parse(given);
  if (Number.isFinite(ms)) return ms;
  throw invalid(`The parameter ${name} must be a time such as 2026-01-31T00:00:00Z.`);
}

export function rangeOf({ StartTime, EndTime }: RangeInput): { fromMs: number; toMs: number } {
  const [fromMs, toMs] = [epochMs('StartTime', StartTime), epochMs('EndTime', EndTime)];
  if (fromMs < toMs) return { fromMs, toMs };
  throw contradictory('The parameter StartTime must be less than the parameter EndTime.');
}

export function periodMsOf(seconds: number | undefined): number {
  const period = required('Period', seconds);
  if (SHORT_PERIODS.includes(period) || (period > 0 && period % 60 === 0)) return period * 1000;
  throw invalid('The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.');
}

export function statisticOf(name: string | undefined): Statistic {
  const found = statisticNamed(required('Stat', name));
  if (found) return found;
  throw new ValidationError(`The value ${name} for parameter Stat is not a statistic.`);
}
