import { type Json, keep } from '../event/json.ts';
import { days } from './duration.ts';
import { duration } from './errors.ts';
import type { Emitted, ProcessNode, ProcessResult, StepContext, WakeContext } from './plan.ts';
import { changesOf } from './table-change.ts';
import { isNewer, rowIn, type Version } from './version.ts';

/** What an item does to its key's row; undefined for nothing. */
export type RowChange<Value> = { readonly upsert: Value } | 'delete' | undefined;

/** Items that tell of changes themselves: those of the decoders for change records, and those of a table. */
export interface ChangeRecord {
  readonly op: 'insert' | 'update' | 'delete';
  /** When the change was, in UTC: its digits below the millisecond count too. */
  readonly at?: string;
  /** The row as it is now; there in all but deletions. */
  readonly after?: unknown;
}

/** The row in a change record. */
export type RowOf<Item> = Item extends { readonly after?: infer After } ? Exclude<After, undefined> : never;

interface Common<Item> {
  /** How long after its last change a row is deleted, in milliseconds of event time. Default: `days(365)`. */
  readonly ttl?: number;
  /** How long a deletion is remembered, in milliseconds of event time: a change from before it that arrives later does not
   *  bring the row back. A change further behind event time, of a key without row, is `late`. Default: `days(1)`. */
  readonly grace?: number;
  /** Tells which of two changes of one millisecond came later: text, in which numbers count by their value. Default: the
   *  item's `at`, if it has one. Of those that are the same in this too, the item's id decides, likewise. */
  readonly order?: (item: Item) => string;
  /** Version of the values' shape, from 1: a state of another version is not given to this code. */
  readonly version?: number;
}

interface Given<Item, Value> extends Common<Item> {
  /** What the item does to its key's row. Values are JSON. */
  readonly change: (item: Item) => RowChange<Value>;
}

/** Items that are change records need no `change`. */
export type TableOptions<Item, Value> = [Item] extends [ChangeRecord]
  ? Common<Item> & Partial<Given<Item, Value>>
  : Given<Item, Value>;

/** Keeps of each key the row that the latest change in event time left. */
export function tableNode<Item, Value>(
  id: string,
  inputs: readonly string[],
  options: TableOptions<Item, Value>,
): { readonly step: ProcessNode; readonly ttlMs: number } {
  const {
    change = ofRecord,
    order = atOf,
    ttl = days(365),
    grace = days(1),
    version = 1,
  } = options as Partial<Given<Item, Value>>;
  const ttlMs = duration(id, 'ttl', ttl);
  const graceMs = duration(id, 'grace', grace);

  const resultOf = (known: Version | null, emit: readonly Emitted[]): ProcessResult => {
    if (known === null) return { state: undefined, emit };
    return { state: known, emit, wakeMs: known[0] + (rowIn(known) === undefined ? graceMs + 1 : ttlMs) };
  };

  const step: ProcessNode = {
    kind: 'process',
    id,
    inputs,
    ttlMs: undefined, // a row is deleted, so that all that has it hears of it, and the deletion forgotten after the grace
    shape: `table ${version}`,
    init: () => null,
    on: (known: Version | null, item: Item, context: StepContext) => {
      const { key, timeMs, watermarkMs, source, takes } = context;
      const changed = change(item);
      if (changed === undefined) return resultOf(known, []);
      if (known === null && timeMs < watermarkMs - graceMs) return resultOf(known, [{ output: 'late', data: item }]);
      const at = [timeMs, order(item), context.id, source] as const;
      const fresh: Version = changed === 'delete' ? at : [...at, upserted(id, changed.upsert)];
      const version = { output: 'versions', data: fresh };
      if (known === null || isNewer(fresh, known)) {
        const changes = takes('changes') ? changesOf(key, rowIn(known), rowIn(fresh)) : [];
        return resultOf(fresh, [...changes, version]);
      }
      // Of use to what asks how the row was.
      return resultOf(known, timeMs < watermarkMs ? [] : [version]);
    },
    onWake: (known: Version, { key, wakeMs }: WakeContext) =>
      resultOf(rowIn(known) === undefined ? null : [wakeMs, '', '', ''], changesOf(key, rowIn(known), undefined)),
  };
  return { step, ttlMs };
}

function ofRecord(item: unknown): RowChange<never> {
  const { op, after } = item as ChangeRecord;
  return op === 'delete' ? 'delete' : { upsert: after as never };
}

const atOf = (item: unknown): string => {
  const { at } = Object(item);
  return typeof at === 'string' ? at : '';
};

function upserted(id: string, value: unknown): Json {
  if (value === undefined) throw new TypeError(`step '${id}': found no value to upsert; expected one, or 'delete'`);
  return keep(id, value);
}
