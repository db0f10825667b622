import type { HashRange } from './engine/hash-range.ts';

/** Milliseconds since 1970. */
export interface Clock {
  now(): number;
}

/** How long a log keeps what is in slots above 0. A state is never used for writing that long: see the shard cache. */
export const ENTRY_TTL_MS = 30 * 24 * 3_600_000;

/** One slot of a shard's log. */
export interface LogItem {
  /** From 0, without gaps. */
  readonly slot: number;
  /** Tells a writer its own item. */
  readonly token: string;
  readonly body: Uint8Array;
}

/** Largest body that an item of the log takes: DynamoDB allows 400 KB with the names and keys
 *  (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html). */
export const MAX_BODY_BYTES = 390 * 1024;

/** The commit log of one pipeline's epoch, one sequence of slots per shard. */
export interface CommitLog {
  /** Items of the newest slots, newest first, read as they are asked for.
   *  @throws TransientError when the log did not answer. */
  newest(shardId: string): AsyncIterable<LogItem>;
  /** Puts the item in its slot if the slot is free. `taken` means that another writer was there first; a retry of our
   *  own write that had succeeded is `committed`, which the token tells. Slot 0 is kept for ever, others for
   *  `ENTRY_TTL_MS`.
   *  @throws TransientError when the log did not answer; whether the item stands is then unknown. */
  append(shardId: string, item: LogItem): Promise<'committed' | 'taken'>;
}

/** The lake's tables. */
export interface Lake {
  /** Returns once every row is stored; rows are JSON documents without line breaks, by table.
   *  At least once: rows may be stored twice, also when this throws.
   *  @throws TransientError when a table took not all of its rows. */
  deliver(rows: ReadonlyMap<string, readonly string[]>): Promise<void>;
}

/** Keeps what is too large for a row or an item. */
export interface ObjectStore {
  /** Stores the bytes under the name, again if need be, and returns their address.
   *  @throws TransientError when they could not be stored. */
  put(name: string, bytes: Uint8Array): Promise<string>;
  /** The bytes under the name; undefined when there are none.
   *  @throws TransientError when the store did not answer. */
  get(name: string): Promise<Uint8Array | undefined>;
}

/** A shard of the stream. */
export interface Shard {
  readonly shardId: string;
  /** Shards that were split or merged into this one: none, one or two. */
  readonly parents: readonly string[];
  /** MD5 hashes of the partition keys that come to this shard. */
  readonly range: HashRange;
}

/** The shards of the stream that the pipeline reads. */
export interface Shards {
  /** Undefined when the stream does not list the shard, or no longer.
   *  @throws TransientError when the stream did not answer. */
  describe(shardId: string): Promise<Shard | undefined>;
  /** Whether a closed shard holds records after this sequence number, or any at all.
   *  @throws TransientError when that cannot be told now. */
  hasRecordsAfter(shardId: string, sequenceNumber: string | undefined): Promise<boolean>;
}

/** Makes writer tokens: no two alike. */
export type NewToken = () => string;

/** A service did not do its part now and may later: the batch must be delivered again, unchanged. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
}
