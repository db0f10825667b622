import { type Clock, systemClock } from '../../mapping/clock.ts';
import {
  LOCAL_ACCOUNT,
  LOCAL_REGION,
  type LocalService,
  type Provisioned,
  type ServiceContext,
} from '../../service.ts';
import type { FunctionInvoker } from '../lambda/lambda.ts';
import { readSchedule, type Schedule } from './schedule.ts';

export interface SchedulerOptions {
  readonly lambda: FunctionInvoker;
  /** Interval of every schedule, in place of the template's. */
  readonly scheduleSeconds?: number;
  readonly clock?: Clock;
}

/** Longest time that a timer of Node takes. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** EventBridge Scheduler: calls the functions of the template's schedules, each at its rate.
 *
 *  Differs from AWS: a run stands for a stack that has been there before, so the first call comes after one interval and
 *  not at once; a function that fails is not called again before its time; the API is not answered. */
export function createScheduler(context: ServiceContext, options: SchedulerOptions): LocalService {
  const { lambda, scheduleSeconds, clock = systemClock } = options;
  const stop = new AbortController();

  async function call({ name, functionArn, input }: Schedule): Promise<void> {
    try {
      const { functionError } = await lambda.invoke(functionArn, input);
      if (functionError) context.log(`scheduler ${name}: the function failed, its log says why`);
    } catch (error) {
      if (!stop.signal.aborted) context.log(`scheduler ${name}: the function could not be called: ${error}`);
    }
  }

  /** Calls do not wait for each other, as on AWS. Those that a machine asleep has missed are not made up for. */
  async function follow(schedule: Schedule): Promise<void> {
    const everyMs = schedule.everySeconds * 1_000;
    let dueMs = clock.now() + everyMs;
    for (;;) {
      await clock.sleep(Math.min(dueMs - clock.now(), TIMER_MS_MAX), stop.signal);
      if (stop.signal.aborted) return;
      if (clock.now() < dueMs) continue;
      void call(schedule);
      dueMs += everyMs * Math.max(1, Math.ceil((clock.now() - dueMs) / everyMs));
    }
  }

  function start(schedule: Schedule): void {
    const { name, everySeconds } = schedule;
    const seconds = scheduleSeconds ?? everySeconds;
    const rate = seconds === everySeconds ? `${seconds} s` : `${seconds} s here (template: ${everySeconds} s)`;
    context.log(`scheduler ${name}: calls ${lambda.describe(schedule.functionArn).name} every ${rate}`);
    void follow({ ...schedule, everySeconds: seconds });
  }

  return {
    scopes: [],
    provisions: {
      'AWS::Scheduler::Schedule': (resource): Provisioned => {
        const schedule = readSchedule(resource);
        const { name, group } = schedule;
        if (schedule.enabled) start(schedule);
        const arn = `arn:aws:scheduler:${LOCAL_REGION}:${LOCAL_ACCOUNT}:schedule/${group}/${name}`;
        return { ref: name, attributes: { Arn: arn } };
      },
    },
    handle: (_request, response) => void response.writeHead(404).end(),
    async close() {
      stop.abort(); // calls under way end with the functions
    },
  };
}
