import { deaggregate, type UserRecord } from '../event/aggregate.ts';
import type { Control, Rekeyed, Watermark } from '../event/control.ts';
import { type DecodedEvent, decodeEvent, deepFreeze } from '../event/decode.ts';
import type { Cell } from '../event/json.ts';
import { partitionKeyOf } from '../event/partition-key.ts';
import { NOT_OURS } from '../event/readers.ts';
import { Rejected, type Rejection, show } from '../event/rejection.ts';
import type { Effects, Outgoing, Part, Row } from '../operators/operator.ts';
import type { CellChange, Draft } from './draft.ts';
import { idempotencyKey } from './idempotency-key.ts';
import type { ParkedFailure } from './parking.ts';
import { RECORD_END } from './position.ts';
import { type Program, StepError } from './program.ts';
import { type EventRecord, Origin, type StreamRecord } from './record.ts';
import { LogError, MAX_SHARD_STATE_CHARS, splitName, stateChars, stateName } from './shard-state.ts';
import { counted, isOver, type Tally } from './tally.ts';

/** Most events in one commit: bounds what a batch of aggregates can hold in memory. */
export const MAX_EVENTS_PER_COMMIT = 25_000;

/** Most parked records that one commit takes through, and objects that they are read from. The next redrive goes on. */
export const MAX_REDRIVEN = 1_000;
const MAX_REDRIVEN_PARTS = 100;

/** Rows of one commit's outbox above which no more keys are woken: the next commit goes on. */
const MAX_OUTBOX_ROWS = 20_000;

/** Fewer failures than these stop nothing, whatever their share. */
const QUARANTINED_AT_LEAST = 100;
const THREW_AT_LEAST = 20;

/** Parked records, as far as they have been read, by `loadedName`. */
export type Loaded = ReadonlyMap<string, readonly EventRecord[]>;

/** Names the records of a key in an object. */
export const loadedName = (object: string, key: string): string => `${object} ${key}`;

/** What became of a record. Unless it is `done`, its rest has left no trace in the draft. */
export type Outcome =
  | { readonly is: 'done' }
  /** The commit holds all it can; the rest of the record comes again. */
  | { readonly is: 'full' }
  /** The key's parked records in these objects are to be read first. */
  | { readonly is: 'waiting'; readonly key: string; readonly objects: readonly string[] }
  /** A budget is exceeded or a bound reached: the pipeline goes no further until somebody has looked. */
  | { readonly is: 'stopped'; readonly why: string };

const DONE: Outcome = { is: 'done' };

/** Takes one record of a shard through the program. Depends on nothing but its arguments; changes the draft only. */
export function step(program: Program, record: StreamRecord, draft: Draft, loaded: Loaded): Outcome {
  const { shardId } = draft.state;
  const { sequenceNumber, arrivalMs } = record;
  for (const user of userRecords(record)) {
    const position = { sequenceNumber, subSequence: user.subSequence };
    if (draft.isPast(position)) continue;
    if (draft.admitted >= MAX_EVENTS_PER_COMMIT) return { is: 'full' };
    const { partitionKey, data } = user;
    const event = { shardId, position, partitionKey, arrivalMs, data };
    const woken = wakeDue(program, event, draft); // what the record before left over
    if (woken.is !== 'done') return woken;
    const outcome = takeIn(program, event, user.broken, draft, loaded);
    if (outcome.is !== 'done') return outcome;
    draft.advance(position, arrivalMs);
    wakeDue(program, event, draft); // what is left over is seen to before the next record
  }
  draft.advance({ sequenceNumber, subSequence: RECORD_END }, arrivalMs);
  return DONE;
}

/** An aggregate's records; a broken aggregate is one record, kept whole. */
function userRecords(record: StreamRecord): readonly (UserRecord & { broken?: Rejection })[] {
  try {
    return deaggregate(record.partitionKey, record.data);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return [{ subSequence: 0, partitionKey: record.partitionKey, data: record.data, broken: error.rejection }];
  }
}

function takeIn(
  program: Program,
  record: EventRecord,
  broken: Rejection | undefined,
  draft: Draft,
  loaded: Loaded,
): Outcome {
  if (broken && !program.readers.keepsStrays) return skip(draft);
  const event = broken ? { rejection: broken } : decode(program, record);
  if (event === NOT_OURS) return skip(draft);
  if ('rejection' in event) return reject(program, record, event.rejection, draft);
  if ('control' in event) return obey(program, event, record, draft, loaded);
  const clockMs = Math.max(draft.arrivalMs, record.arrivalMs);
  const key = idempotencyKey(event.source, event.id);
  if (draft.hasSeen(key, clockMs)) {
    draft.duplicates += 1;
    return DONE;
  }
  const rejected = draft.rejected.length;
  const outcome = settle(program, event, record, draft, loaded);
  // What was rejected may come again, mended, under the same id.
  if (outcome.is === 'done' && draft.rejected.length === rejected) draft.remember(key, clockMs);
  return outcome;
}

