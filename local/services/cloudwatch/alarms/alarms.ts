import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../../service.ts';
import { ServiceError } from '../../json-api.ts';
import type { MetricStore } from '../metric-store.ts';
import { type AlarmDefinition, type AlarmInput, type AlarmState, defineAlarm } from './definition.ts';
import { EXTRA_PERIODS, evaluateAlarm, windowEnd } from './evaluate.ts';
import { History } from './history.ts';
import { messageOf, subjectOf } from './message.ts';
import { stateReason, stateReasonData } from './reason.ts';

/** Publishes to a topic. */
export type Publish = (topicArn: string, subject: string, message: string) => Promise<unknown>;

export interface AlarmsOptions {
  readonly store: MetricStore;
  /** Milliseconds of the epoch. */
  readonly now: () => number;
  readonly publish: Publish;
  /** Hears of each change to and from ALARM. */
  readonly log: (line: string) => void;
  /** Periods looked back beyond an alarm's own when values are missing. */
  readonly extraPeriods?: number;
}

export interface Alarm {
  definition: AlarmDefinition;
  readonly arn: string;
  configuredMs: number;
  actionsEnabled: boolean;
  state: AlarmState;
  stateReason: string;
  stateReasonData: string | undefined;
  stateUpdatedMs: number;
  /** End of the newest period that was looked at. */
  evaluatedMs: number;
}

const ACTIONS = { OK: 'OKActions', ALARM: 'AlarmActions', INSUFFICIENT_DATA: 'InsufficientDataActions' } as const;

export const arnOf = (name: string): string => `arn:aws:cloudwatch:${LOCAL_REGION}:${LOCAL_ACCOUNT}:alarm:${name}`;

/** The alarms there are, their states and what became of them. */
export class Alarms {
  readonly history: History;
  readonly #alarms = new Map<string, Alarm>();
  readonly #options: AlarmsOptions;
  #actions: Promise<unknown> = Promise.resolve();

  constructor(options: AlarmsOptions) {
    this.#options = options;
    this.history = new History(options.now);
  }

  /** In the order of their names. */
  all(): readonly Alarm[] {
    return [...this.#alarms.values()].sort((a, b) =>
      a.definition.input.AlarmName < b.definition.input.AlarmName ? -1 : 1,
    );
  }

  /** An alarm that is there already keeps its state. @throws ServiceError */
  put(input: AlarmInput): Alarm {
    const definition = defineAlarm(input);
    const nowMs = this.#options.now();
    const { AlarmName: name, ActionsEnabled: actionsEnabled = true } = input;
    const before = this.#alarms.get(name);
    this.history.add(name, 'ConfigurationUpdate', `Alarm "${name}" ${before ? 'updated' : 'created'}`, {
      type: before ? 'Update' : 'Create',
    });
    const alarm = before ?? {
      definition,
      arn: arnOf(name),
      configuredMs: nowMs,
      actionsEnabled,
      state: 'INSUFFICIENT_DATA',
      stateReason: 'Unchecked: Initial alarm creation',
      stateReasonData: undefined,
      stateUpdatedMs: nowMs,
      evaluatedMs: windowEnd(definition, nowMs),
    };
    Object.assign(alarm, { definition, configuredMs: nowMs, actionsEnabled });
    this.#alarms.set(name, alarm);
    return alarm;
  }

  /** @throws ServiceError when one of them does not exist; then none is deleted. */
  delete(names: readonly string[]): void {
    for (const name of names) this.named(name);
    for (const name of names) {
      this.#alarms.delete(name);
      this.history.add(name, 'ConfigurationUpdate', `Alarm "${name}" deleted`, { type: 'Delete' });
    }
  }

  named(name: string): Alarm {
    const alarm = this.#alarms.get(name);
    if (alarm) return alarm;
    throw new ServiceError('ResourceNotFound', `The alarm ${name} does not exist`, 404);
  }

  /** Sets a state by hand, which lasts until the next evaluation. */
  set(name: string, state: AlarmState, reason: string, reasonData: string | undefined): void {
    this.#enter(this.named(name), state, reason, reasonData);
  }

  /** Looks at the alarms for which another period has gone by. Resolves once their actions are done. */
  async evaluate(): Promise<void> {
    const nowMs = this.#options.now();
    for (const alarm of this.#alarms.values()) {
      const endMs = windowEnd(alarm.definition, nowMs);
      if (endMs <= alarm.evaluatedMs) continue;
      alarm.evaluatedMs = endMs;
      this.#evaluate(alarm, endMs, nowMs);
    }
    await this.#actions;
  }

  #evaluate(alarm: Alarm, endMs: number, nowMs: number): void {
    const { definition } = alarm;
    const { store, extraPeriods = EXTRA_PERIODS } = this.#options;
    const { state = alarm.state, evaluated, filled } = evaluateAlarm(store, definition, endMs, extraPeriods);
    if (state === alarm.state) return;
    const finding = { state, evaluated, filled };
    const reason = stateReason(definition, alarm.state, finding);
    this.#enter(alarm, state, reason, stateReasonData(definition, finding, nowMs));
  }

  /** Only a change of the state calls its actions. */
  #enter(alarm: Alarm, to: AlarmState, reason: string, reasonData: string | undefined): void {
    const { state: from, stateReason: oldReason, arn, configuredMs } = alarm;
    const { input } = alarm.definition;
    const atMs = this.#options.now();
    Object.assign(alarm, { state: to, stateReason: reason, stateReasonData: reasonData, stateUpdatedMs: atMs });
    if (to === from) return;
    this.history.add(input.AlarmName, 'StateUpdate', `Alarm updated from ${from} to ${to}`, {
      oldState: { stateValue: from, stateReason: oldReason },
      newState: { stateValue: to, stateReason: reason, ...(reasonData && { stateReasonData: parsed(reasonData) }) },
    });
    if (to === 'ALARM' || from === 'ALARM') this.#options.log(`alarm ${input.AlarmName}: ${from} → ${to}: ${reason}`);
    if (!alarm.actionsEnabled) return;
    const transition = { input, arn, configuredMs, from, to, reason, atMs };
    for (const topicArn of input[ACTIONS[to]] ?? []) {
      const done = this.#act(input.AlarmName, topicArn, subjectOf(transition), messageOf(transition));
      this.#actions = Promise.all([this.#actions, done]);
    }
  }

  async #act(name: string, topicArn: string, subject: string, message: string): Promise<void> {
    const told = { publishedMessage: message, notificationResource: topicArn };
    try {
      await this.#options.publish(topicArn, subject, message);
      this.history.add(name, 'Action', `Successfully executed action ${topicArn}`, {
        actionState: 'Succeeded',
        ...told,
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const summary = `Failed to execute action ${topicArn}. Received error: "${why}"`;
      this.history.add(name, 'Action', summary, { actionState: 'Failed', error: why, ...told });
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // SetAlarmState checks it; kept as it is otherwise.
    return text;
  }
}
