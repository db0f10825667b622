import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { FirehoseClient, PutRecordBatchCommand, PutRecordCommand } from '@aws-sdk/client-firehose';
import { CreateStreamCommand, KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createClosers } from '../../local/closers.ts';
import type { FaultState } from '../../local/faults/board.ts';
import type { FaultDocument } from '../../local/faults/rules.ts';
import { createFaults } from '../../local/faults.ts';
import { openGateway } from '../../local/gateway.ts';
import { createDynamo } from '../../local/services/dynamodb.ts';
import { createFirehose } from '../../local/services/firehose/firehose.ts';
import { createGlue } from '../../local/services/glue.ts';
import { createKinesis } from '../../local/services/kinesis/kinesis.ts';
import type { StreamReader } from '../../local/services/kinesis-reader.ts';
import { createS3 } from '../../local/services/s3.ts';
import { provision } from '../support/lake-services.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
type Rule = FaultDocument['rules'][number];

let closers = createClosers();
let endpoint = '';
let reader: StreamReader;
/** Emits each metric's value under its name. */
let measured = new EventEmitter();

beforeEach(async () => {
  closers = createClosers();
  const scratchDir = mkdtempSync(join(tmpdir(), 'faults-'));
  closers.add({ close: () => rmSync(scratchDir, { recursive: true }) });
  const faults = createFaults();
  const gateway = closers.add(await openGateway(0, faults));
  endpoint = gateway.endpoint;
  measured = new EventEmitter();
  const metric = (_namespace: string, name: string, _dimensions: object, value: number) => measured.emit(name, value);
  const context = { endpoint, stateDir: undefined, scratchDir, metric, log() {} };
  const kinesis = closers.add(createKinesis(context));
  const dynamo = closers.add(await createDynamo(context));
  const s3 = closers.add(await createS3(context));
  const firehose = closers.add(createFirehose(context, { glue: createGlue(), bufferSeconds: 0 }));
  gateway.serve([kinesis, dynamo, s3, firehose]);
  reader = faults.reader(kinesis);
  await provision(s3, 'AWS::S3::Bucket', { BucketName: 'lake' });
  await provision(firehose, 'AWS::KinesisFirehose::DeliveryStream', {
    DeliveryStreamName: 'rows',
    ExtendedS3DestinationConfiguration: { BucketARN: 'arn:aws:s3:::lake', RoleARN: 'arn:aws:iam::0:role/r' },
  });
  await provision(dynamo, 'AWS::DynamoDB::Table', {
    TableName: 'log',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  await clients(1).kinesis.send(new CreateStreamCommand({ StreamName: 'events', ShardCount: 1 }));
});
afterEach(() => closers.close());

/** Clients that try a call so often in all. */
function clients(maxAttempts: number) {
  const settings = { endpoint, region: 'us-east-1', credentials, maxAttempts };
  const closed = <Client extends { destroy(): void }>(client: Client): Client => {
    closers.add({ close: () => client.destroy() });
    return client;
  };
  return {
    kinesis: closed(new KinesisClient(settings)),
    dynamo: closed(new DynamoDBClient(settings)),
    firehose: closed(new FirehoseClient(settings)),
    s3: closed(new S3Client({ ...settings, forcePathStyle: true })),
  };
}

async function admin(method: string, body?: unknown): Promise<{ status: number; state: FaultState }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`${endpoint}/_millrace/faults`, { method, body: text ?? null });
  return { status: answer.status, state: (await answer.json()) as FaultState };
}
const set = (...rules: Rule[]) => admin('PUT', { seed: 1, rules });
const injected = async () => (await admin('GET')).state.rules.map((rule) => rule.injected);

const putItem = (pk: string) => new PutItemCommand({ TableName: 'log', Item: { pk: { S: pk } } });
const putRecords = (count = 1) =>
  new PutRecordsCommand({
    StreamName: 'events',
    Records: Array.from({ length: count }, (_, i) => ({ PartitionKey: `k${i}`, Data: Buffer.from(`r${i}`) })),
  });
