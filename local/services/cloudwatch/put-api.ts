import { contradictory, invalid, required } from './errors.ts';
import { epochMs, type Instant, type MetricInput, metricOf } from './input.ts';
import type { MetricStore } from './metric-store.ts';
import { UNITS } from './service-metrics.ts';
import { type Summary, single, statisticSet } from './summary.ts';

interface PutMetricDataInput {
  readonly Namespace?: string;
  readonly MetricData?: readonly Datum[];
  readonly EntityMetricData?: unknown;
}

interface Datum extends Omit<MetricInput, 'Namespace'> {
  /** Default now. */
  readonly Timestamp?: Instant;
  readonly Value?: number;
  readonly Values?: readonly number[];
  /** How often each of `Values` occurred; default once. */
  readonly Counts?: readonly number[];
  readonly StatisticValues?: {
    readonly SampleCount: number;
    readonly Sum: number;
    readonly Minimum: number;
    readonly Maximum: number;
  };
  readonly Unit?: string;
  readonly StorageResolution?: number;
}

/** Limits of the API. Source: API reference, PutMetricData and MetricDatum. */
const MAX_DATA = 1_000;
const MAX_VALUES = 150;
const MAX_MAGNITUDE = 2 ** 360;
const PAST_MS = 14 * 24 * 3_600_000;
const FUTURE_MS = 2 * 3_600_000;

export const putMetricData = (store: MetricStore, now: () => number) => (input: PutMetricDataInput) => {
  const Namespace = required('Namespace', input.Namespace);
  if (Namespace.startsWith('AWS/')) throw invalid('The value AWS/ for parameter Namespace is invalid.');
  if (input.EntityMetricData !== undefined) throw invalid('The parameter EntityMetricData is not emulated.');
  const data = required('MetricData', input.MetricData);
  if (data.length > MAX_DATA) throw invalid(`The collection MetricData must not have more than ${MAX_DATA} members.`);
  const checked = data.map((datum, index) => ({
    metric: metricOf({ ...datum, Namespace }),
    summaries: summariesOf(`MetricData.member.${index + 1}`, datum),
    atMs: timeOf(`MetricData.member.${index + 1}`, datum, now()),
    kept: { unit: unitOf(datum), isHighResolution: isHighResolution(datum) },
  }));
  for (const { metric, summaries, atMs, kept } of checked) {
    for (const summary of summaries) store.add(metric, summary, atMs, kept);
  }
};

function timeOf(path: string, { Timestamp }: Datum, nowMs: number): number {
  if (Timestamp === undefined) return nowMs;
  const atMs = epochMs(`${path}.Timestamp`, Timestamp);
  if (atMs >= nowMs - PAST_MS && atMs <= nowMs + FUTURE_MS) return atMs;
  throw invalid(`The parameter ${path}.Timestamp must be less than two weeks old and at most two hours in the future.`);
}

function unitOf({ Unit = 'None' }: Datum): string {
  if (UNITS.has(Unit)) return Unit;
  throw invalid(`The value ${Unit} for parameter Unit is not valid.`);
}

function isHighResolution({ StorageResolution = 60 }: Datum): boolean {
  if (StorageResolution === 1 || StorageResolution === 60) return StorageResolution === 1;
  throw invalid('The parameter StorageResolution must be 1 or 60.');
}

function summariesOf(path: string, { Value, Values, Counts, StatisticValues }: Datum): readonly Summary[] {
  const given = [Value, Values, StatisticValues].filter((each) => each !== undefined);
  if (given.length === 0)
    throw contradictory(`At least one of the parameters ${path}.Value, Values and StatisticValues is required.`);
  if (given.length > 1)
    throw contradictory(`The parameters ${path}.Value, Values and StatisticValues exclude each other.`);
  if (StatisticValues) return [setOf(path, StatisticValues)];
  if (Value !== undefined) return [single(checkedNumber(`${path}.Value`, Value))];
  const values = required(`${path}.Values`, Values);
  if (values.length > MAX_VALUES)
    throw invalid(`The collection ${path}.Values must not have more than ${MAX_VALUES} members.`);
  if (Counts !== undefined && Counts.length !== values.length)
    throw contradictory(`The parameters ${path}.Values and Counts must have as many members.`);
  return values.map((value, i) => {
    const count = checkedNumber(`${path}.Counts`, Counts?.[i] ?? 1);
    if (count <= 0) throw invalid(`The parameter ${path}.Counts must be greater than 0.`);
    return single(checkedNumber(`${path}.Values`, value), count);
  });
}

function setOf(path: string, { SampleCount, Sum, Minimum, Maximum }: NonNullable<Datum['StatisticValues']>): Summary {
  const [count, sum, min, max] = Object.entries({ SampleCount, Sum, Minimum, Maximum }).map(([name, value]) =>
    checkedNumber(`${path}.StatisticValues.${name}`, required(`${path}.StatisticValues.${name}`, value)),
  ) as [number, number, number, number];
  if (count <= 0) throw invalid(`The parameter ${path}.StatisticValues.SampleCount must be greater than 0.`);
  if (min > max) throw contradictory(`The parameter ${path}.StatisticValues.Minimum must not exceed Maximum.`);
  return statisticSet(count, sum, min, max);
}

function checkedNumber(path: string, value: number): number {
  if (typeof value === 'number' && Math.abs(value) <= MAX_MAGNITUDE) return value;
  throw invalid(`The value ${value} for parameter ${path} is invalid: it must be a number from -2^360 to 2^360.`);
}
