import { memoryShards } from '../../adapters/memory/shards.ts';
import { memoryStreams } from '../../adapters/memory/streams.ts';
import { hashOf, isIn } from '../../core/engine/hash-range.ts';
import type { StreamRecord } from '../../core/engine/record.ts';
import { heartbeatRecord } from '../../core/event/control.ts';
import type { Plan } from '../../core/pipeline/index.ts';
import type { Shard } from '../../core/ports.ts';
import { engineInMemory, sequenceNumber } from './engine.ts';

const half = '8'.padEnd(32, '0');
const below = '7'.padEnd(32, 'f');

/** A stream of two shards. */
const shardsOf = (name: string): readonly Shard[] => [
  { shardId: `${name}-a`, parents: [], range: { from: '0'.repeat(32), to: below } },
  { shardId: `${name}-b`, parents: [], range: { from: half, to: 'f'.repeat(32) } },
];

export interface TestEvent {
  readonly key: string;
  readonly event: object;
  readonly arrivalMs: number;
}

/** A pipeline of two parts in memory, each on a stream of two shards. */
export function twoHops(plan: Plan) {
  const [hop] = plan.hops as [Plan];
  const [before, behind] = [shardsOf('before'), shardsOf('behind')];
  const streams = memoryStreams(() => behind);
  const first = engineInMemory(plan, { streams, shards: memoryShards([...before]) });
  const second = engineInMemory(hop, { shards: memoryShards([...behind]) });
  let count = 0;
  const recordOf = (partitionKey: string, data: Uint8Array, arrivalMs: number): StreamRecord => ({
    sequenceNumber: sequenceNumber(++count),
    partitionKey,
    arrivalMs,
    data,
  });
  const inShards = new Map<string, StreamRecord[]>();
  const add = (shardId: string, record: StreamRecord) =>
    inShards.set(shardId, [...(inShards.get(shardId) ?? []), record]);
  return {
    first,
    second,
    /** Puts the events to the first stream. */
    put(events: readonly TestEvent[]) {
      for (const { key, event, arrivalMs } of events) {
        const shard = before.find(({ range }) => isIn(range, key)) as Shard;
        add(shard.shardId, recordOf(key, Buffer.from(JSON.stringify(event)), arrivalMs));
      }
    },
    heartbeat(arrivalMs: number) {
      const event = heartbeatRecord(
        `h${arrivalMs}`,
        before.map(({ shardId }) => shardId),
      );
      for (const { shardId } of before) add(shardId, recordOf(shardId, Buffer.from(JSON.stringify(event)), arrivalMs));
    },
    /** Takes out of a shard what it has. */
    take(shardId: string): readonly StreamRecord[] {
      const records = inShards.get(shardId) ?? [];
      inShards.delete(shardId);
      return records;
    },
    /** Moves what the first part has put to the shards of the second; records of one outbox may overtake each other, if
     *  they are of other keys, as calls do that are under way at once: the greater `twist`, the further back one goes. */
    carry(arrivalMs: number, twist = () => 0) {
      let [outbox, turn] = ['', 0];
      const placed = streams.take('next hop').map((record, n) => {
        const [shardId, slot] = JSON.parse(Buffer.from(record.data).toString()).data.from;
        if (`${shardId}/${slot}` !== outbox) [outbox, turn] = [`${shardId}/${slot}`, turn + 1_000_000];
        return { record, place: turn + n + 4 * twist() };
      });
      const lastPlaces = new Map<string, number>();
      for (const each of placed) {
        each.place = Math.max(each.place, lastPlaces.get(each.record.partitionKey) ?? 0);
        lastPlaces.set(each.record.partitionKey, each.place);
      }
      for (const { record } of placed.sort((a, b) => a.place - b.place)) {
        const { partitionKey, data, explicitHashKey } = record;
        const hash = explicitHashKey ? BigInt(explicitHashKey).toString(16).padStart(32, '0') : hashOf(partitionKey);
        const shard = behind.find(({ range }) => range.from <= hash && hash <= range.to) as Shard;
        add(shard.shardId, recordOf(partitionKey, data, arrivalMs));
      }
    },
    shardIds: { before: before.map(({ shardId }) => shardId), behind: behind.map(({ shardId }) => shardId) },
  };
}
