import { type Cell, keep, sizeOf } from '../event/json.ts';
import { partitionKeyOf } from '../event/partition-key.ts';
import type { Outgoing } from '../operators/operator.ts';
import type { Entry, Floor, Genesis } from './entry.ts';
import { type HashRange, hashOf, isIn } from './hash-range.ts';
import { Lanes } from './lanes.ts';
import { ParkingLot } from './parking.ts';
import type { Position } from './position.ts';
import { RecentKeys } from './recent-keys.ts';
import { EMPTY_TALLY, type Tally } from './tally.ts';
import { type Timer, Timers } from './timers.ts';

/** Most that the steps' states of a shard may come to, as JSON characters: some 150 MB in memory. */
export const MAX_SHARD_STATE_CHARS = 32 * 1024 * 1024;

/** Partition keys that a shard remembers as its own. */
const MAX_OWN_KEYS = 50_000;

/** The log of a shard is not what it must be. Nothing mends itself here: somebody has to look. */
export class LogError extends Error {
  override readonly name = 'LogError';
}

/** Place of a step in the plan; only what takes records through the steps needs to know. */
export type RankOf = (step: string) => number;

/** What a state counts for. */
export const stateChars = (step: string, key: string, cell: Cell | undefined): number =>
  cell === undefined ? 0 : step.length + 1 + key.length + sizeOf(cell.state);

/** When a cell is due: to be woken, or to expire. */
export const dueMs = ({ wakeMs, expiresMs }: Cell): number => Math.min(wakeMs ?? Infinity, expiresMs ?? Infinity);

/** Whether a state needs a timer besides those there are: not when the one before it had one that has not gone off yet
 *  and will not go off too late. So a state whose time is put off again and again takes one timer, not one each time. */
export function needsTimer(cell: Cell, before: Cell | undefined, reachedMs: number): boolean {
  const beforeMs = before ? dueMs(before) : Infinity;
  return dueMs(cell) < Infinity && !(reachedMs < beforeMs && beforeMs <= dueMs(cell));
}

/** Names a step's state of a key. A step's id has no '/'. */
export const stateName = (step: string, key: string): string => `${step}/${key}`;

/** What a shard's log says, folded: the state that the next batch starts from. Changed by entries alone. */
export class ShardState {
  readonly shardId: string;
  readonly horizonMs: number;
  readonly rankOf: RankOf;
  readonly recent: RecentKeys;
  readonly lanes = new Lanes();
  /** What the kept states of each step are. */
  readonly shapes = new Map<string, string>();
  #slot = -1;
  #position: Position | undefined;
  #arrivalMs = 0;
  #watermarkMs: number | undefined;
  #lagMs = 0;
  #floors: readonly Floor[] = [];
  readonly #cells = new Map<string, Cell>();
  #timers = new Timers();
  #stateChars = 0;
  readonly #ownKeys = new Set<string>();
  readonly #lot = new ParkingLot();
  #quarantined: Tally = EMPTY_TALLY;
  #threw: Tally = EMPTY_TALLY;
  #genesis: Genesis | undefined;
  #isSealed = false;
  #snapshot = 0;
  #outbox: readonly Outgoing[] = [];

