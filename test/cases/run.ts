import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Drive, drive } from '../../testing/drive.ts';
import type { CrashPoint } from '../../testing/fuse.ts';
import { PIPELINES } from './pipelines.ts';

/** An event, in the order of arrival, or time that passes. Times are ISO 8601, or short for the day of the cases. */
export type Move =
  | {
      readonly at: string;
      readonly key: string;
      /** Default: `a` for the first move of the case, `b` for the second and so on. */
      readonly id?: string;
      readonly source?: string;
      /** When it arrives, if not at its time. */
      readonly arrival?: string;
      /** The type of the event; an item unless told. */
      readonly type?: string;
      readonly [field: string]: unknown;
    }
  | { readonly until: string };

export interface Case {
  readonly name: string;
  readonly pipeline: string;
  readonly moves: readonly Move[];
  /** What the rows of each table hold at least, in their order; nothing for a table that is not named. So too for
   *  `quarantine` and `parked`. */
  readonly expect: Readonly<Record<string, readonly object[]>>;
}

/** By table, and what is quarantined and parked. */
export type Outputs = Readonly<Record<string, readonly object[]>>;

/** How a case is run. */
export interface Run {
  readonly batchSize?: number;
  /** Index of the move before which the execution environment is lost. */
  readonly coldAt?: number;
  /** At what point the environment is lost in the batch of each move. */
  readonly crashBefore?: CrashPoint;
}

const FOLDER = import.meta.dirname;

/** The cases of each file of this folder. */
export function readCases(): readonly (readonly [file: string, cases: readonly Case[]])[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return files.map((file) => [file, JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))]);
}

export async function runCase({ pipeline, moves }: Case, how: Run = {}): Promise<Outputs> {
  const plan = PIPELINES[pipeline];
  if (!plan) throw new Error(`no pipeline '${pipeline}'; expected ${Object.keys(PIPELINES).join(', ')}`);
  const run = drive(plan, how.batchSize === undefined ? {} : { batchSize: how.batchSize });
  for (const [from, until] of cut(moves, how)) {
    if (from === how.coldAt) run.crash();
    if (how.crashBefore) run.crash({ before: how.crashBefore });
    await make(run, moves.slice(from, until), from);
  }
  const tables = plan.tables.map(({ name }) => [name, run.rows(name, { origin: true })] as const);
  return { ...Object.fromEntries(tables), quarantine: run.quarantined(), parked: run.parked() };
}

/** From where to where moves are made at once: events that arrive at their time are put together. */
function cut(
  moves: readonly Move[],
  { coldAt, crashBefore }: Run,
): readonly (readonly [from: number, until: number])[] {
  const isAlone = (index: number) => crashBefore !== undefined || !isPlain(moves[index] as Move);
  const starts = moves.flatMap((_, index) =>
    index === 0 || index === coldAt || isAlone(index) || isAlone(index - 1) ? [index] : [],
  );
  return starts.map((start, n) => [start, starts[n + 1] ?? moves.length]);
}

const isPlain = (move: Move) => !('until' in move) && move.arrival === undefined;

async function make(run: Drive, moves: readonly Move[], from: number): Promise<void> {
  const [first] = moves;
  if (first && 'until' in first) return run.until(fullTime(first.until) as string);
  const arrival = fullTime(first?.arrival) as string | undefined;
  const events = moves.map((move, index) => eventOf(move, from + index));
  return run.send(events, arrival === undefined ? {} : { arrival });
}

function eventOf(move: Move, index: number): object {
  const id = String.fromCharCode('a'.charCodeAt(0) + index);
  const { type = 'item', arrival: _, id: own = id, source = '/cases', ...data } = move as Extract<Move, { at: string }>;
  return { specversion: '1.0', type: `case.${type}`, id: own, source, data: { ...data, at: fullTime(data.at) } };
}

const DAY = '2026-11-21';
const SHORT = /^\d\d:\d\d(:\d\d(\.\d{3})?)?$/;
const ZEROES = '00:00:00.000';

/** Short times of the cases' day, such as 10:05 or 10:05:00.250, in full; anything else as it is. */
export function fullTime(value: unknown): unknown {
  if (typeof value !== 'string' || !SHORT.test(value)) return value;
  return `${DAY}T${value}${ZEROES.slice(value.length)}Z`;
}

/** The value with all short times in it in full. */
export const withFullTimes = <Value>(value: Value): Value =>
  JSON.parse(JSON.stringify(value), (_, each) => fullTime(each));
