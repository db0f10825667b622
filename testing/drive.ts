import type * as z from 'zod';
import type { EventType } from '../core/event/event.ts';
import type { CloudEvent } from '../core/event/index.ts';
import type { Plan } from '../core/pipeline/index.ts';
import { partsOf, type SinkNode } from '../core/pipeline/plan.ts';
import { quarantineTable } from '../core/pipeline/quarantine.ts';
import type { AlertMessage } from '../core/ports.ts';
import { millisecondsOf, StreamClock, type Time } from './clock.ts';
import { DriveError } from './errors.ts';
import { type Parked, parkedOf, type Quarantined, quarantinedOf } from './failures.ts';
import type { CrashPoint } from './fuse.ts';
import type { DriveOptions, PutOptions, RowsOptions, SendOptions } from './options.ts';
import { Part } from './part.ts';
import { bytesOf, checkReadable, placeOf } from './record.ts';
import { Results } from './results.ts';
import { distinct, ownColumns, type Row } from './rows.ts';
import { type Incoming, MemoryStream } from './stream.ts';

/** As deployed, unless `heartbeatSeconds` says otherwise. */
const HEARTBEAT_MS = 60_000;

/** Runs a pipeline in memory, for tests: the engine that is deployed, on streams, logs and sinks that live as long as the
 *  test. Nothing depends on the machine's clock, on chance or on a test runner.
 *
 *  Time is the stream's. Its clock begins at `start` or with the first event, and follows events whose time is later, so
 *  that they arrive as they happen, in whatever year. As time passes each shard has a heartbeat a minute, as deployed.
 *  @throws DriveError for options that cannot be. */
export function drive(pipeline: Plan, options: DriveOptions = {}): Drive {
  const { shards = 1, batchSize = 500, start } = options;
  return new Drive(pipeline, {
    stream: new MemoryStream(atLeastOne('shards', shards)),
    clock: new StreamClock(start === undefined ? undefined : millisecondsOf('start', start)),
    batchSize: atLeastOne('batchSize', batchSize),
  });
}

/** A pipeline that is being driven: see `drive`. */
export class Drive {
  readonly #plan: Plan;
  /** What is deployed as a function each; the first reads the events. */
  readonly #parts: readonly [Part, ...Part[]];
  readonly #results = new Results();
  readonly #clock: StreamClock;
  readonly #batchSize: number;
  #puts = 0;
  #isBusy = false;

