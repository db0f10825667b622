import { join } from 'node:path';
import { AthenaClient } from '@aws-sdk/client-athena';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AlertLines } from '../../cli/alert-lines.ts';
import { runQuery } from '../../cli/athena.ts';
import { drainStage } from '../../cli/drain-stage.ts';
import { Lake } from '../../cli/lake.ts';
import { type StageOutputs, stageOutputs } from '../../cli/outputs.ts';
import { Progress } from '../../cli/progress.ts';
import { StageServices } from '../../cli/stage-services.ts';
import { readStatus } from '../../cli/status.ts';
import { checkSummary, summarise } from '../../cli/summary.ts';
import { chooseTarget, type Target } from '../../cli/target.ts';
import { deaggregate } from '../../core/event/aggregate.ts';
import type { Plan } from '../../core/pipeline/index.ts';
import { type LocalRun, startLocal } from '../../local/run.ts';
import type { Published } from '../../local/services/s3/fauxqs.ts';
import { neededIn, unneeded } from '../support/needed-permissions.ts';
import { ProjectCopy } from '../support/project-copy.ts';

const PIPELINES = `
import * as z from 'zod';
import { event } from '../core/event/index.ts';
import { alert, count, from, hours, lake, pipeline, stream, sum, tumbling, view } from '../core/pipeline/index.ts';

const Order = event('shop.order', {
  version: 1,
  key: 'customer',
  time: 'at',
  schema: z.object({ customer: z.string(), at: z.iso.datetime(), product: z.string(), amount: z.int() }),
});
const Sales = event('shop.sales', { version: 1, key: 'product', schema: z.object({ product: z.string(), orders: z.int() }) });

const orders = from(Order);
const perHour = orders
  .rekey('by-product', ({ product }) => product)
  .window('per-hour', { over: tumbling(hours(1)), aggregate: { orders: count(), amount: sum('amount') } });
const sales = perHour.closed.map('per-product', ({ key, orders, amount }) => ({ product: key, orders, amount }));

export const pipelines = [
  pipeline('other', [from(Order).to(lake('never'))]),
  pipeline('shop', [
    orders.to(lake('orders')),
    sales.to(lake('sales', { schema: z.object({ product: z.string(), orders: z.int(), amount: z.number() }) })),
    sales.to(view('latest_sales', { row: ({ orders, amount }) => ({ orders, amount }) })),
    sales.filter('many', ({ orders }) => orders > 10).to(alert('many-orders', { text: ({ product, orders }) => product + ': ' + orders })),
    sales.map('short', ({ product, orders }) => ({ product, orders })).to(stream('sales-stream', Sales)),
  ]),
];
`;

const project = new ProjectCopy('parts');
const published: Published[] = [];
const lines: string[] = [];
const alerts = new AlertLines(['many-orders'], (line) => void lines.push(line));
let run: LocalRun;
let target: Target;
let outputs: StageOutputs;
let kinesis: KinesisClient;
let dynamo: DynamoDBClient;
let athena: AthenaClient;
let services: StageServices;

beforeAll(async () => {
  const assembly = await project.synthesise(PIPELINES, { pipelines: 'shop' });
  run = await startLocal({
    assembly,
    port: 0,
    bufferSeconds: 1,
    kinesisLimits: false,
    onPublish: (each) => {
      published.push(each);
      alerts.hear(each);
    },
  });
  run.gatherBatches(false);
  target = chooseTarget({ stage: 'dev', endpoint: run.endpoint }, {});
  outputs = await stageOutputs(target);
  kinesis = new KinesisClient(target.client);
  dynamo = new DynamoDBClient(target.client);
  athena = new AthenaClient(target.client);
  services = new StageServices(target);
}, 120_000);

afterAll(async () => {
  for (const client of [kinesis, dynamo, athena]) client?.destroy();
  services?.close();
  await run?.close();
  project.remove();
}, 30_000);

const PRODUCTS = ['apple', 'pear', 'plum'];
const count = (n: number) => (n % 4 === 0 ? 0 : n % 4 === 1 ? 1 : 2);

/** Orders of the hour from 10 on, and one of each customer long after it. */
function orders(): readonly object[] {
  const customers = Array.from({ length: 6 }, (_, n) => `customer-${n}`);
  const early = Array.from({ length: 48 }, (_, n) => ({
    customer: customers[n % 6],
    at: new Date(Date.UTC(2026, 10, 1, 10, n)).toISOString(),
    product: PRODUCTS[count(n)],
    amount: n,
  }));
  const late = customers.map((customer) => ({ customer, at: '2026-11-01T14:00:00Z', product: 'kiwi', amount: 1 }));
  return [...early, ...late];
}

async function put(events: readonly object[]): Promise<void> {
  const Records = events.map((data, n) => {
    const event = { specversion: '1.0', type: 'shop.order', source: '/test', id: `order-${n}`, data };
    return { PartitionKey: (data as { customer: string }).customer, Data: Buffer.from(JSON.stringify(event)) };
  });
  const { FailedRecordCount } = await kinesis.send(new PutRecordsCommand({ StreamName: outputs.streamName, Records }));
  expect(FailedRecordCount).toBe(0);
}