const putBatch = (count: number) =>
  new PutRecordBatchCommand({
    DeliveryStreamName: 'rows',
    Records: Array.from({ length: count }, (_, i) => ({ Data: Buffer.from(`r${i}\n`) })),
  });
const putObject = (Key: string) => new PutObjectCommand({ Bucket: 'lake', Key, Body: `of ${Key}` });
const stored = () => {
  const arn = 'arn:aws:kinesis:us-east-1:000000000000:stream/events';
  return reader.read(arn, 'shardId-000000000000', 'TRIM_HORIZON', 10_000).records.map(({ data }) => data.toString());
};

/** The lines of all that Firehose has delivered. */
async function delivered(): Promise<string[]> {
  const { s3 } = clients(3);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'lake' }));
  const bodies = Contents.map(async ({ Key }) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'lake', Key }));
    return (await Body?.transformToString()) ?? '';
  });
  return (await Promise.all(bodies)).join('').trim().split('\n');
}

const always = { action: '*', probability: 1 } as const;

describe('the admin call', () => {
  it('puts rules in force, tells what they did, and takes them back', async () => {
    expect((await admin('GET')).state.rules).toEqual([]);
    const put = await admin('PUT', {
      seed: 5,
      rules: [{ service: 'dynamodb', kind: 'throttle', ...always, times: 1 }],
    });
    expect(put).toEqual({
      status: 200,
      state: {
        seed: 5,
        rules: [{ service: 'dynamodb', action: '*', kind: 'throttle', probability: 1, times: 1, met: 0, injected: 0 }],
      },
    });
    await clients(3).dynamo.send(putItem('a'));
    const { state } = await admin('DELETE');
    expect(state.rules).toMatchObject([{ met: 2, injected: 1 }]);
    expect((await admin('GET')).state.rules).toEqual([]);
  });

  it('refuses what makes no sense and leaves the rules as they were', async () => {
    await set({ service: 's3', kind: 'error', ...always });
    const wrong = await admin('PUT', {
      rules: [{ service: 's3', action: 'GetObject', kind: 'error', probability: 3 }],
    });
    expect(wrong).toEqual({ status: 400, state: { message: expect.stringMatching(/^rules\[0\]\.probability: /) } });
    const broken = await admin('PUT', '{"rules": [');
    expect(broken).toEqual({ status: 400, state: { message: 'the document is not JSON' } });
    expect((await admin('POST', {})).status).toBe(405);
    expect((await admin('GET')).state.rules).toHaveLength(1);
  });
});

