import { type FieldOf, readerOf, type Scalar, scalar } from '../aggregates/field.ts';
import { positive } from './errors.ts';
import { type Admit, inOrder } from './in-order.ts';
import { added, lastOf, lengthOf, type Parts, withoutFirst } from './parts.ts';
import type { ProcessNode, StepContext } from './plan.ts';

export interface DedupeOptions<Item> {
  /** What equal items have in common: a field, or what a function gives. */
  readonly by: FieldOf<Item, Scalar> | ((item: Item) => Scalar);
  /** How long after an item that passed its equals are left out, in milliseconds of event time. */
  readonly ttl: number;
}

/** What passed within the last `ttl`, in order. */
type Passed = Parts<readonly [timeMs: number, value: Scalar]>;

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
    init: () => [],
    on: (all: Passed, [value, data]: readonly [Scalar, unknown], { timeMs }: StepContext) => {
      const sinceMs = timeMs - ttlMs;
      const passed = withoutFirst(all, ([passedMs]) => passedMs <= sinceMs);
      const isEqual = ([passedMs, each]: Passed[number][number]) => each === value && passedMs > sinceMs;
      const isFirst = !passed.some((part) => part.some(isEqual));
      const state = isFirst ? added(passed, [timeMs, value] as const) : passed;
      const emit = isFirst ? [{ output: 'items', data }] : [];
      return { state, emit, wakeMs: lastOf(state)[0] + ttlMs };
    },
    onWake: () => ({ state: undefined }),
  };
  const admit: Admit = (item, _, own: Passed | undefined, waiting) => {
    const values = waiting + lengthOf(own ?? []);
    if (values < MAX_VALUES) return [scalar(`by ${name}`, read(item)), item];
    throw new RangeError(`${values} values of a key are remembered or wait; at most so many may`);
  };
  return inOrder(node, { admit });
}
