import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { LOCAL_REGION, type LocalService, type Provisioned, type Resource, type ServiceContext } from '../service.ts';
import { ServiceError } from '../services/json-api.ts';
import type { StreamReader } from '../services/kinesis-reader.ts';
import type { FunctionInvoker } from '../services/lambda/lambda.ts';
import type { RestOperations } from '../services/lambda/rest-api.ts';
import { type MappingStore, mappingArn, mappingOperations } from './api.ts';
import { type Checkpoints, openCheckpoints } from './checkpoint.ts';
import { type Clock, systemClock } from './clock.ts';
import { type MappingSettings, readSettings } from './configuration.ts';
import { failureSender, type SendFailure } from './destination.ts';
import { type Configured, Mapping, type OpenRun } from './lifecycle.ts';
import { createMetrics } from './metrics.ts';
import { invalid, type Properties } from './properties.ts';

/** What AWS does not publish, or does otherwise than a person wants to wait for. */
export interface MappingModel {
  /** Pause after a read that found nothing. AWS reads an idle shard once a second; 200 ms unless told. */
  readonly pollIntervalMs?: number;
  /** The same for a consumer of its own, to which AWS pushes; 70 ms unless told. */
  readonly fanOutDelayMs?: number;
  /** No more is read of a shard while lanes that fail hold back so much of it; 64 MiB unless told. AWS's bound is not
   *  published. */
  readonly readAheadBytesMax?: number;
  /** How long a mapping takes to begin after it was made, enabled or changed; 0 unless told. On AWS it may be minutes. */
  readonly startDelayMs?: number;
  /** Whether pieces of a bisected batch that are given up side by side make one message; true unless told. */
  readonly mergesDiscards?: boolean;
  /** First pause after a failure, doubled with each further one; 1 s unless told. */
  readonly backOffBaseMs?: number;
  /** Longest pause after a failure; 60 s unless told. */
  readonly backOffMaxMs?: number;
}

export interface MappingOptions extends MappingModel {
  readonly reader: StreamReader;
  readonly lambda: FunctionInvoker;
  /** From 0 to below 1; spreads the pauses. */
  readonly random?: () => number;
  readonly clock?: Clock;
  /** Takes the on-failure messages; through the gateway to S3, SQS or SNS unless told. */
  readonly sendFailure?: SendFailure;
  /** How long close() waits for the invocations under way; 5 s unless told. */
  readonly closeGraceMs?: number;
}

/** Event source mappings, made by templates and through Lambda's API. */
export interface Mappings extends LocalService {
  /** Calls of Lambda's API that are about mappings. */
  readonly operations: RestOperations;
  /** Whether batches are gathered for as long as their windows say, as from the start; or handed over as they are read. */
  gatherBatches(isOn: boolean): void;
}

/** The same in every run, so that a restart finds its checkpoints; another one for another stream, as on AWS. */
function uuidOf({ stack, logicalId }: Resource, sourceArn: string): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([stack, logicalId, sourceArn]))
    .digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

/** After the mapping has closed, a late answer changes nothing any more: its batch is delivered again. */
function until(closed: () => boolean, checkpoints: Checkpoints): Checkpoints {
  return { ...checkpoints, save: (shardId, checkpoint) => closed() || checkpoints.save(shardId, checkpoint) };
}

/** Lambda's event source mapping for Kinesis: a poller for each shard gathers batches and invokes the function, with
 *  AWS's rules for retries, partial failures, bisecting, age limits and on-failure messages. Checkpoints survive a
 *  restart when the run has a state directory; mappings made through the API do not. */
