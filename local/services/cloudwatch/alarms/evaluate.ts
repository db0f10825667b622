import { floorTo, type MetricStore } from '../metric-store.ts';
import { evaluateQueries, type MetricDataQuery } from '../queries.ts';
import { type AlarmDefinition, type AlarmState, COMPARISONS } from './definition.ts';
import { judge } from './judge.ts';
import type { Evaluated } from './reason.ts';

/** How many periods beyond the alarm's own CloudWatch looks back when values are missing. It does not publish the
 *  number; two is what the examples of its user guide have. */
export const EXTRA_PERIODS = 2;

const MINUTE_MS = 60_000;

export interface Evaluation {
  /** Undefined keeps the state as it is. */
  readonly state: AlarmState | undefined;
  /** The newest first. */
  readonly evaluated: readonly Evaluated[];
  readonly filled: number;
}

/** End of the newest period that counts: whole periods only, which move on by the minute, or by shorter periods. */
export const windowEnd = ({ periodMs }: AlarmDefinition, nowMs: number): number =>
  floorTo(nowMs, Math.min(periodMs, MINUTE_MS));

/** What an alarm finds in the metrics up to the end of its newest period. @throws ServiceError of its expression. */
export function evaluateAlarm(
  store: MetricStore,
  definition: AlarmDefinition,
  endMs: number,
  extraPeriods: number,
): Evaluation {
  const { input, queries, watched, periodMs, evaluationPeriods } = definition;
  const periods = evaluationPeriods + extraPeriods;
  const fromMs = endMs - periods * periodMs;
  const series = evaluateQueries(store, queries, { fromMs, toMs: endMs }).get(watched)?.[0];
  const timeOf = (place: number) => fromMs + place * periodMs;
  const range = Array.from({ length: periods }, (_, place) => series?.points.get(timeOf(place)));
  const { holds } = COMPARISONS[input.ComparisonOperator];
  const judgement = judge(range, { ...definition, breaches: (value) => holds(value, Number(input.Threshold)) });
  const evaluated = judgement.used.map((place) => ({ atMs: timeOf(place), value: range[place] as number }));
  const isTooFew = hasTooFewSamples(store, definition, endMs);
  return { state: isTooFew ? undefined : judgement.state, evaluated, filled: judgement.filled };
}

/** A percentile of few values says little; the alarm can be told to wait for more. Source: CloudWatch User Guide,
 *  percentile-based alarms and low data samples. */
function hasTooFewSamples(store: MetricStore, definition: AlarmDefinition, endMs: number): boolean {
  const { input, queries, periodMs, evaluationPeriods } = definition;
  const [, percent] = /^p([\d.]+)$/.exec(input.ExtendedStatistic ?? '') ?? [];
  if (percent === undefined || input.EvaluateLowSampleCountPercentile !== 'ignore') return false;
  const needed = 1000 / (Number(percent) >= 50 ? 100 - Number(percent) : Number(percent));
  const [query] = queries as readonly [MetricDataQuery & { MetricStat: object }];
  const counting = { ...query, MetricStat: { ...query.MetricStat, Stat: 'SampleCount' } };
  const window = { fromMs: endMs - evaluationPeriods * periodMs, toMs: endMs };
  const counts = [...(evaluateQueries(store, [counting], window).get(query.Id)?.[0]?.points.values() ?? [])];
  return counts.reduce((sum, count) => sum + count, 0) < needed;
}
