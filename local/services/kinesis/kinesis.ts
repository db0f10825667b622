import { join } from 'node:path';
import type { LocalService, ServiceContext } from '../../service.ts';
import { jsonApi, type Operations } from '../json-api.ts';
import type { StreamReader } from '../kinesis-reader.ts';
import { consumerOperations } from './consumers-api.ts';
import { decodeIterator } from './iterator.ts';
import { noJournal, openJournal } from './journal.ts';
import { KinesisMetrics } from './metrics.ts';
import { OnDemand } from './on-demand.ts';
import { putOperations } from './put-api.ts';
import { readOperations } from './read-api.ts';
import { settingsOperations } from './settings-api.ts';
import { checkShape } from './shape.ts';
import { SHAPES } from './shapes.ts';
import { shardOperations } from './shards-api.ts';
import { Store } from './store.ts';
import { type StreamReference, Streams } from './streams.ts';
import { streamOperations } from './streams-api.ts';
import { subscribeOperations } from './subscribe-api.ts';
import { tagOperations } from './tags-api.ts';
import { kinesisProvisions } from './template.ts';
import { Throttles } from './throttles.ts';

/** Kinesis Data Streams on this machine: its API, and reading in process. */
export type Kinesis = LocalService & StreamReader;

export interface KinesisOptions {
  /** Whether shards refuse what is over their limits of reading and writing, as on AWS. Default: true. */
  readonly limits?: boolean | undefined;
  /** How long a subscription to a shard lasts. Default: five minutes. */
  readonly subscriptionMs?: number | undefined;
  /** Default: the machine's clock. */
  readonly now?: () => number;
}

/** Streams live in memory; with a `stateDir`, a journal there brings them back after a restart or a kill. What a call
 *  changes is done when it is answered, so that streams are never seen creating or updating. Records are not encrypted,
 *  whatever is said of their key.
 *  The reader in process has its share of the 2 MiB a second that a shard gives, but not of the five calls: how often
 *  Lambda calls GetRecords is not published. */
export function createKinesis(context: ServiceContext, options: KinesisOptions = {}): Kinesis {
  const { limits = true, subscriptionMs: lifetimeMs, now = Date.now } = options;
  const { metric } = context;
  const store = new Store();
  const journal = context.stateDir
    ? openJournal(join(context.stateDir, 'kinesis.journal'), store, now(), context.log)
    : noJournal;
  const streams = new Streams(store, journal, now);
  const throttles = new Throttles(limits);
  const metrics = new KinesisMetrics(metric, now);
  const closing = new AbortController();
  const operations = checked({
    ...streamOperations(streams),
    ...settingsOperations(streams),
    ...tagOperations(streams),
    ...shardOperations(streams),
    ...consumerOperations(streams),
    ...putOperations({ streams, throttles, onDemand: new OnDemand(), metric }),
    ...readOperations(streams, throttles, metric),
    ...subscribeOperations({ streams, throttles, closing: closing.signal, lifetimeMs }),
  });
  return {
    scopes: ['kinesis'],
    provisions: kinesisProvisions(streams, operations, context.log),
    handle: jsonApi(metrics.measured(operations, (input) => streamNameOf(streams, input))),
    async close() {
      closing.abort();
      streams.close();
    },
    shards(sourceArn) {
      const { stream } = streams.source(sourceArn);
      const shards = stream.shards.filter((shard) => shard.isOpen || shard.recordCount > 0);
      return shards.map(({ id, range, parentIds }) => ({
        shardId: id,
        hashKeyRange: range,
        parentShardIds: parentIds,
      }));
    },
    read(sourceArn, shardId, position, limit) {
      const { stream, consumer } = streams.source(sourceArn);
      const found = throttles.read(stream, stream.shard(shardId), { position, limit, consumer }, streams.now());
      metrics.read(stream.name, found);
      return found;
    },
  };
}

/** The stream a call is about: GetRecords has it in its iterator. */
function streamNameOf(streams: Streams, input: StreamReference & { readonly ShardIterator?: string }): string {
  if (input.ShardIterator === undefined) return streams.find(input).name;
  return decodeIterator(input.ShardIterator, streams.now()).stream;
}

/** Has each request's shape checked first. */
function checked(operations: Operations): Operations {
  return Object.fromEntries(
    Object.entries(operations).map(([name, run]) => {
      const shape = SHAPES[name];
      if (!shape) throw new Error(`there is no shape for the requests of ${name}`);
      return [
        name,
        (input) => {
          checkShape(shape, input);
          return run(input);
        },
      ];
    }),
  );
}
