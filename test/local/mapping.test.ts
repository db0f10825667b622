import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ServiceError } from '../../local/services/json-api.ts';
import {
  closeWorlds,
  directory,
  FUNCTION,
  fail,
  readBatch,
  report,
  SHARD,
  START_MS,
  world,
} from '../support/mapping-world.ts';
import { STREAM_ARN } from '../support/memory-stream.ts';

afterEach(closeWorlds);

const BUCKET = { DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failures' } } };
const REPORTS = { FunctionResponseTypes: ['ReportBatchItemFailures'] };

describe('batches', () => {
  it('are cut at the batch size and never mix shards', async () => {
    const { stream, clock, deliveries, provision } = world(() => null);
    stream.open(SHARD);
    stream.open('shardId-000000000001');
    stream.put(SHARD, START_MS, ...'abcde');
    stream.put('shardId-000000000001', START_MS, ...'vwxyz');
    await provision({ BatchSize: 3 });
    await clock.runUntil(() => deliveries.length === 4);
    expect(deliveries.toSorted()).toEqual(['abc', 'de', 'vwx', 'yz']);
  });

  it('are delivered as soon as there are records when there is no window', async () => {
    const { stream, clock, deliveries, put, provision } = world(() => null);
    stream.open(SHARD);
    await provision({});
    await clock.runFor(1_000);
    put('a');
    await clock.runFor(200);
    put('b', 'c');
    await clock.runFor(200);
    expect(deliveries).toEqual(['a', 'bc']);
  });

  it('are gathered for the length of the window', async () => {
    const { stream, clock, deliveries, timesMs, put, provision } = world(() => null);
    stream.open(SHARD);
    put('a');
    await provision({ MaximumBatchingWindowInSeconds: 5 });
    await clock.runFor(3_000);
    put('b');
    await clock.runFor(3_000);
    put('c');
    await clock.runFor(10_000);
    put(...'d'.repeat(100));
    await clock.runFor(1_000);
    expect(deliveries).toEqual(['ab', 'c', 'd'.repeat(100)]);
    expect(timesMs.slice(0, 2)).toEqual([5_000, 10_000]);
  });

  it('are not gathered while somebody waits for results', async () => {
    const { stream, clock, deliveries, timesMs, put, open, provision } = world(() => null);
    stream.open(SHARD);
    const mapping = open();
    put('a');
    await provision({ MaximumBatchingWindowInSeconds: 5 }, mapping);
    await clock.runFor(1_000);
    mapping.gatherBatches(false);
    await clock.runFor(1_000);
    put('b');
    await clock.runFor(1_000);
    mapping.gatherBatches(true);
    put('c');
    await clock.runFor(10_000);
    expect(deliveries).toEqual(['a', 'b', 'c']);
    expect(timesMs[0]).toBeLessThanOrEqual(1_200);
    expect(timesMs[1]).toBeLessThanOrEqual(2_200);
    expect(timesMs[2]).toBeGreaterThanOrEqual(5_000);
  });

  it('are not gathered while somebody waits for results', async () => {
    const { stream, clock, deliveries, timesMs, put, open, provision } = world(() => null);
    stream.open(SHARD);
    const mapping = open();
    put('a');
    await provision({ MaximumBatchingWindowInSeconds: 5 }, mapping);
    await clock.runFor(1_000);
    mapping.gatherBatches(false);
    await clock.runFor(1_000);
    put('b');
    await clock.runFor(1_000);
    mapping.gatherBatches(true);
    put('c');
    await clock.runFor(10_000);
    expect(deliveries).toEqual(['a', 'b', 'c']);
    expect(timesMs[0]).toBeLessThanOrEqual(1_200);
    expect(timesMs[1]).toBeLessThanOrEqual(2_200);
    expect(timesMs[2]).toBeGreaterThanOrEqual(5_000);
  });

  it('are gathered anew from the end of an invocation on', async () => {
    const { stream, clock, deliveries, timesMs, put, provision } = world(() => null);
    stream.open(SHARD);
    await provision({ BatchSize: 2, MaximumBatchingWindowInSeconds: 5 });
    await clock.runFor(3_000);
    put('a', 'b');
    await clock.runFor(1_000);
    put('c');
    await clock.runUntil(() => deliveries.length === 2);
    expect(deliveries).toEqual(['ab', 'c']);
    expect(timesMs[1]).toBe((timesMs[0] ?? 0) + 5_000);
  });

  it('stay below 6 MB', async () => {
    const { stream, clock, deliveries, provision, valuesOf } = world(() => null);
    stream.open(SHARD);
    const large = Buffer.alloc(2 * 1024 * 1024, '.');
    stream.put(SHARD, START_MS, large, large, large, Buffer.alloc(5 * 1024 * 1024, '!'), 'small');
    await provision({ MetricsConfig: { Metrics: ['EventCount'] } });
    await clock.runUntil(() => deliveries.length === 3);
    expect(deliveries.map((data) => data.length)).toEqual([2 * large.length, large.length, 5]);
    expect(valuesOf('DroppedEventCount')).toEqual([1]);
  });

  it('tell their age at the moment of the invocation', async () => {
    const { stream, clock, deliveries, provision, metrics } = world(() => null);
    stream.open(SHARD);
    stream.put(SHARD, START_MS - 9_000, 'a');
    stream.put(SHARD, START_MS - 4_000, 'b');
    await provision({});
    await clock.runUntil(() => deliveries.length === 1);
    expect(metrics).toContainEqual({ name: 'IteratorAge', dimensions: { FunctionName: 'process' }, value: 4_000 });
  });

  it('go on when the stream throttles reads', async () => {
    const { stream, clock, deliveries, put, provision } = world(() => null);
    stream.open(SHARD);
    put('a');
    stream.failReads(3);
    await provision({});
    await clock.runUntil(() => deliveries.length === 1);
    expect(clock.now() - START_MS).toBe(1_000 + 2_000 + 4_000);
  });
});

describe('where reading starts', () => {
  it.each([
    ['TRIM_HORIZON', {}, ['ab', 'c']],
    ['LATEST', {}, ['c']],
    ['AT_TIMESTAMP', { StartingPositionTimestamp: START_MS / 1000 - 5 }, ['b', 'c']],
  ])('%s', async (position, more, expected) => {
    const { stream, clock, deliveries, put, provision } = world(() => null);
    stream.open(SHARD);
    stream.put(SHARD, START_MS - 10_000, 'a');
    stream.put(SHARD, START_MS - 1_000, 'b');
    await provision({ StartingPosition: position, ...more });
    await clock.runFor(500);
    put('c');
    await clock.runFor(500);
    expect(deliveries).toEqual(expected);
  });
});

describe('retries', () => {
  it('stop after the quota, and reading goes on after the batch', async () => {
    const { stream, clock, deliveries, timesMs, put, provision, objects, message } = world((batch) =>
      batch[0]?.data === 'a' ? fail() : null,
    );
    stream.open(SHARD);
    const [first, second] = put('a', 'b');
    await provision({ BatchSize: 2, MaximumRetryAttempts: 2, ...BUCKET });
    put('c');
    await clock.runUntil(() => deliveries.length === 4);
    expect(deliveries).toEqual(['ab', 'ab', 'ab', 'c']);
    expect(timesMs).toEqual([0, 1_000, 3_000, 3_000]);
    expect(objects).toHaveLength(1);
    expect(message()).toEqual({
      requestContext: {
        requestId: expect.any(String),
        functionArn: FUNCTION.arn,
        condition: 'RetryAttemptsExhausted',
        approximateInvokeCount: 3,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: '2026-01-02T03:04:08.000Z',
      KinesisBatchInfo: {
        shardId: SHARD,
        startSequenceNumber: first,
        endSequenceNumber: second,
        approximateArrivalOfFirstRecord: '2026-01-02T03:04:05.000Z',
        approximateArrivalOfLastRecord: '2026-01-02T03:04:05.000Z',
        batchSize: 2,
        streamArn: STREAM_ARN,
      },
      payload: expect.any(String),
    });
    expect(readBatch(message().payload).map(({ data }) => data)).toEqual(['a', 'b']);
    expect(objects[0]?.bucket).toBe('failures');
    expect(objects[0]?.key).toMatch(
      /^aws\/lambda\/[0-9a-f-]{36}\/shardId-000000000000\/2026\/01\/02\/2026-01-02T03\.04\.08-[0-9a-f-]{36}$/,
    );
  });

  it('double their pause up to a minute', async () => {
    const { stream, clock, deliveries, timesMs, put, provision } = world(fail);
    stream.open(SHARD);
    put('a');
    await provision({});
    await clock.runUntil(() => deliveries.length === 10);
    const pauses = timesMs.slice(1).map((time, index) => (time - (timesMs[index] ?? 0)) / 1000);
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('do not count a throttled invocation', async () => {
    const { stream, clock, state, deliveries, put, provision, message } = world(fail);
    stream.open(SHARD);
    put('a');
    state.refusals = 5;
    await provision({ MaximumRetryAttempts: 1, ...BUCKET });
    await clock.runUntil(() => message() !== null);
    expect(deliveries).toEqual(['a', 'a']);
    expect(message().requestContext.approximateInvokeCount).toBe(2);
  });

  it('without limits last until the stream removes the records', async () => {
    const { stream, clock, deliveries, put, provision, objects, valuesOf } = world((batch) =>
      batch.some(({ data }) => data === 'a') ? fail() : null,
    );
    stream.open(SHARD);
    put('a', 'b', 'c');
    await provision({ ...BUCKET, MetricsConfig: { Metrics: ['EventCount'] } });
    await clock.runUntil(() => deliveries.length === 5);
    stream.trim(SHARD, 2);
    await clock.runUntil(() => deliveries.at(-1) === 'c');
    expect(objects).toEqual([]);
    expect(valuesOf('DroppedEventCount')).toEqual([]);
  });

  it('without a destination drop the batch and count it', async () => {
    const { stream, clock, deliveries, put, provision, metrics, valuesOf } = world(fail);
    stream.open(SHARD);
    put('a', 'b');
    const provisioned = await provision({ MaximumRetryAttempts: 1, MetricsConfig: { Metrics: ['EventCount'] } });
    await clock.runUntil(() => valuesOf('DroppedEventCount').length === 1);
    expect(deliveries).toEqual(['ab', 'ab']);
    expect(metrics).toContainEqual({
      name: 'DroppedEventCount',
      dimensions: { EventSourceMappingUUID: provisioned?.ref },
      value: 2,
    });
    expect(valuesOf('InvokedEventCount')).toEqual([2, 2]);
    expect(valuesOf('FailedInvokeEventCount')).toEqual([2, 2]);
    expect(valuesOf('PolledEventCount')[0]).toBe(2);
  });

  it('count a destination that takes no message, and lose the records', async () => {
    const { stream, clock, state, deliveries, put, provision, valuesOf } = world((batch) =>
      batch[0]?.data === 'a' ? fail() : null,
    );
    stream.open(SHARD);
    state.bucketFails = true;
    put('a', 'b');
    await provision({
      BatchSize: 1,
      MaximumRetryAttempts: 0,
      ...BUCKET,
      MetricsConfig: { Metrics: ['EventCount'] },
    });
    await clock.runUntil(() => deliveries.includes('b'));
    expect(valuesOf('DestinationDeliveryFailures')).toEqual([1]);
    expect(valuesOf('DroppedEventCount')).toEqual([1]);
    expect(valuesOf('OnFailureDestinationDeliveredEventCount')).toEqual([]);
  });

  it('write no payload and no error message into the log', async () => {
    const { stream, clock, put, provision, lines, objects } = world(fail);
    stream.open(SHARD);
    put('secret');
    await provision({ MaximumRetryAttempts: 1, ...BUCKET });
    await clock.runUntil(() => objects.length === 1);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('\n')).not.toContain('secret');
    expect(lines.join('\n')).not.toContain(Buffer.from('secret').toString('base64'));
  });
});

describe('reported item failures', () => {
  it('begin a new batch with a new counter, as recorded against AWS', async () => {
    const { stream, clock, deliveries, put, provision, message, objects } = world((batch) => {
      const sixth = batch.find(({ data }) => data === '6');
      return sixth ? report(sixth) : null;
    });
    stream.open(SHARD);
    const sixth = put(...'123456').at(-1);
    await provision({ BatchSize: 3, MaximumRetryAttempts: 3, ...REPORTS, ...BUCKET });
    await clock.runUntil(() => objects.length === 1);
    expect(deliveries).toEqual(['123', '456', '6', '6', '6', '6']);
    expect(message()).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 4 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: null },
      KinesisBatchInfo: { batchSize: 1, startSequenceNumber: sixth, endSequenceNumber: sixth },
    });
  });

  it('deliver the successes after the lowest failure again', async () => {
    let failures = 1;
    const { stream, clock, deliveries, put, provision } = world((batch) =>
      failures-- > 0 ? report(batch[3], batch[1]) : null,
    );
    stream.open(SHARD);
    put(...'abcde');
    await provision({ ...REPORTS, BisectBatchOnFunctionError: true });
    await clock.runUntil(() => deliveries.length === 2);
    expect(deliveries).toEqual(['abcde', 'bcde']);
  });

  it('are ignored when the mapping does not ask for them', async () => {
    const { stream, clock, deliveries, put, provision } = world((batch) => report(batch[0]));
    stream.open(SHARD);
    put('a', 'b');
    await provision({ BatchSize: 1 });
    await clock.runUntil(() => deliveries.length === 2);
    expect(deliveries).toEqual(['a', 'b']);
  });
});

