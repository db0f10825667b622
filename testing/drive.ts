import type * as z from 'zod';
import { memoryLake } from '../adapters/memory/lake.ts';
import type { EventType } from '../core/event/event.ts';
import type { Plan } from '../core/pipeline/index.ts';
import { quarantineTable } from '../core/pipeline/quarantine.ts';
import { millisecondsOf, StreamClock, type Time } from './clock.ts';
import { DriveError } from './errors.ts';
import type { CrashPoint } from './fuse.ts';
import type { DriveOptions, PutOptions, RowsOptions, SendOptions } from './options.ts';
import { Part } from './part.ts';
import { bytesOf, checkReadable, placeOf } from './record.ts';
import { distinct, ownColumns, type Row } from './rows.ts';
import { type Incoming, MemoryStream } from './stream.ts';

/** A record in quarantine. */
export interface Quarantined {
  readonly reason: string;
  readonly step: string;
  readonly found: string;
  readonly expected: string;
  /** The record itself, as text. */
  readonly record: string;
}

/** A key whose records wait for a mended step. */
export interface Parked {
  readonly key: string;
  /** The step that threw, and what it threw. */
  readonly step: string;
  readonly found: string;
  /** Records that wait. */
  readonly records: number;
}

/** Runs a pipeline in memory, for tests: the engine that is deployed, on a stream, a log and a lake that live as long as
 *  the test. Nothing depends on the machine's clock, on chance or on a test runner.
 *
 *  Time is the stream's: the clock begins at `start` or at the first event, and follows events whose time is later, so
 *  that they arrive as they happen, in whatever year. What is late by the clock of the test is late for the pipeline.
 *  @throws DriveError for options that cannot be. */
export function drive(pipeline: Plan, options: DriveOptions = {}): Drive {
  const { shards = 1, batchSize = 500, start } = options;
  return new Drive(pipeline, {
    stream: new MemoryStream(atLeastOne('shards', shards)),
    batchSize: atLeastOne('batchSize', batchSize),
    clock: new StreamClock(start === undefined ? undefined : millisecondsOf('start', start)),
  });
}

/** A pipeline that is being driven: see `drive`. */
export class Drive {
  readonly #plan: Plan;
  readonly #batchSize: number;
  readonly #lake = memoryLake();
  /** What is deployed as a function each; the first reads the events. */
  readonly #parts: readonly [Part, ...Part[]];
  readonly #clock: StreamClock;
  #puts = 0;
  #isBusy = false;

  /** Made by `drive`. */
  constructor(plan: Plan, options: { stream: MemoryStream; clock: StreamClock; batchSize: number }) {
    this.#plan = plan;
    this.#batchSize = options.batchSize;
    this.#clock = options.clock;
    this.#parts = [new Part(plan, { ...options, lake: this.#lake })];
  }

