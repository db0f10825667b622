import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClosers } from '../../local/closers.ts';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import { credentialsOf } from '../../local/iam/credentials.ts';
import type { Denial } from '../../local/iam/denial.ts';
import { createPermissions, type IamMode } from '../../local/iam/permissions.ts';
import { needsOf } from '../../local/iam/requests.ts';
import type { LocalService } from '../../local/service.ts';
import { encodeCbor } from '../../local/services/cloudwatch/cbor.ts';
import { createDynamo } from '../../local/services/dynamodb.ts';
import { readBody } from '../../local/services/json-api.ts';
import { createKinesis } from '../../local/services/kinesis/kinesis.ts';
import { createS3 } from '../../local/services/s3.ts';
import { provisionStacks } from '../../local/template/provision.ts';
import type { Template } from '../../local/template/template.ts';

const ACCOUNT = '000000000000';
const scratchDir = mkdtempSync(join(tmpdir(), 'millrace-iam-'));
const closers = createClosers();
afterAll(async () => {
  await closers.close();
  rmSync(scratchDir, { recursive: true });
});

const arn = (service: string, rest: string) => `arn:aws:${service}:us-east-1:${ACCOUNT}:${rest}`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/worker`;
const trust = {
  Statement: { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
};
const allow = (Action: string | string[], Resource: unknown) => ({ Effect: 'Allow', Action, Resource });

const table = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
};

const stream = (Name: string, KeyId?: unknown) => ({
  Type: 'AWS::Kinesis::Stream',
  Properties: { Name, ...(KeyId !== undefined && { StreamEncryption: { EncryptionType: 'KMS', KeyId } }) },
});

/** A role that may write to what is called `open`, and not to what is called `shut`; `secret` has a key. */
const TEMPLATE: Template = {
  Resources: {
    Sopen: stream('open'),
    Sshut: stream('shut'),
    Ssecret: stream('secret', { Ref: 'Key' }),
    Sshared: stream('shared', { Ref: 'Alias' }),
    Topen: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'open', ...table } },
    Bopen: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'open' } },
    Nopen: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'open' } },
    Nshut: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'shut' } },
    Qopen: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'open' } },
    Key: { Type: 'AWS::KMS::Key' },
    Other: {
      Type: 'AWS::KMS::Key',
      Properties: {
        KeyPolicy: {
          Statement: {
            Effect: 'Allow',
            Principal: { AWS: ROLE },
            Action: 'kms:GenerateDataKey',
            Resource: '*',
            Condition: { StringEquals: { 'kms:ViaService': 'kinesis.us-east-1.amazonaws.com' } },
          },
        },
      },
    },
    Alias: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/other', TargetKeyId: { Ref: 'Other' } } },
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        RoleName: 'worker',
        AssumeRolePolicyDocument: trust,
        Policies: [
          {
            PolicyName: 'log',
            PolicyDocument: { Statement: allow(['logs:CreateLogStream', 'logs:PutLogEvents'], '*') },
          },
        ],
      },
    },
    Policy: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'p',
        Roles: [{ Ref: 'Role' }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            allow(
              'kinesis:PutRecords',
              ['open', 'secret', 'shared'].map((name) => arn('kinesis', `stream/${name}`)),
            ),
            allow('dynamodb:PutItem', arn('dynamodb', 'table/open')),
            allow('s3:PutObject', 'arn:aws:s3:::open/mine/*'),
            allow(
              ['sns:Publish', 'sqs:SendMessage'],
              ['sns', 'sqs'].map((service) => arn(service, 'open')),
            ),
            allow('lambda:InvokeFunction', arn('lambda', 'function:open')),
          ],
        },
      },
    },
    BucketPolicy: {
      Type: 'AWS::S3::BucketPolicy',
      Properties: {
        Bucket: { Ref: 'Bopen' },
        PolicyDocument: {
          Statement: [
            {
              ...allow('s3:*', 'arn:aws:s3:::open/*'),
              Effect: 'Deny',
              Principal: '*',
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
            { ...allow('s3:*', 'arn:aws:s3:::open/mine/shut/*'), Effect: 'Deny', Principal: '*' },
            { ...allow('s3:GetObject', 'arn:aws:s3:::open/*'), Principal: { AWS: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
          ],
        },
      },
    },
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: { FunctionName: 'fn', Role: { 'Fn::GetAtt': ['Role', 'Arn'] } },
    },
  },
};

/** Answers whatever it is asked with its body. */
const lambda: LocalService = {
  scopes: ['lambda'],
  provisions: { 'AWS::Lambda::Function': ({ properties }) => ({ ref: properties.FunctionName, attributes: {} }) },
  async handle(request, response) {
    response.end(await readBody(request));
  },
  close: async () => {},
};

async function open(mode: IamMode, template = TEMPLATE) {
  const lines: string[] = [];
  const denials: Denial[] = [];
  const log = (line: string) => void lines.push(line);
  const permissions = createPermissions({ mode, log, onDenied: (denial) => void denials.push(denial) });
  const gateway = closers.add(await openGateway(0, { permissions }));
  const context = {
    endpoint: gateway.endpoint,
    stateDir: undefined,
    scratchDir: mkdtempSync(join(scratchDir, 'run-')),
    metric() {},
    log() {},
  };
  const services = [createKinesis(context), await createDynamo(context), await createS3(context), lambda, permissions];
  for (const service of services) closers.add(service);
  gateway.serve(services);
  const [stack] = await provisionStacks([{ name: 's', template }], services);
  permissions.verify();
  return { gateway, permissions, lines, denials, stack };
}

const role = credentialsOf(ROLE, 'fn');
const settings = ({ endpoint }: Gateway, credentials = role) => ({
  endpoint,
  region: 'us-east-1',
  credentials,
  maxAttempts: 1,
});
const who = `User: arn:aws:sts::${ACCOUNT}:assumed-role/worker/fn is not authorized to perform:`;
const noPolicy = (action: string) => `because no identity-based policy allows the ${action} action`;

/** An unencrypted HTTP request, signed by whoever. */
const signedBy = (accessKeyId: string, service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

const DEVELOPER = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 's', sessionToken: '' };

describe('calls in the name of a role', () => {
  let run: Awaited<ReturnType<typeof open>>;
  let kinesis: KinesisClient;
  let dynamo: DynamoDBClient;
  let s3: S3Client;
  let sns: SNSClient;
  beforeAll(async () => {
    run = await open('enforce');
    kinesis = new KinesisClient(settings(run.gateway));
    dynamo = new DynamoDBClient(settings(run.gateway));
    s3 = new S3Client({ ...settings(run.gateway), forcePathStyle: true });
    sns = new SNSClient(settings(run.gateway));
  });
  afterAll(() => {
    for (const client of [kinesis, dynamo, s3, sns]) client.destroy();
  });

  const put = (StreamName: string, client = kinesis) =>
    client.send(
      new PutRecordsCommand({ StreamName, Records: [{ PartitionKey: 'k', Data: Buffer.alloc(100_000, 'x') }] }),
    );
  const post = (
    service: string,
    target: string | undefined,
    body: unknown,
    path = '/',
    accessKeyId = role.accessKeyId,
  ) =>
    fetch(`${run.gateway.endpoint}${path}`, {
      method: 'POST',
      headers: {
        ...signedBy(accessKeyId, service),
        'x-amz-security-token': role.sessionToken,
        ...(target && { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' }),
      },
      body: JSON.stringify(body),
    });

  it('pass where its policies let them, whole, over HTTP/1.1 and HTTP/2', async () => {
    expect(kinesis.config.requestHandler.metadata?.handlerProtocol).toBe('h2');
    expect((await put('open')).FailedRecordCount).toBe(0);
    await dynamo.send(new PutItemCommand({ TableName: 'open', Item: { pk: { S: 'a' } } }));
    await s3.send(new PutObjectCommand({ Bucket: 'open', Key: 'mine/a b', Body: 'text' }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'open', Key: 'mine/a b' }));
    expect(await Body?.transformToString()).toBe('text');
    const entries = [{ Id: '1', Message: 'hello' }];
    const published = await sns.send(
      new PublishBatchCommand({ TopicArn: arn('sns', 'open'), PublishBatchRequestEntries: entries }),
    );
    expect(published.Successful).toHaveLength(1);
    const sent = await post('sqs', 'AmazonSQS.SendMessage', {
      QueueUrl: `${run.gateway.endpoint}/${ACCOUNT}/open`,
      MessageBody: 'hello',
    });
    expect(sent.status).toBe(200);
    const invoked = await post('lambda', undefined, { a: 1 }, '/2015-03-31/functions/open/invocations');
    expect(await invoked.json()).toEqual({ a: 1 });
  });

  it('are refused by each service in its own words, naming role, action and resource', async () => {
    const stream = arn('kinesis', 'stream/shut');
    await expect(put('shut')).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `${who} kinesis:PutRecords on resource: ${stream} ${noPolicy('kinesis:PutRecords')}`,
    });
    await expect(
      dynamo.send(new QueryCommand({ TableName: 'open', IndexName: 'i', KeyConditionExpression: 'pk = :p' })),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `${who} dynamodb:Query on resource: ${arn('dynamodb', 'table/open/index/i')} ${noPolicy('dynamodb:Query')}`,
    });
    await expect(
      s3.send(new PutObjectCommand({ Bucket: 'open', Key: 'other/<&>', Body: 'text' })),
    ).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `${who} s3:PutObject on resource: "arn:aws:s3:::open/other/<&>" ${noPolicy('s3:PutObject')}`,
      $metadata: { httpStatusCode: 403 },
    });
    await expect(s3.send(new PutObjectCommand({ Bucket: 'open', Key: 'mine/shut/a', Body: 'text' }))).rejects.toThrow(
      `${who} s3:PutObject on resource: "arn:aws:s3:::open/mine/shut/a" with an explicit deny in a resource-based policy`,
    );
    const entries = [{ Id: '1', Message: 'hello' }];
    await expect(
      sns.send(new PublishBatchCommand({ TopicArn: arn('sns', 'shut'), PublishBatchRequestEntries: entries })),
    ).rejects.toMatchObject({
      name: 'AuthorizationErrorException',
      message: `${who} sns:Publish on resource: ${arn('sns', 'shut')} ${noPolicy('sns:Publish')}`,
    });
    const invoked = await post('lambda', undefined, {}, '/2015-03-31/functions/shut/invocations?Qualifier=live');
    expect([invoked.status, invoked.headers.get('x-amzn-errortype')]).toEqual([403, 'AccessDeniedException']);
    expect(await invoked.json()).toMatchObject({
      message: expect.stringContaining(`on resource: ${arn('lambda', 'function:shut:live')} `),
    });
    expect(run.denials.map(({ role, action }) => `${role} ${action}`)).toEqual(
      ['kinesis:PutRecords', 'dynamodb:Query', 's3:PutObject', 'sns:Publish', 'lambda:InvokeFunction'].map(
        (action) => `worker ${action}`,
      ),
    );
    expect(run.lines.filter((line) => line.startsWith('iam: denied: '))).toHaveLength(5);
  });

  it('of who may not list a bucket do not learn that there is no object', async () => {
    const missing = { Bucket: 'open', Key: 'none' };
    const message = `${who} s3:ListBucket on resource: "arn:aws:s3:::open" ${noPolicy('s3:ListBucket')}`;
    await expect(s3.send(new GetObjectCommand(missing))).rejects.toMatchObject({ name: 'AccessDenied', message });
    const mine = new S3Client({ ...settings(run.gateway, DEVELOPER), forcePathStyle: true });
    await expect(mine.send(new GetObjectCommand(missing))).rejects.toMatchObject({ name: 'NoSuchKey' });
    mine.destroy();
  });

  it('need the key as well where one encrypts', async () => {
    const key = `s-Key-${/[^-]+$/.exec(run.stack?.resources.find(({ logicalId }) => logicalId === 'Key')?.physicalId ?? '')?.[0]}`;
    await expect(put('secret')).rejects.toMatchObject({
      name: 'KMSAccessDeniedException',
      message: `${who} kms:GenerateDataKey on resource: ${arn('kms', `key/${key}`)} ${noPolicy('kms:GenerateDataKey')}`,
    });
    expect((await put('shared')).FailedRecordCount).toBe(0); // by its alias, and by the policy of the key alone
  });

  it('are told from the developer’s, whose calls pass, and from those of nobody', async () => {
    const own = new KinesisClient(
      settings(run.gateway, { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 's', sessionToken: '' }),
    );
    expect((await put('shut', own)).FailedRecordCount).toBe(0);
    own.destroy();
    const stranger = await post(
      'kinesis',
      'Kinesis_20131202.ListStreams',
      {},
      '/',
      credentialsOf(`${ROLE}2`, 'fn').accessKeyId,
    );
    expect([stranger.status, ((await stranger.json()) as { __type: string }).__type]).toEqual([
      403,
      'UnrecognizedClientException',
    ]);
    const presigned = await fetch(
      `${run.gateway.endpoint}/open/other?X-Amz-Credential=${role.accessKeyId}%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Security-Token=${encodeURIComponent(role.sessionToken)}`,
      { method: 'DELETE' },
    );
    expect([presigned.status, await presigned.text()]).toEqual([403, expect.stringContaining('s3:DeleteObject')]);
  });

  it('show which permissions were needed', async () => {
    const used = run.permissions.list().filter((each) => each.used);
    expect(used).toContainEqual({
      role: 'worker',
      action: 's3:PutObject',
      resource: 'arn:aws:s3:::open/mine/*',
      used: expect.objectContaining({ resource: 'arn:aws:s3:::open/mine/a b' }),
    });
    expect(run.permissions.list().filter((each) => !each.used)).toEqual([
      expect.objectContaining({ action: 'sns:Publish', resource: arn('sqs', 'open') }),
      expect.objectContaining({ action: 'sqs:SendMessage', resource: arn('sns', 'open') }),
    ]);
  });
});

describe('with a warning', () => {
  it('a denied call passes, and is told once for each action', async () => {
    const run = await open('warn');
    const kinesis = new KinesisClient(settings(run.gateway));
    const input = { StreamName: 'shut', Records: [{ PartitionKey: 'k', Data: Buffer.from('x') }] };
    for (let n = 0; n < 3; n++) expect((await kinesis.send(new PutRecordsCommand(input))).FailedRecordCount).toBe(0);
    kinesis.destroy();
    expect(run.lines).toEqual([
      expect.stringMatching(/^iam: would be denied: .*assumed-role\/worker\/fn .*kinesis:PutRecords/),
    ]);
  });
});

describe('at the start', () => {
  const without = (...names: readonly string[]): Template => ({
    Resources: Object.fromEntries(Object.entries(TEMPLATE.Resources ?? {}).filter(([name]) => !names.includes(name))),
  });
  const role = (Properties: object): Template => ({
    Resources: {
      ...without('Role', 'Policy', 'BucketPolicy').Resources,
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: { RoleName: 'worker', AssumeRolePolicyDocument: trust, ...Properties },
      },
    },
  });

  it.each<[string, Template, string | RegExp]>([
    [
      'a log that may not be written',
      role({}),
      `${who} logs:CreateLogStream on resource: arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/lambda/fn:log-stream:`,
    ],
    [
      'a role that its service may not assume',
      role({
        AssumeRolePolicyDocument: {
          Statement: { ...trust.Statement, Condition: { StringEquals: { 'aws:SourceAccount': '1' } } },
        },
      }),
      `lambda.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: ${ROLE} for fn because no role trust policy`,
    ],
    [
      'a managed policy that is not known',
      role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }),
      'the managed policy arn:aws:iam::aws:policy/AdministratorAccess is not known here; those of AWS that are: AmazonKinesis',
    ],
    [
      'a condition that cannot be decided',
      role({
        Policies: [
          {
            PolicyName: 'p',
            PolicyDocument: {
              Statement: { ...allow('*', '*'), Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
            },
          },
        ],
      }),
      's: Role (AWS::IAM::Role) cannot be made: s Role p Statement[0]: the condition key aws:SourceIp is not known here',
    ],
  ])('%s is told', async (_what, template, message) => {
    await expect(open('enforce', template)).rejects.toThrow(message);
  });

  it('what no role of the template does is not checked, and that is told', async () => {
    const far = {
      Type: 'AWS::Lambda::Function',
      Properties: { FunctionName: 'fn', Role: `arn:aws:iam::${ACCOUNT}:role/elsewhere` },
    };
    const Sfar = stream('far', 'elsewhere');
    const { lines, gateway } = await open('enforce', {
      Resources: { ...without('Function').Resources, Function: far, Sfar },
    });
    expect(lines).toEqual([
      'iam: the template has no key elsewhere: who may use it is not checked',
      `iam: the template has no role arn:aws:iam::${ACCOUNT}:role/elsewhere: what fn does is not checked`,
    ]);
    const kinesis = new KinesisClient(settings(gateway, credentialsOf(`arn:aws:iam::${ACCOUNT}:role/elsewhere`, 'fn')));
    const Records = [{ PartitionKey: 'k', Data: Buffer.from('x') }];
    expect((await kinesis.send(new PutRecordsCommand({ StreamName: 'far', Records }))).FailedRecordCount).toBe(0);
    kinesis.destroy();
  });
});

describe('a request', () => {
  const target = (name: string) => ({ headers: { 'x-amz-target': `T.${name}` }, method: 'POST', url: '/' });
  const token = Buffer.from(JSON.stringify({ stream: 'events' })).toString('base64');
  const s3 = (method: string, url: string, headers = {}) => ({ headers, method, url });
  const events = arn('kinesis', 'stream/events');
  const glue = (...rest: string[]) => rest.map((each) => `glue:GetTable ${arn('glue', each)}`);

  it.each<[string, Parameters<typeof needsOf>[1], unknown, readonly string[]]>([
    ['kinesis', target('GetRecords'), { ShardIterator: token }, [`kinesis:GetRecords ${events}`]],
    ['kinesis', target('ListShards'), { NextToken: token }, [`kinesis:ListShards ${events}`]],
    ['kinesis', target('PutRecord'), { StreamARN: events }, [`kinesis:PutRecord ${events}`]],
    [
      'kinesis',
      target('SubscribeToShard'),
      { ConsumerARN: `${events}/consumer/c:1` },
      [`kinesis:SubscribeToShard ${events}/consumer/c:1`],
    ],
    ['kinesis', target('ListStreams'), {}, ['kinesis:ListStreams *']],
    [
      'firehose',
      target('PutRecordBatch'),
      { DeliveryStreamName: 'd' },
      [`firehose:PutRecordBatch ${arn('firehose', 'deliverystream/d')}`],
    ],
    [
      'dynamodb',
      target('GetItem'),
      { TableName: arn('dynamodb', 'table/t') },
      [`dynamodb:GetItem ${arn('dynamodb', 'table/t')}`],
    ],
    [
      'dynamodb',
      target('BatchWriteItem'),
      { RequestItems: { a: [], b: [] } },
      ['a', 'b'].map((name) => `dynamodb:BatchWriteItem ${arn('dynamodb', `table/${name}`)}`),
    ],
    [
      'dynamodb',
      target('TransactWriteItems'),
      { TransactItems: [{ Put: { TableName: 'a' } }, { ConditionCheck: { TableName: 'b' } }] },
      [`dynamodb:PutItem ${arn('dynamodb', 'table/a')}`, `dynamodb:ConditionCheckItem ${arn('dynamodb', 'table/b')}`],
    ],
    ['glue', target('GetTable'), { DatabaseName: 'd', Name: 't' }, glue('catalog', 'database/d', 'table/d/t')],
    [
      'athena',
      target('StartQueryExecution'),
      { WorkGroup: 'w' },
      [`athena:StartQueryExecution ${arn('athena', 'workgroup/w')}`],
    ],
    ['monitoring', target('PutMetricData'), { Namespace: 'N' }, ['cloudwatch:PutMetricData *']],
    [
      'logs',
      target('PutLogEvents'),
      { logGroupName: 'g', logStreamName: 's' },
      [`logs:PutLogEvents ${arn('logs', 'log-group:g:log-stream:s')}`],
    ],
    ['sqs', target('SendMessageBatch'), { QueueUrl: 'http://localhost/0/q' }, [`sqs:SendMessage ${arn('sqs', 'q')}`]],
    ['sns', { headers: {}, method: 'POST', url: '/' }, 'Action=Publish&TopicArn=t', ['sns:Publish t']],
    ['sts', { headers: {}, method: 'POST', url: '/' }, 'Action=GetCallerIdentity', []],
    [
      'cloudformation',
      { headers: {}, method: 'POST', url: '/' },
      'Action=DescribeStacks',
      ['cloudformation:DescribeStacks *'],
    ],
    ['s3', s3('GET', '/'), '', ['s3:ListAllMyBuckets *']],
    ['s3', s3('GET', '/b?list-type=2&prefix=a'), '', ['s3:ListBucket arn:aws:s3:::b']],
    ['s3', s3('HEAD', '/b/k'), '', ['s3:GetObject arn:aws:s3:::b/k']],
    ['s3', s3('DELETE', '/b/k?uploadId=1'), '', ['s3:AbortMultipartUpload arn:aws:s3:::b/k']],
    [
      's3',
      s3('PUT', '/b/k', { 'x-amz-copy-source': '/a/x%20y?versionId=1' }),
      '',
      ['s3:GetObject arn:aws:s3:::a/x y', 's3:PutObject arn:aws:s3:::b/k'],
    ],
    [
      's3',
      s3('POST', '/b?delete='),
      '<Delete><Object><Key>a&amp;b</Key></Object><Object><Key>c</Key></Object></Delete>',
      ['s3:DeleteObject arn:aws:s3:::b/a&b', 's3:DeleteObject arn:aws:s3:::b/c'],
    ],
  ])('to %s needs what it asks for: %#', (scope, asked, body, needs) => {
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    expect(needsOf(scope, asked, bytes).map(({ action, resource }) => `${action} ${resource}`)).toEqual(needs);
  });

  it('in CBOR is read as well', () => {
    const asked = {
      headers: {},
      method: 'POST',
      url: '/service/GraniteServiceVersion20100801/operation/PutMetricData',
    };
    const [need] = needsOf('monitoring', asked, encodeCbor({ Namespace: 'N' }));
    expect(need).toMatchObject({ action: 'cloudwatch:PutMetricData', values: { 'cloudwatch:namespace': ['N'] } });
  });

  it('that tells of nothing known is refused', () => {
    expect(() => needsOf('ec2', target('RunInstances'), Buffer.from('{}'))).toThrow(
      'not known here which permission a call of ec2 needs',
    );
    expect(() =>
      needsOf('lambda', { headers: {}, method: 'GET', url: '/2015-03-31/functions?x=1' }, Buffer.alloc(0)),
    ).toThrow('GET /2015-03-31/functions of lambda');
  });
});
