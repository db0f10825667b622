import { type ParkedFailure, type ParkedPart, ParkingLot } from '../core/engine/parking.ts';
import type { ShardLogs } from '../core/engine/shard-log.ts';
import type { ShardState } from '../core/engine/shard-state.ts';
import { inParallel } from '../core/in-parallel.ts';
import type { Shard } from '../core/ports.ts';

export type LogReader = Pick<ShardLogs, 'read'>;

/** Parked records of a key in one shard, in order. */
export interface ParkedPlace {
  readonly key: string;
  /** The shard whose log says so, or will once it is begun. */
  readonly shard: Shard;
  readonly parts: readonly ParkedPart[];
  readonly failure: ParkedFailure;
}

/** By partition key: where its records wait. That is one shard, unless producers choose hash keys. */
export type ParkedKeys = ReadonlyMap<string, readonly ParkedPlace[]>;

/** Logs read at a time. */
export const CONCURRENT_READS = 8;

/** What a pipeline has parked, by the logs of the shards that its stream lists. Once a child has begun, its parent's keys
 *  are the children's: also those of a sister that has not begun, which takes them over when it does. */
export async function readParkedKeys(logs: LogReader, shards: readonly Shard[]): Promise<ParkedKeys> {
  const listed = new Set(shards.map(({ shardId }) => shardId));
  const known = new KnownLogs(logs);
  await known.read([...listed]);
  const waiting = shards.filter(({ shardId }) => !known.begun.has(shardId));
  // Of a parent that the stream has forgotten, only its log is left.
  const forgotten = new Set(waiting.flatMap(({ parents }) => parents.filter((parent) => !listed.has(parent))));
  await known.read([...forgotten]);
  const places = shards.flatMap((shard) => {
    if (known.begun.has(shard.shardId)) return placesOf(shard, known.lotOf(shard.shardId));
    return shard.parents.flatMap((parent) => placesOf(shard, known.inheritance(parent, shard, forgotten)));
  });
  return Map.groupBy(places, ({ key }) => key);
}

function placesOf(shard: Shard, lot: ParkingLot): readonly ParkedPlace[] {
  return [...lot.keys].map(([key, { parts, failure }]) => ({ key, shard, parts, failure }));
}

const NOTHING = new ParkingLot();

/** What the logs said, each read once: what is told of a key in two of them must fit together. */
class KnownLogs {
  readonly #logs: LogReader;
  /** Only those with parked records: states are large. */
  readonly #states = new Map<string, ShardState>();
  readonly begun = new Set<string>();
  /** Parents of shards that have begun: their state is taken over, even if their log went on when it was read. */
  readonly #done = new Set<string>();

  constructor(logs: LogReader) {
    this.#logs = logs;
  }

  async read(shardIds: readonly string[]): Promise<void> {
    await inParallel(CONCURRENT_READS, shardIds, async (shardId) => {
      const state = await this.#logs.read(shardId);
      if (!state) return;
      this.begun.add(shardId);
      for (const parent of state.genesis.parents) this.#done.add(parent);
      if (state.lot.size > 0) this.#states.set(shardId, state);
    });
  }

  lotOf(shardId: string): ParkingLot {
    return this.#done.has(shardId) ? NOTHING : (this.#states.get(shardId)?.lot ?? NOTHING);
  }

  /** What the parent leaves to a child that has no log yet; a parent at work still shows its keys itself. */
  inheritance(parent: string, { range }: Shard, forgotten: ReadonlySet<string>): ParkingLot {
    const state = this.#states.get(parent);
    if (!state || !(this.#done.has(parent) || forgotten.has(parent))) return NOTHING;
    const { parked = [], failures = [] } = state.inheritance(range).details;
    const failureOf = new Map(failures);
    const lot = new ParkingLot();
    for (const [key, part] of parked) lot.park(key, part, failureOf.get(key) as ParkedFailure);
    return lot;
  }
}
