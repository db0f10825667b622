import { type AlarmDefinition, type AlarmState, COMPARISONS, MISSING_DATA } from './definition.ts';

/** A value that decided, and when its period began. */
export interface Evaluated {
  readonly atMs: number;
  readonly value: number;
}

export interface Finding {
  readonly state: AlarmState;
  /** The newest first. */
  readonly evaluated: readonly Evaluated[];
  readonly filled: number;
}

const many = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;

/** As CloudWatch writes numbers: with a fraction. */
const decimal = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));

/** `22/10/20 18:47:00` */
function shortTime(atMs: number): string {
  const [date = '', time = ''] = new Date(atMs).toISOString().split('T');
  const [year = '', month, day] = date.split('-');
  return `${day}/${month}/${year.slice(2)} ${time.slice(0, 8)}`;
}

/** `2020-10-22T18:55:49.694+0000` */
export const longTime = (atMs: number): string => new Date(atMs).toISOString().replace('Z', '+0000');

/** Why an alarm is in the state it goes to, in CloudWatch's words; it has others where DatapointsToAlarm is given. */
export function stateReason(definition: AlarmDefinition, from: AlarmState, finding: Finding): string {
  const { input, evaluationPeriods, datapointsToAlarm, treatMissingData } = definition;
  const { state, evaluated, filled } = finding;
  if (state === 'INSUFFICIENT_DATA') {
    return `Insufficient Data: ${many(evaluationPeriods, 'datapoint')} ${evaluationPeriods === 1 ? 'was' : 'were'} unknown.`;
  }
  const treated = `${many(filled, 'missing datapoint')} ${filled === 1 ? 'was' : 'were'} treated as [${MISSING_DATA[treatMissingData]}]`;
  const { holds, text } = COMPARISONS[input.ComparisonOperator];
  const isAlarm = state === 'ALARM';
  const telling = evaluated.filter(({ value }) => holds(value, Number(input.Threshold)) === isAlarm);
  if (telling.length === 0) {
    const received = evaluated.length === 0 ? 'no datapoints' : many(evaluated.length, 'datapoint');
    const were = evaluated.length === 1 ? 'was' : 'were';
    return `Threshold Crossed: ${received} ${were} received for ${many(evaluationPeriods, 'period')} and ${treated}.`;
  }
  const values = telling.map(({ atMs, value }) => `${decimal(value)} (${shortTime(atMs)})`).join(', ');
  const is = `${telling.length === 1 ? 'was' : 'were'}${isAlarm ? '' : ' not'}`;
  const counted =
    input.DatapointsToAlarm === undefined
      ? many(telling.length, 'datapoint')
      : `${telling.length} out of the last ${evaluationPeriods} datapoints`;
  const needed = isAlarm ? datapointsToAlarm : evaluationPeriods - datapointsToAlarm + 1;
  const minimum =
    input.DatapointsToAlarm === undefined
      ? ''
      : ` (minimum ${many(needed, 'datapoint')} for ${isAlarm ? `${from} -> ALARM` : `${from} -> OK`} transition)`;
  const missing = filled > 0 ? ` and ${treated}` : '';
  return `Threshold Crossed: ${counted} [${values}] ${is} ${text} the threshold (${decimal(Number(input.Threshold))})${missing}${minimum}.`;
}

/** The same for programs. */
export function stateReasonData({ input, periodMs }: AlarmDefinition, finding: Finding, nowMs: number): string {
  const oldest = finding.evaluated.at(-1);
  return JSON.stringify({
    version: '1.0',
    queryDate: longTime(nowMs),
    ...(oldest && { startDate: longTime(oldest.atMs) }),
    ...(input.Unit !== undefined && { unit: input.Unit }),
    ...(input.Statistic !== undefined && { statistic: input.Statistic }),
    ...(input.ExtendedStatistic !== undefined && { statistic: input.ExtendedStatistic }),
    period: periodMs / 1000,
    recentDatapoints: finding.evaluated.map(({ value }) => value).reverse(),
    threshold: Number(input.Threshold),
    evaluatedDatapoints: finding.evaluated.map(({ atMs, value }) => ({ timestamp: longTime(atMs), value })),
  });
}