  /** Made by `drive`. */
  constructor(plan: Plan, options: { stream: MemoryStream; clock: StreamClock; batchSize: number }) {
    const { stream, clock, batchSize } = options;
    const behind = plan.hops.map(() => new MemoryStream(stream.open.length));
    const partOn = (part: Plan, on: MemoryStream, next: MemoryStream | undefined) =>
      new Part(part, { stream: on, sinks: this.#results.sinks(next, clock), clock, batchSize });
    this.#plan = plan;
    this.#parts = [
      partOn(plan, stream, behind[0]),
      ...behind.map((on, n) => partOn(plan.hops[n] as Plan, on, behind[n + 1])),
    ];
    this.#clock = clock;
    this.#batchSize = batchSize;
  }

  /** Puts events of a type, one or several, and has the pipeline take them, several in one batch. What the pipeline could
   *  not read is refused, so that a test puts what it means; `send` puts anything.
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
    this.#checkSink('lake', 'table', table);
    const rows = distinct(table, this.#results.lake.rows(table));
    return origin ? rows : rows.map(ownColumns);
  }

  /** What an alert has told, in its order.
   *  @throws DriveError when the pipeline has no such alert. */
  alerts(alert: string): readonly AlertMessage[] {
    this.#checkSink('alert', 'alert', alert);
    return this.#results.alerts.told.filter((each) => each.alert === alert);
  }

  /** The rows of a view, by key.
   *  @throws DriveError when the pipeline has no such view. */
  view(view: string): Readonly<Record<string, unknown>> {
    this.#checkSink('view', 'view', view);
    return Object.fromEntries(this.#results.views.rows(view));
  }

  /** The events that the pipeline has put to a stream of its own, each id once.
   *  @throws DriveError when it puts to no such stream. */
  sent(stream: string): readonly CloudEvent[] {
    this.#checkSink('publish', 'stream', stream);
    return this.#results.sent(stream);
  }

  /** Records that could not be processed. */
  quarantined(): readonly Quarantined[] {
    this.#checkIdle();
    const { name } = quarantineTable;
    return distinct(name, this.#results.lake.rows(name)).map(quarantinedOf);
  }

  /** Keys that wait since a step threw on one of their records. */
  parked(): readonly Parked[] {
    this.#checkIdle();
    return this.#parked();
  }

  /** Takes the parked records through the steps again, as `millrace redrive --all` does; what throws again stays. */
  async redrive(): Promise<void> {
    await this.#alone(async () => {
      const waiting = () => this.#parked().reduce((sum, { records }) => sum + records, 0);
      for (let before = Number.POSITIVE_INFINITY; waiting() > 0 && waiting() < before; ) {
        before = waiting();
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
    const again = new Drive(pipeline, {
      stream: this.#parts[0].stream.copy(),
      clock: new StreamClock(this.#clock.nowMs),
      batchSize: this.#batchSize,
    });
    await again.#alone(() => again.#drain());
    return again;
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
        this.#pass(each.arrivalMs);
        stream.put(each);
      }
      await this.#drain();
    });
  }

  /** Time passes until a record arrives. As deployed, the shards hear of it once a minute; the last time will do. */
  #pass(arrivalMs: number): void {
    const beatMs = Math.ceil(arrivalMs / HEARTBEAT_MS - 1) * HEARTBEAT_MS;
    if (this.#clock.nowMs !== undefined && beatMs > this.#clock.nowMs) this.#parts[0].beat(beatMs);
    this.#clock.goTo('arrival', arrivalMs);
  }

  async #goTo(verb: string, timeMs: number): Promise<void> {
    await this.#alone(async () => {
      this.#clock.goTo(verb, timeMs);
      await this.#beat(timeMs);
    });
  }

  /** Has every part hear how far event time has come: each does by the heartbeat after the one before it did. */
  async #beat(timeMs: number): Promise<void> {
    for (const _ of this.#parts) {
      this.#parts[0].beat(timeMs);
      await this.#drain();
    }
  }

  /** The new shards have a heartbeat at once: as deployed, they have one within a minute. */
  async #reshard(change: (part: Part) => void): Promise<void> {
    await this.#alone(async () => {
      for (const part of this.#parts) change(part);
      if (this.#clock.nowMs !== undefined) await this.#beat(this.#clock.nowMs);
    });
  }

  /** Each part puts only to the one behind it. */
  async #drain(): Promise<void> {
    for (const part of this.#parts) await part.drain();
  }

  #parked(): readonly Parked[] {
    return this.#parts.flatMap(({ parked }) => parked.map(parkedOf));
  }

  #timeOf(time: Time | undefined): string {
    return new Date(time === undefined ? this.#clock.nowFor('put') : millisecondsOf('time', time)).toISOString();
  }

  #checkType({ type, time: field }: EventType, time: Time | undefined): void {
    const { types } = this.#parts[0].program.readers.own;
    if (!types.has(type)) {
      const expected = [...types.keys()].join(' or ');
      throw new DriveError(`put: pipeline '${this.#plan.name}' does not read '${type}'; expected ${expected}`);
    }
    if (time !== undefined && field !== undefined)
      throw new DriveError(`put: found a time; expected none, for '${type}' says it in its field '${field}'`);
  }

  #checkSink(kind: SinkNode['kind'], what: string, id: string): void {
    this.#checkIdle();
    const nodes = partsOf(this.#plan).flatMap((part) => part.nodes.filter((node) => node.kind === kind));
    const sinks = nodes.map((node) => (node.kind === 'lake' ? node.table.name : node.id));
    if (sinks.includes(id)) return;
    const expected = sinks.join(', ') || 'none, for it has none';
    throw new DriveError(`pipeline '${this.#plan.name}': found no ${what} '${id}'; expected ${expected}`);
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
