import { quarantineTable } from '../pipeline/quarantine.ts';
import { type Clock, type CommitLog, type Lake, type NewToken, type PayloadStore, TransientError } from '../ports.ts';
import type { Program } from './program.ts';
import { quarantineRow } from './quarantine.ts';
import type { ShardCache } from './shard-cache.ts';
import type { ShardState } from './shard-state.ts';
import { type Progress, type StreamRecord, step } from './step.ts';

export interface EnginePorts {
  readonly log: CommitLog;
  readonly cache: ShardCache;
  readonly lake: Lake;
  readonly payloads: PayloadStore;
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
  /** Events taken in, duplicates and quarantined records apart. */
  readonly events: number;
  readonly duplicates: number;
  /** Records that are for other pipelines of the stage. */
  readonly skipped: number;
  readonly quarantined: number;
  /** Quarantined records by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly rows: number;
  /** Entries written to the log: 1, or 0 when every record had been committed before. */
  readonly commits: number;
  /** Slots lost to another writer, each after a full computation. */
  readonly lostSlots: number;
}

/** A slot lost this often in one invocation means writers that do nothing but overtake each other. */
const MAX_LOST_SLOTS = 5;

/** Rows that an invocation has delivered, by table. */
type Delivered = Map<string, Set<string>>;

/** Processes a batch: compute, deliver the rows, commit with one conditional write. Whoever loses the slot drops what it
 *  computed, reads what the winner wrote and computes again; rows that come out the same are not delivered again, since
 *  an environment whose state is behind loses the slot each time Lambda moves a shard to it.
 *  @throws TransientError when a service did not answer; nothing is committed then, and the batch must come again. */
export async function processBatch(program: Program, batch: Batch, ports: EnginePorts): Promise<BatchResult> {
  const delivered: Delivered = new Map();
  for (let lostSlots = 0; lostSlots <= MAX_LOST_SLOTS; lostSlots++) {
    const state = await ports.cache.get(batch.shardId);
    const { progress, unfinished } = compute(program, batch, state, ports.clock);
    const counts = {
      unfinished,
      events: progress.keys.size,
      duplicates: progress.duplicates,
      skipped: progress.skipped,
      quarantined: progress.rejected.length,
      reasons: tally(progress.rejected.map(({ rejection }) => rejection.reason)),
      rows: progress.rows.length,
      lostSlots,
    };
    if (!progress.position) return { ...counts, commits: 0 };
    await deliver(program, progress, delivered, ports);
    if (await commit(batch.shardId, state, progress, ports)) return { ...counts, commits: 1 };
  }
  throw new TransientError(`shard ${batch.shardId}: the slot was lost ${MAX_LOST_SLOTS + 1} times in a row`);
}

function compute(program: Program, batch: Batch, state: ShardState, clock: Clock) {
  const progress: Progress = {
    position: undefined,
    arrivalMs: 0,
    rows: [],
    rejected: [],
    keys: new Set(),
    duplicates: 0,
    skipped: 0,
  };
  for (const record of batch.records) {
    const finished = clock.now() < batch.stopAtMs && step(program, batch.shardId, record, state, progress);
    if (!finished) return { progress, unfinished: record.sequenceNumber };
  }
  return { progress, unfinished: undefined };
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

async function deliver(
  program: Program,
  { rows, rejected }: Progress,
  delivered: Delivered,
  { lake, payloads }: EnginePorts,
): Promise<void> {
  const name = program.plan.name;
  const quarantined = await Promise.all(rejected.map((record) => quarantineRow(name, record, payloads)));
  const fresh = new Map<string, string[]>();
  for (const { table, json } of [...rows, ...quarantined.map((json) => ({ table: quarantineTable.name, json }))]) {
    if (delivered.get(table)?.has(json)) continue;
    const ofTable = fresh.get(table) ?? [];
    ofTable.push(json);
    fresh.set(table, ofTable);
  }
  if (fresh.size > 0) await lake.deliver(fresh);
  for (const [table, ofTable] of fresh) delivered.set(table, new Set([...(delivered.get(table) ?? []), ...ofTable]));
}

/** Whether the entry stands. Until that is known the warm state is dropped: it may be behind the log. */
async function commit(shardId: string, state: ShardState, progress: Progress, ports: EnginePorts): Promise<boolean> {
  const { position, arrivalMs, keys } = progress;
  if (!position) throw new Error('nothing to commit');
  const entry = { slot: state.nextSlot, token: ports.newToken(), position, arrivalMs, keys: [...keys] };
  let outcome: 'committed' | 'taken' | undefined;
  try {
    outcome = await ports.log.append(shardId, entry);
  } finally {
    if (outcome !== 'committed') ports.cache.drop(shardId);
  }
  if (outcome === 'committed') state.apply(entry);
  return outcome === 'committed';
}
