import type { Aggregate } from './aggregate.ts';
import { type FieldOf, integerIn, readerOf, type Scalar, scalar, type Taken } from './field.ts';
import { inText } from './in-time.ts';

/** Values in the order of their JSON with their counts; `missed` is the most by which each count is too low. */
type Counters = { readonly values: readonly Scalar[]; readonly counts: readonly number[]; readonly missed: number };

interface Counter {
  readonly value: Scalar;
  readonly text: string;
  readonly count: number;
}

/** More would hardly fit into a state. */
const MAX_VALUES = 2000;

/** The `n` values of a field, or of what a function gives, that most items have, the most frequent first.
 *
 *  Exact while a group has at most `exactUpTo` distinct values (200 unless told): `missed` is 0. Beyond that it is
 *  Misra and Gries' summary, merged as by Agarwal et al. (Mergeable Summaries, PODS 2012): the true count lies between
 *  `count` and `count + missed`, `missed` is at most items / (exactUpTo + 1), and every value with more items than that
 *  is still among the counters. Then, and only then, order and grouping of the items have a part in the counts; the
 *  bounds hold in each. */
export function mostFrequent<Item, Field extends FieldOf<Item, Scalar> = never, Value extends Scalar = never>(
  of: Field | ((item: Item) => Value),
  { n, exactUpTo = 200 }: { readonly n: number; readonly exactUpTo?: number },
): Aggregate<
  Item,
  Counters,
  readonly {
    readonly value: Taken<Item, Field, NoInfer<Value>>;
    readonly count: number;
    readonly missed: number;
  }[]
> {
  const { name, read } = readerOf(of);
  const kind = `mostFrequent(${name},${exactUpTo})`;
  integerIn(kind, 'exactUpTo', exactUpTo, 1, MAX_VALUES);
  integerIn(kind, 'n', n, 1, exactUpTo);
  return {
    kind,
    of: (item) => ({ values: [scalar(kind, read(item))], counts: [1], missed: 0 }),
    merge: (left, right) => {
      const both = mergeCounters(countersOf(left), countersOf(right));
      const cut = both.map(({ count }) => count).sort((a, b) => b - a)[exactUpTo] ?? 0;
      const rest = cut === 0 ? both : both.filter(({ count }) => count > cut);
      return {
        values: rest.map(({ value }) => value),
        counts: rest.map(({ count }) => count - cut),
        missed: left.missed + right.missed + cut,
      };
    },
    result: (state) => {
      const ranked = [...countersOf(state)].sort((a, b) => b.count - a.count || inText(a.text, b.text));
      return ranked.slice(0, n).map(({ value, count }) => {
        return { value: value as Taken<Item, Field, Value>, count, missed: state.missed };
      });
    },
  };
}

const countersOf = ({ values, counts }: Counters): readonly Counter[] =>
  values.map((value, i) => ({ value, text: JSON.stringify(value), count: counts[i] as number }));

function mergeCounters(left: readonly Counter[], right: readonly Counter[]): readonly Counter[] {
  const byText = new Map(left.map((counter) => [counter.text, counter]));
  for (const counter of right) {
    const count = counter.count + (byText.get(counter.text)?.count ?? 0);
    byText.set(counter.text, { ...counter, count });
  }
  return [...byText.values()].sort((a, b) => inText(a.text, b.text));
}
