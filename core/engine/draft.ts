import { BEFORE_ALL_MS, type Hopped } from '../event/control.ts';
import { type Cell, sizeOf } from '../event/json.ts';
import type { Message, Outgoing, Part, Row } from '../operators/operator.ts';
import { NEXT_HOP } from '../ports.ts';
import type { Entry } from './entry.ts';
import { Lanes } from './lanes.ts';
import type { ParkedFailure, ParkingLot } from './parking.ts';
import { comparePositions, type Position } from './position.ts';
import type { RejectedRecord } from './quarantine.ts';
import type { SeenKey } from './recent-keys.ts';
import type { EventRecord } from './record.ts';
import { dueMs, needsTimer, type ShardState, stateChars } from './shard-state.ts';
import type { Tally } from './tally.ts';
import { DueTimers, type Timer } from './timers.ts';

/** A step's state of a key before a record and after it. */
export interface CellChange {
  /** Of the state: see `stateName`. */
  readonly name: string;
  readonly step: string;
  readonly key: string;
  readonly before: Cell | undefined;
  readonly cell: Cell | undefined;
}

/** Largest body of parts taken together, as JSON characters: six bytes each at most, it is within a Kinesis record. */
const MAX_MERGED_CHARS = 160_000;

/** What a batch has come to so far: the changes that its entry will say, over a state that stays as it is. */
export class Draft {
  readonly state: ShardState;
  /** Name of the object that takes the records this batch parks. */
  readonly object: string;
  /** How far event time had come when the batch began, and all that was due by then had been seen to. */
  readonly committedMs: number | undefined;
  /** The shard's clock when the batch began. */
  readonly committedClockMs: number;
  position: Position | undefined;
  arrivalMs: number;
  watermarkMs: number | undefined;
  lagMs: number;
  quarantined: Tally;
  threw: Tally;
  readonly rows: Row[] = [];
  readonly outbox: Outgoing[] = [];
  readonly rejected: RejectedRecord[] = [];
  readonly keys: SeenKey[] = [];
  /** Records parked by this batch, by key. */
  readonly parked = new Map<string, EventRecord[]>();
  readonly redriven = new Map<string, number>();
  events = 0;
  duplicates = 0;
  skipped = 0;
  #lanes: Lanes | undefined;
  #admitted = 0;
  /** The open shards that the next hop is to hear of. */
  #forward: { readonly shards: readonly string[]; readonly delayMs: number } | undefined;
  /** Where in the outbox the part of a sink's key and group lies. */
  readonly #parts = new Map<string, number>();
  readonly #newKeys = new Map<string, number>();
  readonly #states = new Map<string, readonly [step: string, key: string, cell?: Cell]>();
  #timers: DueTimers | undefined;
  #stateChars: number;
  #lot: ParkingLot | undefined;
  readonly #failures = new Map<string, ParkedFailure>();

  constructor(state: ShardState, object: string) {
    this.state = state;
    this.object = object;
    this.committedMs = state.seenToMs;
    this.committedClockMs = state.arrivalMs;
    this.position = state.position;
    this.arrivalMs = state.arrivalMs;
    this.watermarkMs = state.watermarkMs;
    this.lagMs = state.lagMs;
    this.quarantined = state.quarantined;
    this.threw = state.threw;
    this.#stateChars = state.stateChars;
  }

  get isEmpty(): boolean {
    return this.position === this.state.position && this.#states.size === 0 && this.redriven.size === 0;
  }

  /** The parked keys, those of this batch among them. */
  get lot(): ParkingLot {
    return this.#lot ?? this.state.lot;
  }

  get stateChars(): number {
    return this.#stateChars;
  }

  /** Whether the record at this position is finished, by this batch or before it. */
  isPast(position: Position): boolean {
    return this.position !== undefined && comparePositions(position, this.position) <= 0;
  }

  /** The record at this position, which came at `arrivalMs`, is finished. */
  advance(position: Position, arrivalMs: number): void {
    if (this.isPast(position)) return;
    this.position = position;
    this.arrivalMs = Math.max(this.arrivalMs, arrivalMs);
  }

