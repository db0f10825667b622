import type { Entry } from './engine/entry.ts';

/** Milliseconds since 1970. */
export interface Clock {
  now(): number;
}

/** The commit log of one pipeline's epoch, one sequence of slots per shard. */
export interface CommitLog {
  /** Entries of the newest slots, newest first, read as they are asked for. */
  newest(shardId: string): AsyncIterable<Entry>;
  /** Puts the entry in its slot if the slot is free. `taken` means that another writer was there first; a retry of our
   *  own write that had succeeded is `committed`, which the entry's token tells.
   *  @throws TransientError when the log did not answer; whether the entry stands is then unknown. */
  append(shardId: string, entry: Entry): Promise<'committed' | 'taken'>;
}

/** The lake's tables. */
export interface Lake {
  /** Returns once every row is stored; rows are JSON documents without line breaks, by table.
   *  At least once: rows may be stored twice, also when this throws.
   *  @throws TransientError when a table took not all of its rows. */
  deliver(rows: ReadonlyMap<string, readonly string[]>): Promise<void>;
}

/** Keeps payloads that no row can hold. */
export interface PayloadStore {
  /** Stores the bytes under the name, again if need be, and returns their address.
   *  @throws TransientError when they could not be stored. */
  put(name: string, bytes: Uint8Array): Promise<string>;
}

/** Makes writer tokens: no two alike. */
export type NewToken = () => string;

/** A service did not do its part now and may later: the batch must be delivered again, unchanged. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
}
