import type { Aggregate } from './aggregate.ts';

/** Number of items. */
export function count(): Aggregate<unknown, number, number> {
  return { kind: 'count', of: () => 1, merge: (left, right) => left + right, result: (state) => state };
}

/** Number of items for which `holds` is true. */
export function countIf<Item>(holds: (item: Item) => boolean): Aggregate<Item, number, number> {
  return { ...count(), kind: 'countIf', of: (item) => (holds(item) ? 1 : 0) };
}