  /** Whether an event with this key was taken in within the horizon before `clockMs`. */
  hasSeen(key: string, clockMs: number): boolean {
    const { recent } = this.state;
    const arrivalMs = this.#newKeys.get(key);
    if (arrivalMs !== undefined) return recent.isWithin(arrivalMs, clockMs);
    return recent.has(key, clockMs, this.keys.length);
  }

  remember(key: string, arrivalMs: number): void {
    this.keys.push({ key, arrivalMs });
    this.#newKeys.set(key, arrivalMs);
  }

  /** What has come over the hop, this batch's records among it. */
  get lanes(): Lanes {
    return this.#lanes ?? this.state.lanes;
  }

  /** A record has come over the hop: event time moves on as it did before. */
  admit(hopped: Hopped, of?: readonly string[]): void {
    this.#lanes ??= new Lanes(this.state.lanes);
    this.#lanes.add(hopped, of);
    this.#admitted += 1;
    const reachedMs = this.#lanes.watermarkMs;
    if (reachedMs !== undefined) this.watermarkMs = Math.max(this.watermarkMs ?? reachedMs, reachedMs);
  }

  /** Events taken in. */
  get admitted(): number {
    return this.keys.length + this.#admitted;
  }

  /** The next hop, where there is one, is to hear how far event time has come, less the delay, with these shards open. */
  forward(shards: readonly string[], delayMs: number | undefined): void {
    if (delayMs !== undefined) this.#forward = { shards, delayMs };
  }

  /** Puts a part in the outbox, or into the latest one of its group that is there, as long as both fit one record. */
  combine({ message, group, merge }: Part): void {
    const name = JSON.stringify([message.sink, message.key, group]);
    const place = this.#parts.get(name);
    const there = place === undefined ? undefined : (this.outbox[place] as Message);
    const body = there && merge(there.body, message.body);
    if (place === undefined || !there || body === undefined || sizeOf(body) > MAX_MERGED_CHARS) {
      this.#parts.set(name, this.outbox.length);
      this.outbox.push(message);
      return;
    }
    this.outbox[place] = { ...there, timeMs: Math.max(there.timeMs, message.timeMs), body };
  }

  /** The state of this name: see `stateName`. */
  cellOf(name: string): Cell | undefined {
    const changed = this.#states.get(name);
    return changed ? changed[2] : this.state.cellOf(name);
  }

  setCell({ name, step, key, before, cell }: CellChange): void {
    this.#stateChars += stateChars(step, key, cell) - stateChars(step, key, before);
    this.#states.set(name, cell === undefined ? [step, key] : [step, key, cell]);
    if (cell && needsTimer(cell, before, this.watermarkMs ?? Number.NEGATIVE_INFINITY)) {
      this.#dueTimers().add(this.state.timerOf(step, name, cell));
    }
  }

  /** How far event time has come for a key. */
  watermarkOf(key: string): number {
    return Math.max(this.watermarkMs ?? Number.NEGATIVE_INFINITY, this.state.floorOf(key));
  }

  /** An event of this time came at the shard's clock: event time moves on, never back. */
  reach(timeMs: number, clockMs: number): void {
    this.watermarkMs = Math.max(this.watermarkMs ?? Number.NEGATIVE_INFINITY, timeMs);
    this.lagMs = clockMs - this.watermarkMs;
  }

  /** Time has passed without an event: event time moves on as the clock did since the last, which was where it was. */
  pass(clockMs: number): void {
    if (this.watermarkMs !== undefined) this.watermarkMs = Math.max(this.watermarkMs, clockMs - this.lagMs);
  }

  /** Takes out the earliest state that is due; undefined when none is. */
  takeDue(): Timer | undefined {
    const { watermarkMs } = this;
    if (watermarkMs === undefined) return undefined;
    for (;;) {
      const timer = this.#dueTimers().take(watermarkMs);
      if (timer === undefined) return undefined;
      const cell = this.cellOf(timer.name);
      if (cell !== undefined && dueMs(cell) === timer.wakeMs) return timer;
      if (cell !== undefined) this.#putOff(timer, dueMs(cell));
    }
  }

