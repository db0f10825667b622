import type { Json } from '../event/json.ts';
import { type Aggregate, AggregateInputError } from './aggregate.ts';
import { type FieldOf, finite, integerIn, readerOf, type Taken } from './field.ts';
import { inTime, type Timed, timed } from './in-time.ts';
import { mergeRanked } from './ranked.ts';

type Ranked = readonly [by: number, ...Timed];

/** More would hardly fit into a state. */
const MAX_TOP = 1000;

/** The `n` items with the greatest `by`, greatest first, each with the value of a field or of what a function gives.
 *  Of equals the earlier in event time goes first. With `ties`, all whose `by` is that of the n-th as well: SQL's
 *  `FETCH FIRST n ROWS WITH TIES`, of at most 1,000. For the most common values see `mostFrequent`. */
export function top<Item, Field extends FieldOf<Item, Json> = never, Value extends Json = never>(
  of: Field | ((item: Item) => Value),
  {
    n,
    by,
    ties = false,
  }: { readonly n: number; readonly by: FieldOf<Item, number> | ((item: Item) => number); readonly ties?: boolean },
): Aggregate<
  Item,
  readonly Ranked[],
  readonly { readonly value: Taken<Item, Field, NoInfer<Value>>; readonly by: number }[]
> {
  const [reader, rank] = [readerOf(of), readerOf(by)];
  const kind = `top(${reader.name},${n} by ${rank.name}${ties ? ' with ties' : ''})`;
  integerIn(kind, 'n', n, 1, MAX_TOP);
  return {
    kind,
    of: (item, at) => [[finite(kind, rank.read(item)), ...timed(at, reader.read(item) as Json)]],
    merge: (left, right) =>
      ties ? firstWithTies(kind, [...left, ...right].sort(byRank), n) : mergeRanked(left, right, byRank, n),
    result: (state) => state.map(([by, , , value]) => ({ value: value as Taken<Item, Field, Value>, by })),
  };
}

const byRank = ([left, ...leftTimed]: Ranked, [right, ...rightTimed]: Ranked) =>
  Math.sign(right - left) || inTime(leftTimed, rightTimed);

function firstWithTies(kind: string, ranked: readonly Ranked[], n: number): readonly Ranked[] {
  const last = ranked[n - 1]?.[0];
  const end = ranked.findIndex(([by], place) => place >= n && by !== last);
  const kept = end < 0 ? ranked : ranked.slice(0, end);
  if (kept.length <= MAX_TOP) return kept;
  throw new AggregateInputError(kind, `${kept.length} items with ties`, `at most ${MAX_TOP}`);
}
