import { type Aggregate, AggregateInputError } from './aggregate.ts';
import { bucketsOf, decodeBuckets, encodeBuckets, mergeBuckets } from './buckets.ts';
import { type FieldOf, finite, readerOf } from './field.ts';

/** Least and greatest value, and the buckets between. */
type Sketch = { readonly min: number; readonly max: number; readonly buckets: string };

const MIN_ACCURACY = 0.002;
const MAX_ACCURACY = 0.2;
/** Powers of two that all have a bucket for each of their values: a span of 1 to 4 billion. */
const MAX_OCTAVES = 32;

/** Quantiles of a numeric field, or of what a function gives, by the names they shall have: `quantiles('ms', { median:
 *  0.5, p99: 0.99 })`. 0 is the least value, 1 the greatest, both exact.
 *
 *  Each is within `accuracy` (0.01, so 1 percent, unless told) of the value at rank ⌊q (n - 1)⌋, counted from 0, in the
 *  sorted group. A group whose values fill more buckets than 32 powers of two have loses that for its lowest ones. */
export function quantiles<Item, Name extends string>(
  of: FieldOf<Item, number> | ((item: Item) => number),
  ranks: Readonly<Record<Name, number>>,
  { accuracy = 0.01 }: { readonly accuracy?: number } = {},
): Aggregate<Item, Sketch, Readonly<Record<Name, number>>> {
  const { name, read } = readerOf(of);
  const kind = `quantiles(${name},${accuracy})`;
  between(kind, 'accuracy', accuracy, MIN_ACCURACY, MAX_ACCURACY);
  const asked = Object.entries<number>(ranks);
  for (const [rank, q] of asked) between(kind, rank, q, 0, 1);
  const { perOctave, numberOf, middleOf } = bucketsOf(accuracy);
  return {
    kind,
    of: (item) => {
      const value = finite(kind, read(item));
      return { min: value, max: value, buckets: encodeBuckets([numberOf(value), 1]) };
    },
    merge: (left, right) => ({
      min: Math.min(left.min, right.min),
      max: Math.max(left.max, right.max),
      buckets: encodeBuckets(
        mergeBuckets(decodeBuckets(left.buckets), decodeBuckets(right.buckets), MAX_OCTAVES * perOctave),
      ),
    }),
    result: ({ min, max, buckets }) => {
      const sorted = decodeBuckets(buckets);
      const at = (q: number) =>
        Math.min(max, Math.max(min, q === 0 ? min : q === 1 ? max : middleOf(bucketAt(sorted, q))));
      return Object.fromEntries(asked.map(([rank, q]) => [rank, at(q)])) as Record<Name, number>;
    },
  };
}

function bucketAt(buckets: readonly number[], q: number): number {
  const counts = buckets.filter((_, i) => i % 2 === 1);
  const items = counts.reduce((sum, count) => sum + count, 0);
  let before = Math.floor(q * (items - 1));
  const index = counts.findIndex((count) => {
    before -= count;
    return before < 0;
  });
  return buckets[2 * index] as number;
}

function between(kind: string, name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new AggregateInputError(kind, `${name} ${value}`, `a number from ${least} to ${most}`);
}
