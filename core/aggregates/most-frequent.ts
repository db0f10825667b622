import type { Aggregate } from './aggregate.ts';
import { type FieldOf, integerIn, readerOf, type Scalar, scalar, type Taken } from './field.ts';
import { inText } from './in-time.ts';

type Counts = { readonly [text: string]: number };
/** Values as text, in order, with their counts; `missed` is the most by which each count is too low. */
type Counters = { readonly counts: Counts; readonly missed: number };

/** More would hardly fit into a state. */
const MAX_VALUES = 2000;

/** The `n` values of a field, or of what a function gives, that most items have, the most frequent first.
 *
 *  Exact while a group has at most `exactUpTo` distinct values (100 unless told): `missed` is 0. Beyond that it is
 *  Misra and Gries' summary, merged as by Agarwal et al. (Mergeable Summaries, PODS 2012): the true count lies between
 *  `count` and `count + missed`, `missed` is at most items / (exactUpTo + 1), and every value with more items than that
 *  is still among the counters. Then, and only then, order and grouping of the items have a part in the counts; the
 *  bounds hold in each. */
export function mostFrequent<Item, Field extends FieldOf<Item, Scalar> = never, Value extends Scalar = never>(
  of: Field | ((item: Item) => Value),
  { n, exactUpTo = 100 }: { readonly n: number; readonly exactUpTo?: number },
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
    of: (item) => ({ counts: { [toText(scalar(kind, read(item)))]: 1 }, missed: 0 }),
    merge: (left, right) => {
      const both = addCounts(left.counts, right.counts);
      const cut = Object.values(both).sort((a, b) => b - a)[exactUpTo] ?? 0;
      return { counts: cut === 0 ? both : cutBy(both, cut), missed: left.missed + right.missed + cut };
    },
    result: ({ counts, missed }) => {
      const ranked = Object.entries(counts).sort(([, a], [, b]) => b - a); // stable: equals stay in order
      return ranked.slice(0, n).map(([text, count]) => {
        return { value: fromText(text) as Taken<Item, Field, Value>, count, missed };
      });
    },
  };
}

/** In the order of the texts, so that the same counts are the same bytes. */
function addCounts(left: Counts, right: Counts): Counts {
  const sums: Record<string, number> = { ...left };
  for (const [text, count] of Object.entries(right)) sums[text] = (sums[text] ?? 0) + count;
  if (Object.keys(right).every((text) => Object.hasOwn(left, text))) return sums;
  return Object.fromEntries(Object.entries(sums).sort(([a], [b]) => inText(a, b)));
}

const cutBy = (counts: Counts, cut: number): Counts =>
  Object.fromEntries(
    Object.entries(counts)
      .filter(([, count]) => count > cut)
      .map(([text, count]) => [text, count - cut]),
  );

/** The first letter of the type and the value: names that JavaScript leaves in order, unlike those that look like
 *  numbers. */
const toText = (value: Scalar) => `${(typeof value)[0]}${value}`;

function fromText(text: string): Scalar {
  const rest = text.slice(1);
  if (text.startsWith('s')) return rest;
  return text.startsWith('n') ? Number(rest) : rest === 'true';
}
