import { type HashRange, hashOf, WHOLE_RANGE } from '../core/engine/hash-range.ts';
import { comparePositions, type Position, RECORD_END } from '../core/engine/position.ts';
import type { StreamRecord } from '../core/engine/record.ts';
import type { Shard, Shards } from '../core/ports.ts';
import { DriveError } from './errors.ts';

/** What a producer puts. */
export interface Incoming {
  readonly partitionKey: string;
  /** In milliseconds since 1970. */
  readonly arrivalMs: number;
  readonly data: Uint8Array;
}

interface Held {
  readonly shard: Shard;
  readonly records: StreamRecord[];
  isOpen: boolean;
}

/** A Kinesis stream in memory: records go to shards by the hash of their partition key, and shards are split and merged. */
export class MemoryStream implements Shards {
  readonly #shards = new Map<string, Held>();
  #sequence = 0;

  constructor(shards: number) {
    for (const range of cut(WHOLE_RANGE, shards)) this.#open(range, []);
  }

  /** Every shard there ever was, parents before children. */
  get all(): readonly Shard[] {
    return [...this.#shards.values()].map(({ shard }) => shard);
  }

  /** Those that take records. */
  get open(): readonly Shard[] {
    return [...this.#shards.values()].filter(({ isOpen }) => isOpen).map(({ shard }) => shard);
  }

  records(shardId: string): readonly StreamRecord[] {
    return this.#of(shardId).records;
  }

  put(record: Incoming): void {
    const hash = hashOf(record.partitionKey);
    const shard = this.open.find(({ range }) => range.from <= hash && hash <= range.to);
    this.putInto((shard as Shard).shardId, record); // the open shards' ranges are all hashes there are
  }

  /** Puts a record into a shard by a hash key of the shard's own. */
  putInto(shardId: string, record: Incoming): void {
    this.#sequence += 1;
    this.#of(shardId).records.push({ ...record, sequenceNumber: `49${String(this.#sequence).padStart(54, '0')}` });
  }

  /** Each open shard becomes two. */
  split(): void {
    for (const { shardId, range } of this.#close()) {
      for (const half of cut(range, 2)) this.#open(half, [shardId]);
    }
  }

  /** Each two neighbours among the open shards become one.
   *  @throws DriveError when there is but one. */
  merge(): void {
    if (this.open.length < 2) throw new DriveError('merge: found 1 open shard; expected 2 or more');
    const closed = this.#close((index, count) => index < count - (count % 2));
    for (let i = 0; i < closed.length; i += 2) {
      const [low, high] = [closed[i] as Shard, closed[i + 1] as Shard];
      this.#open({ from: low.range.from, to: high.range.to }, [low.shardId, high.shardId]);
    }
  }

  /** A stream of the same shards and records, to go on by itself. */
  copy(): MemoryStream {
    const copy = new MemoryStream(1);
    copy.#shards.clear();
    for (const [shardId, held] of this.#shards) copy.#shards.set(shardId, { ...held, records: [...held.records] });
    copy.#sequence = this.#sequence;
    return copy;
  }

  async describe(shardId: string): Promise<Shard | undefined> {
    return this.#shards.get(shardId)?.shard;
  }

  async hasRecordsAfter(shardId: string, position: Position | undefined): Promise<boolean> {
    const last = this.records(shardId).at(-1);
    if (!last || position === undefined) return last !== undefined;
    return comparePositions({ ...last, subSequence: RECORD_END }, position) > 0;
  }

  #of(shardId: string): Held {
    const held = this.#shards.get(shardId);
    if (!held) throw new Error(`no shard ${shardId}`);
    return held;
  }

  #open(range: HashRange, parents: readonly string[]): void {
    const shardId = `shardId-${String(this.#shards.size).padStart(12, '0')}`;
    this.#shards.set(shardId, { shard: { shardId, parents, range }, records: [], isOpen: true });
  }

  /** Closes the open shards, or those of them that `closes` names, and gives them in the order of their ranges. */
  #close(closes: (index: number, count: number) => boolean = () => true): readonly Shard[] {
    const inOrder = [...this.open].sort((a, b) => (a.range.from < b.range.from ? -1 : 1));
    const closed = inOrder.filter((_, index) => closes(index, inOrder.length));
    for (const { shardId } of closed) this.#of(shardId).isOpen = false;
    return closed;
  }
}

/** A range in parts of the same size. */
function cut({ from, to }: HashRange, parts: number): readonly HashRange[] {
  const [first, end] = [BigInt(`0x${from}`), BigInt(`0x${to}`) + 1n];
  const at = (part: number) => first + ((end - first) * BigInt(part)) / BigInt(parts);
  const hex = (hash: bigint) => hash.toString(16).padStart(32, '0');
  return Array.from({ length: parts }, (_, part) => ({ from: hex(at(part)), to: hex(at(part + 1) - 1n) }));
}
