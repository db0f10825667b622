import { setTimeout as pause } from 'node:timers/promises';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dynamoCommitLog } from '../../adapters/dynamodb/commit-log.ts';
import { listOpenShards } from '../../adapters/kinesis/shards.ts';
import { memoryObjectStore } from '../../adapters/memory/object-store.ts';
import { readFigures } from '../../cli/metrics.ts';
import { readStatus } from '../../cli/status.ts';
import { ShardLogs } from '../../core/engine/shard-log.ts';
import { EPOCH } from '../../infra/names.ts';
import { runStack } from '../support/local-run.ts';
import { neededIn, unneeded } from '../support/needed-permissions.ts';

const PIPELINE = 'web-traffic';
const FIRST = 'shardId-000000000000';
const HOST = 'example.org';

let stack: Awaited<ReturnType<typeof runStack>>;
let kinesis: KinesisClient;
let dynamo: DynamoDBClient;
let cloudWatch: CloudWatchClient;

beforeAll(async () => {
  stack = await runStack({ scheduleSeconds: 1 });
  kinesis = new KinesisClient(stack.target.client);
  dynamo = new DynamoDBClient(stack.target.client);
  cloudWatch = new CloudWatchClient(stack.target.client);
}, 60_000);

afterAll(async () => {
  for (const client of [kinesis, dynamo, cloudWatch]) client.destroy();
  await stack.close();
}, 30_000);

/** Waits until it holds; what never does ends by the test's own time. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(100);
}

async function put(id: string): Promise<string> {
  const data = { host: HOST, at: '2026-11-01T10:00:00Z', method: 'GET', url: '/', status: 200, bytes: 1 };
  const event = { specversion: '1.0', type: 'page.request', source: '/test', id, data };
  const { ShardId = '' } = await kinesis.send(
    new PutRecordCommand({
      StreamName: stack.outputs.streamName,
      PartitionKey: HOST,
      Data: Buffer.from(JSON.stringify(event)),
    }),
  );
  return ShardId;
}

/** Ids of the heartbeats that the shard has taken. */
async function heartbeatsOf(shardId: string): Promise<readonly string[]> {
  const from = { StreamName: stack.outputs.streamName, ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
  const { ShardIterator } = await kinesis.send(new GetShardIteratorCommand(from));
  const { Records = [] } = await kinesis.send(new GetRecordsCommand({ ShardIterator }));
  const events = Records.map(({ Data }) => JSON.parse(Buffer.from(Data ?? []).toString()));
  return events.filter(({ type }) => type === 'millrace.heartbeat').map(({ id }) => id);
}

async function stateOf(shardId: string) {
  const table = stack.outputs.parts.find(({ name }) => name === PIPELINE)?.logTableName ?? '';
  const log = dynamoCommitLog({ client: dynamo, table, pipeline: PIPELINE, epoch: EPOCH, clock: Date });
  const logs = new ShardLogs({ log, objects: memoryObjectStore(), clock: Date }, `${PIPELINE}/${EPOCH}`, 0);
  return await logs.read(shardId);
}

const count = (table: string) => `SELECT count(*) FROM ${table}`;

describe('the heartbeat', () => {
  it('reaches every open shard, of which the pipelines commit it', async () => {
    const { streamName: StreamName } = stack.outputs;
    const split = { StreamName, ShardToSplit: FIRST, NewStartingHashKey: '5' };
    await kinesis.send(new SplitShardCommand(split));
    const open = (await listOpenShards(kinesis, { StreamName })).map(({ shardId }) => shardId);
    expect(open).toHaveLength(3);
    for (const shardId of open) {
      await until(async () => (await heartbeatsOf(shardId)).length > 0);
      expect((await heartbeatsOf(shardId))[0]).toMatch(new RegExp(`^${shardId}/\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d$`));
      await until(async () => (await stateOf(shardId))?.position !== undefined);
    }
  }, 60_000);

  it('moves event time on when no events come, and leaves no row', async () => {
    const shardId = await put('one');
    expect(await put('two')).toBe(shardId);
    expect(await stack.until(count('page_requests'), 2)).toBe(2);
    const watermarkMs = (await stateOf(shardId))?.watermarkMs ?? Number.NaN;
    expect(watermarkMs).toBeLessThan(Date.parse('2026-11-01T10:01:00Z'));
    await until(async () => ((await stateOf(shardId))?.watermarkMs ?? 0) > watermarkMs + 1_000);
    expect(await stack.query(count('page_requests_rows'))).toEqual([[2]]);
    expect(await stack.query(count('quarantine_rows'))).toEqual([[0]]);
  }, 60_000);

  it('counts neither as an event nor as a stray', async () => {
    // A heartbeat may be in the stream a moment before its function has told of it.
    await until(async () => (await readStatus(stack.target, 60, false)).stream.recordsIn === 2);
    const { stream, pipelines } = await readStatus(stack.target, 60, false);
    expect(stream.heartbeats).toBeGreaterThan(6);
    expect(pipelines).toContainEqual(expect.objectContaining({ name: PIPELINE, events: 2, quarantined: 0, errors: 0 }));
    const skipped = {
      namespace: 'Millrace',
      metric: 'Skipped',
      dimensions: { service: PIPELINE },
      take: 'Sum',
    } as const;
    expect(await readFigures(cloudWatch, [skipped], 60, Date.now())).toEqual([0]);
  }, 30_000);

  it('needs these permissions', () => {
    expect(unneeded('test/e2e/heartbeat.test.ts', neededIn(stack.run.permissions()))).toEqual([]);
  });
});
