import { show } from '../event/rejection.ts';
import { quarantineTable } from '../pipeline/quarantine.ts';
import { type Clock, type Lake, type NewToken, type ObjectStore, TransientError } from '../ports.ts';
import { Draft } from './draft.ts';
import type { Entry } from './entry.ts';
import { type Outbox, rowsByTable } from './outbox.ts';
import { decodeParked, encodeParked } from './parking.ts';
import type { Program } from './program.ts';
import { quarantineRow } from './quarantine.ts';
import type { EventRecord, StreamRecord } from './record.ts';
import type { ShardCache } from './shard-cache.ts';
import type { ShardLogs } from './shard-log.ts';
import { LogError, type ShardState } from './shard-state.ts';
import { loadedName, type Outcome, step } from './step.ts';

export interface EnginePorts {
  readonly logs: ShardLogs;
  readonly cache: ShardCache;
  readonly lake: Lake;
  readonly outbox: Outbox;
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly newToken: NewToken;
}

/** Records of one shard, in order. */
export interface Batch {
  readonly shardId: string;
  readonly records: readonly StreamRecord[];
  /** When to take in no more records, in milliseconds since 1970; what was taken in is still delivered and committed. */
  readonly stopAtMs: number;
}

export interface BatchResult {
  /** Lowest sequence number not finished; undefined when all are. */
  readonly unfinished: string | undefined;
  /** Why the pipeline goes no further, if it does not. */
  readonly stopped: string | undefined;
  /** Events taken through the steps; duplicates, quarantined and parked records apart. */
  readonly events: number;
  readonly duplicates: number;
  /** Records that are for other pipelines of the stage. */
  readonly skipped: number;
  readonly quarantined: number;
  /** Quarantined records by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Records parked by this batch, and parked ones that it took through. */
  readonly parked: number;
  readonly redriven: number;
  /** Records that wait in the shard's parking lot now. */
  readonly waiting: number;
  readonly rows: number;
  /** Entries written to the log: 1, or 0 when every record had been committed before. */
  readonly commits: number;
  /** Slots lost to another writer, each after a full computation. */
  readonly lostSlots: number;
  /** Outboxes delivered that an earlier invocation had left. */
  readonly repaired: number;
  /** Whether a snapshot was due, and what became of it. */
  readonly snapshot: 'not due' | 'stored' | { readonly failed: string };
}

/** A slot lost this often in one invocation means writers that do nothing but overtake each other. */
const MAX_LOST_SLOTS = 5;

/** Processes a batch: compute, deliver the events' own rows, commit with one conditional write, deliver the rows that a
 *  state had a part in. Whoever loses the slot drops what it computed, reads what the winner wrote and computes again;
 *  rows that come out the same are not delivered again, since an environment whose state is behind loses the slot each
 *  time Lambda moves a shard to it.
 *  @throws TransientError when a service did not answer, or the shard's parent is not done; the batch must come again.
 *  @throws LogError when the log is not what it must be. */
export async function processBatch(program: Program, batch: Batch, ports: EnginePorts): Promise<BatchResult> {
  const delivered = new Delivered(ports.lake);
  let repaired = 0;
  for (let lostSlots = 0; lostSlots <= MAX_LOST_SLOTS; lostSlots++) {
    const state = await ports.cache.get(batch.shardId);
    checkShapes(program, state);
    const left = await ports.outbox.deliver(state);
    if (left !== 'nothing') repaired += 1;
    if (left === 'told' && !(await commit(state, state.restEntry(), ports))) continue;
    const token = ports.newToken();
    const { draft, unfinished, stopped } = await compute(program, batch, state, token, ports);
    const result = { ...resultOf(draft), unfinished, stopped, lostSlots, repaired };
    if (draft.isEmpty) return { ...result, commits: 0, snapshot: 'not due' };
    if (state.isSealed) throw new LogError(`${batch.shardId}: found a new record; expected none, its log is sealed`);
    await deliver(program, draft, delivered, ports);
    const snapshot = await takeSnapshot(state, ports);
    if (await commit(state, draft.entry(program.shapes), ports, token)) {
      const sent = await ports.outbox.deliver(state);
      if (sent === 'told') await commit(state, state.restEntry(), ports); // or another has gone on: then it is said
      return { ...result, commits: 1, snapshot };
    }
  }
  throw new TransientError(`${batch.shardId}: the slot was lost ${MAX_LOST_SLOTS + 1} times in a row`);
}

/** A kept state would be misread by a step that has become another. */
function checkShapes({ shapes }: Program, { shardId, shapes: kept }: ShardState): void {
  for (const [step, shape] of shapes) {
    const found = kept.get(step) ?? shape;
    if (found === shape) continue;
    throw new LogError(
      `${shardId}: found states of step '${step}' kept as '${found}'; expected '${shape}': a changed step needs a new id`,
    );
  }
}

