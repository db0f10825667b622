import type { HashRange } from './engine/hash-range.ts';
import type { Position } from './engine/position.ts';
import type { Json } from './event/json.ts';

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
  /** Items of the newest slots, newest first, read as they are asked for; `limit` of them, or all.
   *  @throws TransientError when the log did not answer. */
  newest(shardId: string, limit?: number): AsyncIterable<LogItem>;
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

/** Something to tell people. `id` and `source` together are the same when it is told again. */
export interface AlertMessage {
  /** Id of the sink. */
  readonly alert: string;
  readonly id: string;
  readonly source: string;
  /** The items' key that it is about. */
  readonly key: string;
  /** Event time, in milliseconds since 1970. */
  readonly timeMs: number;
  readonly subject: string;
  readonly text: string;
}

/** Tells people. */
export interface Alerts {
  /** Returns once every alert is told; at least once, also when this throws.
   *  @throws TransientError when not all could be. */
  publish(alerts: readonly AlertMessage[]): Promise<void>;
}

/** The row of a key; undefined when it has none any more. */
export interface ViewRow {
  readonly key: string;
  /** Of two versions of a key, the later is the greater as text. */
  readonly version: string;
  readonly row: Json | undefined;
}

/** Tables that hold the latest row of each key. */
export interface Views {
  /** Returns once each key's row is of this version or a later one. Each key at most once.
   *  @throws TransientError when that is not so for all. */
  put(view: string, rows: readonly ViewRow[]): Promise<void>;
}

/** A record to put to a stream. */
export interface OutgoingRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** Names the stream behind the next hop, and what all of its shards are to hear. No step has such an id. */
export const NEXT_HOP = 'next hop';

/** The streams a pipeline puts to, by the id of the sink, or `NEXT_HOP`. */
export interface Streams {
  /** Returns once every record is in the stream, those of a partition key in order; at least once, also when this throws.
   *  @throws TransientError when a record could not be put. */
  put(stream: string, records: readonly OutgoingRecord[]): Promise<void>;
  /** The same for a record into each open shard of the stream; it is told which those are.
   *  @throws TransientError when it could not be put to all. */
  broadcast(stream: string, data: (shards: readonly string[]) => Uint8Array): Promise<void>;
}

/** Where results go. */
export interface Sinks {
  readonly lake: Lake;
  readonly alerts: Alerts;
  readonly views: Views;
  readonly streams: Streams;
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
  /** Whether a closed shard still holds records behind this position, or any at all. Of an aggregate that was taken in
   *  part the rest is behind it: but what the stream has dropped by its retention is not waited for.
   *  @throws TransientError when that cannot be told now. */
  hasRecordsAfter(shardId: string, position: Position | undefined): Promise<boolean>;
}

/** Makes writer tokens: no two alike. */
export type NewToken = () => string;

/** A service did not do its part now and may later: the batch must be delivered again, unchanged. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
}
