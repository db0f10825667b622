import { invalid, type MetricInput, metricOf, required } from './input.ts';
import { type MetricStore, type Statistics, single } from './metric-store.ts';

interface PutMetricDataInput {
  readonly Namespace?: string;
  readonly MetricData?: readonly Datum[];
}

interface Datum extends Omit<MetricInput, 'Namespace'> {
  /** Seconds of the epoch; default now. */
  readonly Timestamp?: number;
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
}

/** Limits of the API. */
const MAX_DATA = 1_000;
const MAX_VALUES = 150;

export const putMetricData = (store: MetricStore, now: () => number) => (input: PutMetricDataInput) => {
  const Namespace = required('Namespace', input.Namespace);
  const data = required('MetricData', input.MetricData);
  if (data.length > MAX_DATA) throw invalid(`at most ${MAX_DATA} metrics`);
  const checked = data.map((datum) => ({
    metric: metricOf({ ...datum, Namespace }),
    values: valuesOf(datum),
    atMs: datum.Timestamp === undefined ? now() : datum.Timestamp * 1000,
  }));
  for (const { metric, values, atMs } of checked) for (const value of values) store.add(metric, value, atMs);
};

function valuesOf({ MetricName, Value, Values, Counts, StatisticValues }: Datum): readonly Statistics[] {
  if (StatisticValues) {
    const { SampleCount, Sum, Minimum, Maximum } = StatisticValues;
    return [{ count: SampleCount, sum: Sum, min: Minimum, max: Maximum }];
  }
  if (Value !== undefined) return [single(Value)];
  if (Values === undefined) throw invalid(`${MetricName} has no Value, Values or StatisticValues`);
  if (Values.length > MAX_VALUES) throw invalid(`${MetricName} has more than ${MAX_VALUES} values`);
  if (Counts !== undefined && Counts.length !== Values.length)
    throw invalid(`${MetricName} needs a count for each value`);
  return Values.map((value, i) => single(value, Counts?.[i]));
}
