import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type AttributeValue, DynamoDBClient, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import type { LocalService } from '../../local/service.ts';
import { createDynamo } from '../../local/services/dynamodb.ts';
import { ROOT } from '../support/imports.ts';
import { orders, sales } from './plan.ts';
import { newApp, synthesise } from './stage.ts';

const stage = synthesise();
const runbook = readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8');
/** What the expression's group finds in the runbook, each time. */
const found = (expression: RegExp) => [...runbook.matchAll(expression)].map(([, group = '']) => group);

describe('the runbook', () => {
  it('leads to sections that it has', () => {
    const anchors = found(/^## (.*)$/gm).map((title) => title.replace(/[^a-z0-9 -]/g, '').replaceAll(' ', '-'));
    expect(new Set(anchors).size).toBe(anchors.length);
    for (const link of found(/\]\(#([^)]*)\)/g)) expect(anchors).toContain(link);
  });

  it('has no section of an alarm that there is not', () => {
    const all = synthesise({}, newApp(), [orders, sales]);
    const alarms = all.of('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.AlarmDescription);
    for (const section of found(/^## ([a-z-]+)$/gm)) expect(alarms.join('\n')).toMatch(new RegExp(`#${section}$`, 'm'));
  });
});

describe('the copy of entries that had expired', () => {
  const table = 'millrace-dev-orders-log';
  const pk = 'orders#v1#shardId-000000000000';
  const own = join(ROOT, '.millrace');
  let directory: string;
  let gateway: Gateway;
  let service: LocalService;
  let client: DynamoDBClient;

  beforeAll(async () => {
    mkdirSync(own, { recursive: true });
    directory = mkdtempSync(join(own, 'runbook-'));
    gateway = await openGateway(0);
    const { endpoint } = gateway;
    service = await createDynamo({ endpoint, stateDir: undefined, scratchDir: directory, metric() {}, log() {} });
    gateway.serve([service]);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
    const { Type: type, Properties } = stage.one('AWS::DynamoDB::Table');
    for (const TableName of [table, `${table}-restored`]) {
      const properties = { ...Properties, TableName };
      await service.provisions[type]?.({ stack: 'test', logicalId: 'Log', type, properties });
    }
  });

  afterAll(async () => {
    client.destroy();
    await gateway.close();
    await service.close();
    rmSync(directory, { recursive: true });
  });

  it('puts every entry of the shard back as it was, to stay for another 30 days, and the first for ever', async () => {
    const item = (sk: number, ttl?: number): Record<string, AttributeValue> => ({
      pk: { S: pk },
      sk: { N: String(sk) },
      token: { S: `token ${sk}` },
      body: { B: new Uint8Array(randomBytes(300 * 1024)) },
      ...(ttl && { ttl: { N: String(ttl) } }),
    });
    // More than a page of a query, which is 1 MB.
    const items = [item(0), ...[1, 2, 3, 4].map((sk) => item(sk, 1_700_000_000))];
    for (const Item of items) await client.send(new PutItemCommand({ TableName: `${table}-restored`, Item }));

    const file = join(directory, 'copy-entries.mjs');
    writeFileSync(file, found(/<<'JS'\n(.*?)\n *JS\n/gs).join());
    const env = { AWS_ENDPOINT_URL: gateway.endpoint, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'local' };
    await promisify(execFile)(process.execPath, [file, table, pk], { env: { ...env, AWS_SECRET_ACCESS_KEY: 'local' } });

    const ofShard = { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: pk } } };
    const copies: typeof items = [];
    for await (const { Items = [] } of paginateQuery({ client }, { TableName: table, ...ofShard })) {
      copies.push(...Items);
    }
    const withoutEnd = (all: typeof items) =>
      all.map(({ ttl: _, body, ...rest }) => ({ ...rest, body: Buffer.from(body?.B ?? []).toString('base64') }));
    expect(withoutEnd(copies)).toEqual(withoutEnd(items));
    const [first, ...others] = copies.map(({ ttl }) => ttl && Number(ttl.N) - Date.now() / 1_000);
    expect(first).toBeUndefined();
    for (const seconds of others) expect(seconds).toBeCloseTo(30 * 24 * 3_600, -2);
  }, 30_000);
});
