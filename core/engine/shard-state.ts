import type { Json } from '../event/json.ts';
import { keep, sizeOf } from '../event/json.ts';
import { partitionKeyOf } from '../event/partition-key.ts';
import type { Row } from '../operators/operator.ts';
import type { Entry, Genesis } from './entry.ts';
import { type HashRange, isIn } from './hash-range.ts';
import { ParkingLot } from './parking.ts';
import type { Position } from './position.ts';
import { RecentKeys } from './recent-keys.ts';
import { EMPTY_TALLY, type Tally } from './tally.ts';

/** Most that the steps' states of a shard may come to, as JSON characters: some 150 MB in memory. */
export const MAX_SHARD_STATE_CHARS = 32 * 1024 * 1024;

/** The log of a shard is not what it must be. Nothing mends itself here: somebody has to look. */
export class LogError extends Error {
  override readonly name = 'LogError';
}

/** What a state counts for. */
export const stateChars = (step: string, key: string, state: Json | undefined): number =>
  state === undefined ? 0 : step.length + 1 + key.length + sizeOf(state);

/** Names a step's state of a key. A step's id has no '/'. */
export const stateName = (step: string, key: string): string => `${step}/${key}`;

/** What a shard's log says, folded: the state that the next batch starts from. Changed by entries alone. */
export class ShardState {
  readonly shardId: string;
  readonly horizonMs: number;
  readonly recent: RecentKeys;
  #slot = -1;
  #position: Position | undefined;
  #arrivalMs = 0;
  #watermarkMs: number | undefined;
  readonly #states = new Map<string, Json>();
  #stateChars = 0;
  readonly #lot = new ParkingLot();
  #quarantined: Tally = EMPTY_TALLY;
  #threw: Tally = EMPTY_TALLY;
  #genesis: Genesis | undefined;
  #isSealed = false;
  #snapshot = 0;
  #outbox: readonly Row[] = [];

  constructor(shardId: string, horizonMs: number) {
    this.shardId = shardId;
    this.horizonMs = horizonMs;
    this.recent = new RecentKeys(horizonMs);
  }

  get slot(): number {
    return this.#slot;
  }
  get position(): Position | undefined {
    return this.#position;
  }
  get arrivalMs(): number {
    return this.#arrivalMs;
  }
  get watermarkMs(): number | undefined {
    return this.#watermarkMs;
  }
  get lot(): ParkingLot {
    return this.#lot;
  }
  get quarantined(): Tally {
    return this.#quarantined;
  }
  get threw(): Tally {
    return this.#threw;
  }
  get stateChars(): number {
    return this.#stateChars;
  }
  get genesis(): Genesis {
    if (!this.#genesis) throw new LogError(`${this.shardId}: found a log without a beginning; expected slot 0`);
    return this.#genesis;
  }
  get isSealed(): boolean {
    return this.#isSealed;
  }
  /** Slot of the newest snapshot that the log knows of; 0 for none. */
  get snapshot(): number {
    return this.#snapshot;
  }
  /** Rows of the newest entry that may not have been delivered. Those of earlier ones have been: a slot is written only
   *  when nothing of the slots before is left. */
  get outbox(): readonly Row[] {
    return this.#outbox;
  }

  stateOf(name: string): Json | undefined {
    return this.#states.get(name);
  }

  delivered(): void {
    this.#outbox = [];
  }

  /** A snapshot of this slot is stored. */
  snapshotStored(slot: number): void {
    this.#snapshot = slot;
  }

  /** Takes in an entry that stands in the log, or a snapshot to begin with. */
  apply(entry: Entry): void {
    const { details } = entry;
    const follows = this.#slot < 0 ? details.genesis !== undefined : entry.slot === this.#slot + 1;
    if (!follows) {
      const expected = this.#slot < 0 ? 'slot 0 or a snapshot' : `slot ${this.#slot + 1}`;
      throw new LogError(`${this.shardId}: found slot ${entry.slot} next in the log; expected ${expected}`);
    }
    this.#slot = entry.slot;
    this.#position = entry.position;
    this.#arrivalMs = Math.max(this.#arrivalMs, entry.arrivalMs);
    this.#watermarkMs = entry.watermarkMs;
    this.recent.add(entry.keys, this.#arrivalMs);
    for (const [step, key, state] of details.states ?? []) this.#setState(step, key, state);
    for (const [key, part] of details.parked ?? []) this.#lot.park(key, part, NO_FAILURE);
    for (const [key, count] of details.redriven ?? []) this.#lot.release(key, count);
    for (const [key, failure] of details.failures ?? []) this.#lot.fail(key, failure);
    this.#quarantined = details.quarantined ?? this.#quarantined;
    this.#threw = details.threw ?? this.#threw;
    this.#genesis = details.genesis ?? this.#genesis;
    this.#isSealed = details.sealed ?? false;
    this.#snapshot = details.snapshot ?? 0;
    this.#outbox = details.outbox ?? [];
  }

  #setState(step: string, key: string, state: Json | undefined): void {
    const name = stateName(step, key);
    this.#stateChars -= stateChars(step, key, this.#states.get(name));
    this.#states.delete(name);
    if (state === undefined) return;
    const kept = keep(step, state);
    this.#states.set(name, kept);
    this.#stateChars += stateChars(step, key, kept);
  }

  /** An entry that says all this state holds. */
  snapshotEntry(): Entry {
    return {
      slot: this.#slot,
      position: this.#position,
      arrivalMs: this.#arrivalMs,
      watermarkMs: this.#watermarkMs,
      keys: this.recent.all(),
      details: {
        ...this.#held(() => true),
        outbox: this.#outbox,
        quarantined: this.#quarantined,
        threw: this.#threw,
        snapshot: this.#slot,
        genesis: this.genesis,
        ...(this.#isSealed && { sealed: true }),
      },
    };
  }

  /** What a child shard of this range takes over: the states and parked records of its keys, and every id, since ids do
   *  not tell their key and one too many does no harm. */
  inheritance(range: HashRange): Pick<Entry, 'arrivalMs' | 'watermarkMs' | 'keys' | 'details'> {
    return {
      arrivalMs: this.#arrivalMs,
      watermarkMs: this.#watermarkMs,
      keys: this.recent.all(),
      details: this.#held((partitionKey) => this.#goesTo(range, partitionKey)),
    };
  }

  /** Records under a hash key of the producer's choice are not where their partition key says; theirs goes with the
   *  beginning of the shard's range, so that it goes to one child. */
  #goesTo(range: HashRange, partitionKey: string): boolean {
    const { range: own } = this.genesis;
    return isIn(own, partitionKey) ? isIn(range, partitionKey) : range.from <= own.from && own.from <= range.to;
  }

  #held(ofKey: (partitionKey: string) => boolean): Pick<Entry['details'], 'states' | 'parked' | 'failures'> {
    const states = [...this.#states].map(([name, state]) => [...splitName(name), state] as const);
    const parked = [...this.#lot.keys].filter(([key]) => ofKey(key));
    return {
      states: states.filter(([, key]) => ofKey(partitionKeyOf(key))),
      parked: parked.flatMap(([key, { parts }]) => parts.map((part) => [key, part] as const)),
      failures: parked.map(([key, { failure }]) => [key, failure] as const),
    };
  }
}

/** Stands until the failure that comes with each newly parked key is set. */
const NO_FAILURE = { step: '', found: '', sinceMs: 0 };

function splitName(name: string): readonly [step: string, key: string] {
  const slash = name.indexOf('/');
  return [name.slice(0, slash), name.slice(slash + 1)];
}
