import { Aws, Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import {
  type IScheduleTarget,
  Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { HeartbeatEnvironment } from '../../functions/heartbeat/environment.ts';
import type { StageConfig } from '../config.ts';
import { heartbeatName } from '../names.ts';
import type { EventStream } from './event-stream.ts';
import { nodeFunction } from './node-function.ts';
import { OperatorAlarm } from './operator-alarm.ts';

export interface HeartbeatProps {
  readonly config: StageConfig;
  readonly source: EventStream;
  readonly topic: ITopic;
}

/** A heartbeat is of use when it comes; the next follows anyway. */
const LATE = Duration.minutes(1);

/** Beats that fit one period of the alarm. */
const BEATS_PER_PERIOD = 5;

/** Puts a record into each shard every so often, so that event time moves on where no events come.
 *
 *  EventBridge Scheduler rather than a rule of EventBridge: both cost nothing here (14 million invocations a month are
 *  free, https://aws.amazon.com/eventbridge/pricing/, and a stage has 43,800), both come to one permission on one
 *  function, and scheduled rules are a legacy feature
 *  (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html). */
export class Heartbeat extends Construct {
  constructor(scope: Construct, id: string, { config, source, topic }: HeartbeatProps) {
    super(scope, id);
    const name = heartbeatName(config.stage);
    const { function: lambda } = nodeFunction(this, {
      name,
      does: 'puts a heartbeat into each shard',
      folder: 'heartbeat',
      service: name,
      memoryMegabytes: 256,
      timeout: Duration.seconds(30),
      connect: (role): HeartbeatEnvironment => {
        source.grantPutToShards(role);
        return { MILLRACE_STREAM_NAME: source.stream.streamName };
      },
    });
    lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: LATE });
    const interval = Duration.seconds(config.heartbeatSeconds);
    const caller = callerOf(this, lambda);
    const schedule = new Schedule(this, 'Schedule', {
      scheduleName: name,
      description: 'Calls the function that puts a heartbeat into each shard',
      schedule: ScheduleExpression.rate(interval),
      timeWindow: TimeWindow.off(),
      enabled: true,
      target: callOf(lambda, caller),
    });
    schedule.node.addDependency(caller); // its first call comes at once, and must be allowed by then
    alarmOf(this, { name, topic, interval, lambda }).node.addDependency(schedule);
  }
}

/** Who the schedule is when it calls. */
function callerOf(scope: Construct, lambda: LambdaFunction): Role {
  const group = `arn:${Aws.PARTITION}:scheduler:${Aws.REGION}:${Aws.ACCOUNT_ID}:schedule-group/default`;
  const role = new Role(scope, 'Caller', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': group } },
    }),
    description: 'Calls the function that puts a heartbeat into each shard',
  });
  role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [lambda.functionArn] }));
  return role;
}

/** The CDK's own target would let the role call every version of the function. */
function callOf(lambda: LambdaFunction, role: Role): IScheduleTarget {
  return {
    bind: () => ({
      arn: lambda.functionArn,
      role,
      input: ScheduleTargetInput.fromObject({}),
      retryPolicy: { maximumEventAgeInSeconds: LATE.toSeconds(), maximumRetryAttempts: 3 },
    }),
  };
}

interface AlarmProps {
  readonly name: string;
  readonly topic: ITopic;
  readonly interval: Duration;
  readonly lambda: LambdaFunction;
}

function alarmOf(scope: Construct, { name, topic, interval, lambda }: AlarmProps): OperatorAlarm {
  const period = Duration.seconds(interval.toSeconds() * BEATS_PER_PERIOD);
  return new OperatorAlarm(scope, 'Missing', {
    topic,
    name,
    metric: new MathExpression({
      expression: 'IF(invocations > errors, 0, 1)',
      usingMetrics: { invocations: lambda.metricInvocations({ period }), errors: lambda.metricErrors({ period }) },
      period,
      label: 'No heartbeat',
    }),
    threshold: 1,
    datapoints: { breaching: 2, of: 2 },
    alarmsWithoutData: true,
    meaning: 'No heartbeat has come to every shard. Windows and timers of shards without events stand still.',
    runbook: 'heartbeat',
  });
}
