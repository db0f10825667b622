import { type Aggregate, AggregateInputError } from './aggregate.ts';
import { add, type Exact, toNumber } from './exact.ts';
import { type FieldOf, finite, readerOf } from './field.ts';

/** Sum of a numeric field or of what a function gives: exact, rounded once at the end, so that the order of the items
 *  changes nothing. */
export function sum<Item>(of: FieldOf<Item, number> | ((item: Item) => number)): Aggregate<Item, Exact, number> {
  const { name, read } = readerOf(of);
  const kind = `sum(${name})`;
  return {
    kind,
    of: (item) => finite(kind, read(item)),
    merge: (left, right) => addTo(kind, left, right),
    result: toNumber,
  };
}

/** A sum that is still a number once it is rounded. */
export function addTo(kind: string, left: Exact, right: Exact): Exact {
  const total = add(left, right);
  if (Number.isFinite(toNumber(total))) return total;
  throw new AggregateInputError(kind, 'a sum above 1.8e308', 'one that a double can hold');
}
