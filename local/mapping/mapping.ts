import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  LOCAL_ACCOUNT,
  LOCAL_REGION,
  type LocalService,
  type Provisioned,
  type Resource,
  type ServiceContext,
} from '../service.ts';
import { ServiceError } from '../services/json-api.ts';
import type { StreamReader } from '../services/kinesis-reader.ts';
import type { FunctionInvoker } from '../services/lambda/lambda.ts';
import { type Checkpoints, openCheckpoints } from './checkpoint.ts';
import { type Clock, systemClock } from './clock.ts';
import { type MappingSettings, readSettings } from './configuration.ts';
import { objectWriter, type PutObject } from './destination.ts';
import { createMetrics } from './metrics.ts';
import { invalid } from './properties.ts';
import type { MappingRun } from './run.ts';
import { followStream } from './shards.ts';

export interface MappingOptions {
  readonly reader: StreamReader;
  readonly lambda: FunctionInvoker;
  /** Pause after a read that found nothing. AWS reads an idle shard once a second; 200 ms unless told. */
  readonly pollIntervalMs?: number;
  /** First pause after a failure, doubled with each further one; 1 s unless told. */
  readonly backOffBaseMs?: number;
  /** Longest pause after a failure; 60 s unless told. */
  readonly backOffMaxMs?: number;
  /** From 0 to below 1; spreads the pauses. */
  readonly random?: () => number;
  readonly clock?: Clock;
  /** Takes the on-failure messages; through the gateway to S3 unless told. */
  readonly putObject?: PutObject;
  /** How long close() waits for the invocations under way; 5 s unless told. */
  readonly closeGraceMs?: number;
}

/** The same in every run, so that a restart finds its checkpoints; another one for another stream, as on AWS. */
function uuidOf({ stack, logicalId }: Resource, streamArn: string): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([stack, logicalId, streamArn]))
    .digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

/** After the mapping has closed, a late answer changes nothing any more: its batch is delivered again. */
function until(closed: () => boolean, checkpoints: Checkpoints): Checkpoints {
  return { ...checkpoints, save: (shardId, position) => closed() || checkpoints.save(shardId, position) };
}

/** Lambda's event source mapping for Kinesis: a poller for each shard gathers batches and invokes the function, with
 *  AWS's rules for retries, partial failures, bisecting, age limits and on-failure messages. Checkpoints survive a
 *  restart when the run has a state directory. */
export function createMapping(context: ServiceContext, options: MappingOptions): LocalService {
  const { reader, lambda, clock = systemClock, random = Math.random } = options;
  const { pollIntervalMs = 200, backOffBaseMs = 1_000, backOffMaxMs = 60_000, closeGraceMs = 5_000 } = options;
  const writer = objectWriter(context.endpoint);
  const directory = context.stateDir && join(context.stateDir, 'mappings');
  const mappings = new Map<string, { uuid: string; stopped?: () => Promise<void> }>();
  const stop = new AbortController();
  let closed = false;

  function runOf(uuid: string, settings: MappingSettings): MappingRun {
    const fn = lambda.describe(settings.functionName);
    const [streamName = ''] = /[^/]+$/.exec(settings.streamArn) ?? [];
    return {
      uuid,
      settings,
      functionArn: fn.arn,
      source: { streamArn: settings.streamArn, region: LOCAL_REGION, roleArn: fn.roleArn },
      reader,
      lambda,
      checkpoints: until(() => closed, openCheckpoints(directory && join(directory, streamName), uuid)),
      putObject: options.putObject ?? writer.put,
      metrics: createMetrics(context.metric, { uuid, functionName: fn.name, countsEvents: settings.countsEvents }),
      clock,
      pollIntervalMs,
      backOff: { baseMs: backOffBaseMs, maxMs: backOffMaxMs, random },
      signal: stop.signal,
      log: (line) => context.log(`mapping ${fn.name} ${line}`),
    };
  }

  function checkStream(streamArn: string): void {
    try {
      reader.shards(streamArn);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      throw invalid(`Stream not found: ${streamArn}`);
    }
  }

  function provision(resource: Resource): Provisioned {
    const settings = readSettings(resource.properties);
    checkStream(settings.streamArn);
    const run = runOf(uuidOf(resource, settings.streamArn), settings);
    const key = `${settings.streamArn} ${run.functionArn}`;
    const existing = mappings.get(key);
    if (existing) {
      const message = `The event source arn ("${settings.streamArn}") and function ("${settings.functionName}") provided mapping already exists. Please update or delete the existing mapping with UUID ${existing.uuid}`;
      throw new ServiceError('ResourceConflictException', message, 409);
    }
    mappings.set(key, { uuid: run.uuid, ...(settings.enabled && followStream(run)) });
    const arn = `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:event-source-mapping:${run.uuid}`;
    return { ref: run.uuid, attributes: { Id: run.uuid, EventSourceMappingArn: arn } };
  }

  return {
    scopes: [],
    provisions: { 'AWS::Lambda::EventSourceMapping': provision },
    // Has no scope of its own: requests signed for Lambda go to the service that runs the functions.
    handle: (_request, response) => void response.writeHead(404).end(),
    async close() {
      stop.abort();
      const done = new AbortController();
      const stopped = Promise.all([...mappings.values()].map((mapping) => mapping.stopped?.()));
      await Promise.race([stopped.finally(() => done.abort()), systemClock.sleep(closeGraceMs, done.signal)]);
      closed = true;
      writer.close();
    },
  };
}
