import type { Resource } from '../../service.ts';
import { ServiceError } from '../json-api.ts';

/** A schedule by rate that calls a Lambda function. */
export interface Schedule {
  readonly name: string;
  readonly group: string;
  readonly everySeconds: number;
  readonly enabled: boolean;
  readonly functionArn: string;
  /** The event, as JSON. */
  readonly input: string;
}

/** Of a schedule by rate a time zone changes nothing, and a description never does. */
const KNOWN = new Set([
  'Description',
  'FlexibleTimeWindow',
  'GroupName',
  'Name',
  'ScheduleExpression',
  'ScheduleExpressionTimezone',
  'State',
  'Target',
]);

/** Calls cannot fail to reach the function here, so how often they would be tried again changes nothing. */
const KNOWN_OF_TARGET = new Set(['Arn', 'Input', 'RetryPolicy', 'RoleArn']);

const UNIT_SECONDS: Readonly<Record<string, number>> = { minute: 60, hour: 3_600, day: 86_400 };

function invalid(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}

function refuseUnknown(properties: object, known: ReadonlySet<string>, place = ''): void {
  const unknown = Object.keys(properties).find((name) => !known.has(name));
  if (unknown) throw invalid(`${place}${unknown} is not emulated`);
}

/** Seconds between two calls. AWS counts in whole minutes
 *  (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html). */
function readRate(expression: string): number {
  const [, value, unit = ''] = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (value !== undefined) return Number(value) * (UNIT_SECONDS[unit] as number);
  if (/^(cron|at)\(/.test(expression)) {
    throw invalid(`ScheduleExpression ${expression} is not emulated: only rate(…) is`);
  }
  throw invalid(`Invalid Schedule Expression ${expression}: expected rate(1 minute), rate(2 hours) or the like`);
}

function readInput(input: unknown): string {
  if (typeof input !== 'string') throw invalid('Target.Input is needed: the default event is not emulated');
  if (input.includes('<aws.scheduler.')) throw invalid('Target.Input has a context attribute: none is emulated');
  try {
    JSON.parse(input);
    return input;
  } catch {
    throw invalid('Invalid RequestJson provided. Reason Provided input is not valid JSON');
  }
}

/** Reads an `AWS::Scheduler::Schedule`. What is not honoured here is refused by name, so that no run differs from AWS in
 *  silence. */
export function readSchedule({ properties }: Pick<Resource, 'properties'>): Schedule {
  refuseUnknown(properties, KNOWN);
  const { Name, GroupName, FlexibleTimeWindow: window, ScheduleExpression, State, Target = {} } = properties;
  refuseUnknown(Target, KNOWN_OF_TARGET, 'Target.');
  if (window?.Mode !== 'OFF') throw invalid('FlexibleTimeWindow has to have the Mode OFF: another is not emulated');
  if (!/^arn:aws:lambda:[^:]+:\d{12}:function:/.test(String(Target.Arn))) {
    throw invalid(`Target.Arn ${Target.Arn} is not emulated: only a Lambda function is`);
  }
  return {
    name: String(Name),
    group: String(GroupName ?? 'default'),
    everySeconds: readRate(String(ScheduleExpression)),
    enabled: State !== 'DISABLED',
    functionArn: Target.Arn,
    input: readInput(Target.Input),
  };
}
