import { tmpdir } from 'node:os';
import { type AttributeValue, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dynamoViews } from '../../adapters/dynamodb/views.ts';
import { memoryViews } from '../../adapters/memory/views.ts';
import { TransientError, type ViewRow, type Views } from '../../core/ports.ts';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import type { LocalService } from '../../local/service.ts';
import { createDynamo } from '../../local/services/dynamodb.ts';

const NOW_MS = Date.parse('2026-11-21T10:00:00Z');
const clock = { now: () => NOW_MS };
let gateway: Gateway;
let service: LocalService;
let client: DynamoDBClient;
let tables = 0;

beforeAll(async () => {
  gateway = await openGateway(0);
  const { endpoint } = gateway;
  service = await createDynamo({ endpoint, stateDir: undefined, scratchDir: tmpdir(), metric() {}, log() {} });
  gateway.serve([service]);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
});

afterAll(async () => {
  client.destroy();
  await gateway.close();
  await service.close();
});

interface View {
  readonly views: Views;
  /** The rows there are, by key. */
  rows(): Promise<Readonly<Record<string, unknown>>>;
}

async function viewInDynamo(): Promise<View & { readonly table: string }> {
  const table = `view-${++tables}`;
  const type = 'AWS::DynamoDB::Table';
  const properties = {
    TableName: table,
    KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
  };
  await service.provisions[type]?.({ stack: 'test', logicalId: 'View', type, properties });
  const views = dynamoViews({ client, tables: { latest: table }, clock });
  return { views, table, rows: async () => rowsOf(await itemsOf(table)) };
}

async function itemsOf(table: string) {
  const items: Record<string, AttributeValue>[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table })) items.push(...Items);
  return items;
}

const rowsOf = (items: readonly Record<string, AttributeValue>[]) =>
  Object.fromEntries(items.flatMap(({ key, row }) => (row ? [[key?.S, plain(row)]] : [])));

function plain(value: AttributeValue): unknown {
  if (value.M) return Object.fromEntries(Object.entries(value.M).map(([name, each]) => [name, plain(each)]));
  if (value.L) return value.L.map(plain);
  if (value.N !== undefined) return Number(value.N);
  return value.NULL ? null : (value.S ?? value.BOOL);
}

const VIEWS: readonly (readonly [string, () => Promise<View>])[] = [
  [
    'memory',
    async () => {
      const views = memoryViews();
      return { views, rows: async () => Object.fromEntries(views.rows('latest')) };
    },
  ],
  ['DynamoDB', viewInDynamo],
];

const put = (view: View, ...rows: readonly ViewRow[]) => view.views.put('latest', rows);
const row = (key: string, version: string, total: number | undefined): ViewRow => ({
  key,
  version,
  row: total === undefined ? undefined : { total },
});

describe.each(VIEWS)('a view in %s', (_, make) => {
  it('has the row of the latest version of each key, in whatever order they come', async () => {
    const view = await make();
    await put(view, row('ada', '2', 2), row('bob', '1', 1));
    await put(view, row('ada', '1', 1), row('bob', '2', 2));
    await put(view, row('ada', '2', 2));
    expect(await view.rows()).toEqual({ ada: { total: 2 }, bob: { total: 2 } });
  });

  it('forgets a key that is deleted, also when an older row of it comes late', async () => {
    const view = await make();
    await put(view, row('ada', '1', 1), row('eve', '1', 1));
    await put(view, row('ada', '3', undefined));
    await put(view, row('ada', '2', 2));
    expect(await view.rows()).toEqual({ eve: { total: 1 } });
    await put(view, row('ada', '4', 4));
    expect(await view.rows()).toEqual({ ada: { total: 4 }, eve: { total: 1 } });
  });

  it('keeps rows as they are', async () => {
    const view = await make();
    const odd = {
      text: 'Grüße 🎉',
      empty: '',
      none: null,
      yes: true,
      many: [1, -2.5, 2 ** 60, 1e-7, [{ a: [] }]],
      inner: { constructor: 'no function', 'with space': {} },
    };
    await put(view, { key: 'schlüssel 🔑', version: '1', row: odd });
    expect(await view.rows()).toEqual({ 'schlüssel 🔑': odd });
  });

  it('takes many at a time', async () => {
    const view = await make();
    const rows = Array.from({ length: 100 }, (__, n) => row(`k${n}`, '1', n));
    await put(view, ...rows);
    expect(Object.keys(await view.rows())).toHaveLength(100);
    await put(view);
  });
});

describe('a view in DynamoDB', () => {
  it('keeps the trace of a deleted key for longer than the log keeps what could bring it back', async () => {
    const view = await viewInDynamo();
    await put(view, row('ada', '1', 1));
    await put(view, row('ada', '2', undefined));
    const ttl = String((NOW_MS + 60 * 86_400_000) / 1000);
    expect(await itemsOf(view.table)).toEqual([{ key: { S: 'ada' }, version: { S: '2' }, ttl: { N: ttl } }]);
  });

  it('takes what passes by itself for transient, and nothing else', async () => {
    const failing = (name: string) =>
      ({ send: () => Promise.reject(Object.assign(new Error('no'), { name })) }) as never;
    const on = (broken: DynamoDBClient) => dynamoViews({ client: broken, tables: { latest: 'gone' }, clock });
    const rows = [row('ada', '1', 1)];
    const throttled = on(failing('ProvisionedThroughputExceededException'));
    await expect(throttled.put('latest', rows)).rejects.toThrow(TransientError);
    await expect(on(client).put('latest', rows)).rejects.toThrow(/resource not found/i);
    await expect(on(client).put('other', rows)).rejects.toThrow("view 'other' has no table");
  });

  it('begins no write after one has failed, and ends with none under way', async () => {
    let [begun, under, most] = [0, 0, 0];
    const send = async () => {
      begun += 1;
      most = Math.max(most, ++under);
      await new Promise((resolve) => setImmediate(resolve));
      under -= 1;
      if (begun > 20) throw Object.assign(new Error('no'), { name: 'ThrottlingException' });
      return {};
    };
    const views = dynamoViews({ client: { send } as never, tables: { latest: 't' }, clock });
    const rows = Array.from({ length: 500 }, (_, n) => row(`k${n}`, '1', n));
    await expect(views.put('latest', rows)).rejects.toThrow(TransientError);
    expect(under).toBe(0);
    expect(most).toBe(16);
    expect(begun).toBeLessThan(60);
  });
});
