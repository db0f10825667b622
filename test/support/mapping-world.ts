import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMapping, type MappingOptions, type Mappings } from '../../local/mapping/mapping.ts';
import type { LocalService } from '../../local/service.ts';
import { ServiceError } from '../../local/services/json-api.ts';
import type { Invocation } from '../../local/services/lambda/hosted.ts';
import { createMemoryStream, STREAM_ARN } from './memory-stream.ts';
import { createVirtualClock } from './virtual-clock.ts';

export const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
export const FUNCTION = {
  name: 'process',
  arn: 'arn:aws:lambda:us-east-1:000000000000:function:process',
  roleArn: 'role',
};
export const SHARD = 'shardId-000000000000';

export interface Delivered {
  readonly data: string;
  readonly sequenceNumber: string;
}
/** What the function does with a batch: an answer, or an exception for a function error. */
// biome-ignore lint/suspicious/noExplicitAny: an event has the form that Lambda gives it
export type Handler = (batch: Delivered[], event: any) => unknown;

class FunctionFailure extends Error {}
export const fail = () => {
  throw new FunctionFailure('x');
};
export const report = (...failures: (Delivered | undefined)[]) => ({
  batchItemFailures: failures.map((failure) => ({ itemIdentifier: failure?.sequenceNumber })),
});

export function readBatch(event: string): Delivered[] {
  const { Records } = JSON.parse(event) as { Records: { kinesis: { data: string; sequenceNumber: string } }[] };
  return Records.map(({ kinesis }) => ({
    data: Buffer.from(kinesis.data, 'base64').toString(),
    sequenceNumber: kinesis.sequenceNumber,
  }));
}

const opened: LocalService[] = [];
const directories: string[] = [];
/** To be called after each test. */
export async function closeWorlds(): Promise<void> {
  for (const mapping of opened.splice(0)) await mapping.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
}

export function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'mapping-'));
  directories.push(path);
  return path;
}

/** A stream, a function and a clock that a test holds in its hands, and the mapping between them. */
export function world(handler: Handler, stateDir?: string, options: Partial<MappingOptions> = {}) {
  const stream = createMemoryStream();
  const clock = createVirtualClock(START_MS);
  /** The data of each batch, in the order of the invocations. */
  const deliveries: string[] = [];
  const timesMs: number[] = [];
  const metrics: { name: string; dimensions: object; value: number }[] = [];
  const objects: { bucket: string; service: string; key: string; body: string }[] = [];
  const lines: string[] = [];
  const state = { handler, refusals: 0, bucketFails: false };

  const lambda = {
    describe(name: string) {
      if (name === 'process' || name === FUNCTION.arn) return FUNCTION;
      throw new ServiceError('ResourceNotFoundException', `Function not found: ${name}`, 404);
    },
    async invoke(_name: string, payload: Buffer | string): Promise<Invocation> {
      if (state.refusals > 0) {
        state.refusals -= 1;
        throw new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 429);
      }
      const batch = readBatch(String(payload));
      deliveries.push(batch.map(({ data }) => data).join(''));
      timesMs.push(clock.now() - START_MS);
      const requestId = randomUUID();
      try {
        return {
          requestId,
          payload: JSON.stringify((await state.handler(batch, JSON.parse(String(payload)))) ?? null),
        };
      } catch (error) {
        if (!(error instanceof FunctionFailure)) throw error;
        return { requestId, payload: '{"errorType":"Error","errorMessage":"secret"}', functionError: 'Unhandled' };
      }
    },
  };

  function open(): Mappings {
    const mapping = createMapping(
      {
        endpoint: 'http://127.0.0.1:1',
        stateDir,
        scratchDir: tmpdir(),
        metric: (_namespace, name, dimensions, value) => metrics.push({ name, dimensions, value }),
        log: (line) => lines.push(line),
      },
      {
        reader: stream,
        lambda,
        clock,
        random: () => 1,
        closeGraceMs: 50,
        sendFailure: async ({ name, service }, key, body) => {
          if (state.bucketFails) throw new Error('NoSuchBucket');
          objects.push({ bucket: name, service, key, body });
        },
        ...options,
      },
    );
    opened.push(mapping);
    return mapping;
  }

  async function provision(properties: object, mapping = open()) {
    return mapping.provisions['AWS::Lambda::EventSourceMapping']?.({
      stack: 'stack',
      logicalId: 'Mapping',
      type: 'AWS::Lambda::EventSourceMapping',
      properties: {
        EventSourceArn: STREAM_ARN,
        FunctionName: 'process',
        StartingPosition: 'TRIM_HORIZON',
        ...properties,
      },
    });
  }

  return {
    stream,
    clock,
    deliveries,
    timesMs,
    metrics,
    objects,
    lines,
    state,
    open,
    provision,
    put: (...data: string[]) => stream.put(SHARD, clock.now(), ...data),
    valuesOf: (name: string) => metrics.filter((metric) => metric.name === name).map(({ value }) => value),
    message: (index = 0) => JSON.parse(objects[index]?.body ?? 'null'),
  };
}
