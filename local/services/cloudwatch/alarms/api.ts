import { type Operations, ServiceError } from '../../json-api.ts';
import { contradictory, invalid, nextToken, pageStart, required, ValidationError } from '../errors.ts';
import { epochMs, type Instant, type MetricInput, metricOf } from '../input.ts';
import { keyOf } from '../metric-store.ts';
import { type Alarm, type Alarms, arnOf } from './alarms.ts';
import { ALARM_STATES, type AlarmInput, type AlarmState } from './definition.ts';
import type { HistoryItem, HistoryItemType } from './history.ts';

interface Page {
  readonly MaxRecords?: number;
  readonly NextToken?: string;
}

interface DescribeAlarmsInput extends Page {
  readonly AlarmNames?: readonly string[];
  readonly AlarmNamePrefix?: string;
  readonly AlarmTypes?: readonly string[];
  readonly StateValue?: AlarmState;
  readonly ActionPrefix?: string;
  readonly ChildrenOfAlarmName?: string;
  readonly ParentsOfAlarmName?: string;
}

interface HistoryInput extends Page {
  readonly AlarmName?: string;
  readonly AlarmTypes?: readonly string[];
  readonly HistoryItemType?: HistoryItemType;
  readonly StartDate?: Instant;
  readonly EndDate?: Instant;
  readonly ScanBy?: 'TimestampDescending' | 'TimestampAscending';
}

interface SetStateInput {
  readonly AlarmName: string;
  readonly StateValue: AlarmState;
  readonly StateReason: string;
  readonly StateReasonData?: string;
}

interface NamesInput {
  readonly AlarmNames?: readonly string[];
}

/** Limits of the API. Source: API reference of each operation. */
const PAGE_MAX = 100;
const NAMES_MAX = 100;

/** CloudWatch's operations on metric alarms. */
export function alarmOperations(alarms: Alarms): Operations {
  const enable = (actionsEnabled: boolean) => (input: NamesInput) => {
    for (const name of namesOf(input)) alarms.named(name).actionsEnabled = actionsEnabled;
  };
  return {
    PutMetricAlarm: (input: AlarmInput) => void alarms.put(input),
    DeleteAlarms: (input: NamesInput) => alarms.delete(namesOf(input)),
    EnableAlarmActions: enable(true),
    DisableAlarmActions: enable(false),
    DescribeAlarms(input: DescribeAlarmsInput) {
      const { page, token } = pageOf(input, matching(alarms, input));
      return { MetricAlarms: page.map(describe), CompositeAlarms: [], ...token };
    },
    DescribeAlarmsForMetric(input: MetricInput & { readonly Statistic?: string; readonly Period?: number }) {
      const wanted = keyOf(metricOf(input));
      const found = alarms.all().filter(({ definition }) => {
        const { Metrics, Statistic, Period, ...metric } = definition.input;
        const isAsked = input.Statistic === undefined || input.Statistic === Statistic;
        return !Metrics && isAsked && (input.Period ?? Period) === Period && keyOf(metricOf(metric)) === wanted;
      });
      return { MetricAlarms: found.map(describe) };
    },
    DescribeAlarmHistory(input: HistoryInput) {
      const items = historyOf(alarms.history.items(), input);
      const { page, token } = pageOf(input, items);
      return { AlarmHistoryItems: page, ...token };
    },
    SetAlarmState({ AlarmName, StateValue, StateReason, StateReasonData }: SetStateInput) {
      if (!ALARM_STATES.includes(required('StateValue', StateValue)))
        throw new ValidationError(`The value ${StateValue} for parameter StateValue is not a state`);
      if (StateReasonData !== undefined) checkJson(StateReasonData);
      alarms.set(required('AlarmName', AlarmName), StateValue, required('StateReason', StateReason), StateReasonData);
    },
  };
}

