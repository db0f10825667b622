import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context, KinesisStreamEvent } from 'aws-lambda';
import type { Contender, Handle, Results } from './contender.ts';
import { type Dynalite, startDynalite } from './dynalite.ts';
import { meter, noUsage, type Usage } from './meter.ts';
import { ours } from './ours.ts';
import { powertools } from './powertools.ts';
import { BATCH_EVENTS, type Workload, workload } from './workload.ts';

/** What a contender did with the events. */
export interface Measured extends Usage {
  readonly name: string;
  readonly duplicates: number;
  readonly rows: number;
  /** What is wrong with its rows; empty when each event came out once, as it should. */
  readonly faults: readonly string[];
  /** Time within the handler. */
  readonly seconds: number;
  /** Processor time of this process in it, dynalite's apart: what other work on the machine changes least. */
  readonly cpuSeconds: number;
}

export interface Measurement {
  /** RFC 3339. */
  readonly date: string;
  readonly node: string;
  readonly cpus: number;
  readonly events: number;
  /** Events that were put a second time, among all. */
  readonly duplicates: number;
  readonly ours: Measured;
  readonly peer: Measured;
}

/** A contender at work, its counts so far. */
interface Entrant {
  readonly contender: Contender;
  readonly client: DynamoDBClient;
  readonly handle: Handle;
  readonly results: Results;
  usage: Usage;
  seconds: number;
  cpuSeconds: number;
}

/** What a warm execution environment has behind it, not counted: a tenth of the events, within these bounds. */
const WARM_UP = { least: BATCH_EVENTS, most: 5_000 } as const;
/** The contenders take turns, so that a noisy minute is noise for both. */
const TURN_BATCHES = 10;

const context = { getRemainingTimeInMillis: () => 60_000 } as Context;

/** Sends the same events through both handlers, against one dynalite.
 *  @param events at least two batches.
 *  @param progress is told how many events both have behind them. */
export async function measure(events: number, progress: (done: number) => void = () => {}): Promise<Measurement> {
  const dynalite = await startDynalite();
  const entrants: Entrant[] = [];
  try {
    for (const contender of [ours, powertools]) entrants.push(await enter(contender, dynalite));
    const warmUp = workload('warm-up', Math.min(WARM_UP.most, Math.max(WARM_UP.least, Math.floor(events / 10))));
    await takeTurns(entrants, warmUp);
    entrants.forEach(reset);
    const load = workload('event', events, warmUp.events);
    await takeTurns(entrants, load, progress);
    const [our, their] = entrants.map((entrant) => measured(entrant, load)) as [Measured, Measured];
    const machine = { date: new Date().toISOString(), node: process.version, cpus: availableParallelism() };
    return { ...machine, events, duplicates: load.duplicates, ours: our, peer: their };
  } finally {
    for (const { client } of entrants) client.destroy();
    await dynalite.stop();
  }
}

async function enter(contender: Contender, dynalite: Dynalite): Promise<Entrant> {
  await dynalite.createTable(contender.table);
  const client = dynalite.client(contender.clientConfig);
  const results = { rows: [], duplicates: 0 };
  const handle = contender.handler(client, results);
  const entrant: Entrant = { contender, client, handle, results, usage: noUsage(), seconds: 0, cpuSeconds: 0 };
  meter(client, () => entrant.usage);
  return entrant;
}

async function takeTurns(
  entrants: readonly Entrant[],
  { batches, events }: Workload,
  progress: (done: number) => void = () => {},
): Promise<void> {
  for (let turn = 0; turn < batches.length; turn += TURN_BATCHES) {
    for (const entrant of entrants) await run(entrant, batches.slice(turn, turn + TURN_BATCHES));
    progress(Math.min(events, (turn + TURN_BATCHES) * BATCH_EVENTS));
  }
}

/** @throws Error when a batch is not finished: nothing here fails, so nothing is to be delivered again. */
async function run(entrant: Entrant, batches: readonly KinesisStreamEvent[]): Promise<void> {
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  for (const batch of batches) {
    const { batchItemFailures: failures } = await entrant.handle(batch, context);
    if (failures.length > 0) throw new Error(`${entrant.contender.name} left ${failures.length} records unfinished`);
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  entrant.seconds += (performance.now() - startedMs) / 1_000;
  entrant.cpuSeconds += (user + system) / 1_000_000;
}

function reset(entrant: Entrant): void {
  entrant.usage = noUsage();
  entrant.seconds = 0;
  entrant.cpuSeconds = 0;
  entrant.results.rows.length = 0;
  entrant.results.duplicates = 0;
}

function measured({ contender, results, usage, seconds, cpuSeconds }: Entrant, load: Workload): Measured {
  const { duplicates, rows } = results;
  return {
    name: contender.name,
    ...usage,
    duplicates,
    rows: rows.length,
    faults: faultsOf(rows, load.rows),
    seconds,
    cpuSeconds,
  };
}

/** Each row that should not be, is not as it should be, or is not. */
export function faultsOf(rows: readonly string[], expected: Workload['rows']): readonly string[] {
  const missing = new Set(expected.keys());
  const faults = rows.flatMap((json) => {
    const row = JSON.parse(json);
    const id = String(row.event_id);
    const right = expected.get(id);
    if (!right) return [`${id}: there is no such event`];
    if (!missing.delete(id)) return [`${id}: more than one row`];
    return isDeepStrictEqual(row, right) ? [] : [`${id}: not the event's row`];
  });
  return [...faults, ...[...missing].map((id) => `${id}: no row`)];
}
