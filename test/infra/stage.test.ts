import { describe, expect, it } from '@jest/globals';
import { CfnResource, type Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Plan } from '../../core/pipeline/index.ts';
import { orders } from './plan.ts';
import { addStage, type Json, newApp, type Resource, synthesise } from './stage.ts';

const stage = synthesise({}, newApp({ validated: true }));

describe('a stage', () => {
  it('consists of these resources', () => {
    const listed = stage.resources.map(({ stack, Type, id }) => `${stack}  ${Type}  ${id.replace(/[0-9A-F]{8}$/, '')}`);
    expect(listed.sort()).toMatchSnapshot();
  });

  it('tells what a user needs to know', () => {
    const names = Object.fromEntries(Object.entries(stage.outputs).map(([stack, own]) => [stack, Object.keys(own)]));
    expect(names).toEqual({
      'millrace-dev-stream': ['StreamName', 'StreamArn', 'AlarmTopicArn'],
      'millrace-dev-lake': ['BucketName', 'DatabaseName', 'WorkgroupName'],
      'millrace-dev-archive': ['BucketName'],
      'millrace-dev-orders': ['FunctionName', 'LogTableName', 'DashboardUrl'],
    });
  });

  it('can be seen in the bill by project, stage and pipeline', () => {
    const tagsOf = ({ Properties: { Tags = [] } }: Resource) =>
      Object.fromEntries(Tags.map(({ Key, Value }: { Key: string; Value: string }) => [Key, Value]));
    const own = { Project: 'millrace', Stage: 'dev', Pipeline: 'orders' };
    expect(tagsOf(stage.one('AWS::Lambda::Function', 'Process'))).toEqual(own);
    expect(tagsOf(stage.one('AWS::DynamoDB::Table'))).toEqual(own);
    const shared = { Project: 'millrace', Stage: 'dev' };
    expect(tagsOf(stage.one('AWS::Kinesis::Stream'))).toEqual(shared);
    expect(tagsOf(stage.one('AWS::Lambda::Function', 'Heartbeat'))).toEqual(shared);
  });

  it('has no finding that is not acknowledged with a reason of its own', () => {
    for (const { violations, suppressedViolations } of stage.report.pluginReports) {
      expect(violations).toEqual([]);
      for (const { reason } of suppressedViolations) expect(reason).toMatch(/^[A-Z].{40,}\.$/);
    }
    const acknowledged = stage.report.pluginReports.flatMap((report: Json) => report.suppressedViolations);
    expect(acknowledged.map(({ ruleName }: Json) => ruleName).sort()).toMatchSnapshot();
  });

  it('is not synthesised with a finding that nobody has acknowledged', () => {
    const app = newApp();
    addStage(app);
    new Bucket(app.node.findChild('millrace-dev-lake') as Stack, 'Careless');
    expect(() => app.synth()).toThrow(/AwsSolutions-S1/);
  });

  it('is not synthesised with a property that CloudFormation would refuse', () => {
    const app = newApp({ validated: true });
    addStage(app);
    const properties = { RetentionPeriod: 24 };
    new CfnResource(app.node.findChild('millrace-dev-stream') as Stack, 'Odd', {
      type: 'AWS::Kinesis::Stream',
      properties,
    });
    expect(() => app.synth()).toThrow(/RetentionPeriod/);
  });

  it('refuses two things of one name', () => {
    expect(() => addStage(newApp(), {}, [orders, orders])).toThrow(
      '\'pipeline\': found "orders"; expected a name that no other pipeline',
    );
    for (const name of ['lake', 'heartbeat']) {
      expect(() => addStage(newApp(), {}, [{ ...orders, name }])).toThrow(`'pipeline': found "${name}"`);
    }
    expect(() => addStage(newApp(), {}, [orders, { ...orders, name: 'others' }])).toThrow('\'table\': found "orders"');
    const [table] = orders.tables;
    const clashing = [
      { ...orders, name: 'a', tables: [{ ...table, name: 'b_c' }] },
      { ...orders, name: 'a-b', tables: [{ ...table, name: 'c' }] },
    ];
    expect(() => addStage(newApp(), {}, clashing as Plan[])).toThrow('\'delivery stream\': found "millrace-dev-a-b-c"');
  });
});

describe('another stage', () => {
  const prod = synthesise({
    stage: 'prod',
    shards: 'on-demand',
    retentionHours: 8_760,
    removal: 'destroy',
    bufferSeconds: 900,
    heartbeatSeconds: 3_600,
    queryLimitGigabytes: 5,
    tablesColderAfterDays: 90,
    alarmEmail: 'ops@example.com',
  });

  it('has the settings it was given', () => {
    expect(prod.one('AWS::Kinesis::Stream').Properties).toMatchObject({
      Name: 'millrace-prod-events',
      RetentionPeriodHours: 8_760,
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
    });
    expect(prod.one('AWS::Kinesis::Stream').Properties.ShardCount).toBeUndefined();
    expect(prod.one('AWS::Lambda::EventSourceMapping', 'Mapping').Properties.MaximumRecordAgeInSeconds).toBe(-1);
    expect(prod.one('AWS::Scheduler::Schedule').Properties.ScheduleExpression).toBe('rate(1 hour)');
    expect(prod.one('AWS::Athena::WorkGroup').Properties.WorkGroupConfiguration.BytesScannedCutoffPerQuery).toBe(5e9);
    expect(prod.one('AWS::SNS::Subscription').Properties).toMatchObject({
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    });
    expect(prod.one('AWS::S3::Bucket', 'Lake').Properties.LifecycleConfiguration.Rules).toContainEqual({
      Id: 'colder-tables',
      Prefix: 'tables/',
      Status: 'Enabled',
      Transitions: [{ StorageClass: 'STANDARD_IA', TransitionInDays: 90 }],
    });
  });

  it('is deleted whole when that was asked for', () => {
    expect(prod.one('AWS::DynamoDB::Table').Properties.DeletionProtectionEnabled).toBe(false);
    expect(prod.one('AWS::Athena::WorkGroup').Properties.RecursiveDeleteOption).toBe(true);
    expect(prod.resources.filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain')).toEqual([]);
  });
});
