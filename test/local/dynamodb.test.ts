import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import type { LocalService, Resource, ServiceContext } from '../../local/service.ts';
import { createDynamo } from '../../local/services/dynamodb.ts';

const directory = mkdtempSync(join(tmpdir(), 'dynamodb-test-'));
const metrics: { name: string; dimensions: Readonly<Record<string, string>>; value: number }[] = [];
const logged: string[] = [];

function context(stateDir?: string): ServiceContext {
  return {
    endpoint: '',
    stateDir,
    scratchDir: directory,
    metric: (_namespace, name, dimensions, value) => metrics.push({ name, dimensions, value }),
    log: (line) => logged.push(line),
  };
}

const table: Resource = {
  stack: 'a-stack',
  logicalId: 'Log',
  type: 'AWS::DynamoDB::GlobalTable',
  properties: {
    TableName: 'log',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'N' },
      { AttributeName: 'kind', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-kind',
        KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
    Replicas: [{ Region: 'us-east-1' }],
  },
};

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
let gateway: Gateway;
let dynamo: LocalService;
let client: DynamoDBClient;

beforeAll(async () => {
  gateway = await openGateway(0);
  dynamo = await createDynamo(context());
  gateway.serve([dynamo]);
  client = new DynamoDBClient({ endpoint: gateway.endpoint, region: 'us-east-1', credentials });
  await dynamo.provisions['AWS::DynamoDB::GlobalTable']?.(table);
});

afterAll(async () => {
  client.destroy();
  await gateway.close();
  await dynamo.close();
  rmSync(directory, { recursive: true });
});

beforeEach(() => {
  metrics.length = 0;
});

/** Values counted of a metric, in order. */
const counted = (name: string) => metrics.filter((metric) => metric.name === name).map((metric) => metric.value);

const slot = (n: number, text: string) => ({ pk: { S: 'p' }, sk: { N: String(n) }, text: { S: text } });
const onlyIfAbsent = { TableName: 'log', ConditionExpression: 'attribute_not_exists(pk)' };

describe('the commit log', () => {
  it('takes each slot once', async () => {
    await client.send(new PutItemCommand({ ...onlyIfAbsent, Item: slot(1, 'first') }));
    const again = client.send(new PutItemCommand({ ...onlyIfAbsent, Item: slot(1, 'second') }));
    await expect(again).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    const { Item } = await client.send(
      new GetItemCommand({ TableName: 'log', Key: { pk: { S: 'p' }, sk: { N: '1' } } }),
    );
    expect(Item).toEqual(slot(1, 'first'));
  });

  it('shows who took a slot, when asked', async () => {
    await client.send(new PutItemCommand({ ...onlyIfAbsent, Item: slot(2, 'first') }));
    const ask = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const };
    const put = client.send(new PutItemCommand({ ...onlyIfAbsent, Item: slot(2, 'second'), ...ask }));
    await expect(put).rejects.toMatchObject({ Item: slot(2, 'first') });
    const Key = { pk: { S: 'p' }, sk: { N: '2' } };
    const remove = client.send(new DeleteItemCommand({ ...onlyIfAbsent, Key, ...ask }));
    await expect(remove).rejects.toMatchObject({ Item: slot(2, 'first') });
    const silent = client.send(new PutItemCommand({ ...onlyIfAbsent, Item: slot(2, 'second') }));
    await expect(silent).rejects.toMatchObject({ Item: undefined });
  });

  it('gives the tail, newest first', async () => {
    for (let n = 1; n <= 12; n += 1) {
      await client.send(new PutItemCommand({ TableName: 'log', Item: { ...slot(n, 'x'), pk: { S: 'tail' } } }));
    }
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: 'log',
        KeyConditionExpression: 'pk = :pk AND sk > :sk',
        ExpressionAttributeValues: { ':pk': { S: 'tail' }, ':sk': { N: '8' } },
        ScanIndexForward: false,
      }),
    );
    expect(Items.map((item) => item.sk?.N)).toEqual(['12', '11', '10', '9']);
  });
});

