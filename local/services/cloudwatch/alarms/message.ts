import { LOCAL_ACCOUNT } from '../../../service.ts';
import type { DimensionInput } from '../input.ts';
import type { MetricDataQuery } from '../queries.ts';
import type { AlarmInput, AlarmState } from './definition.ts';
import { longTime } from './reason.ts';

/** Region of the local run, as notifications spell it. */
const REGION_NAME = 'US East (N. Virginia)';

export interface Transition {
  readonly input: AlarmInput;
  readonly arn: string;
  readonly configuredMs: number;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly reason: string;
  readonly atMs: number;
}

export const subjectOf = ({ input, to }: Transition): string =>
  `${to}: "${input.AlarmName}" in ${REGION_NAME}`.slice(0, 100);

/** What CloudWatch publishes when an alarm changes its state. */
export function messageOf({ input, arn, configuredMs, from, to, reason, atMs }: Transition): string {
  return JSON.stringify({
    AlarmName: input.AlarmName,
    AlarmDescription: input.AlarmDescription ?? null,
    AWSAccountId: LOCAL_ACCOUNT,
    AlarmConfigurationUpdatedTimestamp: longTime(configuredMs),
    NewStateValue: to,
    NewStateReason: reason,
    StateChangeTime: longTime(atMs),
    Region: REGION_NAME,
    AlarmArn: arn,
    OldStateValue: from,
    OKActions: input.OKActions ?? [],
    AlarmActions: input.AlarmActions ?? [],
    InsufficientDataActions: input.InsufficientDataActions ?? [],
    Trigger: triggerOf(input),
  });
}

function triggerOf(input: AlarmInput) {
  const rule = {
    EvaluationPeriods: Number(input.EvaluationPeriods),
    ...(input.DatapointsToAlarm !== undefined && { DatapointsToAlarm: Number(input.DatapointsToAlarm) }),
    ComparisonOperator: input.ComparisonOperator,
    Threshold: Number(input.Threshold),
    TreatMissingData: input.TreatMissingData ?? 'missing',
    EvaluateLowSampleCountPercentile: input.EvaluateLowSampleCountPercentile ?? '',
  };
  if (input.Metrics) {
    const period = input.Metrics.find(({ MetricStat }) => MetricStat)?.MetricStat?.Period;
    return { Period: Number(period), ...rule, Metrics: input.Metrics.map(metricOf) };
  }
  const statistic = input.Statistic
    ? { StatisticType: 'Statistic', Statistic: upperCase(input.Statistic) }
    : { StatisticType: 'ExtendedStatistic', ExtendedStatistic: input.ExtendedStatistic };
  return {
    MetricName: input.MetricName,
    Namespace: input.Namespace,
    ...statistic,
    Unit: input.Unit ?? null,
    Dimensions: dimensionsOf(input.Dimensions),
    Period: Number(input.Period),
    ...rule,
  };
}

function metricOf({ Id, Label, Expression, MetricStat, ReturnData = true }: MetricDataQuery) {
  const named = { Id, ...(Label !== undefined && { Label }), ReturnData };
  if (!MetricStat) return { Expression, ...named };
  const { Metric, Period, Stat } = MetricStat;
  const { Dimensions, MetricName, Namespace } = Metric;
  const metric = { Dimensions: dimensionsOf(Dimensions), MetricName, Namespace };
  return { ...named, MetricStat: { Metric: metric, Period: Number(Period), Stat } };
}

const dimensionsOf = (dimensions: readonly DimensionInput[] = []) =>
  dimensions.map(({ Name, Value }) => ({ value: Value, name: Name }));

/** `SampleCount` as `SAMPLE_COUNT`. */
const upperCase = (statistic: string): string => statistic.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
