import type { Entry } from './entry.ts';
import { comparePositions, type Position } from './position.ts';

/** Most ids a shard remembers, whatever the horizon: in the order of 100 bytes each in memory. */
export const MAX_RECENT_KEYS = 500_000;

/** What a shard's log says, folded: the state that the next batch starts from. */
export class ShardState {
  #slot = 0;
  #position: Position | undefined;
  #arrivalMs = 0;
  readonly #horizonMs: number;
  readonly #entries: Entry[] = [];
  readonly #keys = new Set<string>();

  constructor(horizonMs: number) {
    this.#horizonMs = horizonMs;
  }

  /** Folds a log, given newest first, as far back as the horizon reaches. */
  static async fold(newestFirst: AsyncIterable<Entry>, horizonMs: number): Promise<ShardState> {
    const tail: Entry[] = [];
    let keys = 0;
    for await (const entry of newestFirst) {
      tail.push(entry);
      keys += entry.keys.length;
      if (entry.arrivalMs < (tail[0] as Entry).arrivalMs - horizonMs || keys >= MAX_RECENT_KEYS) break;
    }
    const state = new ShardState(horizonMs);
    for (const entry of tail.reverse()) state.apply(entry);
    return state;
  }

  get nextSlot(): number {
    return this.#slot + 1;
  }

  /** Whether the record at this position has been committed. */
  isPast(position: Position): boolean {
    return this.#position !== undefined && comparePositions(position, this.#position) <= 0;
  }

  /** Whether an event with this idempotency key was committed within the horizon. */
  hasSeen(key: string): boolean {
    return this.#keys.has(key);
  }

  /** Takes in an entry that stands in the log. */
  apply(entry: Entry): void {
    if (this.#slot > 0 && entry.slot !== this.nextSlot) {
      throw new Error(`the log goes from slot ${this.#slot} to ${entry.slot}; expected slot ${this.nextSlot}`);
    }
    this.#slot = entry.slot;
    this.#position = entry.position;
    this.#arrivalMs = Math.max(this.#arrivalMs, entry.arrivalMs);
    this.#entries.push(entry);
    for (const key of entry.keys) this.#keys.add(key);
    this.#forget();
  }

  /** Age is measured by arrival at the stream, never by a clock, so that a replay remembers the same ids. */
  #forget(): void {
    const oldest = this.#arrivalMs - this.#horizonMs;
    let expired = 0;
    for (const entry of this.#entries) {
      if (entry.arrivalMs >= oldest && this.#keys.size <= MAX_RECENT_KEYS) break;
      for (const key of entry.keys) this.#keys.delete(key);
      expired += 1;
    }
    this.#entries.splice(0, expired);
  }
}