describe('bisecting', () => {
  it('halves down to the record that fails, the first half first, each piece with its own quota', async () => {
    const { stream, clock, deliveries, put, provision, message, objects } = world((batch) =>
      batch.some(({ data }) => data === 'c') ? fail() : null,
    );
    stream.open(SHARD);
    put(...'abcdefg');
    await provision({ BisectBatchOnFunctionError: true, MaximumRetryAttempts: 1, ...BUCKET, ...REPORTS });
    await clock.runUntil(() => deliveries.includes('efg'));
    expect(deliveries).toEqual(['abcdefg', 'abcd', 'ab', 'cd', 'c', 'c', 'd', 'efg']);
    expect(objects).toHaveLength(1);
    expect(message()).toMatchObject({
      requestContext: { approximateInvokeCount: 2 },
      KinesisBatchInfo: { batchSize: 1 },
    });
  });

  it('tells of pieces given up side by side in one message', async () => {
    const { stream, clock, deliveries, put, provision, message, objects } = world((batch) =>
      batch.some(({ data }) => 'cdf'.includes(data)) ? fail() : null,
    );
    stream.open(SHARD);
    put(...'abcdefgh');
    await provision({ BisectBatchOnFunctionError: true, MaximumRetryAttempts: 0, ...BUCKET });
    await clock.runUntil(() => deliveries.at(-1) === 'gh');
    expect(objects.map((_, index) => readBatch(message(index).payload).map(({ data }) => data))).toEqual([
      ['c', 'd'],
      ['f'],
    ]);
    expect(message().KinesisBatchInfo.batchSize).toBe(2);
  });

  it('holds the checkpoint before what it has not told of', async () => {
    const { stream, clock, deliveries, state, put, open, provision, objects } = world(
      (batch) => (batch.length > 1 || batch[0]?.data === 'b' ? fail() : new Promise(() => {})),
      directory(),
    );
    const properties = { BisectBatchOnFunctionError: true, MaximumRetryAttempts: 0, ...BUCKET };
    stream.open(SHARD);
    put(...'bc');
    const first = open();
    await provision(properties, first);
    await clock.runUntil(() => deliveries.at(-1) === 'c');
    await first.close();
    expect(objects).toEqual([]);
    state.handler = () => null;
    await provision(properties);
    await clock.runUntil(() => deliveries.length === 4);
    expect(deliveries).toEqual(['bc', 'b', 'c', 'bc']);
  });
});