describe('consumed units', () => {
  const item = (id: string, bytes: number) => ({ pk: { S: id }, sk: { N: '1' }, text: { S: 'x'.repeat(bytes) } });

  it('of a write are each KB begun, of the larger image', async () => {
    const put = (bytes: number) => client.send(new PutItemCommand({ TableName: 'log', Item: item('units', bytes) }));
    await put(10);
    await put(2000);
    await put(10);
    expect(counted('ConsumedWriteCapacityUnits')).toEqual([1, 2, 2]);
    expect(metrics[0]).toEqual({ name: 'ConsumedWriteCapacityUnits', dimensions: { TableName: 'log' }, value: 1 });
    expect(metrics[1]).toMatchObject({
      name: 'SuccessfulRequestLatency',
      dimensions: { TableName: 'log', Operation: 'PutItem' },
    });
  });

  it('of a failed condition are those of the item that is there, and 1 if none is', async () => {
    await client.send(new PutItemCommand({ TableName: 'log', Item: item('failed', 3000) }));
    metrics.length = 0;
    const fails = (command: Promise<unknown>) =>
      expect(command).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    await fails(client.send(new PutItemCommand({ ...onlyIfAbsent, Item: item('failed', 10) })));
    const update = { UpdateExpression: 'SET a = :a', ExpressionAttributeValues: { ':a': { S: 'a' } } };
    const Key = { pk: { S: 'nobody' }, sk: { N: '1' } };
    const exists = { TableName: 'log', ConditionExpression: 'attribute_exists(pk)' };
    await fails(client.send(new UpdateItemCommand({ ...exists, ...update, Key })));
    expect(counted('ConsumedWriteCapacityUnits')).toEqual([3, 1]);
    expect(counted('ConditionalCheckFailedRequests')).toEqual([1, 1]);
    expect(counted('ConsumedReadCapacityUnits')).toEqual([]);
    expect(counted('SuccessfulRequestLatency')).toEqual([]);
  });

  it('of a read are each 4 KB begun, half when it may be stale', async () => {
    await client.send(new PutItemCommand({ TableName: 'log', Item: item('read', 5000) }));
    const read = { TableName: 'log', Key: { pk: { S: 'read' }, sk: { N: '1' } } };
    await client.send(new GetItemCommand({ ...read, ConsistentRead: true }));
    await client.send(new GetItemCommand(read));
    expect(counted('ConsumedReadCapacityUnits')).toEqual([2, 1]);
  });

  it('are given to the caller only when asked for', async () => {
    const put = { TableName: 'log', Item: item('asked', 10) };
    expect((await client.send(new PutItemCommand(put))).ConsumedCapacity).toBeUndefined();
    const asked = await client.send(new PutItemCommand({ ...put, ReturnConsumedCapacity: 'TOTAL' }));
    expect(asked.ConsumedCapacity).toMatchObject({ TableName: 'log', CapacityUnits: 1 });
    const batch = { RequestItems: { log: [1, 2, 3].map((n) => ({ PutRequest: { Item: item(`batch-${n}`, 1500) } })) } };
    expect((await client.send(new BatchWriteItemCommand(batch))).ConsumedCapacity).toBeUndefined();
    expect(counted('ConsumedWriteCapacityUnits')).toEqual([1, 1, 6]);
  });

  it('of what is refused are none', async () => {
    const refused = client.send(new PutItemCommand({ TableName: 'log', Item: { pk: { S: 'no sort key' } } }));
    await expect(refused).rejects.toMatchObject({ name: 'ValidationException' });
    const absent = client.send(new ScanCommand({ TableName: 'absent' }));
    await expect(absent).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const userError = { name: 'UserErrors', dimensions: {}, value: 1 };
    expect(metrics).toEqual([userError, userError]);
  });
});

describe('the template', () => {
  const provision = (service: LocalService, resource: Resource) =>
    service.provisions[resource.type]?.(resource) ?? Promise.reject(new Error(resource.type));

  it('makes tables with their indexes, once', async () => {
    const made = await provision(dynamo, table);
    expect(made).toEqual({
      ref: 'log',
      attributes: { Arn: 'arn:aws:dynamodb:us-east-1:000000000000:table/log', TableId: expect.any(String) },
    });
    const { Table } = await client.send(new DescribeTableCommand({ TableName: 'log' }));
    expect(Table).toMatchObject({ TableStatus: 'ACTIVE', TableId: made.attributes.TableId });
    expect(Table?.GlobalSecondaryIndexes?.map((index) => index.IndexName)).toEqual(['by-kind']);
  });

  it('names those that have no name, and tells of streams it leaves out', async () => {
    const { TableName: _, GlobalSecondaryIndexes: __, AttributeDefinitions, ...properties } = table.properties;
    const unnamed = await provision(dynamo, {
      ...table,
      type: 'AWS::DynamoDB::Table',
      properties: {
        ...properties,
        AttributeDefinitions: AttributeDefinitions.slice(0, 2),
        ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
        StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      },
    });
    expect(unnamed.ref).toMatch(/^a-stack-Log-[0-9a-f]{12}$/);
    expect(logged).toEqual(['dynamodb: Log gets no stream here']);
  });

  it('says what the API says of a wrong one', async () => {
    const wrong = { ...table, properties: { ...table.properties, TableName: 'wrong', AttributeDefinitions: [] } };
    await expect(provision(dynamo, wrong)).rejects.toMatchObject({ code: 'ValidationException' });
  });

  it('keeps the items of an earlier run, and refuses another key', async () => {
    const stateDir = join(directory, 'state');
    const run = async (work: (service: LocalService, client: DynamoDBClient) => Promise<void>) => {
      const service = await createDynamo(context(stateDir));
      const own = await openGateway(0);
      own.serve([service]);
      const client = new DynamoDBClient({ endpoint: own.endpoint, region: 'us-east-1', credentials });
      await work(service, client);
      client.destroy();
      await own.close();
      await service.close();
    };
    await run(async (service, client) => {
      await provision(service, table);
      await client.send(new PutItemCommand({ TableName: 'log', Item: slot(7, 'kept') }));
    });
    await run(async (service, client) => {
      await provision(service, table);
      const { Items } = await client.send(new ScanCommand({ TableName: 'log' }));
      expect(Items).toEqual([slot(7, 'kept')]);
      const KeySchema = [{ AttributeName: 'kind', KeyType: 'HASH' }];
      const changed = { ...table, properties: { ...table.properties, KeySchema } };
      await expect(provision(service, changed)).rejects.toThrow('table log is kept from an earlier run with the key');
    });
  });
});

it('survives a caller that leaves in the middle of its request', async () => {
  const begun = Promise.withResolvers<{ readonly handled: Promise<unknown> }>();
  const own = await openGateway(0);
  const handle: LocalService['handle'] = (request, response) => {
    const handled = Promise.resolve(dynamo.handle(request, response));
    begun.resolve({ handled: handled.catch((error: Error) => error) });
    return handled;
  };
  own.serve([{ ...dynamo, handle }]);
  const socket = connect(own.port, '127.0.0.1');
  const authorization =
    'AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0';
  socket.write(`POST / HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-length: 99\r\n\r\n{"Table`);
  const { handled } = await begun.promise;
  socket.resetAndDestroy();
  expect(await handled).toMatchObject({ message: 'aborted' });
  await own.close();
  expect((await client.send(new DescribeTableCommand({ TableName: 'log' }))).Table?.TableName).toBe('log');
});
