import { join } from 'node:path';
import type { LocalService, Provisioned, Resource, ServiceContext } from '../../service.ts';
import { physicalName } from '../../template/names.ts';
import { jsonApi } from '../json-api.ts';
import type { StreamReader } from '../kinesis-reader.ts';
import { noJournal, openJournal } from './journal.ts';
import { checkStreamName } from './limits.ts';
import { OnDemand } from './on-demand.ts';
import { putOperations } from './put-api.ts';
import { readOperations } from './read-api.ts';
import { checkMode, checkSettings, checkShardCount } from './settings.ts';
import { shardOperations } from './shards-api.ts';
import { Store } from './store.ts';
import { Streams } from './streams.ts';
import { streamOperations } from './streams-api.ts';
import { Throttles } from './throttles.ts';

/** Kinesis Data Streams on this machine: its API, and reading in process. */
export type Kinesis = LocalService & StreamReader;

/** Makes the stream of the template. One that is there already keeps its records and its shards. */
function provisionStream(streams: Streams, resource: Resource, log: ServiceContext['log']): Provisioned {
  const { type, stack, logicalId, properties } = resource;
  const name = checkStreamName(properties.Name ?? physicalName(type, stack, logicalId));
  const mode = checkMode(properties.StreamModeDetails);
  const settings = checkSettings(
    mode,
    optionalNumber(properties.RetentionPeriodHours),
    optionalNumber(properties.MaxRecordSizeInKiB),
  );
  const shardCount = checkShardCount(mode, optionalNumber(properties.ShardCount), 1);
  if (streams.has(name)) {
    streams.change({ type: 'configure', name, settings });
    const { openShardCount } = streams.named(name);
    if (openShardCount !== shardCount) log(`kinesis: ${name} keeps its ${openShardCount} shards, not ${shardCount}`);
  } else streams.change({ type: 'create', name, shardCount, settings, atMs: streams.now() });
  return { ref: name, attributes: { Arn: streams.named(name).arn } };
}

/** Templates may write numbers as strings. */
function optionalNumber(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}

export interface KinesisOptions {
  /** Whether shards refuse what is over their limits of reading and writing, as on AWS. Default: true. */
  readonly limits?: boolean;
}

/** Streams live in memory; with a `stateDir`, a journal there brings them back after a restart or a kill. What a call
 *  changes is done when it is answered, so that streams are never seen creating or updating.
 *  The reader in process has its share of the 2 MiB a second that a shard gives, but not of the five calls: how often
 *  Lambda calls GetRecords is not published. */
export function createKinesis(context: ServiceContext, { limits = true }: KinesisOptions = {}): Kinesis {
  const store = new Store();
  const journal = context.stateDir
    ? openJournal(join(context.stateDir, 'kinesis.journal'), store, Date.now(), context.log)
    : noJournal;
  const streams = new Streams(store, journal, Date.now);
  const throttles = new Throttles(limits);
  const { metric } = context;
  return {
    scopes: ['kinesis'],
    provisions: { 'AWS::Kinesis::Stream': (resource) => provisionStream(streams, resource, context.log) },
    handle: jsonApi({
      ...streamOperations(streams),
      ...shardOperations(streams),
      ...putOperations({ streams, throttles, onDemand: new OnDemand(), metric }),
      ...readOperations(streams, throttles, metric),
    }),
    async close() {
      streams.close();
    },
    shards(streamArn) {
      const shards = streams.byArn(streamArn).shards.filter((shard) => shard.isOpen || shard.recordCount > 0);
      return shards.map((shard) => ({ shardId: shard.id, parentShardIds: shard.parentIds }));
    },
    read(streamArn, shardId, position, limit) {
      const stream = streams.byArn(streamArn);
      return throttles.read(stream, stream.shard(shardId), position, limit, streams.now());
    },
  };
}