describe('the age limit', () => {
  const LIMIT = { MaximumRecordAgeInSeconds: 60 };

  it('gives up only the records that are too old, without a run of the function', async () => {
    const { stream, clock, deliveries, put, provision, message, objects } = world(() => null);
    stream.open(SHARD);
    const [old] = stream.put(SHARD, START_MS - 60_001, '1');
    put(...'23456');
    await provision({ ...LIMIT, ...BUCKET });
    await clock.runUntil(() => deliveries.length === 1);
    expect(deliveries).toEqual(['23456']);
    expect(objects).toHaveLength(1);
    expect(message()).toMatchObject({
      requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount: 1 },
      KinesisBatchInfo: { batchSize: 1, startSequenceNumber: old, endSequenceNumber: old },
    });
    expect(message()).not.toHaveProperty('responseContext');
  });

  it('ends the retries of a function that always fails', async () => {
    const { stream, clock, deliveries, put, provision, message, objects } = world(fail);
    stream.open(SHARD);
    put('a');
    await provision({ ...LIMIT, ...BUCKET });
    await clock.runUntil(() => objects.length === 1);
    // 0, 1, 3, 7, 15 and 31 s; the next try, at 63 s, is too late.
    expect(deliveries).toHaveLength(6);
    expect(message().requestContext).toMatchObject({ condition: 'RecordAgeExceeded', approximateInvokeCount: 6 });
    expect(message()).not.toHaveProperty('responseContext');
  });
});

