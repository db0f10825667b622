/** What is known of a metric's values in a period: enough for every statistic of CloudWatch. */
export interface Summary {
  count: number;
  sum: number;
  min: number;
  max: number;
  /** How often each value occurred; undefined when statistic sets hide it, as a percentile then is. */
  values: Map<number, number> | undefined;
  /** Whether there were too many different values to keep each. */
  isRounded: boolean;
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
  isRounded: false,
});

/** A statistic set. Its values are known only when they are all the same. */
export function statisticSet(count: number, sum: number, min: number, max: number): Summary {
  const isUniform = min === max && sum === min * count;
  return { count, sum, min, max, values: isUniform ? new Map([[min, count]]) : undefined, isRounded: false };
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
  into.isRounded ||= other.isRounded;
  addTo(into.values, other.values, into.isRounded);
  if (into.isRounded || into.values.size <= EXACT_VALUES_MAX) return;
  const exact = into.values;
  into.values = new Map();
  into.isRounded = true;
  addTo(into.values, exact, true);
}

function addTo(values: Map<number, number>, others: ReadonlyMap<number, number>, isRounded: boolean): void {
  for (const [exact, count] of others) {
    const value = isRounded ? Number(exact.toPrecision(ROUNDED_DIGITS)) : exact;
    values.set(value, (values.get(value) ?? 0) + count);
  }
}