  /** Puts events of a type, one or several, and has the pipeline take them: several come in one batch. They are checked
   *  first, so that what a test puts is what it means; `send` puts anything.
   *  @throws DriveError when the pipeline does not read the type, or the data does not follow its schema. */
  async put<Event extends EventType>(
    event: Event,
    data: z.input<Event['schema']> | readonly z.input<Event['schema']>[],
    options: PutOptions = {},
  ): Promise<void> {
    const { id, source = '/drive', time, arrival } = options;
    const all: readonly unknown[] = Array.isArray(data) ? data : [data];
    this.#checkType(event, time);
    if (id !== undefined && all.length !== 1) throw new DriveError(`put: found one id for ${all.length} events`);
    const documents = all.map((each) => {
      this.#puts += 1;
      const envelope = { specversion: '1.0', type: event.type, id: id ?? `put-${this.#puts}`, source, data: each };
      return event.time === undefined ? { ...envelope, time: this.#timeOf(time ?? arrival) } : envelope;
    });
    await this.#take(documents, { arrival, isChecked: true });
  }

  /** Puts records as they are, one or several, and has the pipeline take them: text or bytes, or documents to be made
   *  JSON. Nothing is checked: this shows what becomes of bad data, and feeds a pipeline with a `decode` of its own. */
  async send(records: unknown, options: SendOptions = {}): Promise<void> {
    await this.#take(Array.isArray(records) ? records : [records], { ...options, isChecked: false });
  }

  /** Lets so many milliseconds pass; then each shard has a heartbeat. As deployed, event time moves on by as much as the
   *  clock since the shard's last event: what is due by then, with the pipeline's `outOfOrderness`, is done. */
  async advance(milliseconds: number): Promise<void> {
    if (!Number.isSafeInteger(milliseconds))
      throw new DriveError(`advance: found ${milliseconds}; expected a whole number of milliseconds`);
    await this.#goTo('advance', this.#clock.nowFor('advance') + milliseconds);
  }

  /** Lets time pass until the clock shows this, as `advance`. */
  async until(time: Time): Promise<void> {
    this.#clock.nowFor('until');
    await this.#goTo('until', millisecondsOf('until', time));
  }

  /** Rows of a table as its view shows them, each id once, in the order in which they came. Times are ISO 8601 in UTC.
   *  @throws DriveError when the pipeline has no such table, or two rows of one id differ. */
  rows(table: string, { origin = false }: RowsOptions = {}): readonly Row[] {
    this.#checkIdle();
    const tables = this.#plan.tables.map(({ name }) => name);
    if (!tables.includes(table)) {
      throw new DriveError(`pipeline '${this.#plan.name}': found no table '${table}'; expected ${tables.join(', ')}`);
    }
    const rows = distinct(table, this.#lake.rows(table));
    return origin ? rows : rows.map(ownColumns);
  }

  /** Records that could not be processed. */
  quarantined(): readonly Quarantined[] {
    this.#checkIdle();
    const rows = distinct(quarantineTable.name, this.#lake.rows(quarantineTable.name)) as readonly QuarantineRow[];
    return rows.map(({ reason, step, found, expected, payload }) => {
      return { reason, step, found, expected, record: Buffer.from(payload ?? '', 'base64').toString() };
    });
  }

  /** Keys that wait since a step threw on one of their records. */
  parked(): readonly Parked[] {
    this.#checkIdle();
    return this.#parked();
  }

  /** Takes the parked records through the steps again, as `millrace redrive --all` does; what throws again stays. */
  async redrive(): Promise<void> {
    await this.#alone(async () => {
      for (let before = Number.POSITIVE_INFINITY; this.#waiting > 0 && this.#waiting < before; ) {
        before = this.#waiting;
        for (const part of this.#parts) part.redrive(this.#clock.now());
        await this.#drain();
      }
    });
  }

  /** Loses the execution environment, and all that it held in memory: at once, so that the next batch begins cold from the
   *  log, or in the middle of the next batch, which then comes again. */
  crash({ before }: { readonly before?: CrashPoint } = {}): void {
    this.#checkIdle();
    for (const part of this.#parts) part.crash(before);
  }

  /** Splits each shard in two. */
  async split(): Promise<void> {
    await this.#reshard((part) => part.stream.split());
  }

  /** Merges the shards, each two neighbours into one.
   *  @throws DriveError when there is but one. */
  async merge(): Promise<void> {
    await this.#reshard((part) => part.stream.merge());
  }

  /** Takes all records of the stream again, from the first, through a pipeline that knows nothing yet: this one or another
   *  version of it. What was driven stays as it is. */
  async replay(pipeline: Plan = this.#plan): Promise<Drive> {
    this.#checkIdle();
    const stream = this.#parts[0].stream.copy();
    const clock = new StreamClock(this.#clock.nowMs);
    const again = new Drive(pipeline, { stream, clock, batchSize: this.#batchSize });
    await again.#alone(() => again.#drain());
    return again;
  }

  /** Records that wait. */
  get #waiting(): number {
    return this.#parked().reduce((sum, { records }) => sum + records, 0);
  }

  #parked(): readonly Parked[] {
    return this.#parts.flatMap(({ parked }) =>
      parked.map(([key, { failure, parts }]) => {
        const records = parts.reduce((sum, { count }) => sum + count, 0);
        return { key, step: failure.step, found: failure.found, records };
      }),
    );
  }

  async #take(records: readonly unknown[], { key, arrival, isChecked }: Taking): Promise<void> {
    const [{ program, stream }] = this.#parts;
    await this.#alone(async () => {
      const incoming: Incoming[] = [];
      let { nowMs } = this.#clock;
      for (const record of records) {
        const data = bytesOf(record);
        const { partitionKey, timeMs } = placeOf(data, program.readers, nowMs);
        nowMs = arrival === undefined ? latest(timeMs, nowMs) : millisecondsOf('arrival', arrival);
        const arrivalMs = nowMs ?? this.#clock.nowFor('send');
        incoming.push({ partitionKey: key ?? partitionKey, arrivalMs, data });
      }
      if (isChecked) for (const each of incoming) checkReadable(each, program.readers);
      for (const each of incoming) {
        this.#clock.goTo('arrival', each.arrivalMs);
        stream.put(each);
      }
      await this.#drain();
    });
  }

  #checkType(event: EventType, time: Time | undefined): void {
    const { types } = this.#parts[0].program.readers.own;
    if (!types.has(event.type)) {
      const expected = [...types.keys()].join(' or ');
      throw new DriveError(`put: pipeline '${this.#plan.name}' does not read '${event.type}'; expected ${expected}`);
    }
    if (time !== undefined && event.time !== undefined)
      throw new DriveError(
        `put: found a time; expected none, for '${event.type}' says it in its field '${event.time}'`,
      );
  }

  #timeOf(time: Time | undefined): string {
    return new Date(time === undefined ? this.#clock.nowFor('put') : millisecondsOf('time', time)).toISOString();
  }

  async #goTo(verb: string, timeMs: number): Promise<void> {
    await this.#alone(async () => {
      this.#clock.goTo(verb, timeMs);
      for (const part of this.#parts) part.beat(timeMs);
      await this.#drain();
    });
  }

  /** The new shards have a heartbeat at once: as deployed, they have one within a minute. */
  async #reshard(change: (part: Part) => void): Promise<void> {
    await this.#alone(async () => {
      for (const part of this.#parts) {
        change(part);
        if (this.#clock.nowMs !== undefined) part.beat(this.#clock.nowMs);
      }
      await this.#drain();
    });
  }

  /** Each part puts only to those behind it. */
  async #drain(): Promise<void> {
    for (const part of this.#parts) await part.drain();
  }

  async #alone(act: () => Promise<void>): Promise<void> {
    this.#checkIdle();
    this.#isBusy = true;
    try {
      await act();
    } finally {
      this.#isBusy = false;
    }
  }

  #checkIdle(): void {
    if (this.#isBusy) throw new DriveError('another call is under way; expected an await before each');
  }
}

interface QuarantineRow extends Row {
  readonly reason: string;
  readonly step: string;
  readonly found: string;
  readonly expected: string;
  readonly payload?: string;
}

interface Taking {
  readonly key?: string | undefined;
  readonly arrival?: Time | undefined;
  /** Whether the pipeline must be able to read them. */
  readonly isChecked: boolean;
}

const latest = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);

function atLeastOne(option: string, found: number): number {
  if (Number.isSafeInteger(found) && found >= 1) return found;
  throw new DriveError(`${option}: found ${found}; expected an integer from 1`);
}
