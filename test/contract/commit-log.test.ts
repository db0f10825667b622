import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import dynalite from 'dynalite';
import { dynamoCommitLog } from '../../adapters/dynamodb/commit-log.ts';
import { memoryCommitLog } from '../../adapters/memory/commit-log.ts';
import { type CommitLog, type LogItem, MAX_BODY_BYTES } from '../../core/ports.ts';

const server = dynalite({ createTableMs: 0 });
let client: DynamoDBClient;
let logs = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new DynamoDBClient({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials });
  await client.send(
    new CreateTableCommand({
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
    }),
  );
});

afterAll(async () => {
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** Each call gives a log of its own, empty. */
const LOGS: readonly (readonly [string, () => CommitLog])[] = [
  ['memory', memoryCommitLog],
  ['DynamoDB', () => dynamoCommitLog({ client, table: 'log', pipeline: `p${++logs}`, epoch: '1', clock: Date })],
];

const item = (slot: number, token: string, bytes = 1): LogItem => ({
  slot,
  token,
  body: new Uint8Array(bytes).fill(slot),
});

async function read(log: CommitLog, shardId: string, limit?: number): Promise<LogItem[]> {
  const items: LogItem[] = [];
  for await (const { slot, token, body } of log.newest(shardId, limit))
    items.push({ slot, token, body: new Uint8Array(body) });
  return items;
}

describe.each(LOGS)('the commit log on %s', (_, make) => {
  it('gives what was appended, newest first, by shard', async () => {
    const log = make();
    for (const slot of [1, 2, 9, 10]) expect(await log.append('s0', item(slot, `t${slot}`, 3))).toBe('committed');
    await log.append('s1', item(1, 'other'));
    expect(await read(log, 's0')).toEqual([10, 9, 2, 1].map((slot) => item(slot, `t${slot}`, 3)));
    expect(await read(log, 's2')).toEqual([]);
  });

  it('gives the newest alone, or as many as are asked for, across pages', async () => {
    const log = make();
    for (const slot of [1, 2, 3, 4, 5]) await log.append('s0', item(slot, `t${slot}`, MAX_BODY_BYTES));
    const slots = async (limit: number) => (await read(log, 's0', limit)).map(({ slot }) => slot);
    expect(await slots(1)).toEqual([5]);
    expect(await slots(4)).toEqual([5, 4, 3, 2]);
    expect(await slots(6)).toEqual([5, 4, 3, 2, 1]);
  });

  it('gives a slot to one writer only, and keeps what that one wrote', async () => {
    const log = make();
    const outcomes = await Promise.all(['a', 'b', 'c'].map((token) => log.append('s0', item(1, token))));
    expect(outcomes.filter((outcome) => outcome === 'committed')).toHaveLength(1);
    const winner = ['a', 'b', 'c'][outcomes.indexOf('committed')] as string;
    expect(await read(log, 's0')).toEqual([item(1, winner)]);
  });

  it('recognises its own write when it is retried', async () => {
    const log = make();
    expect(await log.append('s0', item(1, 'mine'))).toBe('committed');
    expect(await log.append('s0', item(1, 'mine'))).toBe('committed');
    expect(await log.append('s0', item(1, 'another'))).toBe('taken');
  });

  it('holds the largest bodies, and pages through more than a megabyte of them', async () => {
    const log = make();
    for (const slot of [1, 2, 3, 4]) await log.append('s0', item(slot, `t${slot}`, MAX_BODY_BYTES));
    expect((await read(log, 's0')).map(({ slot, body }) => [slot, body.length])).toEqual(
      [4, 3, 2, 1].map((n) => [n, MAX_BODY_BYTES]),
    );
  });
});
