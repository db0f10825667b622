import { type FieldOf, readerOf, type Scalar, scalar } from '../aggregates/field.ts';
import { inOrder } from './in-order.ts';
import { positive } from './over.ts';
import type { ProcessNode, StepContext } from './plan.ts';

export interface DedupeOptions<Item> {
  /** What equal items have in common: a field, or what a function gives. */
  readonly by: FieldOf<Item, Scalar> | ((item: Item) => Scalar);
  /** How long after an item that passed its equals are left out, in milliseconds of event time. */
  readonly ttl: number;
}

/** What passed within the last `ttl`, in order. */
interface Passed {
  readonly times: readonly number[];
  readonly values: readonly Scalar[];
}

/** Most values of a key that are remembered or wait. */
const MAX_VALUES = 1_000;

/** The first of equal items by event time, by the output `items`. */
export function dedupeNode<Item>(id: string, inputs: readonly string[], { by, ttl }: DedupeOptions<Item>): ProcessNode {
  const ttlMs = positive(id, 'ttl', ttl);
  const { name, read } = readerOf(by);
  const node: ProcessNode = {
    kind: 'process',
    id,
    inputs,
    ttlMs: undefined, // a key is forgotten with its last value
    shape: `dedupe ${name} ${ttlMs}`,
    init: () => ({ times: [], values: [] }),
    on: ({ times, values }: Passed, [value, data]: readonly [Scalar, unknown], { timeMs }: StepContext) => {
      const alive = times.findIndex((passedMs) => passedMs + ttlMs > timeMs);
      const from = alive < 0 ? times.length : alive;
      const isFirst = values.indexOf(value, from) < 0;
      const state = {
        times: [...times.slice(from), ...(isFirst ? [timeMs] : [])],
        values: [...values.slice(from), ...(isFirst ? [value] : [])],
      };
      const emit = isFirst ? [{ output: 'items', data }] : [];
      return { state, emit, wakeMs: (state.times.at(-1) as number) + ttlMs };
    },
    onWake: () => ({ state: undefined }),
  };
  return inOrder(node, (item, _, own: Passed | undefined, waiting) => {
    const values = waiting + (own?.values.length ?? 0);
    if (values < MAX_VALUES) return [scalar(`by ${name}`, read(item)), item];
    throw new RangeError(`${values} values of a key are remembered or wait; at most so many may`);
  });
}
