/** What is known of a metric's values in a period: enough for every statistic of CloudWatch. */
export interface Summary {
  count: number;
  sum: number;
  min: number;
  max: number;
  /** How often each value occurred; undefined when statistic sets hide it, as a percentile then is. */
  values: Map<number, number> | undefined;
}

/** Beyond so many different values in a period they are rounded to two digits: percentiles then are up to 5 % off. */
const EXACT_VALUES_MAX = 150;
const ROUNDED_DIGITS = 2;

/** What a value that occurred `count` times is as a summary. */
export const single = (value: number, count = 1): Summary => ({
  count,
  sum: value * count,
  min: value,
  max: value,
  values: new Map([[value, count]]),
});

/** A statistic set. Its values are known only when they are all the same. */
export function statisticSet(count: number, sum: number, min: number, max: number): Summary {
  const isUniform = min === max && sum === min * count;
  return { count, sum, min, max, values: isUniform ? new Map([[min, count]]) : undefined };
}

export function copyOf(summary: Summary): Summary {
  return { ...summary, values: summary.values && new Map(summary.values) };
}

/** Adds what `other` knows to `into`. */
export function absorb(into: Summary, other: Summary): void {
  into.count += other.count;
  into.sum += other.sum;
  into.min = Math.min(into.min, other.min);
  into.max = Math.max(into.max, other.max);
  if (!into.values || !other.values) {
    into.values = undefined;
    return;
  }
  for (const [value, count] of other.values) into.values.set(value, (into.values.get(value) ?? 0) + count);
  if (into.values.size > EXACT_VALUES_MAX) into.values = rounded(into.values);
}

function rounded(values: ReadonlyMap<number, number>): Map<number, number> {
  const fewer = new Map<number, number>();
  for (const [value, count] of values) {
    const near = Number(value.toPrecision(ROUNDED_DIGITS));
    fewer.set(near, (fewer.get(near) ?? 0) + count);
  }
  return fewer;
}