/** Takes an event that has not come before through the steps, or to wait behind those of its key. */
function settle(program: Program, event: DecodedEvent, record: EventRecord, draft: Draft, loaded: Loaded): Outcome {
  const misplaced = program.keyed.has(event.type.type) && misplacement(event, record, draft);
  if (misplaced) return reject(program, record, misplaced, draft);
  // Where no more can wait, what waits is tried once more: only the present code can make room.
  if (draft.lot.isFull && draft.lot.keys.has(record.partitionKey)) {
    const outcome = redrive(program, record.partitionKey, record, draft, loaded);
    if (outcome.is !== 'done') return outcome;
  }
  return draft.lot.keys.has(record.partitionKey) ? follow(record, draft) : evaluate(program, event, record, draft);
}

const decode = (program: Program, record: EventRecord) => decodeEvent(record.data, new Origin(record), program.readers);

/** An item as the step behind the hop sees it. Another version of the pipeline may have sent it. */
function rekeyedEvent({ types, forms }: Program, rekeyed: Rekeyed): DecodedEvent | { readonly rejection: Rejection } {
  const { step, form, id, source, key, timeMs, item } = rekeyed;
  const type = types.get(step);
  const rejected = (found: string, expected: string) =>
    ({ rejection: { reason: 'unknown-type', step: 'control', found, expected } }) as const;
  if (!type)
    return rejected(`an item of the rekey ${show(step)}`, `one of ${[...types.keys()].map(show).join(' or ')}`);
  if (forms.get(step) !== form) return rejected(`an item of '${step}' ${said(form)}`, said(forms.get(step) ?? null));
  return { type, id, source, key, timeMs, data: deepFreeze(item) };
}

const said = (form: string | null) => (form === null ? 'as it is' : `taken together for ${form}`);

/** Takes a record of Millrace's own. */
function obey(program: Program, control: Control, record: EventRecord, draft: Draft, loaded: Loaded): Outcome {
  switch (control.control) {
    case 'redrive':
      return control.pipeline === program.plan.name
        ? redrive(program, control.key, record, draft, loaded)
        : skip(draft);
    case 'heartbeat':
      if (program.plan.hop > 0) return skip(draft); // time comes over the hop
      draft.pass(Math.max(draft.arrivalMs, record.arrivalMs));
      draft.forward(control.shards, program.forwardDelayMs);
      return DONE;
    case 'rekeyed':
      return comeOver(program, control, record, draft, () => {
        const event = rekeyedEvent(program, control);
        if ('rejection' in event) return reject(program, record, event.rejection, draft);
        return settle(program, event, record, draft, loaded);
      });
    case 'watermark':
      return comeOver(program, control, record, draft, () => {
        draft.forward(control.shards, program.forwardDelayMs);
        return DONE;
      });
  }
}

/** Takes a record that came over a hop, unless it has come before. */
function comeOver(
  program: Program,
  control: Rekeyed | Watermark,
  record: EventRecord,
  draft: Draft,
  take: () => Outcome,
): Outcome {
  if (program.plan.hop === 0) {
    const found = `a record of a hop, from ${control.from[0]}`;
    return reject(program, record, { reason: 'unknown-type', step: 'control', found, expected: 'an event' }, draft);
  }
  if (draft.lanes.has(control.from)) {
    draft.duplicates += 1;
    return DONE;
  }
  const outcome = take();
  if (outcome.is === 'done') draft.admit(control, 'of' in control ? control.of : undefined);
  return outcome;
}

function skip(draft: Draft): Outcome {
  draft.skipped += 1;
  return DONE;
}

function reject({ plan }: Program, record: EventRecord, rejection: Rejection, draft: Draft): Outcome {
  const budget = { share: plan.quarantineBudget, atLeast: QUARANTINED_AT_LEAST };
  const tally = counted(draft.quarantined, true);
  if (isOver(budget, tally)) return stopped('quarantineBudget', plan.quarantineBudget, tally, rejection);
  draft.quarantined = tally;
  draft.rejected.push({ ...record, rejection });
  return DONE;
}

function stopped(
  budget: string,
  share: number,
  { records, failed }: Tally,
  last: { readonly step: string; readonly reason: string },
): Outcome {
  const why = `${failed} of the last ${records} records, the last by step '${last.step}': ${last.reason}`;
  return { is: 'stopped', why: `${budget} ${share} is exceeded by ${why}` };
}

