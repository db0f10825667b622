import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it, jest } from '@jest/globals';
import type { Context, KinesisStreamEvent } from 'aws-lambda';
import { memoryCommitLog } from '../../adapters/memory/commit-log.ts';
import { memoryLake } from '../../adapters/memory/lake.ts';
import { memoryObjectStore } from '../../adapters/memory/object-store.ts';
import { memoryShards } from '../../adapters/memory/shards.ts';
import { memorySinks } from '../../adapters/memory/sinks.ts';
import { engineOn } from '../../core/engine/engine.ts';
import { compile } from '../../core/engine/program.ts';
import { type Lake, TransientError } from '../../core/ports.ts';
import { readEnvironment } from '../../functions/process/environment.ts';
import { processor } from '../../functions/process/processor.ts';
import { requestHandler } from '../../functions/request-handler.ts';
import { ARRIVAL_MS, recordAt, SHARD, WHOLE } from '../support/engine.ts';
import { order, shop } from '../support/orders.ts';

const context = { getRemainingTimeInMillis: () => 10_000 } as Context;

function eventOf(
  records: readonly ReturnType<typeof recordAt>[],
  shards: readonly string[] = [SHARD],
): KinesisStreamEvent {
  return {
    Records: records.map((record, index) => ({
      awsRegion: 'us-east-1',
      eventID: `${shards[index % shards.length]}:${record.sequenceNumber}`,
      eventName: 'aws:kinesis:record',
      eventSource: 'aws:kinesis',
      eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/s',
      eventVersion: '1.0',
      invokeIdentityArn: 'arn:aws:iam::000000000000:role/r',
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: record.partitionKey,
        sequenceNumber: record.sequenceNumber,
        data: Buffer.from(record.data).toString('base64'),
        approximateArrivalTimestamp: record.arrivalMs / 1000,
      },
    })),
  };
}

function processorOn(lake: Lake) {
  const log = memoryCommitLog();
  const clock = { now: () => ARRIVAL_MS };
  let token = 0;
  const services = { ...memorySinks(), log, lake, objects: memoryObjectStore(), shards: memoryShards([WHOLE]), clock };
  const ports = engineOn({ ...services, newToken: () => String(++token) }, shop, 'v1');
  const lines: string[] = [];
  const logger = new Logger({ serviceName: 'shop' });
  for (const level of ['info', 'warn', 'error'] as const) {
    jest.spyOn(logger, level).mockImplementation((...parts) => void lines.push(JSON.stringify(parts)));
  }
  const metrics = new Metrics({ serviceName: 'shop', namespace: 'Millrace' });
  const counted: Record<string, number> = {};
  jest.spyOn(metrics, 'addMetric').mockImplementation((name, _, value) => {
    counted[name] = value;
    return metrics;
  });
  return { handle: processor({ program: compile(shop), ports }, logger, metrics), lines, counted };
}

describe('processor', () => {
  it('answers that nothing failed when all is committed', async () => {
    const lake = memoryLake();
    const { handle } = processorOn(lake);
    expect(await handle(eventOf([recordAt(1, order('a'))]), context)).toEqual({ batchItemFailures: [] });
    expect(lake.rows('orders')).toMatchObject([{ event_id: 'a', shard_id: SHARD }]);
  });

  it('gives the batch back from its first record when a service fails for now', async () => {
    const { handle, lines, counted } = processorOn({ deliver: () => Promise.reject(new TransientError('throttled')) });
    const records = [recordAt(1, order('secret-1')), recordAt(2, order('b'))];
    const failed = { batchItemFailures: [{ itemIdentifier: records[0]?.sequenceNumber }] };
    expect(await handle(eventOf(records), context)).toEqual(failed);
    expect(counted).toEqual({ BatchesGivenBack: 1 });
    expect(lines.join()).toContain('throttled');
    expect(lines.join()).not.toContain('secret-1');
  });

  it('throws what repeating will not mend', async () => {
    const { handle } = processorOn({ deliver: () => Promise.reject(new Error('AccessDenied')) });
    await expect(handle(eventOf([recordAt(1, order('a'))]), context)).rejects.toThrow('AccessDenied');
  });

  it('reports the lowest unfinished record when no time is left', async () => {
    const { handle } = processorOn(memoryLake());
    const records = [recordAt(1, order('a')), recordAt(2, order('b'))];
    const late = { ...context, getRemainingTimeInMillis: () => 0 };
    const failed = { batchItemFailures: [{ itemIdentifier: records[0]?.sequenceNumber }] };
    expect(await handle(eventOf(records), late)).toEqual(failed);
  });

  it('logs how many were quarantined and why, never what', async () => {
    const { handle, lines, counted } = processorOn(memoryLake());
    await handle(eventOf([recordAt(1, 'secret-1'), recordAt(2, '"secret-2'), recordAt(3, '')]), context);
    expect(lines.join()).toContain('"reasons":{"not-json":2,"empty":1}');
    expect(lines.join()).not.toContain('secret');
    expect(counted).toEqual({
      Events: 0,
      Duplicates: 0,
      Skipped: 0,
      Quarantined: 3,
      Rows: 0,
      Commits: 1,
      LostSlots: 0,
      Parked: 0,
      ParkedRecords: 0,
      Redriven: 0,
      Repaired: 0,
      Snapshots: 0,
      SnapshotsFailed: 0,
      Stopped: 0,
    });
  });

  it('refuses an invocation without records or with records of two shards', async () => {
    const { handle } = processorOn(memoryLake());
    await expect(handle(eventOf([]), context)).rejects.toThrow('records of no shard or of several');
    const mixed = eventOf([recordAt(1, order('a')), recordAt(2, order('b'))], ['shardId-0', 'shardId-1']);
    await expect(handle(mixed, context)).rejects.toThrow('records of no shard or of several');
  });
});

describe('readEnvironment', () => {
  it('names what is missing', () => {
    expect(() => readEnvironment({ MILLRACE_PIPELINE: 'shop', MILLRACE_BUCKET: '' })).toThrow(
      "missing from the function's environment: MILLRACE_PIPELINES, MILLRACE_EPOCH, MILLRACE_LOG_TABLE, MILLRACE_DELIVERY_STREAMS, MILLRACE_ALERT_TOPICS, MILLRACE_VIEW_TABLES, MILLRACE_STREAMS, MILLRACE_BUCKET, MILLRACE_STREAM_ARN",
    );
  });
});

describe('the clients', () => {
  it('give up a call that hangs', async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
    const client = new DynamoDBClient({
      region: 'us-east-1',
      endpoint: `http://127.0.0.1:${port}`,
      credentials,
      maxAttempts: 1,
      requestHandler: { ...requestHandler, requestTimeout: requestHandler.requestTimeout / 10 },
    });
    await expect(client.send(new ListTablesCommand({}))).rejects.toMatchObject({ name: 'TimeoutError' });
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
});
