import { tmpdir } from 'node:os';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { dynamoCommitLog } from '../../adapters/dynamodb/commit-log.ts';
import type { Plan } from '../../core/pipeline/index.ts';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import type { LocalService } from '../../local/service.ts';
import { createDynamo } from '../../local/services/dynamodb.ts';
import { countingPlan } from '../support/counting.ts';
import { ARRIVAL_MS, engineInMemory, recordAt } from '../support/engine.ts';
import { order, shop } from '../support/orders.ts';

/** What the local DynamoDB has counted, by metric and operation. */
const counted = new Map<string, number>();
let gateway: Gateway;
let dynamo: LocalService;
let client: DynamoDBClient;

beforeAll(async () => {
  gateway = await openGateway(0);
  dynamo = await createDynamo({
    endpoint: '',
    stateDir: undefined,
    scratchDir: tmpdir(),
    log: () => {},
    metric: (_, name, { Operation }, value) => {
      const key = Operation ? `calls of ${Operation}` : name;
      counted.set(key, (counted.get(key) ?? 0) + (Operation ? 1 : value));
    },
  });
  gateway.serve([dynamo]);
  await dynamo.provisions['AWS::DynamoDB::Table']?.({
    stack: 's',
    logicalId: 'Log',
    type: 'AWS::DynamoDB::Table',
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
      ],
    },
  });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new DynamoDBClient({ endpoint: gateway.endpoint, region: 'us-east-1', credentials });
});

afterAll(async () => {
  client.destroy();
  await dynamo.close();
  await gateway.close();
});

beforeEach(() => counted.clear());

const BATCHES = 20;
const BATCH = 500;
const PAYLOAD = 'x'.repeat(870); // with the envelope, 1 KiB

/** Events of a thousand customers, each under the customer's key. */
const batchOf = (b: number) =>
  Array.from({ length: BATCH }, (_, i) => {
    const n = b * BATCH + i + 1;
    const customer = `customer-${(n * 7_919) % 1_000}`;
    return recordAt(n, order(`order-${n}`, { customer, items: [PAYLOAD] }), ARRIVAL_MS + n * 3, customer);
  });

async function consume(plan: Plan) {
  const log = dynamoCommitLog({ client, table: 'log', pipeline: plan.name, epoch: 'v1', clock: Date });
  const { run } = engineInMemory(plan, { log });
  await run(batchOf(0)); // cold: the log is read, and begun
  counted.clear();
  for (let b = 1; b <= BATCHES; b++) expect(await run(batchOf(b))).toMatchObject({ events: BATCH, commits: 1 });
  return (counted.get('ConsumedWriteCapacityUnits') ?? 0) / (BATCHES * BATCH);
}

describe('what a warm environment asks of DynamoDB', () => {
  it('is one write a batch, no read, and at most 0.03 write units an event', async () => {
    expect(batchOf(0)[0]?.data.length).toBeGreaterThan(1_024);
    const unitsPerEvent = await consume(shop);
    expect([...counted.keys()].sort()).toEqual(['ConsumedWriteCapacityUnits', 'calls of PutItem']);
    expect(counted.get('calls of PutItem')).toBe(BATCHES);
    expect(unitsPerEvent).toBeLessThanOrEqual(0.03);
    expect(unitsPerEvent).toBeGreaterThan(0.012); // 12 bytes an id, which nothing makes smaller
  });

  it('is the same with a state for each key, whose changes and rows are in the same write', async () => {
    const unitsPerEvent = await consume(countingPlan({ is: false }));
    expect(counted.get('calls of PutItem')).toBe(BATCHES);
    expect([...counted.keys()]).toHaveLength(2);
    expect(unitsPerEvent).toBeLessThanOrEqual(0.03);
  });
});