  constructor(shardId: string, horizonMs: number, rankOf: RankOf = () => 0) {
    this.shardId = shardId;
    this.horizonMs = horizonMs;
    this.rankOf = rankOf;
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
  /** How far event time has come and all that was due by then has been seen to: a full commit leaves some over. */
  get seenToMs(): number | undefined {
    return this.#watermarkMs === undefined ? undefined : Math.min(this.#watermarkMs, this.#timers.firstMs - 1);
  }
  /** How far the watermark was behind the shard's clock at the last event. */
  get lagMs(): number {
    return this.#lagMs;
  }
  get timers(): Timers {
    return this.#timers;
  }
  /** Names of the states that are due at some time. */
  get dueNames(): readonly string[] {
    return [...this.#cells].flatMap(([name, cell]) => (dueMs(cell) < Infinity ? [name] : []));
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
  /** What of the newest entry may not have been delivered. Of earlier ones all has been: a slot is written only when
   *  nothing of the slots before is left. */
  get outbox(): readonly Outgoing[] {
    return this.#outbox;
  }

  cellOf(name: string): Cell | undefined {
    return this.#cells.get(name);
  }

  /** Whether the hash of a partition key lies in the shard's range. Those that do are remembered: keys come again and again,
   *  and an MD5 takes longer than most steps. */
  holds(partitionKey: string): boolean {
    if (this.#ownKeys.has(partitionKey)) return true;
    if (!isIn(this.genesis.range, partitionKey)) return false;
    if (this.#ownKeys.size === MAX_OWN_KEYS) this.#ownKeys.clear();
    this.#ownKeys.add(partitionKey);
    return true;
  }

  /** How far event time has come for a key, if that is further than for the shard: before a merge, in its parent. */
  floorOf(key: string): number {
    if (this.#floors.length === 0) return Number.NEGATIVE_INFINITY;
    const hash = hashOf(partitionKeyOf(key));
    const floors = this.#floors.filter(({ range }) => range.from <= hash && hash <= range.to);
    return Math.max(Number.NEGATIVE_INFINITY, ...floors.map(({ watermarkMs }) => watermarkMs));
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
    this.#lagMs = entry.lagMs;
    const reachedMs = entry.watermarkMs ?? Number.NEGATIVE_INFINITY;
    this.#floors = (details.floors ?? this.#floors).filter(({ watermarkMs }) => watermarkMs > reachedMs);
    this.recent.add(entry.keys, this.#arrivalMs);
    this.#setCells(details.states ?? [], reachedMs);
    for (const [key, part] of details.parked ?? []) this.#lot.park(key, part, NO_FAILURE);
    for (const [key, count] of details.redriven ?? []) this.#lot.release(key, count);
    for (const [key, failure] of details.failures ?? []) this.#lot.fail(key, failure);
    this.#quarantined = details.quarantined ?? this.#quarantined;
    this.#threw = details.threw ?? this.#threw;
    this.#genesis = details.genesis ?? this.#genesis;
    this.#isSealed = details.sealed ?? false;
    this.#snapshot = details.snapshot ?? 0;
    this.#outbox = details.outbox ?? [];
    this.lanes.set(details.lanes ?? [], details.lanesOf);
    for (const [step, shape] of details.shapes ?? []) this.shapes.set(step, shape);
  }

  #setCells(changes: NonNullable<Entry['details']['states']>, reachedMs: number): void {
    const timers: Timer[] = [];
    for (const [step, key, cell] of changes) {
      const name = stateName(step, key);
      const before = this.#cells.get(name);
      this.#stateChars -= stateChars(step, key, before);
      if (cell === undefined) {
        this.#cells.delete(name);
        continue;
      }
      const state = keep(step, cell.state);
      const kept = state === cell.state ? cell : { ...cell, state };
      this.#cells.set(name, kept);
      this.#stateChars += stateChars(step, key, kept);
      if (needsTimer(kept, before, reachedMs)) timers.push(this.timerOf(step, name, kept));
    }
    // Those whose time has passed have gone off, unless they were early or a batch had too many of them.
    for (const { wakeMs, name } of this.#timers.take(reachedMs)) {
      const cell = this.#cells.get(name);
      if (cell && dueMs(cell) >= wakeMs && dueMs(cell) < Infinity)
        timers.push(this.timerOf(splitName(name)[0], name, cell));
    }
    this.#timers.add(timers);
    if (this.#timers.size > 2 * this.#cells.size + 1_000) this.#clearTimers();
  }

  /** Of states whose time was brought forward, timers are left behind. */
  #clearTimers(): void {
    this.#timers = new Timers();
    const due = [...this.#cells].filter(([, cell]) => dueMs(cell) < Infinity);
    this.#timers.add(due.map(([name, cell]) => this.timerOf(splitName(name)[0], name, cell)));
  }

  /** The timer that a state is due by. */
  timerOf(step: string, name: string, cell: Cell): Timer {
    return { wakeMs: dueMs(cell), rank: this.rankOf(step), name };
  }

  /** The next entry, saying nothing new: what was in the outbox is delivered. */
  restEntry(): Entry {
    const details = this.#snapshot > 0 ? { snapshot: this.#snapshot } : {};
    return {
      slot: this.#slot + 1,
      position: this.#position,
      arrivalMs: this.#arrivalMs,
      watermarkMs: this.#watermarkMs,
      lagMs: this.#lagMs,
      keys: [],
      details,
    };
  }

  /** An entry that says all this state holds. */
  snapshotEntry(): Entry {
    return {
      slot: this.#slot,
      position: this.#position,
      arrivalMs: this.#arrivalMs,
      watermarkMs: this.#watermarkMs,
      lagMs: this.#lagMs,
      keys: this.recent.all(),
      details: {
        ...this.#held(() => true),
        floors: this.#floors,
        shapes: [...this.shapes],
        ...this.#lanesHeld(),
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
  inheritance(range: HashRange): Pick<Entry, 'arrivalMs' | 'watermarkMs' | 'lagMs' | 'keys' | 'details'> {
    const own = this.seenToMs === undefined ? [] : [{ range: this.genesis.range, watermarkMs: this.seenToMs }];
    return {
      arrivalMs: this.#arrivalMs,
      watermarkMs: this.#watermarkMs,
      lagMs: this.#lagMs,
      keys: this.recent.all(),
      details: {
        ...this.#held((partitionKey) => this.#goesTo(range, partitionKey)),
        floors: [...this.#floors, ...own],
        shapes: [...this.shapes],
        ...this.#lanesHeld(),
      },
    };
  }

  #lanesHeld(): Pick<Entry['details'], 'lanes' | 'lanesOf'> {
    const { all, of } = this.lanes;
    return { ...(all.length > 0 && { lanes: all }), ...(of && { lanesOf: of }) };
  }

  /** Records under a hash key of the producer's choice are not where their partition key says; theirs goes with the
   *  beginning of the shard's range, so that it goes to one child. */
  #goesTo(range: HashRange, partitionKey: string): boolean {
    const { range: own } = this.genesis;
    return isIn(own, partitionKey) ? isIn(range, partitionKey) : range.from <= own.from && own.from <= range.to;
  }

  #held(ofKey: (partitionKey: string) => boolean): Pick<Entry['details'], 'states' | 'parked' | 'failures'> {
    const states = [...this.#cells].map(([name, cell]) => [...splitName(name), cell] as const);
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

export function splitName(name: string): readonly [step: string, key: string] {
  const slash = name.indexOf('/');
  return [name.slice(0, slash), name.slice(slash + 1)];
}
