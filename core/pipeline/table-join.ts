import { type Json, keep } from '../event/json.ts';
import type { ProcessNode, StepContext } from './plan.ts';
import type { JoinHow, Sides } from './sides.ts';
import { changesOf, type TableChange } from './table-change.ts';

export interface TableJoinOptions<Left, Right, How extends JoinHow, Result> {
  /** `inner`: a row for each key that both tables have one of. `left`: for each that the left has. `full`: for each. */
  readonly how: How;
  /** Makes the row, JSON. What it throws parks the record whose change it is, but stops the pipeline where a row is deleted
   *  by its time to live: so it should take whatever rows it gets. */
  readonly with: (...sides: Sides<Left, Right, How>) => Result;
}

/** The rows of a key, as far as there are any. */
interface Rows {
  readonly left?: Json;
  readonly right?: Json;
}

/** Joins the rows of one key of two tables, whose changes are the inputs. */
export function tableJoinNode<Left, Right, How extends JoinHow, Result>(
  id: string,
  inputs: readonly string[],
  shapes: readonly string[],
  { how, with: make }: TableJoinOptions<Left, Right, How, Result>,
): ProcessNode {
  const joined = ({ left, right }: Rows): Json | undefined => {
    const isWanted = (left !== undefined || how === 'full') && (right !== undefined || how !== 'inner');
    if (!isWanted || (left === undefined && right === undefined)) return undefined;
    return keep(id, make(...([left, right] as unknown as Sides<Left, Right, How>)));
  };
  return {
    kind: 'process',
    id,
    inputs,
    ttlMs: undefined, // rows go when the tables delete them
    shape: `table-join of ${shapes.join(' and ')}`,
    init: () => ({}),
    on: (rows: Rows, change: TableChange<Json>, { key, id: itemId, source, input }: StepContext) => {
      const next: Rows = { ...rows, [input === 0 ? 'left' : 'right']: change.after };
      const isEmpty = next.left === undefined && next.right === undefined;
      // One change can come by both inputs.
      const as = { id: `${itemId}/${id}.${input}`, source };
      const emit = changesOf(key, joined(rows), joined(next)).map((each) => ({ ...each, as }));
      return { state: isEmpty ? undefined : next, emit };
    },
    onWake: undefined,
  };
}