describe('throttle and error', () => {
  it.each([
    ['dynamodb', 'throttle', 'ProvisionedThroughputExceededException', 400],
    ['dynamodb', 'error', 'InternalServerError', 500],
    ['kinesis', 'throttle', 'ProvisionedThroughputExceededException', 400],
    ['kinesis', 'error', 'InternalFailure', 500],
    ['firehose', 'throttle', 'ServiceUnavailableException', 503],
    ['firehose', 'error', 'InternalFailure', 500],
    ['s3', 'throttle', 'SlowDown', 503],
    ['s3', 'error', 'InternalError', 500],
  ] as const)('of %s: %s is %s with status %d, before the call takes effect', async (service, kind, name, status) => {
    const { dynamo, kinesis, firehose, s3 } = clients(1);
    const calls = {
      dynamodb: () => dynamo.send(putItem('a')),
      kinesis: () => kinesis.send(putRecords()),
      firehose: () => firehose.send(putBatch(1)),
      s3: () => s3.send(putObject('key')),
    };
    await set({ service, kind, ...always, times: 1 });
    await expect(calls[service]()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
    expect(await injected()).toEqual([1]);
    if (service === 'dynamodb') {
      const { Item } = await dynamo.send(new GetItemCommand({ TableName: 'log', Key: { pk: { S: 'a' } } }));
      expect(Item).toBeUndefined();
    }
    if (service === 'kinesis') expect(stored()).toEqual([]);
    await calls[service](); // once only
  });

  it.each(['throttle', 'error'] as const)('are tried again by the SDK: %s', async (kind) => {
    const { dynamo, kinesis, firehose, s3 } = clients(3);
    await s3.send(putObject('key'));
    const services = ['dynamodb', 'kinesis', 'firehose'] as const;
    await set(...services.map((service) => ({ service, kind, ...always, times: 2 })), {
      service: 's3',
      action: 'GetObject',
      kind,
      probability: 1,
      times: 2,
    });
    const answers = await Promise.all([
      dynamo.send(putItem('a')),
      kinesis.send(putRecords()),
      firehose.send(putBatch(1)),
      s3.send(new GetObjectCommand({ Bucket: 'lake', Key: 'key' })),
    ]);
    expect(answers.map(({ $metadata }) => $metadata.attempts)).toEqual([3, 3, 3, 3]);
    expect(await injected()).toEqual([2, 2, 2, 2]);
    expect(stored()).toEqual(['r0']);
  });

  it('strike the action that was named only', async () => {
    const { dynamo } = clients(1);
    await set({ service: 'dynamodb', action: 'GetItem', kind: 'throttle', probability: 1 });
    await dynamo.send(putItem('a'));
    const get = new GetItemCommand({ TableName: 'log', Key: { pk: { S: 'a' } } });
    await expect(dynamo.send(get)).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
    expect((await admin('GET')).state.rules).toMatchObject([{ met: 1, injected: 1 }]);
  });

  it('strike who reads a stream in process', async () => {
    await clients(1).kinesis.send(putRecords());
    await set({ service: 'kinesis', action: 'GetRecords', kind: 'throttle', probability: 1, times: 1 });
    expect(stored).toThrow(expect.objectContaining({ code: 'ProvisionedThroughputExceededException' }));
    expect(stored()).toEqual(['r0']);
  });

  it('strike the same calls again from the same seed', async () => {
    const { dynamo } = clients(1);
    const rule = { service: 'dynamodb', action: '*', kind: 'throttle', probability: 0.5 } as const;
    const fates = async (seed: number) => {
      await admin('PUT', { seed, rules: [rule] });
      const seen: string[] = [];
      for (let i = 0; i < 20; i++)
        seen.push(
          await dynamo.send(putItem('a')).then(
            () => 'taken',
            (error) => error.name,
          ),
        );
      return seen;
    };
    const first = await fates(3);
    expect(new Set(first).size).toBe(2);
    expect(await fates(3)).toEqual(first);
    expect(await fates(4)).not.toEqual(first);
  });
});

describe('lost-answer', () => {
  it('lets the call take effect and cuts the connection, over HTTP/1.1 and HTTP/2', async () => {
    const { dynamo, kinesis, s3 } = clients(1);
    await set(
      { service: 'dynamodb', action: 'PutItem', kind: 'lost-answer', probability: 1 },
      { service: 'kinesis', action: 'PutRecords', kind: 'lost-answer', probability: 1 },
      { service: 's3', action: 'PutObject', kind: 'lost-answer', probability: 1 },
    );
    await expect(dynamo.send(putItem('a'))).rejects.toThrow('socket hang up');
    await expect(s3.send(putObject('key'))).rejects.toThrow('socket hang up');
    await expect(kinesis.send(putRecords())).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(await injected()).toEqual([1, 1, 1]);
    expect(stored()).toEqual(['r0']);
    const { Item } = await dynamo.send(new GetItemCommand({ TableName: 'log', Key: { pk: { S: 'a' } } }));
    expect(Item).toEqual({ pk: { S: 'a' } });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'lake', Key: 'key' }));
    expect(await Body?.transformToString()).toBe('of key');
  });

  it('makes the SDK do it twice', async () => {
    await set({ service: 'kinesis', action: 'PutRecords', kind: 'lost-answer', probability: 1, times: 1 });
    expect((await clients(3).kinesis.send(putRecords(2))).$metadata.attempts).toBe(2);
    expect(stored()).toEqual(['r0', 'r1', 'r0', 'r1']);
  });

  it('sends nothing of a streamed answer', async () => {
    await clients(1).s3.send(new PutObjectCommand({ Bucket: 'lake', Key: 'big', Body: Buffer.alloc(1_000_000) }));
    await set({ service: 's3', action: 'GetObject', kind: 'lost-answer', probability: 1 });
    const get = clients(1).s3.send(new GetObjectCommand({ Bucket: 'lake', Key: 'big' }));
    await expect(get).rejects.toThrow('socket hang up');
  });
});

