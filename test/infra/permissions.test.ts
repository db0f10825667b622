import { describe, expect, it } from '@jest/globals';
import { type Json, synthesise } from './stage.ts';

const stage = synthesise();
const texts = (value: unknown): string[] =>
  [value].flat().map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
/** The folder of objects that a resource covers. */
const folderOf = (resource: string) => /"\/([^"]*)"\]\]\}$/.exec(resource)?.[1];
/** The logical id of a resource, without its hash. */
const idOf = (resource: string) => /(?:FnGetAtt|")([A-Za-z]+?)[0-9A-F]{8}/.exec(resource)?.[1];

describe('permissions', () => {
  const statements = (): Json[] => [
    ...stage.of('AWS::IAM::Policy').flatMap(({ Properties }) => Properties.PolicyDocument.Statement),
    ...stage
      .of('AWS::IAM::Role')
      .flatMap(({ Properties }) => (Properties.Policies ?? []).flatMap((each: Json) => each.PolicyDocument.Statement)),
  ];

  it('name each action', () => {
    const actions = statements().flatMap(({ Action }) => texts(Action));
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    expect(actions).not.toContain('s3:DeleteObject');
  });

  it('name each resource, but for objects under one folder', () => {
    const open = statements()
      .flatMap(({ Resource: resources }) => texts(resources))
      .filter((resource) => resource.includes('*'))
      .map((resource) => folderOf(resource) ?? resource);
    expect([...new Set(open)].sort()).toEqual([
      'aws/lambda/*',
      'errors/orders/*',
      'errors/orders_by_day/*',
      'errors/quarantine/*',
      'heads/*',
      'oversize/orders/*',
      'parked/orders/*',
      'records/*',
      'snapshots/orders/*',
      'spill/orders/*',
      'tables/orders/*',
      'tables/orders_by_day/*',
      'tables/quarantine/*',
    ]);
  });

  it('are the roles’ own: no policy that AWS manages', () => {
    for (const { Properties } of stage.of('AWS::IAM::Role')) expect(Properties.ManagedPolicyArns).toBeUndefined();
  });

  /** Action and resource of each permission of a role. */
  const allowedTo = (role: string): string[] => {
    const { Statement } = stage.one('AWS::IAM::Policy', role).Properties.PolicyDocument;
    const allowed = Statement.flatMap((statement: Json) => {
      expect(statement).toEqual({ Effect: 'Allow', Action: expect.anything(), Resource: expect.anything() });
      const resources = texts(statement.Resource).map((resource) => folderOf(resource) ?? idOf(resource));
      return texts(statement.Action).flatMap((action) => resources.map((resource) => `${action}  ${resource}`));
    });
    return allowed.sort();
  };

  it('let a process function do just this, stating each action once', () => {
    expect(allowedTo('ProcessRole')).toEqual([
      'dynamodb:GetItem  LogTable',
      'dynamodb:PutItem  LogTable',
      'dynamodb:Query  LogTable',
      'firehose:PutRecordBatch  QuarantineDelivery',
      'firehose:PutRecordBatch  ordersDelivery',
      'firehose:PutRecordBatch  ordersbydayDelivery',
      'kinesis:DescribeStream  EventsStream',
      'kinesis:DescribeStreamSummary  EventsStream',
      'kinesis:GetRecords  EventsStream',
      'kinesis:GetShardIterator  EventsStream',
      'kinesis:ListShards  EventsStream',
      'logs:CreateLogStream  ProcessLogs',
      'logs:PutLogEvents  ProcessLogs',
      's3:GetObject  parked/orders/*',
      's3:GetObject  snapshots/orders/*',
      's3:GetObject  spill/orders/*',
      's3:ListBucket  LakeFilesBucket',
      's3:PutObject  aws/lambda/*',
      's3:PutObject  oversize/orders/*',
      's3:PutObject  parked/orders/*',
      's3:PutObject  snapshots/orders/*',
      's3:PutObject  spill/orders/*',
    ]);
  });

  it('let the heartbeat see the shards and put to the stream, and nothing more', () => {
    expect(allowedTo('HeartbeatRole')).toEqual([
      'kinesis:ListShards  EventsStream',
      'kinesis:PutRecords  EventsStream',
      'logs:CreateLogStream  HeartbeatLogs',
      'logs:PutLogEvents  HeartbeatLogs',
    ]);
  });

  it('let the archiver read the stream and add to the archive', () => {
    expect(allowedTo('ArchiveRole')).toEqual([
      'kinesis:DescribeStream  EventsStream',
      'kinesis:DescribeStreamSummary  EventsStream',
      'kinesis:GetRecords  EventsStream',
      'kinesis:GetShardIterator  EventsStream',
      'kinesis:ListShards  EventsStream',
      'logs:CreateLogStream  ArchiveLogs',
      'logs:PutLogEvents  ArchiveLogs',
      's3:GetObject  heads/*',
      's3:GetObject  records/*',
      's3:ListBucket  ArchiveBucket',
      's3:PutObject  heads/*',
      's3:PutObject  records/*',
    ]);
  });

  it('let the schedule call one function, in this account only', () => {
    expect(allowedTo('HeartbeatCaller')).toEqual(['lambda:InvokeFunction  HeartbeatFunction']);
    const { Statement } = stage.one('AWS::IAM::Role', 'HeartbeatCaller').Properties.AssumeRolePolicyDocument;
    const group = 'arn:AWS::Partition:scheduler:AWS::Region:AWS::AccountId:schedule-group/default';
    const [{ Condition, ...trust }] = Statement;
    expect(Statement).toHaveLength(1);
    expect(trust).toEqual({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Principal: { Service: 'scheduler.amazonaws.com' },
    });
    const { 'aws:SourceAccount': account, 'aws:SourceArn': arn } = Condition.StringEquals;
    expect(account).toEqual({ Ref: 'AWS::AccountId' });
    expect(arn['Fn::Join'][1].map((part: Json) => part.Ref ?? part).join('')).toBe(group);
  });

  it('let a delivery stream write its own table only', () => {
    const policies = stage.of('AWS::IAM::Policy').filter(({ id }) => id.startsWith('ordersbydayDelivery'));
    expect(policies).toHaveLength(1);
    const text = JSON.stringify(policies);
    expect(text).toContain('/tables/orders_by_day/*');
    expect(text).not.toContain('/tables/orders/*');
    expect(text).toContain('/orders_by_day_rows');
  });
});
