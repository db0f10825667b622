import type { Clock, CommitLog } from '../ports.ts';
import { ShardState } from './shard-state.ts';

/** A state older than this is read anew, long before the entries that would follow it expire from the log. */
export const MAX_CACHE_AGE_MS = 6 * 3_600_000;

/** Shards one execution environment remembers: it mostly serves one, and memory is bounded. */
const MAX_SHARDS = 4;

/** The states an execution environment keeps warm between invocations. */
export class ShardCache {
  readonly #log: CommitLog;
  readonly #clock: Clock;
  readonly #horizonMs: number;
  readonly #states = new Map<string, { readonly state: ShardState; readonly readAtMs: number }>();

  constructor(log: CommitLog, clock: Clock, horizonMs: number) {
    this.#log = log;
    this.#clock = clock;
    this.#horizonMs = horizonMs;
  }

  /** The shard's state: warm without a read, cold from the log. */
  async get(shardId: string): Promise<ShardState> {
    const warm = this.#states.get(shardId);
    if (warm && this.#clock.now() - warm.readAtMs < MAX_CACHE_AGE_MS) return warm.state;
    const readAtMs = this.#clock.now();
    const state = await ShardState.fold(this.#log.newest(shardId), this.#horizonMs);
    this.#states.delete(shardId);
    for (const oldest of [...this.#states.keys()].slice(0, Math.max(0, this.#states.size - MAX_SHARDS + 1))) {
      this.#states.delete(oldest);
    }
    this.#states.set(shardId, { state, readAtMs });
    return state;
  }

  /** Forgets a state that turned out to be behind the log, or may be. */
  drop(shardId: string): void {
    this.#states.delete(shardId);
  }
}
