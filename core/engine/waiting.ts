import type { Cell } from '../event/json.ts';
import { Rejected } from '../event/rejection.ts';
import type { Effects, Outgoing, Part, Row } from '../operators/operator.ts';
import { type Program, StepError } from './program.ts';
import { dueMs, type ShardState, splitName, stateName } from './shard-state.ts';

/** Times that a key is woken for in vain before it is taken for one that has nothing to tell. */
const MAX_WAKES = 1_000;

/** How many keys of each step will have something to tell as event time goes on: open windows, items that wait for their
 *  order, partial matches that are told of when their time is up. Each is woken to see, and nothing of it stands. Tables
 *  are left out: they have told of every row, and wait only to forget those that nobody changes. */
export function waitingKeys(program: Program, state: ShardState): ReadonlyMap<string, number> {
  const keys = new Map<string, number>();
  for (const name of state.dueNames) {
    const [step] = splitName(name);
    if (program.shapes.get(step)?.startsWith('table ')) continue;
    if (hasMoreToTell(program, state, name)) keys.set(step, (keys.get(step) ?? 0) + 1);
  }
  return keys;
}

function hasMoreToTell({ wakes }: Program, state: ShardState, name: string): boolean {
  const [step, key] = splitName(name);
  const trial = new Trial(state);
  for (let n = 0; n < MAX_WAKES; n++) {
    const cell = trial.cellOf(step, key);
    if (cell === undefined || dueMs(cell) === Number.POSITIVE_INFINITY) return false;
    const { shardId } = state;
    trial.watermarkMs = dueMs(cell) - 1;
    try {
      wakes.get(step)?.({ key, dueMs: dueMs(cell), shardId, sequenceNumber: '' }, trial);
    } catch (error) {
      if (error instanceof StepError || error instanceof Rejected) return true; // it will stop the pipeline, and be told
      throw error;
    }
    if (trial.hasEffect(name)) return true;
  }
  return false;
}

/** Effects that go nowhere. */
class Trial implements Effects {
  readonly rows: Row[] = [];
  readonly outbox: Outgoing[] = [];
  readonly parts: Part[] = [];
  readonly committedMs = undefined;
  readonly committedClockMs = 0;
  watermarkMs = Number.NEGATIVE_INFINITY;
  readonly #state: ShardState;
  readonly #cells = new Map<string, Cell | undefined>();

  constructor(state: ShardState) {
    this.#state = state;
  }

  cellOf(step: string, key: string): Cell | undefined {
    const name = stateName(step, key);
    return this.#cells.has(name) ? this.#cells.get(name) : this.#state.cellOf(name);
  }

  setCell(step: string, key: string, cell: Cell | undefined): void {
    this.#cells.set(stateName(step, key), cell);
  }

  /** Whether anything has come of it other than for the cell of this name. */
  hasEffect(name: string): boolean {
    const others = [...this.#cells.keys()].filter((each) => each !== name);
    return this.rows.length + this.outbox.length + this.parts.length + others.length > 0;
  }
}