export function createMapping(context: ServiceContext, options: MappingOptions): Mappings {
  const { reader, lambda, clock = systemClock, random = Math.random, closeGraceMs = 5_000 } = options;
  const { pollIntervalMs = 200, fanOutDelayMs = 70, readAheadBytesMax = 64 * 1024 * 1024 } = options;
  const { backOffBaseMs = 1_000, backOffMaxMs = 60_000, startDelayMs = 0, mergesDiscards = true } = options;
  const sender = failureSender(context.endpoint, { accessKeyId: 'local', secretAccessKey: 'local' });
  const directory = context.stateDir && join(context.stateDir, 'mappings');
  const mappings = new Map<string, Mapping>();
  let gathers = true;
  let closed = false;

  function checkpointsOf(uuid: string, { streamArn }: MappingSettings): Checkpoints {
    const [streamName = ''] = /[^/]+$/.exec(streamArn) ?? [];
    return openCheckpoints(directory && join(directory, streamName), uuid);
  }

  const openRunOf =
    (uuid: string, checkpoints: Checkpoints): OpenRun =>
    ({ settings, functionArn }, signal, processed) => {
      const { name, roleArn } = lambda.describe(functionArn);
      return {
        uuid,
        settings,
        functionArn,
        source: { arn: settings.sourceArn, region: LOCAL_REGION, roleArn },
        reader,
        lambda,
        checkpoints: until(() => closed, checkpoints),
        sendFailure: options.sendFailure ?? sender.send,
        metrics: createMetrics(context.metric, { uuid, functionName: name, countsEvents: settings.countsEvents }),
        clock,
        windowMs: () => (gathers ? settings.windowMs : 0),
        pollIntervalMs: settings.isFanOut ? fanOutDelayMs : pollIntervalMs,
        readAheadBytesMax,
        mergesDiscards,
        backOff: { baseMs: backOffBaseMs, maxMs: backOffMaxMs, random },
        signal,
        processed,
        log: (line) => context.log(`mapping ${name} ${line}`),
      };
    };

  function functionArn(nameOrArn: string): string {
    try {
      return lambda.describe(nameOrArn).arn;
    } catch (error) {
      if (error instanceof ServiceError && error.status === 404) throw invalid('Function does not exist');
      throw error;
    }
  }

  function configure(properties: Properties): Configured {
    const settings = readSettings(properties, clock.now());
    try {
      reader.shards(settings.sourceArn);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      throw invalid(`Stream not found: ${settings.sourceArn}`);
    }
    return { properties, settings, functionArn: functionArn(settings.functionName) };
  }

  function refuseSecond({ settings, functionArn }: Configured, self?: Mapping): void {
    const isSame = ({ configured }: Mapping) =>
      configured.settings.sourceArn === settings.sourceArn && configured.functionArn === functionArn;
    const existing = [...mappings.values()].find((mapping) => mapping !== self && isSame(mapping));
    if (!existing) return;
    const message = `The event source arn ("${settings.sourceArn}") and function ("${settings.functionName}") provided mapping already exists. Please update or delete the existing mapping with UUID ${existing.uuid}`;
    throw new ServiceError('ResourceConflictException', message, 409);
  }

  function open(properties: Properties, uuidFor: (settings: MappingSettings) => string): Mapping {
    const configured = configure(properties);
    refuseSecond(configured);
    const uuid = uuidFor(configured.settings);
    const openRun = openRunOf(uuid, checkpointsOf(uuid, configured.settings));
    const mapping = new Mapping(uuid, configured, openRun, clock, startDelayMs);
    mapping.start();
    mappings.set(uuid, mapping);
    return mapping;
  }

  function provision(resource: Resource): Provisioned {
    const { uuid } = open(resource.properties, ({ sourceArn }) => uuidOf(resource, sourceArn));
    return { ref: uuid, attributes: { Id: uuid, EventSourceMappingArn: mappingArn(uuid) } };
  }

  const store: MappingStore = {
    create: (properties) => open(properties, () => randomUUID()),
    update(mapping, changes) {
      const configured = configure({ ...mapping.configured.properties, ...changes });
      refuseSecond(configured, mapping);
      mapping.update(configured);
    },
    delete(mapping) {
      const { uuid, configured } = mapping;
      mapping.delete(() => {
        mappings.delete(uuid);
        checkpointsOf(uuid, configured.settings).discard();
      });
    },
    get: (uuid) => mappings.get(uuid),
    list: () => [...mappings.values()],
    functionArn,
  };

  return {
    scopes: [],
    provisions: { 'AWS::Lambda::EventSourceMapping': provision },
    operations: mappingOperations(store),
    // Has no scope of its own: requests signed for Lambda go to the service that runs the functions.
    handle: (_request, response) => void response.writeHead(404).end(),
    gatherBatches(isOn) {
      gathers = isOn;
    },
    async close() {
      const done = new AbortController();
      const stopped = Promise.all([...mappings.values()].map((mapping) => mapping.close()));
      await Promise.race([stopped.finally(() => done.abort()), systemClock.sleep(closeGraceMs, done.signal)]);
      closed = true;
      sender.close();
    },
  };
}
