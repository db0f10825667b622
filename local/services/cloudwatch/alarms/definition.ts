import { required, ValidationError } from '../errors.ts';
import type { DimensionInput } from '../input.ts';
import { createMetricStore } from '../metric-store.ts';
import { checkQueries, evaluateQueries, type MetricDataQuery } from '../queries.ts';
import { SIMPLE_STATISTICS } from '../statistics.ts';

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export const ALARM_STATES: readonly AlarmState[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA'];

/** What PutMetricAlarm takes, and the template's `AWS::CloudWatch::Alarm`. */
export interface AlarmInput {
  readonly AlarmName: string;
  readonly AlarmDescription?: string;
  readonly ActionsEnabled?: boolean;
  readonly OKActions?: readonly string[];
  readonly AlarmActions?: readonly string[];
  readonly InsufficientDataActions?: readonly string[];
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly DimensionInput[];
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Period?: number;
  readonly Unit?: string;
  readonly Metrics?: readonly MetricDataQuery[];
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly Threshold: number;
  readonly ComparisonOperator: keyof typeof COMPARISONS;
  readonly TreatMissingData?: keyof typeof MISSING_DATA;
  readonly EvaluateLowSampleCountPercentile?: 'evaluate' | 'ignore';
  readonly Tags?: unknown;
}

/** An alarm as it is evaluated. */
export interface AlarmDefinition {
  readonly input: AlarmInput;
  readonly queries: readonly MetricDataQuery[];
  /** The query whose value is held against the threshold. */
  readonly watched: string;
  readonly periodMs: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: keyof typeof MISSING_DATA;
}

export const COMPARISONS = {
  GreaterThanOrEqualToThreshold: { holds: (a: number, b: number) => a >= b, text: 'greater than or equal to' },
  GreaterThanThreshold: { holds: (a: number, b: number) => a > b, text: 'greater than' },
  LessThanOrEqualToThreshold: { holds: (a: number, b: number) => a <= b, text: 'less than or equal to' },
  LessThanThreshold: { holds: (a: number, b: number) => a < b, text: 'less than' },
} as const;

/** As state reasons spell them. */
export const MISSING_DATA = {
  breaching: 'Breaching',
  ignore: 'Ignore',
  missing: 'Missing',
  notBreaching: 'NonBreaching',
} as const;

/** Limits of the API. Source: API reference, PutMetricAlarm. */
const NAME_CHARS_MAX = 255;
const DESCRIPTION_CHARS_MAX = 1024;
const ACTIONS_MAX = 5;
const METRICS_MAX = 10;
const WEEK_SECONDS = 604_800;
const DAY_SECONDS = 86_400;
const PERIODS_BELOW_MINUTE = [10, 20, 30];

const SINGLE_METRIC = [
  'Namespace',
  'MetricName',
  'Dimensions',
  'Statistic',
  'ExtendedStatistic',
  'Period',
  'Unit',
] as const;
const MEMBERS: ReadonlySet<string> = new Set([
  ...SINGLE_METRIC,
  'ActionsEnabled',
  'AlarmActions',
  'AlarmDescription',
  'AlarmName',
  'ComparisonOperator',
  'DatapointsToAlarm',
  'EvaluateLowSampleCountPercentile',
  'EvaluationPeriods',
  'InsufficientDataActions',
  'Metrics',
  'OKActions',
  'Tags',
  'Threshold',
  'TreatMissingData',
]);

/** Reads an alarm. @throws ServiceError naming what makes no sense, or is not emulated. */
export function defineAlarm(input: AlarmInput): AlarmDefinition {
  const stranger = Object.keys(input).find((name) => !MEMBERS.has(name));
  if (stranger !== undefined) throw new ValidationError(`${stranger} of an alarm is not emulated`);
  checkTexts(input);
  checkActions(input);
  const comparison: string = required('ComparisonOperator', input.ComparisonOperator);
  if (!Object.hasOwn(COMPARISONS, comparison))
    throw new ValidationError(`ComparisonOperator ${comparison} is not emulated`);
  if (!Number.isFinite(Number(required('Threshold', input.Threshold))))
    throw new ValidationError('Threshold must be a number');
  const treatMissingData = input.TreatMissingData ?? defaultTreatment(input);
  if (!Object.hasOwn(MISSING_DATA, treatMissingData))
    throw new ValidationError(`Option ${treatMissingData} is not supported for TreatMissingData`);
  const queries = queriesOf(input);
  const periodMs = periodOf(queries);
  const evaluationPeriods = atLeastOne('EvaluationPeriods', required('EvaluationPeriods', input.EvaluationPeriods));
  const datapointsToAlarm = atLeastOne('DatapointsToAlarm', input.DatapointsToAlarm ?? evaluationPeriods);
  if (datapointsToAlarm > evaluationPeriods)
    throw new ValidationError('DatapointsToAlarm must be less than or equal to EvaluationPeriods');
  const seconds = (evaluationPeriods * periodMs) / 1000;
  if (seconds > (periodMs < 3_600_000 ? DAY_SECONDS : WEEK_SECONDS))
    throw new ValidationError('Metrics cannot be checked across more than a day, or a week with periods of an hour');
  const watched = watchedBy(queries, periodMs);
  return { input, queries, watched, periodMs, evaluationPeriods, datapointsToAlarm, treatMissingData };
}

function checkTexts({ AlarmName, AlarmDescription = '', EvaluateLowSampleCountPercentile: low }: AlarmInput): void {
  if (required('AlarmName', AlarmName).length > NAME_CHARS_MAX)
    throw new ValidationError(`AlarmName must have at most ${NAME_CHARS_MAX} characters`);
  if (AlarmDescription.length > DESCRIPTION_CHARS_MAX)
    throw new ValidationError(`AlarmDescription must have at most ${DESCRIPTION_CHARS_MAX} characters`);
  if (low !== undefined && low !== 'evaluate' && low !== 'ignore')
    throw new ValidationError(`Option ${low} is not supported for EvaluateLowSampleCountPercentile`);
}

function checkActions(input: AlarmInput): void {
  for (const name of ['OKActions', 'AlarmActions', 'InsufficientDataActions'] as const) {
    const actions = input[name] ?? [];
    if (actions.length > ACTIONS_MAX) throw new ValidationError(`${name} must have at most ${ACTIONS_MAX} members`);
    const other = actions.find((action) => !action.startsWith('arn:aws:sns:'));
    if (other !== undefined) throw new ValidationError(`The action ${other} is not emulated: only SNS topics are`);
  }
}

/** Alarms on DynamoDB ignore missing data unless told. (The API reference says always, the user guide by default.) */
function defaultTreatment({ Namespace, Metrics = [] }: AlarmInput): AlarmDefinition['treatMissingData'] {
  const namespaces = [Namespace, ...Metrics.map(({ MetricStat }) => MetricStat?.Metric.Namespace)];
  return namespaces.includes('AWS/DynamoDB') ? 'ignore' : 'missing';
}

function atLeastOne(name: string, value: number): number {
  if (Number.isInteger(Number(value)) && Number(value) >= 1) return Number(value);
  throw new ValidationError(`${name} must be a whole number from 1`);
}

function queriesOf(input: AlarmInput): readonly MetricDataQuery[] {
  const queries = input.Metrics ?? [singleQuery(input)];
  const both = SINGLE_METRIC.find((name) => input.Metrics && input[name] !== undefined);
  if (both !== undefined) throw new ValidationError(`Metrics and ${both} exclude each other`);
  checkQueries(queries);
  if (queries.filter(({ MetricStat }) => MetricStat).length > METRICS_MAX)
    throw new ValidationError(`An alarm takes at most ${METRICS_MAX} metrics`);
  const returned = queries.filter((query) => query.ReturnData !== false).length;
  if (returned !== 1)
    throw new ValidationError(`Exactly one element of the metrics list should return data, not ${returned}`);
  return queries;
}

/** @throws ServiceError when the expression cannot be computed: without metrics as well as with them. */
function watchedBy(queries: readonly MetricDataQuery[], periodMs: number): string {
  const { Id } = queries.find((query) => query.ReturnData !== false) as MetricDataQuery;
  const found = evaluateQueries(
    createMetricStore(() => 0),
    queries,
    { fromMs: 0, toMs: periodMs },
  ).get(Id);
  if (found?.length === 1) return Id;
  throw new ValidationError(`The expression ${Id} of an alarm must give one time series`);
}

function singleQuery(input: AlarmInput): MetricDataQuery {
  const { Namespace, MetricName, Dimensions, Statistic, ExtendedStatistic, Period, Unit } = input;
  if ((Statistic === undefined) === (ExtendedStatistic === undefined))
    throw new ValidationError('Exactly one of Statistic and ExtendedStatistic is required');
  if (Statistic !== undefined && !SIMPLE_STATISTICS.includes(Statistic))
    throw new ValidationError(`The value ${Statistic} for parameter Statistic is not a statistic.`);
  const Metric = { Namespace, MetricName, Dimensions };
  const Stat = Statistic ?? ExtendedStatistic;
  return { Id: 'm1', MetricStat: { Metric, Stat, Period: required('Period', Period), Unit } };
}

function periodOf(queries: readonly MetricDataQuery[]): number {
  const periods = new Set(queries.flatMap(({ MetricStat }) => (MetricStat ? [Number(MetricStat.Period)] : [])));
  const [period, another] = [...periods];
  if (period === undefined) throw new ValidationError('An alarm takes at least one metric');
  if (another !== undefined) throw new ValidationError('The metrics of an alarm must have the same period');
  if (period % 60 !== 0 && !PERIODS_BELOW_MINUTE.includes(period))
    throw new ValidationError('Period must be 10, 20, 30 or a multiple of 60');
  return period * 1000;
}
