import type { Aggregate } from './aggregate.ts';
import { type Exact, toNumber } from './exact.ts';
import { type FieldOf, finite, readerOf } from './field.ts';
import { addTo } from './sum.ts';

/** Arithmetic mean of a numeric field or of what a function gives, from the exact sum. */
export function average<Item>(
  of: FieldOf<Item, number> | ((item: Item) => number),
): Aggregate<Item, readonly [count: number, sum: Exact], number> {
  const { name, read } = readerOf(of);
  const kind = `average(${name})`;
  return {
    kind,
    of: (item) => [1, finite(kind, read(item))],
    merge: (left, right) => [left[0] + right[0], addTo(kind, left[1], right[1])],
    result: ([count, sum]) => toNumber(sum) / count,
  };
}