  /** The state's time has been put off since its timer was set. */
  #putOff(timer: Timer, untilMs: number): void {
    if (timer.wakeMs < untilMs && untilMs < Infinity) this.#dueTimers().add({ ...timer, wakeMs: untilMs });
  }

  /** Puts one back that could not be seen to. */
  putBack(timer: Timer): void {
    this.#dueTimers().add(timer);
  }

  #dueTimers(): DueTimers {
    this.#timers ??= new DueTimers(this.state.timers);
    return this.#timers;
  }

  park(record: EventRecord, failure: ParkedFailure): void {
    const { partitionKey } = record;
    const ofKey = this.parked.get(partitionKey) ?? [];
    this.parked.set(partitionKey, ofKey);
    if (!this.lot.keys.has(partitionKey)) this.#failures.set(partitionKey, failure);
    this.#ownLot().park(partitionKey, { object: this.object, from: ofKey.length, count: 1 }, failure);
    ofKey.push(record);
  }

  /** Parked records that this batch has taken through. */
  get redrivenCount(): number {
    let records = 0;
    for (const count of this.redriven.values()) records += count;
    return records;
  }

  /** The key's first record has been taken through. */
  release(partitionKey: string): void {
    this.#ownLot().release(partitionKey, 1);
    this.redriven.set(partitionKey, (this.redriven.get(partitionKey) ?? 0) + 1);
  }

  /** The key's first record met this when it was taken through. */
  fail(partitionKey: string, failure: ParkedFailure): void {
    this.#ownLot().fail(partitionKey, failure);
    this.#failures.set(partitionKey, failure);
  }

  #ownLot(): ParkingLot {
    this.#lot ??= this.state.lot.copy();
    return this.#lot;
  }

  /** `shapes` says what the states of each step are. */
  entry(shapes: ReadonlyMap<string, string>): Entry {
    return {
      slot: this.state.slot + 1,
      position: this.position,
      arrivalMs: this.arrivalMs,
      watermarkMs: this.watermarkMs,
      lagMs: this.lagMs,
      keys: this.keys,
      details: {
        ...unlessEmpty('states', [...this.#states.values()]),
        ...unlessEmpty('shapes', this.#newShapes(shapes)),
        ...unlessEmpty('outbox', this.#forward ? [...this.outbox, this.#watermark(this.#forward)] : this.outbox),
        ...unlessEmpty('lanes', this.#lanes?.changes ?? []),
        ...(this.#lanes?.of && { lanesOf: this.#lanes.of }),
        ...unlessEmpty('parked', this.#parkedParts()),
        ...unlessEmpty('redriven', [...this.redriven]),
        ...unlessEmpty(
          'failures',
          [...this.#failures].filter(([key]) => this.lot.keys.has(key)),
        ),
        ...(this.quarantined !== this.state.quarantined && { quarantined: this.quarantined }),
        ...(this.threw !== this.state.threw && { threw: this.threw }),
        ...(this.state.snapshot > 0 && { snapshot: this.state.snapshot }),
      },
    };
  }

  #newShapes(shapes: ReadonlyMap<string, string>): readonly (readonly [step: string, shape: string])[] {
    const steps = new Set([...this.#states.values()].map(([step]) => step));
    return [...shapes].filter(([step]) => steps.has(step) && !this.state.shapes.has(step));
  }

  /** Of the batch before: what this batch sends on may be from then. */
  #watermark({ shards: of, delayMs }: { readonly shards: readonly string[]; readonly delayMs: number }): Outgoing {
    const { committedMs, committedClockMs: clockMs } = this;
    const hasEvents = this.watermarkMs !== undefined;
    const watermarkMs = committedMs !== undefined ? committedMs - delayMs : hasEvents ? BEFORE_ALL_MS : null;
    return { sink: NEXT_HOP, id: '', source: '', key: '', timeMs: 0, body: { watermarkMs, clockMs, of } };
  }

  #parkedParts() {
    return [...this.parked].map(
      ([key, records]) => [key, { object: this.object, from: 0, count: records.length }] as const,
    );
  }
}

const unlessEmpty = <Name extends string, Item>(name: Name, items: readonly Item[]) =>
  items.length > 0 ? ({ [name]: items } as { [Each in Name]: readonly Item[] }) : undefined;
