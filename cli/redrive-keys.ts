import { firstHashKey, type HashRange, isIn } from '../core/engine/hash-range.ts';
import type { ParkedPart } from '../core/engine/parking.ts';
import { MAX_REDRIVEN } from '../core/engine/step.ts';
import { inParallel } from '../core/in-parallel.ts';
import type { Shard } from '../core/ports.ts';
import { CONCURRENT_READS, type LogReader, type ParkedKeys, type ParkedPlace, readParkedKeys } from './parked-keys.ts';
import { type Placed, type TakenPorts, untilTaken } from './taken.ts';

/** What redriving a pipeline's keys needs from outside. */
export interface RedrivePorts extends TakenPorts {
  readonly logs: LogReader & TakenPorts['logs'];
  readonly listShards: () => Promise<readonly Shard[]>;
  /** Puts the record that asks for a redrive of the key: to the shard of this hash key, a decimal number, or to the one
   *  that the key itself belongs to. */
  readonly put: (key: string, hashKey: string | undefined) => Promise<Placed>;
}

const POLL_MS = 1_000;

export interface RedriveOptions {
  /** How long the pipeline may take to come to what it is asked. */
  readonly timeoutMs: number;
  readonly onProgress: (redriven: number, keysLeft: number) => void;
}

/** `free`: nothing waits any more. `parked`: a step throws on the key's first record. `pending`: the pipeline has not
 *  come to the redrive in time; it will when it goes on. */
export type Outcome = 'free' | 'parked' | 'pending';

export interface RedrivenKey {
  readonly key: string;
  readonly outcome: Outcome;
  /** Of the records that were seen to wait: how many were taken through. */
  readonly redriven: number;
  /** Where records still wait. */
  readonly left: readonly ParkedPlace[];
}

/** Asks the pipeline to take the parked records of these keys through its steps, again and again, as long as it gets
 *  further with the key. */
export async function redriveKeys(
  parked: ParkedKeys,
  ports: RedrivePorts,
  { timeoutMs, onProgress }: RedriveOptions,
): Promise<readonly RedrivenKey[]> {
  const redriven = new Map([...parked.keys()].map((key) => [key, 0]));
  const givenUp = new Map<string, Outcome>();
  let left = parked;
  for (;;) {
    const open = [...redriven.keys()].filter((key) => left.has(key) && !givenUp.has(key));
    onProgress(sum([...redriven.values()]), open.length);
    if (open.length === 0) break;
    const { asked, pending } = await redriveOnce(
      open.flatMap((key) => left.get(key) ?? []),
      ports,
      timeoutMs,
    );
    const now = await readParkedKeys(ports.logs, await ports.listShards());
    for (const key of asked) {
      const count = takenThrough(left.get(key), now.get(key));
      redriven.set(key, (redriven.get(key) ?? 0) + count);
      if (pending.has(key)) givenUp.set(key, 'pending');
      else if (count === 0) givenUp.set(key, 'parked');
    }
    left = now;
  }
  return [...redriven].map(([key, count]) => {
    const outcome = left.has(key) ? (givenUp.get(key) ?? 'parked') : 'free';
    return { key, outcome, redriven: count, left: left.get(key) ?? [] };
  });
}

/** One redrive for some keys of each shard, until the pipeline has come to all of them or the time is up.
 *  @returns the keys that are to be looked at again, and those of them that it has not come to. */
async function redriveOnce(places: readonly ParkedPlace[], ports: RedrivePorts, timeoutMs: number) {
  const shards = [...Map.groupBy(places, ({ shard }) => shard.shardId).values()];
  const rounds = await inParallel(CONCURRENT_READS, shards, async (ofShard) => {
    const asked = portionOf(ofShard);
    return { ofShard, asked, placed: await ask(asked, ports) };
  });
  const late = await untilTaken(
    rounds.flatMap(({ placed }) => placed),
    ports,
    { timeoutMs, pollMs: POLL_MS },
  );
  const isLate = ({ placed }: (typeof rounds)[number]) => placed.some(({ shardId }) => late.has(shardId));
  // What a shard at a standstill was not yet asked, it need not be asked.
  const pending = rounds.filter(isLate).flatMap(({ ofShard }) => ofShard);
  const asked = rounds.filter((round) => !isLate(round)).flatMap((round) => round.asked);
  const keysOf = (of: readonly ParkedPlace[]) => new Set(of.map(({ key }) => key));
  return { asked: keysOf([...asked, ...pending]), pending: keysOf(pending) };
}

/** As many places as one batch may be asked: about as many records as a redrive takes, so that the function has no more
 *  of them in memory than one redrive brings. */
function portionOf(places: readonly ParkedPlace[]): readonly ParkedPlace[] {
  let records = 0;
  return places.filter((place) => {
    if (records >= MAX_REDRIVEN) return false;
    records += Math.min(MAX_REDRIVEN, recordsIn([place]));
    return true;
  });
}

/** Puts the records that ask for the redrives, and tells where they are. */
async function ask(places: readonly ParkedPlace[], { put }: RedrivePorts): Promise<readonly Placed[]> {
  const placed: Placed[] = [];
  for (const { key, shard } of places) placed.push(await put(key, hashKeyFor(key, shard.range)));
  return placed;
}

/** A key in a shard that its hash does not lead to was put there by a hash key of the producer's choice. The beginning of
 *  the shard's range leads there, and after a reshard to the child that has taken over such keys. */
function hashKeyFor(key: string, range: HashRange): string | undefined {
  return isIn(range, key) ? undefined : firstHashKey(range);
}

/** How many of the records that waited before wait no longer. */
function takenThrough(before: readonly ParkedPlace[] = [], now: readonly ParkedPlace[] = []): number {
  const left = Map.groupBy(
    now.flatMap(({ parts }) => parts),
    ({ object }) => object,
  );
  const still = (part: ParkedPart) => sum((left.get(part.object) ?? []).map((each) => overlap(part, each)));
  return sum(before.flatMap(({ parts }) => parts.map((part) => part.count - still(part))));
}

function overlap(a: ParkedPart, b: ParkedPart): number {
  return Math.max(0, Math.min(a.from + a.count, b.from + b.count) - Math.max(a.from, b.from));
}

/** Records that wait in these places. */
export function recordsIn(places: readonly ParkedPlace[]): number {
  return sum(places.flatMap(({ parts }) => parts.map(({ count }) => count)));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
