import { describe, expect, it } from '@jest/globals';
import { type Json, synthesise } from './stage.ts';

const stage = synthesise();
const name = 'millrace-dev-heartbeat';

describe('the heartbeat', () => {
  const lambda = stage.one('AWS::Lambda::Function', 'Heartbeat');
  const schedule = stage.one('AWS::Scheduler::Schedule');

  it('is called every minute, without delay and without what comes too late', () => {
    expect(schedule.Properties).toEqual({
      Name: name,
      Description: expect.any(String),
      FlexibleTimeWindow: { Mode: 'OFF' },
      ScheduleExpression: 'rate(1 minute)',
      ScheduleExpressionTimezone: 'Etc/UTC',
      State: 'ENABLED',
      Target: {
        Arn: { 'Fn::GetAtt': [lambda.id, 'Arn'] },
        RoleArn: { 'Fn::GetAtt': [stage.one('AWS::IAM::Role', 'HeartbeatCaller').id, 'Arn'] },
        Input: '{}',
        RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 3 },
      },
    });
    expect(schedule.DependsOn).toContain(stage.one('AWS::IAM::Policy', 'HeartbeatCaller').id);
    expect(stage.one('AWS::Lambda::EventInvokeConfig').Properties).toEqual({
      FunctionName: { Ref: lambda.id },
      Qualifier: '$LATEST',
      MaximumEventAgeInSeconds: 60,
      MaximumRetryAttempts: 0,
    });
  });

  it('is told the stream, and counts under the name of its own stage', () => {
    expect(lambda.Properties).toMatchObject({
      FunctionName: name,
      Architectures: ['arm64'],
      Runtime: 'nodejs24.x',
      MemorySize: 256,
      Timeout: 30,
    });
    expect(lambda.Properties.Environment.Variables).toEqual({
      MILLRACE_STREAM_NAME: { Ref: stage.one('AWS::Kinesis::Stream').id },
      POWERTOOLS_SERVICE_NAME: name,
      POWERTOOLS_METRICS_NAMESPACE: 'Millrace',
      NODE_OPTIONS: '--enable-source-maps',
    });
  });

  it('tells the operator when ten minutes pass without one that came to every shard, or without any', () => {
    const { Properties } = stage.one('AWS::CloudWatch::Alarm', 'Heartbeat');
    expect(Properties).toMatchObject({
      AlarmName: name,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Threshold: 1,
      DatapointsToAlarm: 2,
      EvaluationPeriods: 2,
      TreatMissingData: 'breaching',
    });
    const metrics: Json[] = Properties.Metrics;
    const read = metrics.flatMap(({ Id, MetricStat }) =>
      MetricStat ? [[Id, MetricStat.Metric.MetricName, MetricStat.Stat, MetricStat.Period]] : [],
    );
    expect(read.sort()).toEqual([
      ['errors', 'Errors', 'Sum', 300],
      ['invocations', 'Invocations', 'Sum', 300],
    ]);
    expect(metrics.find(({ Expression }) => Expression)?.Expression).toBe('IF(invocations > errors, 0, 1)');
  });
});
