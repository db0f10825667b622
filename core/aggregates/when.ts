import type { Json } from '../event/json.ts';
import type { Aggregate, AnyAggregate } from './aggregate.ts';

/** The aggregate of the items for which `holds` is true; `none` for a group that has none of them:
 *  `when(isLow, distinctCount('bidder'), { none: 0 })` is SQL's `count(DISTINCT bidder) FILTER (WHERE …)`. */
export function when<Item, Result, None>(
  holds: (item: Item) => boolean,
  aggregate: AnyAggregate<Item, Result>,
  { none }: { readonly none: None },
): Aggregate<Item, readonly Json[], Result | None> {
  return {
    kind: `when(=>,${aggregate.kind})`,
    of: (item, at) => (holds(item) ? [aggregate.of(item, at)] : []),
    merge: (left, right) => {
      if (left.length === 0 || right.length === 0) return left.length === 0 ? right : left;
      return [aggregate.merge(left[0] as never, right[0] as never)];
    },
    result: (state) => (state.length === 0 ? none : aggregate.result(state[0] as never)),
  };
}
