import type { Json } from '../event/json.ts';
import { inOrder } from './in-order.ts';
import type { ProcessNode, StepContext } from './plan.ts';
import type { Sides } from './sides.ts';
import { isNewer, rowIn, type Version } from './version.ts';

export interface LookupOptions<Item, Value, How extends 'inner' | 'left', Result> {
  /** `inner`: items whose key has a row. `left`: all items. */
  readonly how: How;
  /** Makes what is emitted. It is called when event time has passed the item, where a step that throws stops the pipeline: so
   *  it should take whatever item and row it gets. */
  readonly with: (...sides: Sides<Item, Value, How>) => Result;
}

const TABLE = 0;

/** The table's part in a lookup. */
export interface Looked {
  readonly shape: string;
  /** How long a row holds after its last change. */
  readonly ttlMs: number;
}

/** Gives each item its key's row as it was at the item's time. The inputs are the table's versions and the items. Of what
 *  happened in one millisecond, the table's changes come first. A change that comes late holds for the items that wait:
 *  the row would else be wrong until its next change. */
export function lookupNode<Item, Value, How extends 'inner' | 'left', Result>(
  id: string,
  inputs: readonly [versions: string, items: string],
  { shape, ttlMs }: Looked,
  { how, with: make }: LookupOptions<Item, Value, How, Result>,
): ProcessNode {
  const keepRow = (known: Version | null) => {
    if (known === null) return { state: undefined };
    // A deletion is remembered while changes of the same millisecond may follow.
    return { state: known, wakeMs: known[0] + (rowIn(known) === undefined ? 1 : ttlMs) };
  };
  const take = (known: Version | null, fresh: Version) => keepRow(known && isNewer(known, fresh) ? known : fresh);
  const give = (known: Version | null, item: unknown, timeMs: number) => {
    const row = known && timeMs < known[0] + ttlMs ? rowIn(known) : undefined;
    if (row === undefined && how === 'inner') return keepRow(known);
    const data = make(...([item, row] as unknown as Sides<Item, Value, How>));
    return { ...keepRow(known), emit: [{ output: 'items', data }] };
  };
  const node: ProcessNode = {
    kind: 'process',
    id,
    inputs,
    ttlMs: undefined, // rows go as they do in the table
    shape: `lookup of ${shape}`,
    init: () => null,
    on: (known: Version | null, item: Json, { input, timeMs }: StepContext) =>
      input === TABLE ? take(known, item as unknown as Version) : give(known, item, timeMs),
    onWake: () => ({ state: undefined }),
  };
  return inOrder(node, { takesLate: [TABLE] });
}
