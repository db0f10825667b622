import { join } from 'node:path';
import type { LocalService, Provisioned, Resource, ServiceContext } from '../../service.ts';
import { physicalName } from '../../template/names.ts';
import { jsonApi } from '../json-api.ts';
import type { StreamReader } from '../kinesis-reader.ts';
import { decodeIterator } from './iterator.ts';
import { noJournal, openJournal } from './journal.ts';
import { checkStreamName } from './limits.ts';
import { KinesisMetrics } from './metrics.ts';
import { recordOperations } from './records-api.ts';
import { checkMode, checkSettings, checkShardCount } from './settings.ts';
import { shardOperations } from './shards-api.ts';
import { Store } from './store.ts';
import { type StreamReference, Streams } from './streams.ts';
import { streamOperations } from './streams-api.ts';

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

/** The stream a call is about: GetRecords has it in its iterator. */
function streamNameOf(streams: Streams, input: StreamReference & { readonly ShardIterator?: string }): string {
  if (input.ShardIterator === undefined) return streams.find(input).name;
  return decodeIterator(input.ShardIterator, streams.now()).stream;
}

/** Templates may write numbers as strings. */
function optionalNumber(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** Streams live in memory; with a `stateDir`, a journal there brings them back after a restart or a kill.
 *  Honours shards, hash keys, sequence numbers, reshards, retention and the limits of a call; does not throttle, and
 *  has no enhanced fan-out. Speaks the JSON protocol, not CBOR. */
export function createKinesis(context: ServiceContext): Kinesis {
  const store = new Store();
  const journal = context.stateDir
    ? openJournal(join(context.stateDir, 'kinesis.journal'), store, Date.now(), context.log)
    : noJournal;
  const streams = new Streams(store, journal, Date.now);
  const metrics = new KinesisMetrics(context.metric, Date.now);
  return {
    scopes: ['kinesis'],
    provisions: { 'AWS::Kinesis::Stream': (resource) => provisionStream(streams, resource, context.log) },
    handle: jsonApi(
      metrics.measured(
        {
          ...streamOperations(streams),
          ...shardOperations(streams),
          ...recordOperations(streams, context.metric),
        },
        (input) => streamNameOf(streams, input),
      ),
    ),
    async close() {
      streams.close();
    },
    shards(streamArn) {
      const shards = streams.byArn(streamArn).shards.filter((shard) => shard.isOpen || shard.recordCount > 0);
      return shards.map(({ id, range, parentIds }) => ({
        shardId: id,
        hashKeyRange: range,
        parentShardIds: parentIds,
      }));
    },
    read(streamArn, shardId, position, limit) {
      const stream = streams.byArn(streamArn);
      const found = stream.shard(shardId).read(position, limit, streams.now());
      metrics.read(stream.name, found);
      return found;
    },
  };
}