function resultOf(draft: Draft) {
  return {
    events: draft.events,
    duplicates: draft.duplicates,
    skipped: draft.skipped,
    quarantined: draft.rejected.length,
    reasons: tally(draft.rejected.map(({ rejection }) => rejection.reason)),
    parked: [...draft.parked.values()].reduce((sum, records) => sum + records.length, 0),
    redriven: draft.redrivenCount,
    waiting: draft.lot.size,
    rows: draft.rows.length + draft.outbox.length,
  };
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

async function compute(program: Program, batch: Batch, state: ShardState, token: string, ports: EnginePorts) {
  const draft = new Draft(state, ports.logs.parkedName(state.shardId, state.slot + 1, token));
  const loaded = new Map<string, readonly EventRecord[]>();
  for (const record of batch.records) {
    const unfinished = record.sequenceNumber;
    if (ports.clock.now() >= batch.stopAtMs) return { draft, unfinished, stopped: undefined };
    let outcome: Outcome;
    for (;;) {
      outcome = step(program, record, draft, loaded);
      if (outcome.is !== 'waiting') break;
      const { key, objects } = outcome;
      for (const each of objects) loaded.set(loadedName(each, key), await parkedIn(each, key, ports.objects));
    }
    if (outcome.is === 'full') return { draft, unfinished, stopped: undefined };
    if (outcome.is === 'stopped') return { draft, unfinished, stopped: outcome.why };
  }
  return { draft, unfinished: undefined, stopped: undefined };
}

async function parkedIn(object: string, key: string, objects: ObjectStore): Promise<readonly EventRecord[]> {
  const bytes = await objects.get(object);
  if (!bytes) throw new LogError(`found no object ${object}; expected the parked records in it`);
  return decodeParked(bytes, key);
}

/** The rows that an invocation delivers, each once. */
class Delivered {
  readonly #lake: Lake;
  readonly #before: ReadonlyMap<string, readonly string[]>[] = [];

  constructor(lake: Lake) {
    this.#lake = lake;
  }

  async deliver(rows: ReadonlyMap<string, readonly string[]>): Promise<void> {
    const fresh = new Map<string, readonly string[]>();
    for (const [table, ofTable] of rows) {
      const left = this.#left(table, ofTable);
      if (left.length > 0) fresh.set(table, left);
    }
    if (fresh.size === 0) return;
    await this.#lake.deliver(fresh);
    this.#before.push(fresh);
  }

  /** Mostly nothing was delivered before, and nothing need be compared. */
  #left(table: string, rows: readonly string[]): readonly string[] {
    if (this.#before.length === 0) return rows;
    const before = new Set(this.#before.flatMap((delivered) => delivered.get(table) ?? []));
    return rows.filter((row) => !before.has(row));
  }
}

/** What must be stored before the commit: the events' own rows, quarantined and parked records. */
async function deliver(program: Program, draft: Draft, delivered: Delivered, ports: EnginePorts): Promise<void> {
  const { name } = program.plan;
  const { objects } = ports;
  const quarantined = await Promise.all(draft.rejected.map((record) => quarantineRow(name, record, objects)));
  const rows = [...draft.rows, ...quarantined.map((json) => ({ table: quarantineTable.name, json }))];
  await delivered.deliver(rowsByTable(rows));
  if (draft.parked.size > 0) await objects.put(draft.object, encodeParked([...draft.parked.values()].flat()));
}

/** Whether the entry stands. Until that is known the warm state is dropped: it may be behind the log. */
async function commit(state: ShardState, entry: Entry, ports: EnginePorts, token = ports.newToken()): Promise<boolean> {
  const { cache, logs } = ports;
  if (!cache.isFresh(state.shardId))
    throw new TransientError(`${state.shardId}: the state has become too old to write by`);
  let outcome: 'committed' | 'taken' | undefined;
  try {
    outcome = await logs.append(state, entry, token);
  } finally {
    if (outcome !== 'committed') cache.drop(state.shardId);
  }
  return outcome === 'committed';
}

/** Stores the state that the batch began with, when that is due; the batch's entry then names it, whoever writes the next.
 *  A snapshot only makes cold starts shorter: one that is lost is taken again with a later batch. */
async function takeSnapshot(state: ShardState, { logs }: EnginePorts): Promise<BatchResult['snapshot']> {
  if (!logs.isSnapshotDue(state)) return 'not due';
  try {
    await logs.snapshot(state);
    return 'stored';
  } catch (error) {
    return { failed: show(error) }; // whatever it is: the batch does without
  }
}
