import { describe, expect, it } from '@jest/globals';
import type { ServiceContext } from '../../local/service.ts';
import { ServiceError } from '../../local/services/json-api.ts';
import type { Invocation } from '../../local/services/lambda/hosted.ts';
import type { FunctionInvoker } from '../../local/services/lambda/lambda.ts';
import { createScheduler } from '../../local/services/scheduler/scheduler.ts';
import { createVirtualClock } from '../support/virtual-clock.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:beat';
const OK: Invocation = { requestId: 'r', payload: 'null' };

const properties = (rate = 'rate(1 minute)', more: object = {}, target: object = {}) => ({
  Name: 'beat',
  FlexibleTimeWindow: { Mode: 'OFF' },
  ScheduleExpression: rate,
  ScheduleExpressionTimezone: 'Etc/UTC',
  State: 'ENABLED',
  Target: { Arn: ARN, RoleArn: 'arn:aws:iam::000000000000:role/caller', Input: '{"a":1}', ...target },
  ...more,
});

/** A scheduler whose function answers as told, on a clock that stands at 0. */
function open(answer: (call: number) => Promise<Invocation> = async () => OK, scheduleSeconds?: number) {
  const clock = createVirtualClock(0);
  /** When the function was called, in seconds. */
  const calls: number[] = [];
  const events: string[] = [];
  const lines: string[] = [];
  const lambda: FunctionInvoker = {
    describe: (nameOrArn) => {
      if (nameOrArn !== ARN) throw new ServiceError('ResourceNotFoundException', `Function not found: ${nameOrArn}`);
      return { name: 'beat-function', arn: ARN, roleArn: '' };
    },
    invoke: (_, payload) => {
      calls.push(clock.now() / 1_000);
      events.push(payload.toString());
      return answer(calls.length);
    },
  };
  const log = (line: string) => void lines.push(line);
  const context: ServiceContext = { endpoint: '', stateDir: undefined, scratchDir: '', metric() {}, log };
  const scheduler = createScheduler(context, { lambda, clock, scheduleSeconds });
  const make = (given: Record<string, unknown> = properties()) => {
    const type = 'AWS::Scheduler::Schedule';
    return scheduler.provisions[type]?.({ stack: 'stack', logicalId: 'Beat', type, properties: given });
  };
  return { scheduler, make, clock, calls, events, lines };
}

describe('a schedule', () => {
  it.each([
    ['rate(1 minute)', [60, 120, 180]],
    ['rate(2 minutes)', [120, 240, 360]],
    ['rate(1 hour)', [3_600, 7_200, 10_800]],
    ['rate(1 day)', [86_400, 172_800, 259_200]],
  ])('by %s calls the function with its input, the first time after one interval', async (rate, expected) => {
    const { make, clock, calls, events, lines, scheduler } = open();
    expect(make(properties(rate))).toEqual({
      ref: 'beat',
      attributes: { Arn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/beat' },
    });
    expect(lines).toEqual([expect.stringMatching(/^scheduler beat: calls beat-function every \d+ s$/)]);
    await clock.runUntil(() => calls.length === 3, 3 * 86_400_000);
    expect(calls).toEqual(expected);
    expect(events).toEqual(expected.map(() => '{"a":1}'));
    await scheduler.close();
  });

  it('keeps its rate however long the function takes, and whatever becomes of it', async () => {
    const { make, clock, calls, lines, scheduler } = open((call) => {
      if (call === 1) return new Promise(() => {});
      if (call === 2) return Promise.resolve({ ...OK, functionError: 'Unhandled' });
      return call === 3 ? Promise.reject(new Error('Rate Exceeded.')) : Promise.resolve(OK);
    });
    make();
    await clock.runFor(240_000);
    expect(calls).toEqual([60, 120, 180, 240]);
    expect(lines.slice(1)).toEqual([
      'scheduler beat: the function failed, its log says why',
      'scheduler beat: the function could not be called: Error: Rate Exceeded.',
    ]);
    await scheduler.close();
  });

  it('does not make up for what it has missed, and stays in step', async () => {
    const { make, clock, calls, scheduler } = open();
    const asleep = { from: 100_000, to: 290_000 };
    const { now } = clock;
    clock.now = () => (now() > asleep.from && now() < asleep.to ? asleep.to : now());
    make();
    await clock.runFor(420_000);
    expect(calls).toEqual([60, 290, 300, 360, 420]);
    await scheduler.close();
  });

  it('waits longer than a timer can', async () => {
    const { make, clock, calls, scheduler } = open();
    make(properties('rate(30 days)'));
    await clock.runUntil(() => calls.length > 0, 31 * 86_400_000);
    expect(calls).toEqual([30 * 86_400]);
    await scheduler.close();
  });

  it('has the interval that the run is told, and says so', async () => {
    const { make, clock, calls, lines, scheduler } = open(undefined, 2);
    make();
    await clock.runFor(6_000);
    expect(calls).toEqual([2, 4, 6]);
    expect(lines).toEqual(['scheduler beat: calls beat-function every 2 s here (template: 60 s)']);
    await scheduler.close();
  });

  it('calls nobody when it is disabled, or after the run has ended', async () => {
    const disabled = open();
    disabled.make(properties('rate(1 minute)', { State: 'DISABLED' }));
    await expect(disabled.clock.runFor(120_000)).rejects.toThrow('nobody sleeps');
    const closed = open();
    closed.make();
    await closed.scheduler.close();
    await expect(closed.clock.runFor(120_000)).rejects.toThrow('nobody sleeps');
    expect([...disabled.calls, ...closed.calls]).toEqual([]);
  });

  it.each([
    [properties('cron(0 12 * * ? *)'), 'ScheduleExpression cron(0 12 * * ? *) is not emulated: only rate(…) is'],
    [properties('at(2026-11-21T12:00:00)'), 'only rate(…) is'],
    [properties('rate(10 seconds)'), 'Invalid Schedule Expression rate(10 seconds)'],
    [properties('rate(0 minutes)'), 'Invalid Schedule Expression rate(0 minutes)'],
    [properties(undefined, { FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }), 'FlexibleTimeWindow'],
    [properties(undefined, { StartDate: '2026-11-21T12:00:00Z' }), 'StartDate is not emulated'],
    [properties(undefined, {}, { DeadLetterConfig: {} }), 'Target.DeadLetterConfig is not emulated'],
    [properties(undefined, {}, { Arn: 'arn:aws:sqs:us-east-1:000000000000:q' }), 'only a Lambda function is'],
    [properties(undefined, {}, { Arn: `${ARN}-other` }), 'Function not found'],
    [properties(undefined, {}, { Input: undefined }), 'Target.Input is needed'],
    [properties(undefined, {}, { Input: '{' }), 'not valid JSON'],
    [properties(undefined, {}, { Input: '{"at":"<aws.scheduler.scheduled-time>"}' }), 'context attribute'],
  ])('is refused, by name, when it is not honoured: %j', (given, message) => {
    expect(() => open().make(given)).toThrow(message);
  });
});
