import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  CloudWatchClient,
  DescribeAlarmHistoryCommand,
  GetMetricStatisticsCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClosers } from '../../local/closers.ts';
import { openGateway } from '../../local/gateway.ts';
import { type LocalRun, startLocal } from '../../local/run.ts';
import type { Published } from '../../local/services/s3/fauxqs.ts';
import { lockState } from '../../local/state-lock.ts';
import type { Template, TemplateResource } from '../../local/template/template.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const settings = ({ endpoint }: LocalRun) => ({ endpoint, region: 'us-east-1', credentials });

/** Sum of a metric in the last minutes. */
async function sumOf(client: CloudWatchClient, Namespace: string, MetricName: string, Name?: string, Value?: string) {
  const Dimensions = Name ? [{ Name, Value }] : [];
  const range = { StartTime: new Date(Date.now() - 600_000), EndTime: new Date(Date.now() + 60_000) };
  const input = { Namespace, MetricName, Dimensions, ...range, Period: 3600, Statistics: ['Sum' as const] };
  return (await client.send(new GetMetricStatisticsCommand(input))).Datapoints?.[0]?.Sum ?? 0;
}

/** How many events of a log group match a pattern. */
async function logLines({ endpoint }: LocalRun, logGroupName: string, filterPattern: string): Promise<number> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'Logs_20140328.FilterLogEvents' };
  const body = JSON.stringify({ logGroupName, filterPattern });
  const { events = [] } = (await (await fetch(endpoint, { method: 'POST', headers, body })).json()) as {
    events?: unknown[];
  };
  return events.length;
}

/** Counts the records it is given into a metric, through the endpoint it finds in its environment. */
const HANDLER = `export const handler = async ({ Records }) => {
  const MetricData = [{ MetricName: 'Records', Value: Records.length }];
  await fetch(process.env.AWS_ENDPOINT_URL, {
    method: 'POST',
    headers: { 'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData', 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify({ Namespace: process.env.NAMESPACE, MetricData }),
  });
  return { batchItemFailures: [] };
};`;

const ASSETS = 'cdk-hnb659fds-assets-000000000000-us-east-1';

const TEMPLATE: Template = {
  Resources: {
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: {
        EventSourceArn: { 'Fn::GetAtt': ['Stream', 'Arn'] },
        FunctionName: { Ref: 'Function' },
        BatchSize: 100,
        StartingPosition: 'TRIM_HORIZON',
      },
    },
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'counter',
        Code: { S3Bucket: ASSETS, S3Key: 'counter.zip' },
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        Timeout: 10,
        Environment: { Variables: { NAMESPACE: 'Counter' } },
      },
    },
    Role: { Type: 'AWS::IAM::Role' },
    Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'operators' } },
    Alarm: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: 'errors',
        AlarmActions: [{ Ref: 'Topic' }],
        Namespace: 'AWS/Lambda',
        MetricName: 'Errors',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      },
    },
    Stream: { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: 2 } },
    Log: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: 'log',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      },
    },
  },
  Outputs: { StreamName: { Value: { Ref: 'Stream' } } },
};

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-run-test-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Writes an assembly of one stack, `s`, whose function is HANDLER. */
function assembly(name: string, template: Template): string {
  const path = join(directory, name);
  mkdirSync(join(path, 'asset.counter'), { recursive: true });
  writeFileSync(join(path, 'asset.counter', 'index.mjs'), HANDLER);
  const destinations = { here: { bucketName: ASSETS, objectKey: 'counter.zip' } };
  const files = { counter: { source: { path: 'asset.counter', packaging: 'zip' }, destinations } };
  const artifacts = {
    s: { type: 'aws:cloudformation:stack', properties: { templateFile: 's.template.json' } },
    's.assets': { type: 'cdk:asset-manifest', properties: { file: 's.assets.json' } },
  };
  writeFileSync(join(path, 'manifest.json'), JSON.stringify({ artifacts }));
  writeFileSync(join(path, 's.assets.json'), JSON.stringify({ files }));
  writeFileSync(join(path, 's.template.json'), JSON.stringify(template));
  return path;
}