describe('torn-answer', () => {
  it('lets the call take effect and no more than the head of the answer through', async () => {
    const { dynamo, kinesis, s3, firehose } = clients(1);
    await s3.send(putObject('key'));
    const tear = (service: 'dynamodb' | 'kinesis' | 's3' | 'firehose', action: string) =>
      ({ service, action, kind: 'torn-answer', probability: 1, times: 1 }) as const;
    await set(
      tear('dynamodb', 'PutItem'),
      tear('kinesis', 'PutRecords'),
      tear('s3', 'GetObject'),
      tear('firehose', 'PutRecordBatch'),
    );
    await expect(dynamo.send(putItem('a'))).rejects.toThrow('aborted');
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'lake', Key: 'key' }));
    await expect(Body?.transformToString()).rejects.toThrow('aborted');
    await expect(firehose.send(putBatch(1))).rejects.toThrow('aborted');
    // Over HTTP/2 the SDK takes what is missing for an empty answer.
    expect(await kinesis.send(putRecords())).toEqual({ $metadata: expect.objectContaining({ httpStatusCode: 200 }) });
    expect(stored()).toEqual(['r0']);
    expect(await injected()).toEqual([1, 1, 1, 1]);
  });
});

describe('latency', () => {
  it('makes the call wait, within the bounds', async () => {
    const { dynamo } = clients(1);
    await dynamo.send(putItem('a'));
    await set({ service: 'dynamodb', kind: 'latency', ...always, ms: [150, 250] });
    const started = performance.now();
    await dynamo.send(putItem('a'));
    expect(performance.now() - started).toBeGreaterThanOrEqual(149);
    expect(await injected()).toEqual([1]);
  });

  it('goes together with other faults', async () => {
    await set(
      { service: 'dynamodb', kind: 'latency', ...always, ms: [0, 1] },
      { service: 'dynamodb', kind: 'throttle', ...always },
      { service: 'dynamodb', kind: 'error', ...always },
    );
    await expect(clients(1).dynamo.send(putItem('a'))).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
    });
    expect(await injected()).toEqual([1, 1, 0]);
  });
});

