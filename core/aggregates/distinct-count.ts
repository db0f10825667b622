import { hash } from 'node:crypto';
import { type Aggregate, AggregateInputError } from './aggregate.ts';
import { type FieldOf, integerIn, readerOf, type Scalar, scalar } from './field.ts';
import { estimate, HASH_DIGITS, mergeRegisters, precisionFor, withHashes } from './hyper-log-log.ts';

/** The values' hashes in order, one behind the other; or, when there are too many, HyperLogLog's registers. */
type Distinct = { readonly hashes: string } | { readonly registers: string };

const MAX_EXACT = 2000;
/** 2^15 to 2^4 registers: more would not fit into a state. */
const MIN_ERROR = 0.006;
const MAX_ERROR = 0.26;

/** Number of distinct values of a field, or of what a function gives.
 *
 *  Exact up to `exactUpTo` (256 unless told), but for a chance of 1 in 10^11 that two hashes are the same; beyond that an
 *  estimate whose standard error is at most `error` (0.02 unless told). An estimate is always above `exactUpTo`, so that
 *  a result tells which it is. */
export function distinctCount<Item>(
  of: FieldOf<Item, Scalar> | ((item: Item) => Scalar),
  { exactUpTo = 256, error = 0.02 }: { readonly exactUpTo?: number; readonly error?: number } = {},
): Aggregate<Item, Distinct, number> {
  const { name, read } = readerOf(of);
  const kind = `distinctCount(${name},${exactUpTo},${error})`;
  integerIn(kind, 'exactUpTo', exactUpTo, 0, MAX_EXACT);
  if (!(error >= MIN_ERROR && error <= MAX_ERROR)) {
    throw new AggregateInputError(kind, `error ${error}`, `a number from ${MIN_ERROR} to ${MAX_ERROR}`);
  }
  const precision = precisionFor(error);
  const bounded = (hashes: string): Distinct =>
    hashes.length <= exactUpTo * HASH_DIGITS ? { hashes } : { registers: withHashes(precision, each(hashes)) };
  return {
    kind,
    of: (item) => bounded(hash('sha256', JSON.stringify(scalar(kind, read(item)))).slice(0, HASH_DIGITS)),
    merge: (left, right) => {
      if ('hashes' in left) {
        if ('hashes' in right) return bounded(union(left.hashes, right.hashes));
        return { registers: withHashes(precision, each(left.hashes), right.registers) };
      }
      if ('hashes' in right) return { registers: withHashes(precision, each(right.hashes), left.registers) };
      return { registers: mergeRegisters(left.registers, right.registers) };
    },
    result: (state) => {
      if ('hashes' in state) return state.hashes.length / HASH_DIGITS;
      return Math.max(exactUpTo + 1, Math.round(estimate(precision, state.registers)));
    },
  };
}

const each = (hashes: string): readonly string[] =>
  Array.from({ length: hashes.length / HASH_DIGITS }, (_, i) => hashes.slice(i * HASH_DIGITS, (i + 1) * HASH_DIGITS));

/** Both lists in order, as one. Mostly the right one is a single hash. */
function union(left: string, right: string): string {
  let merged = '';
  let done = 0; // how much of the left has been taken over
  for (const hash of each(right)) {
    const place = placeOf(hash, left, done);
    merged += left.slice(done, place) + (left.startsWith(hash, place) ? '' : hash);
    done = place;
  }
  return merged + left.slice(done);
}

/** Where a hash stands in a list from `from` on, or would. */
function placeOf(hash: string, hashes: string, from: number): number {
  let [low, high] = [from / HASH_DIGITS, hashes.length / HASH_DIGITS];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (hashes.slice(middle * HASH_DIGITS, (middle + 1) * HASH_DIGITS) < hash) low = middle + 1;
    else high = middle;
  }
  return low * HASH_DIGITS;
}
