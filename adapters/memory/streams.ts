import { firstHashKey, type HashRange, WHOLE_RANGE } from '../../core/engine/hash-range.ts';
import type { OutgoingRecord, Streams } from '../../core/ports.ts';

interface OpenShard {
  readonly shardId: string;
  readonly range: HashRange;
}

/** A record as a stream has it: with the hash key that leads it to its shard, where it is not by its partition key. */
export interface PutRecord extends OutgoingRecord {
  readonly explicitHashKey?: string;
}

/** Streams in memory: they keep what is put to them, in order. */
export interface MemoryStreams extends Streams {
  /** Takes out what a stream has got since the last time. */
  take(stream: string): readonly PutRecord[];
}

/** `openShards` are those that a broadcast goes to. */
export function memoryStreams(
  openShards: (stream: string) => readonly OpenShard[] = () => [
    { shardId: 'shardId-000000000000', range: WHOLE_RANGE },
  ],
): MemoryStreams {
  const streams = new Map<string, PutRecord[]>();
  const put = async (stream: string, records: readonly PutRecord[]) => {
    streams.set(stream, [...(streams.get(stream) ?? []), ...records]);
  };
  return {
    put,
    async broadcast(stream, dataFor) {
      const shards = openShards(stream);
      const data = dataFor(shards.map(({ shardId }) => shardId));
      await put(
        stream,
        shards.map(({ shardId, range }) => ({ partitionKey: shardId, explicitHashKey: firstHashKey(range), data })),
      );
    },
    take(stream) {
      const records = streams.get(stream) ?? [];
      streams.delete(stream);
      return records;
    },
  };
}