describe('a restart', () => {
  it('resumes after the last finished record', async () => {
    const stateDir = directory();
    const { stream, clock, deliveries, state, put, open, provision } = world(
      (batch) => (batch[0]?.data === 'c' ? fail() : null),
      stateDir,
    );
    stream.open(SHARD);
    put(...'abcdef');
    const first = open();
    await provision({ BatchSize: 2 }, first);
    await clock.runUntil(() => deliveries.length === 3);
    await first.close();
    state.handler = () => null;
    await provision({ BatchSize: 2 });
    await clock.runUntil(() => deliveries.length === 5);
    expect(deliveries).toEqual(['ab', 'cd', 'cd', 'cd', 'ef']);
    expect(readdirSync(join(stateDir, 'mappings/events'))).toEqual([expect.stringMatching(/^[0-9a-f-]{36}\.json$/)]);
  });

  it('goes on after what a partial failure and a bisected half had finished', async () => {
    const { stream, clock, deliveries, state, put, open, provision } = world(
      (batch) => (batch.length > 2 ? fail() : batch[0]?.data === 'c' ? report(batch[1]) : null),
      directory(),
    );
    const properties = { BisectBatchOnFunctionError: true, ...REPORTS };
    stream.open(SHARD);
    put(...'abcd');
    const first = open();
    await provision(properties, first);
    await clock.runUntil(() => deliveries.length === 3);
    await first.close();
    state.handler = () => null;
    await provision(properties);
    await clock.runUntil(() => deliveries.length === 4);
    expect(deliveries).toEqual(['abcd', 'ab', 'cd', 'd']);
  });

  it('misses nothing that was put after LATEST and before the restart', async () => {
    const { stream, clock, deliveries, put, open, provision } = world(() => null, directory());
    stream.open(SHARD);
    put('a');
    const first = open();
    await provision({ StartingPosition: 'LATEST' }, first);
    await clock.runFor(500);
    await first.close();
    put('b');
    await provision({ StartingPosition: 'LATEST' });
    await clock.runUntil(() => deliveries.length === 1);
    expect(deliveries).toEqual(['b']);
  });

  it('does not count an invocation that the stop has cut off', async () => {
    const { stream, clock, deliveries, state, put, open, provision, objects } = world(() => {
      throw new ServiceError('ServiceException', 'The local run is closing', 500);
    }, directory());
    stream.open(SHARD);
    put('a');
    const first = open();
    await provision({ MaximumRetryAttempts: 0, ...BUCKET }, first);
    await clock.runUntil(() => deliveries.length === 1);
    await first.close();
    state.handler = () => null;
    await provision({ MaximumRetryAttempts: 0, ...BUCKET });
    await clock.runUntil(() => deliveries.length === 2);
    expect(deliveries).toEqual(['a', 'a']);
    expect(objects).toEqual([]);
  });
});

