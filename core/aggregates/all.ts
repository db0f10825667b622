import type { Json } from '../event/json.ts';
import {
  type Aggregate,
  AggregateInputError,
  type Aggregates,
  type AnyAggregate,
  type ResultsOf,
} from './aggregate.ts';

type States = { readonly [name: string]: Json };

/** Several aggregates of the same items as one, whose state and result have a field for each. */
export function all<Item, Named extends Aggregates<Item>>(
  aggregates: Named,
): Aggregate<Item, States, ResultsOf<Named>> {
  const parts = Object.entries<AnyAggregate<Item>>(aggregates) as [string, Aggregate<Item, Json, unknown>][];
  parts.sort(([left], [right]) => (left < right ? -1 : 1));
  const kind = `all(${parts.map(([name, part]) => `${name}:${part.kind}`).join(',')})`;
  if (parts.length === 0) throw new AggregateInputError(kind, 'no aggregate', 'at least one');
  const each = (make: (part: Aggregate<Item, Json, unknown>, name: string) => unknown) =>
    Object.fromEntries(parts.map(([name, part]) => [name, make(part, name)]));
  return {
    kind,
    of: (item, at) => each((part) => part.of(item, at)) as States,
    merge: (left, right) => each((part, name) => part.merge(left[name] as Json, right[name] as Json)) as States,
    result: (state) => each((part, name) => part.result(state[name] as Json)) as ResultsOf<Named>,
  };
}
