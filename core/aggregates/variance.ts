import { type Aggregate, AggregateInputError } from './aggregate.ts';
import { add, type Exact, multiply, negate, toNumber } from './exact.ts';
import { type FieldOf, finite, readerOf } from './field.ts';

type Moments = readonly [count: number, sum: Exact, squares: Exact];

/** Squares of larger numbers, summed over a group, could be more than a double holds. */
const MAX_MAGNITUDE = 1e140;

/** Population variance (Athena's `var_pop`) of a numeric field or of what a function gives. The sums of values and of
 *  squares are exact, so nothing cancels, and the order of the items changes nothing. */
export function variance<Item>(of: FieldOf<Item, number> | ((item: Item) => number)): Aggregate<Item, Moments, number> {
  return moments('variance', of, varianceOf);
}

/** Population standard deviation (Athena's `stddev_pop`); see `variance`. */
export function stddev<Item>(of: FieldOf<Item, number> | ((item: Item) => number)): Aggregate<Item, Moments, number> {
  return moments('stddev', of, (state) => Math.sqrt(varianceOf(state)));
}

function moments<Item>(
  name: string,
  of: FieldOf<Item, number> | ((item: Item) => number),
  result: (state: Moments) => number,
): Aggregate<Item, Moments, number> {
  const { name: field, read } = readerOf(of);
  const kind = `${name}(${field})`;
  return {
    kind,
    of: (item) => {
      const value = finite(kind, read(item));
      if (Math.abs(value) <= MAX_MAGNITUDE) return [1, value, multiply(value, value)];
      throw new AggregateInputError(kind, 'a number of more than 140 digits', `one of at most ${MAX_MAGNITUDE}`);
    },
    merge: (left, right) => [left[0] + right[0], add(left[1], right[1]), add(left[2], right[2])],
    result,
  };
}

/** (n Σx² - (Σx)²) / n², with one rounding before the division. */
function varianceOf([count, sum, squares]: Moments): number {
  const spread = add(multiply(count, squares), negate(multiply(sum, sum)));
  return toNumber(spread) / count / count;
}