describe('partial', () => {
  it('fails records of Kinesis one by one and takes the rest', async () => {
    await set({ service: 'kinesis', action: 'PutRecords', kind: 'partial', probability: 0.4 });
    const { FailedRecordCount = 0, Records = [] } = await clients(1).kinesis.send(putRecords(100));
    expect(FailedRecordCount).toBeGreaterThan(20);
    expect(FailedRecordCount).toBeLessThan(60);
    const failed = Records.filter(({ ErrorCode }) => ErrorCode);
    expect(failed).toHaveLength(FailedRecordCount);
    expect(failed[0]).toEqual({
      ErrorCode: 'ProvisionedThroughputExceededException',
      ErrorMessage: expect.stringMatching(/^Rate exceeded/),
    });
    const taken = Records.flatMap(({ SequenceNumber }, i) => (SequenceNumber ? [`r${i}`] : []));
    expect(stored()).toEqual(taken);
    expect((await admin('GET')).state.rules).toMatchObject([{ met: 100, injected: FailedRecordCount }]);
  });

  it('fails records of Firehose one by one and takes the rest', async () => {
    await set({ service: 'firehose', action: 'PutRecordBatch', kind: 'partial', probability: 0.4 });
    const { firehose } = clients(1);
    const { FailedPutCount = 0, RequestResponses = [] } = await firehose.send(putBatch(100));
    expect(FailedPutCount).toBeGreaterThan(20);
    const failed = RequestResponses.filter(({ ErrorCode }) => ErrorCode);
    expect(failed).toHaveLength(FailedPutCount);
    expect(failed[0]).toEqual({ ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' });
    expect(RequestResponses.filter(({ RecordId }) => RecordId)).toHaveLength(100 - FailedPutCount);
    expect(await injected()).toEqual([FailedPutCount]);
    await firehose.send(new PutRecordCommand({ DeliveryStreamName: 'rows', Record: { Data: Buffer.from('x\n') } }));
  });

  it('can fail every record, and lets errors and odd requests through', async () => {
    const { kinesis } = clients(1);
    await set({ service: 'kinesis', action: 'PutRecords', kind: 'partial', probability: 1 });
    expect((await kinesis.send(putRecords(3))).FailedRecordCount).toBe(3);
    expect(stored()).toEqual([]);
    await set({ service: 'kinesis', action: 'PutRecords', kind: 'partial', probability: 0 });
    const elsewhere = new PutRecordsCommand({
      StreamName: 'nowhere',
      Records: [{ PartitionKey: 'k', Data: Buffer.of(1) }],
    });
    await expect(kinesis.send(elsewhere)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const headers = { 'x-amz-target': 'Kinesis_20131202.PutRecords', 'content-type': 'application/x-amz-json-1.1' };
    const odd = await fetch(endpoint, { method: 'POST', headers, body: '{"Records":' });
    expect([odd.status, await odd.json()]).toEqual([
      400,
      expect.objectContaining({ __type: 'SerializationException' }),
    ]);
  });

  it('may lose its answer on top', async () => {
    await set(
      { service: 'kinesis', action: 'PutRecords', kind: 'partial', probability: 0.5 },
      { service: 'kinesis', action: 'PutRecords', kind: 'lost-answer', probability: 1 },
    );
    await expect(clients(1).kinesis.send(putRecords(20))).rejects.toMatchObject({ name: 'TimeoutError' });
    const [failed = 0] = await injected();
    expect(stored()).toHaveLength(20 - failed);
  });
});

describe('duplicate', () => {
  it('stores records of Firehose twice and tells the caller of one', async () => {
    await set({ service: 'firehose', action: 'PutRecordBatch', kind: 'duplicate', probability: 0.5 });
    const delivery = once(measured, 'DeliveryToS3.Records');
    const answer = await clients(1).firehose.send(putBatch(20));
    expect(answer).toMatchObject({ FailedPutCount: 0 });
    expect(answer.RequestResponses).toHaveLength(20);
    const [copies = 0] = await injected();
    expect(copies).toBeGreaterThan(0);
    expect(await delivery).toEqual([20 + copies]);
    const lines = await delivered();
    expect(lines).toHaveLength(20 + copies);
    expect(new Set(lines).size).toBe(20);
  });

  it('keeps within what a call may hold', async () => {
    await set({ service: 'firehose', action: 'PutRecordBatch', kind: 'duplicate', probability: 1 });
    const answer = await clients(1).firehose.send(putBatch(495));
    expect(answer.RequestResponses).toHaveLength(495);
    expect(await injected()).toEqual([5]);
    const big = Array.from({ length: 3 }, () => ({ Data: Buffer.alloc(1000 * 1024, 'x') }));
    const batch = new PutRecordBatchCommand({ DeliveryStreamName: 'rows', Records: big });
    expect((await clients(1).firehose.send(batch)).FailedPutCount).toBe(0);
    expect(await injected()).toEqual([6]);
  });
});
