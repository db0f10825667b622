import type { AlarmState, MISSING_DATA } from './definition.ts';

export interface Rule {
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly treatMissingData: keyof typeof MISSING_DATA;
  readonly breaches: (value: number) => boolean;
}

export interface Judgement {
  /** Undefined keeps the state as it is. */
  readonly state: AlarmState | undefined;
  /** Places in the range of the values that decided, the newest first. */
  readonly used: readonly number[];
  /** How many missing values were filled in. */
  readonly filled: number;
}

/** Holds the values of the evaluation range, the oldest first, against the rule. The range is longer than the alarm's
 *  evaluation periods: real values from further back take the place of missing ones, and only what is then still
 *  missing is treated. Source: CloudWatch User Guide, how alarms treat missing data. */
export function judge(range: readonly (number | undefined)[], rule: Rule): Judgement {
  const { evaluationPeriods, datapointsToAlarm, treatMissingData, breaches } = rule;
  const real = [...range.keys()].filter((place) => range[place] !== undefined).reverse();
  const used = real.slice(0, evaluationPeriods);
  const filled = evaluationPeriods - used.length;
  const breaching = used.filter((place) => breaches(range[place] as number)).length;
  const decided = (state: AlarmState | undefined): Judgement => ({ state, used, filled });

  if (breaching >= datapointsToAlarm) return decided('ALARM');
  if (filled === 0 || treatMissingData === 'notBreaching') return decided('OK');
  if (treatMissingData === 'breaching') return decided(breaching + filled >= datapointsToAlarm ? 'ALARM' : 'OK');
  if (breaching < used.length) return decided('OK');
  if (treatMissingData === 'ignore') return decided(undefined);
  if (used.length === 0) return decided('INSUFFICIENT_DATA');
  // All there is breaches. Alone it is too little, until it has been so for as long as the rule asks.
  const oldest = range.length - (used.at(-1) as number);
  return decided(oldest >= datapointsToAlarm ? 'ALARM' : undefined);
}
