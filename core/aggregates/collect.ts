import type { Json } from '../event/json.ts';
import type { Aggregate } from './aggregate.ts';
import { type FieldOf, integerIn, readerOf, type Taken } from './field.ts';
import { inTime, type Timed, timed } from './in-time.ts';
import { mergeRanked } from './ranked.ts';

/** Which values a bounded list keeps: that many of the first, or of the latest, in event time. */
export type Keep = { readonly first: number } | { readonly latest: number };

/** More would hardly fit into a state. */
const MAX_COLLECTED = 1000;

/** The values of a field, or of what a function gives, in event time: the first or the latest so many, as `keep` says.
 *  The rest is left out; a `count()` beside it tells. */
export function collect<Item, Field extends FieldOf<Item, Json> = never, Value extends Json = never>(
  of: Field | ((item: Item) => Value),
  keep: Keep,
): Aggregate<Item, readonly Timed[], readonly Taken<Item, Field, NoInfer<Value>>[]> {
  const { name, read } = readerOf(of);
  const [which, limit] = 'first' in keep ? (['first', keep.first] as const) : (['latest', keep.latest] as const);
  const kind = `collect(${name},${which} ${limit})`;
  integerIn(kind, which, limit, 1, MAX_COLLECTED);
  const compare = which === 'first' ? inTime : (left: Timed, right: Timed) => inTime(right, left);
  return {
    kind,
    of: (item, at) => [timed(at, read(item) as Json)],
    merge: (left, right) => mergeRanked(left, right, compare, limit),
    result: (state) => {
      const values = state.map(([, , value]) => value as Taken<Item, Field, Value>);
      return which === 'first' ? values : values.reverse();
    },
  };
}
