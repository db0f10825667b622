import { BEFORE_ALL_MS, type Hop, type Hopped } from '../event/control.ts';

/** What has come from one shard before a hop: its newest slot, the indexes in that slot's outbox, how far event time has
 *  come in it, null when it had no event yet, and its clock at that. */
export type LaneChange = readonly [
  shardId: string,
  slot: number,
  seen: readonly number[],
  watermarkMs: number | null,
  clockMs: number,
];

interface Lane {
  readonly slot: number;
  readonly seen: Set<number>;
  readonly watermarkMs: number | null;
  readonly clockMs: number;
}

/** What has come over a hop. A shard's outboxes go out one after the other, each whole before the next: so its newest slot
 *  and what has come of that tell of every record whether it has come, for as long as there is a log and not for a time. */
export class Lanes {
  readonly #lanes: Map<string, Lane>;
  /** Shards whose lane is this object's own; others are a base's, which stays as it is. */
  readonly #own = new Set<string>();
  #of: readonly string[] | undefined;

  constructor(base?: Lanes) {
    this.#lanes = new Map(base ? base.#lanes : []);
    this.#of = base?.of;
  }

  /** The open shards before the hop, as far as they are known. */
  get of(): readonly string[] | undefined {
    return this.#of;
  }

  has([shardId, slot, index]: Hop): boolean {
    const lane = this.#lanes.get(shardId);
    return lane !== undefined && (slot < lane.slot || (slot === lane.slot && lane.seen.has(index)));
  }

  add({ from: [shardId, slot, index], watermarkMs, clockMs }: Hopped, of: readonly string[] | undefined): void {
    const lane = this.#lanes.get(shardId);
    const isOwn = this.#own.has(shardId);
    const before = lane?.slot !== slot ? new Set<number>() : isOwn ? lane.seen : new Set(lane.seen);
    this.#lanes.set(shardId, {
      slot,
      seen: before.add(index),
      watermarkMs: later(lane?.watermarkMs ?? null, watermarkMs),
      clockMs: Math.max(lane?.clockMs ?? 0, clockMs),
    });
    this.#own.add(shardId);
    this.#of = of ?? this.#of;
  }

  /** Takes in what an entry of the log says. */
  set(changes: readonly LaneChange[], of: readonly string[] | undefined): void {
    for (const [shardId, slot, seen, watermarkMs, clockMs] of changes)
      this.#lanes.set(shardId, { slot, seen: new Set(seen), watermarkMs, clockMs });
    this.#of = of ?? this.#of;
  }

  /** What differs from the base. */
  get changes(): readonly LaneChange[] {
    return this.all.filter(([shardId]) => this.#own.has(shardId));
  }

  get all(): readonly LaneChange[] {
    return [...this.#lanes].map(([shardId, { slot, seen, watermarkMs, clockMs }]) => [
      shardId,
      slot,
      [...seen],
      watermarkMs,
      clockMs,
    ]);
  }

  /** How far event time has come in all shards before the hop: in the one that is behind. Undefined as long as one of them
   *  has not been heard of, or has just had its first event. One without an event is as far as its clock less what event
   *  time lags behind in the others. */
  get watermarkMs(): number | undefined {
    let earliestMs = Number.POSITIVE_INFINITY;
    let emptyClockMs = Number.POSITIVE_INFINITY;
    let lagMs = Number.NEGATIVE_INFINITY;
    for (const shardId of this.#of ?? []) {
      const lane = this.#lanes.get(shardId);
      if (!lane || lane.watermarkMs === BEFORE_ALL_MS) return undefined;
      const { watermarkMs, clockMs } = lane;
      if (watermarkMs === null) emptyClockMs = Math.min(emptyClockMs, clockMs);
      else {
        earliestMs = Math.min(earliestMs, watermarkMs);
        lagMs = Math.max(lagMs, clockMs - watermarkMs);
      }
    }
    return earliestMs === Number.POSITIVE_INFINITY ? undefined : Math.min(earliestMs, emptyClockMs - lagMs);
  }
}

const later = (a: number | null, b: number | null) => (a === null || b === null ? (a ?? b) : Math.max(a, b));

/** What a merged shard takes over: parents have heard of the same shards, one perhaps more than the other. */
export function mergeLanes(parents: readonly (readonly LaneChange[])[]): readonly LaneChange[] {
  const lanes = new Map<string, LaneChange>();
  for (const change of parents.flat()) {
    const [shardId, slot, seen, watermarkMs, clockMs] = change;
    const [, otherSlot = -1, otherSeen = [], otherMs = null, otherClockMs = 0] = lanes.get(shardId) ?? [];
    const newest = Math.max(slot, otherSlot);
    const all = [...(otherSlot === newest ? otherSeen : []), ...(slot === newest ? seen : [])];
    lanes.set(shardId, [
      shardId,
      newest,
      [...new Set(all)],
      later(watermarkMs, otherMs),
      Math.max(clockMs, otherClockMs),
    ]);
  }
  return [...lanes.values()];
}