describe('an answer that comes after the stop', () => {
  it('changes nothing: the batch is delivered again', async () => {
    const late = Promise.withResolvers<null>();
    const { stream, clock, deliveries, state, put, open, provision } = world(() => late.promise, directory());
    stream.open(SHARD);
    put('a');
    const first = open();
    await provision({}, first);
    await clock.runUntil(() => deliveries.length === 1);
    await first.close();
    state.handler = () => null;
    late.resolve(null);
    // Lets the answer be taken in before the next mapping reads the checkpoints.
    await clock.runUntil(() => true);
    await provision({});
    await clock.runUntil(() => deliveries.length === 2);
    expect(deliveries).toEqual(['a', 'a']);
  });

  it('counts when it comes in time', async () => {
    const soon = Promise.withResolvers<null>();
    const { stream, clock, deliveries, put, open, provision } = world(() => soon.promise, directory());
    stream.open(SHARD);
    put('a');
    const first = open();
    await provision({}, first);
    await clock.runUntil(() => deliveries.length === 1);
    const closing = first.close();
    soon.resolve(null);
    await closing;
    put('b');
    await provision({});
    await clock.runUntil(() => deliveries.length === 2);
    expect(deliveries).toEqual(['a', 'b']);
  });
});

describe('a reshard', () => {
  it('starts a child once its parents are processed to their end', async () => {
    let broken = true;
    const { stream, clock, deliveries, provision } = world((batch) =>
      broken && batch[0]?.data === 'b' ? fail() : null,
    );
    stream.open('parent-1');
    stream.open('parent-2');
    stream.put('parent-1', START_MS, 'a');
    stream.put('parent-2', START_MS, 'b');
    await provision({});
    await clock.runUntil(() => deliveries.length === 2);
    stream.close('parent-1');
    stream.close('parent-2');
    stream.open('child', 'parent-1', 'parent-2');
    stream.open('only-child', 'parent-1');
    stream.put('child', START_MS, 'c');
    stream.put('only-child', START_MS, 'd');
    await clock.runUntil(() => deliveries.includes('d'));
    await clock.runUntil(() => deliveries.filter((data) => data === 'b').length === 4);
    expect(deliveries).not.toContain('c');
    broken = false;
    await clock.runUntil(() => deliveries.includes('c'));
    expect(deliveries.at(-1)).toBe('c');
  });

  it('leaves out nothing of a child that is there before LATEST is reached', async () => {
    const { stream, clock, deliveries, provision } = world(() => null);
    stream.open('parent');
    await provision({ StartingPosition: 'LATEST' });
    stream.put('parent', START_MS, 'a');
    stream.close('parent');
    stream.open('child', 'parent');
    stream.put('child', START_MS, 'b');
    await clock.runUntil(() => deliveries.length === 2);
    expect(deliveries).toEqual(['a', 'b']);
  });

  it('holds a child back while its expired parent is still being processed', async () => {
    let broken = true;
    const { stream, clock, deliveries, provision } = world((batch) =>
      broken && batch[0]?.data === 'b' ? fail() : null,
    );
    for (const parent of ['parent-1', 'parent-2']) stream.open(parent);
    stream.put('parent-1', START_MS, 'a');
    stream.put('parent-2', START_MS, 'b');
    await provision({});
    await clock.runUntil(() => deliveries.length === 2);
    stream.expire('parent-2');
    for (const parent of ['parent-1', 'parent-2']) stream.close(parent);
    stream.open('child', 'parent-1', 'parent-2');
    stream.put('child', START_MS, 'c');
    await clock.runFor(5_000);
    expect(deliveries).not.toContain('c');
    broken = false;
    await clock.runUntil(() => deliveries.includes('c'));
  });

  it('lets go of the checkpoints of expired shards', async () => {
    const stateDir = directory();
    const { stream, clock, deliveries, open, provision } = world(() => null, stateDir);
    stream.open('parent');
    stream.put('parent', START_MS, 'a');
    stream.close('parent');
    stream.open('child', 'parent');
    const [position] = stream.put('child', START_MS, 'b');
    const first = open();
    const provisioned = await provision({}, first);
    await clock.runUntil(() => deliveries.length === 2);
    await first.close();
    stream.expire('parent');
    await provision({});
    const file = readFileSync(join(stateDir, 'mappings/events', `${provisioned?.ref}.json`), 'utf8');
    expect(JSON.parse(file)).toEqual({ child: { position: { after: position } } });
  });

  it('is remembered over a restart', async () => {
    const { stream, clock, deliveries, open, provision } = world(() => null, directory());
    stream.open('parent');
    stream.put('parent', START_MS, 'a');
    stream.close('parent');
    stream.open('child', 'parent');
    stream.put('child', START_MS, 'b');
    const first = open();
    await provision({}, first);
    await clock.runUntil(() => deliveries.length === 2);
    await first.close();
    stream.put('child', START_MS, 'c');
    await provision({});
    await clock.runUntil(() => deliveries.length === 3);
    expect(deliveries).toEqual(['a', 'b', 'c']);
  });
});