describe('startLocal', () => {
  it('runs a template: records go through the mapping to the function, which finds the services', async () => {
    const published: Published[] = [];
    const onPublish = (told: Published) => void published.push(told);
    const run = await startLocal({ assembly: assembly('whole', TEMPLATE), port: 0, onPublish });
    const kinesis = new KinesisClient(settings(run));
    const cloudWatch = new CloudWatchClient(settings(run));
    const cloudFormation = new CloudFormationClient(settings(run));
    try {
      expect(run.notEmulated).toEqual(['AWS::IAM::Role ×1']);
      expect(run.endpoint).toBe(`http://127.0.0.1:${run.port}`);
      const StreamName = run.outputs.s?.StreamName;
      expect(StreamName).toMatch(/^s-Stream-/);
      const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: 's' }));
      expect(Stacks?.[0]?.Outputs).toEqual([{ OutputKey: 'StreamName', OutputValue: StreamName }]);

      const Records = Array.from({ length: 50 }, (_, i) => ({ PartitionKey: `k${i}`, Data: Buffer.from(`${i}`) }));
      await kinesis.send(new PutRecordsCommand({ StreamName, Records }));
      while ((await sumOf(cloudWatch, 'Counter', 'Records')) < 50) await pause(50);
      expect(await sumOf(cloudWatch, 'Counter', 'Records')).toBe(50);
      expect(await sumOf(cloudWatch, 'AWS/Kinesis', 'IncomingRecords', 'StreamName', StreamName)).toBe(50);

      while ((await logLines(run, '/aws/lambda/counter', 'REPORT')) === 0) await pause(50);
      const AlarmName = 'errors';
      await cloudWatch.send(new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'a test' }));
      const actions = new DescribeAlarmHistoryCommand({ AlarmName, HistoryItemType: 'Action' });
      while (!(await cloudWatch.send(actions)).AlarmHistoryItems?.length) await pause(20);
      expect(published.map(({ topic, message }) => [topic, JSON.parse(message).NewStateReason])).toEqual([
        ['operators', 'a test'],
      ]);
    } finally {
      for (const client of [kinesis, cloudWatch, cloudFormation]) client.destroy();
      await run.close();
    }
    await run.close();
  });

  it('calls the function of a schedule again and again, as often as the run is told', async () => {
    const Schedule = {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        FlexibleTimeWindow: { Mode: 'OFF' },
        ScheduleExpression: 'rate(1 minute)',
        Target: { Arn: { 'Fn::GetAtt': ['Function', 'Arn'] }, RoleArn: 'arn', Input: '{"Records":[1,2,3]}' },
      },
    };
    const { Stream, Log, Mapping, ...others } = TEMPLATE.Resources as Record<string, TemplateResource>;
    const template = { Resources: { Schedule, ...others } };
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    const run = await startLocal({ assembly: assembly('scheduled', template), port: 0, scheduleSeconds: 1, log });
    const cloudWatch = new CloudWatchClient(settings(run));
    try {
      expect(run.notEmulated).toEqual(['AWS::IAM::Role ×1']);
      expect(lines).toContainEqual(
        expect.stringMatching(/^scheduler s-Schedule-\w+: calls counter every 1 s here \(template: 60 s\)$/),
      );
      while ((await sumOf(cloudWatch, 'Counter', 'Records')) < 6) await pause(50);
    } finally {
      cloudWatch.destroy();
      await run.close();
    }
  }, 20_000);

  it('keeps state in its directory, which only one run has at a time', async () => {
    const options = { assembly: assembly('state', TEMPLATE), port: 0, stateDir: join(directory, 'kept') };
    const item = { pk: { S: 'a' } };
    const withDynamo = async (use: (client: DynamoDBClient) => Promise<unknown>) => {
      const run = await startLocal(options);
      const client = new DynamoDBClient(settings(run));
      try {
        return await use(client);
      } finally {
        client.destroy();
        await run.close();
      }
    };
    await withDynamo(async (client) => {
      await client.send(new PutItemCommand({ TableName: 'log', Item: item }));
      await expect(startLocal(options)).rejects.toThrow(`kept is in use by process ${process.pid}: stop that run`);
    });
    const found = await withDynamo((client) => client.send(new GetItemCommand({ TableName: 'log', Key: item })));
    expect(found).toMatchObject({ Item: item });
  });

  it('closes all it has opened when it cannot start', async () => {
    const free = await openGateway(0);
    await free.close();
    const stateDir = join(directory, 'failed');
    const broken = { ...TEMPLATE, Outputs: { O: { Value: { 'Fn::GetAtt': ['Stream', 'Nope'] } } } };
    const start = startLocal({ assembly: assembly('broken', broken), port: free.port, stateDir });
    await expect(start).rejects.toThrow('s: Stream (AWS::Kinesis::Stream) gives no attribute Nope here');
    expect(existsSync(join(stateDir, 'lock'))).toBe(false);
    const again = await openGateway(free.port);
    await again.close();
  });

  it('says that the assembly is missing or the port is taken', async () => {
    await expect(startLocal({ assembly: join(directory, 'none'), port: 0 })).rejects.toThrow('cdk synth');
    const gateway = await openGateway(0);
    const start = startLocal({ assembly: assembly('port', { Resources: {} }), port: gateway.port });
    await expect(start).rejects.toThrow(`${gateway.port}`);
    await gateway.close();
  });
});

describe('createClosers', () => {
  it('closes the last opened first, all of them, once, and tells of failures', async () => {
    const closed: string[] = [];
    const closers = createClosers();
    for (const name of ['a', 'bad', 'c']) {
      closers.add({
        close: async () => {
          closed.push(name);
          if (name === 'bad') throw new Error('stuck');
        },
      });
    }
    await expect(closers.close()).rejects.toThrow('stuck');
    await expect(closers.close()).rejects.toThrow('stuck');
    expect(closed).toEqual(['c', 'bad', 'a']);
  });
});

describe('lockState', () => {
  it('takes over the lock of a process that is gone', () => {
    const path = join(directory, 'stale');
    mkdirSync(path);
    writeFileSync(join(path, 'lock'), String(2 ** 22 + 1));
    const unlock = lockState(path);
    expect(readFileSync(join(path, 'lock'), 'utf8')).toBe(String(process.pid));
    expect(() => lockState(path)).toThrow('is in use');
    unlock();
    lockState(path)();
  });
});