/** State is kept by key and moves with the key's shard, so an event of another shard's key would leave its state where no
 *  reshard finds it. */
function misplacement(event: DecodedEvent, record: EventRecord, draft: Draft): Rejection | undefined {
  const { type, key } = event;
  if (record.partitionKey !== partitionKeyOf(key)) {
    const found = `partition key ${show(record.partitionKey)}`;
    return { reason: 'partition-key', step: type.type, found, expected: `the event's ${type.key}, ${show(key)}` };
  }
  if (draft.state.holds(record.partitionKey)) return undefined;
  const { range } = draft.state.genesis;
  const found = `a partition key whose hash lies outside of ${record.shardId}`;
  return { reason: 'wrong-shard', step: type.type, found, expected: `a hash from ${range.from} to ${range.to}` };
}

/** A record of a parked key waits behind those before it. */
function follow(record: EventRecord, draft: Draft): Outcome {
  const failure = draft.lot.keys.get(record.partitionKey)?.failure;
  return failure ? park(record, failure, draft) : DONE;
}

function park(record: EventRecord, failure: ParkedFailure, draft: Draft): Outcome {
  if (draft.lot.isFull) return { is: 'stopped', why: 'the parking lot is full' };
  draft.park(record, failure);
  return DONE;
}

function evaluate(program: Program, event: DecodedEvent, record: EventRecord, draft: Draft): Outcome {
  const result = run(program, event, record, draft);
  if (result instanceof Rejected) return reject(program, record, result.rejection, draft);
  const { plan } = program;
  const threw = counted(draft.threw, result instanceof StepError);
  if (result instanceof StepError) {
    const budget = { share: plan.parkingBudget, atLeast: THREW_AT_LEAST };
    if (isOver(budget, threw)) {
      return stopped('parkingBudget', plan.parkingBudget, threw, { step: result.step, reason: 'it threw' });
    }
    const parked = park(record, { step: result.step, found: result.found, sinceMs: record.arrivalMs }, draft);
    if (parked.is !== 'done') return parked;
  } else if (result.growth > 0 && draft.stateChars + result.growth > MAX_SHARD_STATE_CHARS) {
    return { is: 'stopped', why: `the steps' states come to ${draft.stateChars} characters of JSON and would grow` };
  } else take(result, event, record, program, draft);
  draft.threw = threw;
  draft.quarantined = counted(draft.quarantined, false);
  return DONE;
}

/** An event is through: all that it brings about stands. */
function take(effects: RecordEffects, event: DecodedEvent, record: EventRecord, { plan }: Program, draft: Draft): void {
  effects.into(draft);
  draft.events += 1;
  if (plan.hop === 0) draft.reach(event.timeMs - plan.outOfOrdernessMs, Math.max(draft.arrivalMs, record.arrivalMs));
}

/** Wakes, in the order of their times, the steps and keys that event time has come to. */
function wakeDue(program: Program, { shardId, position }: EventRecord, draft: Draft): Outcome {
  for (;;) {
    if (draft.outbox.length >= MAX_OUTBOX_ROWS) return { is: 'full' };
    const timer = draft.takeDue();
    if (timer === undefined) return DONE;
    const [step, key] = splitName(timer.name);
    // To the steps behind, what is emitted is not late: it could not come before.
    const effects = new RecordEffects(draft, timer.wakeMs - 1);
    const due = { key, dueMs: timer.wakeMs, shardId, sequenceNumber: position.sequenceNumber };
    const wake = program.wakes.get(step);
    try {
      if (wake) wake(due, effects);
      else effects.setCell(step, key, undefined); // a step that the plan has no more
    } catch (error) {
      if (!(error instanceof Rejected || error instanceof StepError)) throw error;
      const failed = error instanceof Rejected ? error.rejection.step : error.step;
      draft.putBack(timer);
      return { is: 'stopped', why: `step '${failed}' fails when step '${step}' is woken at ${timer.wakeMs}` };
    }
    effects.into(draft);
  }
}

/** Takes an event through the steps. Nothing of it stands yet. */
function run(
  program: Program,
  event: DecodedEvent,
  record: EventRecord,
  draft: Draft,
): RecordEffects | Rejected | StepError {
  const effects = new RecordEffects(draft, draft.watermarkOf(event.key));
  const { shardId, position } = record;
  const item = {
    event,
    shardId,
    sequenceNumber: position.sequenceNumber,
    suffix: '',
    isDerived: false,
    data: event.data,
  };
  try {
    program.sources.get(event.type.type)?.(item, effects);
    return effects;
  } catch (error) {
    if (error instanceof Rejected || error instanceof StepError) return error;
    throw error;
  }
}

