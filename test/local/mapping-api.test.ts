import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { restApi } from '../../local/services/lambda/rest-api.ts';
import { closeWorlds, FUNCTION, fail, SHARD, START_MS, world } from '../support/mapping-world.ts';
import { STREAM_ARN } from '../support/memory-stream.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  await closeWorlds();
});

const LEAST = { EventSourceArn: STREAM_ARN, FunctionName: 'process', StartingPosition: 'TRIM_HORIZON' };

async function open(...given: Parameters<typeof world>) {
  const opened = world(...given);
  opened.stream.open(SHARD);
  const handle = restApi(opened.open().operations);
  const server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => new Promise((resolve) => server.close(resolve)));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/2015-03-31/event-source-mappings`;
  // biome-ignore lint/suspicious/noExplicitAny: an answer has the form of its operation
  const call = async (method: string, path = '', input?: object): Promise<any> => {
    const body = input && JSON.stringify(input);
    const response = await fetch(`${origin}/${path}`, { method, body, headers: { connection: 'close' } });
    return {
      status: response.status,
      code: response.headers.get('x-amzn-errortype'),
      ...((await response.json()) as object),
    };
  };
  /** Waits for a state: what is under way takes turns of the event loop, and virtual time if it sleeps. */
  const until = async (uuid: string, state: string) => {
    for (;;) {
      const mapping = await call('GET', uuid);
      if (mapping.State === state) return mapping;
      await opened.clock.runUntil(() => true);
    }
  };
  return { ...opened, call, until };
}

describe('the API of event source mappings', () => {
  it('makes a mapping, shows it, and lets it go', async () => {
    const { clock, deliveries, put, call, until } = await open(() => null);
    const made = await call('POST', '', LEAST);
    expect(made).toEqual({
      status: 202,
      code: null,
      UUID: expect.stringMatching(/^[0-9a-f-]{36}$/),
      EventSourceMappingArn: `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${made.UUID}`,
      EventSourceArn: STREAM_ARN,
      FunctionArn: FUNCTION.arn,
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 0,
      ParallelizationFactor: 1,
      TumblingWindowInSeconds: 0,
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: -1,
      BisectBatchOnFunctionError: false,
      FunctionResponseTypes: [],
      DestinationConfig: { OnFailure: {} },
      State: 'Creating',
      StateTransitionReason: 'User action',
      LastProcessingResult: 'No records processed',
      LastModified: START_MS / 1000,
    });
    expect(await until(made.UUID, 'Enabled')).toMatchObject({ LastProcessingResult: 'No records processed' });
    put('a');
    await clock.runUntil(() => deliveries.length === 1);
    expect(await call('GET', made.UUID)).toMatchObject({ status: 200, LastProcessingResult: 'OK' });
    expect(await call('DELETE', made.UUID)).toMatchObject({ status: 202, State: 'Deleting' });
    await clock.runUntil(() => true);
    expect(await call('GET', made.UUID)).toEqual({
      status: 404,
      code: 'ResourceNotFoundException',
      Type: 'User',
      message: 'The resource you requested does not exist.',
    });
    put('b');
    await expect(clock.runUntil(() => deliveries.length === 2)).rejects.toThrow('nobody sleeps');
  });

  it('pauses a mapping, which goes on from its place', async () => {
    const { clock, deliveries, put, call, until } = await open(() => null);
    const { UUID } = await call('POST', '', { ...LEAST, StartingPosition: 'LATEST' });
    await clock.runFor(500);
    put('a');
    await clock.runUntil(() => deliveries.length === 1);
    expect(await call('PUT', UUID, { Enabled: false })).toMatchObject({ status: 202, State: 'Disabling' });
    await until(UUID, 'Disabled');
    put('b');
    await expect(clock.runUntil(() => deliveries.length === 2)).rejects.toThrow('nobody sleeps');
    expect(await call('PUT', UUID, { Enabled: true })).toMatchObject({ status: 202, State: 'Enabling' });
    await clock.runUntil(() => deliveries.length === 2);
    expect(deliveries).toEqual(['a', 'b']);
  });

  it('changes settings, once what is under way has ended', async () => {
    const answer = Promise.withResolvers<null>();
    const { clock, deliveries, put, call, until } = await open(() => answer.promise);
    const { UUID } = await call('POST', '', { ...LEAST, BatchSize: 1 });
    put(...'abcd');
    await clock.runUntil(() => deliveries.length === 1);
    const changes = {
      BatchSize: 10,
      MaximumRetryAttempts: 5,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FilterCriteria: { Filters: [{ Pattern: '{}' }] },
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failures' } },
      MetricsConfig: { Metrics: ['EventCount'] },
    };
    expect(await call('PUT', UUID, changes)).toMatchObject({ State: 'Updating', BatchSize: 1 });
    expect(await call('PUT', UUID, { BatchSize: 3 })).toMatchObject({ status: 400, code: 'ResourceInUseException' });
    expect(await call('DELETE', UUID)).toMatchObject({ status: 400, code: 'ResourceInUseException' });
    answer.resolve(null);
    expect(await until(UUID, 'Enabled')).toMatchObject(changes);
    await clock.runUntil(() => deliveries.length === 2);
    expect(deliveries).toEqual(['a', 'bcd']);
    const removed = { FilterCriteria: {}, DestinationConfig: { OnFailure: { Destination: '' } } };
    await call('PUT', UUID, removed);
    const mapping = await until(UUID, 'Enabled');
    expect(mapping).not.toHaveProperty('FilterCriteria');
    expect(mapping.DestinationConfig).toEqual({ OnFailure: {} });
  });

  it('says what went wrong', async () => {
    const { clock, deliveries, put, call } = await open(fail);
    const { UUID } = await call('POST', '', LEAST);
    put('a');
    await clock.runUntil(() => deliveries.length === 2);
    expect((await call('GET', UUID)).LastProcessingResult).toBe('PROBLEM: Function call failed');
  });

  it('lists mappings by source and by function, in pages', async () => {
    const { call } = await open(() => null);
    const made = await call('POST', '', LEAST);
    const other = `${STREAM_ARN}/consumer/fast:1700000000`;
    const second = await call('POST', '', { ...LEAST, EventSourceArn: other });
    const list = async (query: string) =>
      (await call('GET', `?${query}`)).EventSourceMappings.map(({ UUID }: { UUID: string }) => UUID);
    expect(await list('')).toEqual([made.UUID, second.UUID]);
    expect(await list(`EventSourceArn=${encodeURIComponent(other)}`)).toEqual([second.UUID]);
    expect(await list(`FunctionName=process&MaxItems=5`)).toEqual([made.UUID, second.UUID]);
    const first = await call('GET', '?MaxItems=1');
    expect(first.EventSourceMappings).toHaveLength(1);
    expect(await list(`MaxItems=1&Marker=${first.NextMarker}`)).toEqual([second.UUID]);
    expect(await call('GET', `?Marker=${first.NextMarker}`)).not.toHaveProperty('NextMarker');
  });

  it.each([
    [{ FunctionName: 'other' }, 400, 'InvalidParameterValueException', 'Function does not exist'],
    [
      { EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/other' },
      400,
      'InvalidParameterValueException',
      'Stream not found: arn:aws:kinesis:us-east-1:000000000000:stream/other',
    ],
    [
      { BatchSize: 0 },
      400,
      'ValidationException',
      "1 validation error detected: Value '0' at 'batchSize' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    [
      { FilterCriteria: { Filters: [{ Pattern: '{"data":["x"]}' }] } },
      400,
      'InvalidParameterValueException',
      expect.stringContaining('Invalid filter pattern definition.'),
    ],
    [{}, 409, 'ResourceConflictException', expect.stringContaining('provided mapping already exists')],
  ])('refuses %j', async (properties, status, code, message) => {
    const { call } = await open(() => null);
    await call('POST', '', LEAST);
    expect(await call('POST', '', { ...LEAST, ...properties })).toEqual({ status, code, Type: 'User', message });
  });
});