function matching(alarms: Alarms, input: DescribeAlarmsInput): readonly Alarm[] {
  const { AlarmNames, AlarmNamePrefix = '', AlarmTypes, StateValue, ActionPrefix } = input;
  if (AlarmNames && input.AlarmNamePrefix !== undefined)
    throw contradictory('The parameters AlarmNames and AlarmNamePrefix exclude each other.');
  if (input.ChildrenOfAlarmName !== undefined || input.ParentsOfAlarmName !== undefined)
    throw invalid('Composite alarms, and with them ChildrenOfAlarmName and ParentsOfAlarmName, are not emulated.');
  if (AlarmTypes && !AlarmTypes.includes('MetricAlarm')) return [];
  return alarms.all().filter(({ definition: { input: alarm }, state }) => {
    const actions = [
      ...(alarm.OKActions ?? []),
      ...(alarm.AlarmActions ?? []),
      ...(alarm.InsufficientDataActions ?? []),
    ];
    return (
      (AlarmNames ?? [alarm.AlarmName]).includes(alarm.AlarmName) &&
      alarm.AlarmName.startsWith(AlarmNamePrefix) &&
      (StateValue ?? state) === state &&
      (ActionPrefix === undefined || actions.some((action) => action.startsWith(ActionPrefix)))
    );
  });
}

function historyOf(items: readonly HistoryItem[], input: HistoryInput): readonly HistoryItem[] {
  const { AlarmName, HistoryItemType: type, AlarmTypes = ['MetricAlarm'] } = input;
  const fromMs = input.StartDate === undefined ? Number.NEGATIVE_INFINITY : epochMs('StartDate', input.StartDate);
  const toMs = input.EndDate === undefined ? Number.POSITIVE_INFINITY : epochMs('EndDate', input.EndDate);
  const found = items.filter(
    (item) =>
      (AlarmName ?? item.AlarmName) === item.AlarmName &&
      (type ?? item.HistoryItemType) === item.HistoryItemType &&
      AlarmTypes.includes(item.AlarmType) &&
      item.Timestamp.getTime() >= fromMs &&
      item.Timestamp.getTime() <= toMs,
  );
  return input.ScanBy === 'TimestampAscending' ? found : found.toReversed();
}

function pageOf<Item>({ MaxRecords = PAGE_MAX, NextToken }: Page, items: readonly Item[]) {
  if (!(MaxRecords >= 1 && MaxRecords <= PAGE_MAX))
    throw invalid(`The parameter MaxRecords must be from 1 to ${PAGE_MAX}.`);
  const start = pageStart(NextToken);
  return { page: items.slice(start, start + MaxRecords), token: nextToken(start + MaxRecords, items.length) };
}

function namesOf({ AlarmNames }: NamesInput): readonly string[] {
  const names = required('AlarmNames', AlarmNames);
  if (names.length <= NAMES_MAX) return names;
  throw invalid(`The collection AlarmNames must not have more than ${NAMES_MAX} members.`);
}

function describe(alarm: Alarm) {
  const { input, datapointsToAlarm } = alarm.definition;
  const { Tags, ...given } = input;
  return {
    ...given,
    AlarmArn: arnOf(input.AlarmName),
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredMs),
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: input.OKActions ?? [],
    AlarmActions: input.AlarmActions ?? [],
    InsufficientDataActions: input.InsufficientDataActions ?? [],
    Dimensions: input.Dimensions ?? [],
    DatapointsToAlarm: input.DatapointsToAlarm === undefined ? undefined : datapointsToAlarm,
    StateValue: alarm.state,
    StateReason: alarm.stateReason,
    StateReasonData: alarm.stateReasonData,
    StateUpdatedTimestamp: new Date(alarm.stateUpdatedMs),
    StateTransitionedTimestamp: new Date(alarm.stateUpdatedMs),
  };
}

function checkJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new ServiceError('InvalidFormatFault', 'StateReasonData was not syntactically valid JSON');
  }
}
