import { type FieldOf, readerOf, type Scalar, scalar } from '../aggregates/field.ts';
import { days } from './duration.ts';
import { positive } from './errors.ts';
import { inOrder } from './in-order.ts';
import type { ProcessNode, StepContext } from './plan.ts';

type Value = Scalar | null;

export interface ChangesOptions<Item> {
  /** What changes: a field, or what a function gives; nothing is null. */
  readonly of: FieldOf<Item, Value | undefined> | ((item: Item) => Value | undefined);
  /** How long after its last item a key is forgotten, in milliseconds of event time; its next item passes. Default:
   *  `days(30)`. */
  readonly ttl?: number;
}

/** The items whose value is not the one before in event time, by the output `items`. */
export function changesNode<Item>(
  id: string,
  inputs: readonly string[],
  { of, ttl = days(30) }: ChangesOptions<Item>,
): ProcessNode {
  const ttlMs = positive(id, 'ttl', ttl);
  const { name, read } = readerOf(of);
  const valueIn = (item: unknown): Value => {
    const value = read(item) ?? null;
    return value === null ? null : scalar(`of ${name}`, value);
  };
  const node: ProcessNode = {
    kind: 'process',
    id,
    inputs,
    ttlMs: undefined, // it has itself woken, so that none of its items that wait are forgotten
    shape: `changes ${name} ${ttlMs}`,
    init: () => [],
    on: ([last]: readonly Value[], [value, data]: readonly [Value, unknown], { timeMs }: StepContext) => ({
      state: [value],
      emit: value === last ? [] : [{ output: 'items', data }],
      wakeMs: timeMs + ttlMs,
    }),
    onWake: () => ({ state: undefined }),
  };
  return inOrder(node, { admit: (item) => [valueIn(item), item] });
}