const expected = PRODUCTS.map((product, index) => {
  const of = Array.from({ length: 48 }, (_, n) => n).filter((n) => count(n) === index);
  return { product, orders: of.length, amount: of.reduce((sum, n) => sum + n, 0) };
});

async function scan() {
  const { Items = [] } = await dynamo.send(
    new ScanCommand({ TableName: run.outputs['millrace-dev-shop']?.ViewLatestSales }),
  );
  return Object.fromEntries(
    Items.map(({ key, row }) => [key?.S, [Number(row?.M?.orders?.N), Number(row?.M?.amount?.N)]]),
  );
}

/** The plan that the stage runs, made anew here. */
async function planOf(): Promise<Plan> {
  const { pipelines } = await import(join(project.directory, 'pipelines/index.ts'));
  return pipelines.find(({ name }: Plan) => name === 'shop');
}

describe('a pipeline of two parts', () => {
  it('takes events over the hop, each once, to a view, an alert, a stream and the lake, until all is done', async () => {
    await put(orders());
    await drainStage({ target, outputs, services, pipeline: 'shop', put: 54, progress: new Progress('processed') });
    expect(await scan()).toEqual(
      Object.fromEntries(expected.map(({ product, orders, amount }) => [product, [orders, amount]])),
    );
    expect(lines).toHaveLength(3);
    await run.delivered();
    const query = async (sql: string) => (await runQuery(sql, { athena, outputs })).rows;
    const rows = await query('SELECT product, orders, amount FROM sales ORDER BY product');
    expect(rows).toEqual(expected.map(({ product, orders, amount }) => [product, orders, amount]));
    expect(await query('SELECT count(*) FROM orders')).toEqual([[54]]);
    expect(await query('SELECT count(*) FROM quarantine')).toEqual([[0]]);
  }, 90_000);

  it('is counted, with what is still to come', async () => {
    const plan = await planOf();
    const lake = new Lake(target, outputs, plan);
    const summary = await summarise({ target, outputs, services, lake, alerts: alerts.counts, elapsedSeconds: 1 });
    lake.close();
    expect(summary).toMatchObject({
      put: 54,
      taken: 54,
      inLake: 54,
      distinct: 54,
      quarantined: 0,
      duplicates: 0,
      ignored: 0,
      parked: 0,
      waiting: { 'per-hour': 1 }, // the kiwis of the hour from 14 on
      tables: { orders: 54, sales: 3, quarantine: 0 },
      views: { latest_sales: 3 },
      alerts: { 'many-orders': 3 },
    });
    expect(checkSummary(summary, 54)).toEqual([]);
  }, 30_000);

  it('tells of what there is much of, by the key behind the hop', () => {
    const many = expected.filter(({ orders }) => orders > 10);
    const alerts = published.filter(({ topic }) => topic !== 'millrace-dev-alarms');
    const told = alerts.map(({ topic, message, attributes: { alert, key } }) => [topic, alert, key, message]);
    expect(told.sort()).toEqual(
      many.map(({ product, orders }) => [
        'millrace-dev-shop-many-orders',
        'many-orders',
        product,
        `${product}: ${orders}`,
      ]),
    );
  });

  it('puts events to its stream', async () => {
    const StreamName = run.outputs['millrace-dev-shop']?.StreamSalesStream;
    const read = async (ShardId: string) => {
      const from = { StreamName, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
      const { ShardIterator } = await kinesis.send(new GetShardIteratorCommand(from));
      const { Records = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
      const users = Records.flatMap(({ PartitionKey = '', Data = new Uint8Array() }) =>
        deaggregate(PartitionKey, Data),
      );
      return users.map(({ partitionKey, data }) => ({ partitionKey, ...JSON.parse(Buffer.from(data).toString()) }));
    };
    const events = (await Promise.all(['shardId-000000000000', 'shardId-000000000001'].map(read))).flat();
    const byKey = events.map(({ partitionKey, type, data }) => ({ partitionKey, type, data }));
    expect(byKey.sort((a, b) => a.partitionKey.localeCompare(b.partitionKey))).toEqual(
      expected.map(({ product, orders }) => ({ partitionKey: product, type: 'shop.sales', data: { product, orders } })),
    );
  }, 30_000);

  it('shows both parts in the status', async () => {
    const { pipelines, stream } = await readStatus(target, 60, false);
    expect(stream.recordsIn).toBe(54);
    expect(pipelines.map(({ name, errors, quarantined }) => [name, errors, quarantined])).toEqual([
      ['shop', 0, 0],
      ['shop-hop-1', 0, 0],
    ]);
    expect(outputs.parts.map(({ functionName }) => functionName)).toEqual([
      'millrace-dev-shop',
      'millrace-dev-shop-hop-1',
    ]);
  });

  it('needs these permissions', () => {
    expect(unneeded('test/e2e/parts.test.ts', neededIn(run.permissions()))).toEqual([]);
  });
});
