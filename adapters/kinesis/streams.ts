import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { firstHashKey } from '../../core/engine/hash-range.ts';
import type { Streams } from '../../core/ports.ts';
import { packByKey } from './pack.ts';
import type { PutRecord } from './put-records.ts';
import { listOpenShards } from './shards.ts';

export interface StreamsOptions {
  readonly client: KinesisClient;
  /** Id of the sink, or `NEXT_HOP` → name of its stream. */
  readonly names: Readonly<Record<string, string>>;
  /** Returns once every record is in the stream of this name, those of a partition key in order.
   *  @throws TransientError when a record could not be put. */
  readonly putInOrder: (streamName: string, records: readonly PutRecord[]) => Promise<void>;
}

/** Streams of Kinesis. Records of a partition key that are put together are packed into KPL aggregates. */
export function kinesisStreams({ client, names, putInOrder }: StreamsOptions): Streams {
  const nameOf = (stream: string): string => {
    const name = names[stream];
    if (name === undefined) throw new Error(`'${stream}' has no stream`);
    return name;
  };
  return {
    async put(stream, records) {
      await putInOrder(nameOf(stream), packByKey(records));
    },

    async broadcast(stream, dataFor) {
      const name = nameOf(stream);
      const shards = await listOpenShards(client, { StreamName: name });
      const data = dataFor(shards.map(({ shardId }) => shardId));
      const records = shards.map(({ shardId, range }) => {
        return { partitionKey: shardId, explicitHashKey: firstHashKey(range), data };
      });
      await putInOrder(name, records);
    },
  };
}
