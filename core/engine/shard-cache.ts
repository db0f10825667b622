import { type Clock, ENTRY_TTL_MS } from '../ports.ts';
import type { ShardState } from './shard-state.ts';

/** A state older than this is read anew and not written by: long before the entries that followed it expire, and with
 *  them the proof that a slot is taken. */
export const MAX_CACHE_AGE_MS = 6 * 3_600_000;
if (MAX_CACHE_AGE_MS * 10 > ENTRY_TTL_MS) throw new Error('states must be far younger than entries');

/** Shards one execution environment remembers: it mostly serves one, and memory is bounded. */
const MAX_SHARDS = 3;

/** The states an execution environment keeps warm between invocations. */
export class ShardCache {
  readonly #open: (shardId: string) => Promise<ShardState>;
  readonly #clock: Clock;
  readonly #states = new Map<string, { readonly state: ShardState; readonly readAtMs: number }>();

  constructor(open: (shardId: string) => Promise<ShardState>, clock: Clock) {
    this.#open = open;
    this.#clock = clock;
  }

  /** The shard's state: warm without a read, cold from the log. */
  async get(shardId: string): Promise<ShardState> {
    const warm = this.#states.get(shardId);
    if (warm && this.isFresh(shardId)) return warm.state;
    const readAtMs = this.#clock.now();
    const state = await this.#open(shardId);
    this.#states.delete(shardId);
    for (const oldest of [...this.#states.keys()].slice(0, Math.max(0, this.#states.size - MAX_SHARDS + 1))) {
      this.#states.delete(oldest);
    }
    this.#states.set(shardId, { state, readAtMs });
    return state;
  }

  /** Whether the shard's state may be written by. */
  isFresh(shardId: string): boolean {
    const warm = this.#states.get(shardId);
    return warm !== undefined && this.#clock.now() - warm.readAtMs < MAX_CACHE_AGE_MS;
  }

  /** Forgets a state that turned out to be behind the log, or may be. */
  drop(shardId: string): void {
    this.#states.delete(shardId);
  }
}