type Touched = Omit<CellChange, 'cell'> & { cell: Cell | undefined; isSet: boolean };

/** The effects of one record over the draft: all of them come into it, or none. */
class RecordEffects implements Effects {
  readonly rows: Row[] = [];
  readonly outbox: Outgoing[] = [];
  readonly parts: Part[] = [];
  readonly #draft: Draft;
  readonly watermarkMs: number;
  readonly committedMs: number | undefined;
  readonly committedClockMs: number;
  /** The states that the record has to do with: one of each step with state, so few that a search is quick. */
  readonly #cells: Touched[] = [];

  constructor(draft: Draft, watermarkMs: number) {
    this.#draft = draft;
    this.watermarkMs = watermarkMs;
    this.committedMs = draft.committedMs;
    this.committedClockMs = draft.committedClockMs;
  }

  cellOf(step: string, key: string): Cell | undefined {
    return this.#touch(step, key).cell;
  }

  setCell(step: string, key: string, cell: Cell | undefined): void {
    const touched = this.#touch(step, key);
    touched.cell = cell;
    touched.isSet = true;
  }

  #touch(step: string, key: string): Touched {
    for (const touched of this.#cells) if (touched.step === step && touched.key === key) return touched;
    const name = stateName(step, key);
    const before = this.#draft.cellOf(name);
    const touched = { name, step, key, before, cell: before, isSet: false };
    this.#cells.push(touched);
    return touched;
  }

  /** By how many characters the states grow. */
  get growth(): number {
    let growth = 0;
    for (const { step, key, before, cell } of this.#cells) {
      growth += stateChars(step, key, cell) - stateChars(step, key, before);
    }
    return growth;
  }

  into(draft: Draft): void {
    // A loop each: an event of very many rows would exhaust the stack as arguments.
    for (const row of this.rows) draft.rows.push(row);
    for (const row of this.outbox) draft.outbox.push(row);
    for (const part of this.parts) draft.combine(part);
    for (const touched of this.#cells) if (touched.isSet) draft.setCell(touched);
  }
}

/** Takes the first parked records of a key through, until one throws again; `asked` is the record that brings it about.
 *  Duplicates have been dropped on arrival. */
function redrive(program: Program, key: string, asked: EventRecord, draft: Draft, loaded: Loaded): Outcome {
  const front = draft.lot.front(key, MAX_REDRIVEN, MAX_REDRIVEN_PARTS);
  const count = front.reduce((sum, part) => sum + part.count, 0);
  if (draft.redrivenCount > 0 && draft.redrivenCount + count > MAX_REDRIVEN) return { is: 'full' };
  const objects = [...new Set(front.map(({ object }) => object))].filter(
    (object) => object !== draft.object && !loaded.has(loadedName(object, key)),
  );
  if (objects.length > 0) return { is: 'waiting', key, objects };
  for (const { object, from, count } of front) {
    const all = object === draft.object ? draft.parked.get(key) : loaded.get(loadedName(object, key));
    const records = all?.slice(from, from + count);
    if (records?.length !== count)
      throw new LogError(`${object}: found not all of the parked records; expected ${count}`);
    for (const record of records) {
      const failure = replay(program, record, draft);
      if (failure) {
        draft.fail(key, failure);
        return DONE;
      }
      draft.release(key);
      const woken = wakeDue(program, asked, draft);
      if (woken.is !== 'done') return woken;
    }
  }
  return DONE;
}

/** What the record meets in the steps; undefined when it is through, or in quarantine. */
function replay(program: Program, record: EventRecord, draft: Draft): ParkedFailure | undefined {
  const event = parkedEvent(program, record);
  if (event === undefined) {
    draft.skipped += 1;
    return undefined;
  }
  const result = 'rejection' in event ? event : run(program, event, record, draft);
  if (result instanceof StepError) return { step: result.step, found: result.found, sinceMs: record.arrivalMs };
  if ('rejection' in result) draft.rejected.push({ ...record, rejection: result.rejection });
  else take(result, event as DecodedEvent, record, program, draft);
  return undefined;
}

/** A parked record's event; undefined when it has become another pipeline's, or of a step that the plan has no more. */
function parkedEvent(
  program: Program,
  record: EventRecord,
): DecodedEvent | { readonly rejection: Rejection } | undefined {
  const event = decode(program, record);
  if (event === NOT_OURS) return undefined;
  if (!('control' in event)) return event;
  return event.control === 'rekeyed' ? rekeyedEvent(program, event) : undefined;
}