describe('provisioning', () => {
  it('tells of a damaged checkpoint file', async () => {
    const stateDir = directory();
    const { stream, clock, deliveries, put, open, provision } = world(() => null, stateDir);
    stream.open(SHARD);
    put('a');
    const first = open();
    const provisioned = await provision({}, first);
    await clock.runUntil(() => deliveries.length === 1);
    await first.close();
    const path = join(stateDir, 'mappings/events', `${provisioned?.ref}.json`);
    writeFileSync(path, '{"shard');
    await expect(provision({})).rejects.toThrow(`The checkpoints in ${path} cannot be read`);
  });

  it('answers with an id that stays the same', async () => {
    const { stream, open, provision } = world(() => null);
    stream.open(SHARD);
    const first = open();
    const provisioned = await provision({}, first);
    await first.close();
    expect(await provision({})).toEqual(provisioned);
    expect(provisioned?.attributes).toEqual({
      Id: provisioned?.ref,
      EventSourceMappingArn: `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${provisioned?.ref}`,
    });
  });

  it('refuses a stream that does not exist, and the same mapping twice', async () => {
    const { stream, open, provision } = world(() => null);
    stream.open(SHARD);
    const other = 'arn:aws:kinesis:us-east-1:000000000000:stream/other';
    await expect(provision({ EventSourceArn: other })).rejects.toMatchObject({
      code: 'InvalidParameterValueException',
      message: `Stream not found: ${other}`,
    });
    const mapping = open();
    const provisioned = await provision({}, mapping);
    await expect(provision({}, mapping)).rejects.toMatchObject({
      code: 'ResourceConflictException',
      status: 409,
      message: expect.stringContaining(provisioned?.ref ?? ''),
    });
  });

  it('begins late if it is to, and then misses what was put before with LATEST', async () => {
    const { stream, clock, deliveries, put, provision } = world(() => null, undefined, { startDelayMs: 60_000 });
    stream.open(SHARD);
    await provision({ StartingPosition: 'LATEST' });
    put('a');
    await clock.runFor(60_000);
    put('b');
    await clock.runUntil(() => deliveries.length === 1);
    expect(deliveries).toEqual(['b']);
  });

  it('reads nothing while it is not enabled', async () => {
    const { stream, clock, deliveries, put, provision } = world(() => null);
    stream.open(SHARD);
    put('a');
    await provision({ Enabled: false });
    await expect(clock.runUntil(() => deliveries.length > 0)).rejects.toThrow('nobody sleeps');
  });
});
