/** The first `limit` of two lists that are in order already. */
export function mergeRanked<Entry>(
  left: readonly Entry[],
  right: readonly Entry[],
  compare: (left: Entry, right: Entry) => number,
  limit: number,
): readonly Entry[] {
  const merged: Entry[] = [];
  let [l, r] = [0, 0];
  while (merged.length < limit && (l < left.length || r < right.length)) {
    const [a, b] = [left[l], right[r]];
    if (b === undefined || (a !== undefined && compare(a, b) <= 0)) {
      merged.push(a as Entry);
      l += 1;
    } else {
      merged.push(b);
      r += 1;
    }
  }
  return merged;
}
