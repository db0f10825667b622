/** A metric, or what an expression makes of metrics, over time. */
export interface Series {
  readonly label: string;
  readonly periodMs: number;
  /** Start of the first period that could have a value, and the end of the last. */
  readonly fromMs: number;
  readonly toMs: number;
  /** By the start of the period, in the order of time; periods without a value are missing. */
  readonly points: ReadonlyMap<number, number>;
}

/** What a part of an expression is worth: a number, a series, several series, or a word such as `DESC`. */
export type Value = number | Series | readonly Series[] | Word;

export interface Word {
  readonly word: string;
}

export const isList = (value: Value): value is readonly Series[] => Array.isArray(value);
export const isWord = (value: Value): value is Word => typeof value === 'object' && 'word' in value;
export const isSeries = (value: Value): value is Series => typeof value === 'object' && 'points' in value;

/** The same series with other values. What is not a finite number has no data point, as a division by zero has none. */
export function withPoints(series: Series, points: Iterable<readonly [number, number | undefined]>): Series {
  const kept = [...points].filter((point): point is readonly [number, number] => Number.isFinite(point[1]));
  return { ...series, points: new Map(kept.sort(([a], [b]) => a - b)) };
}

/** Times at which any of the series has a value, in order. */
export function timesOf(all: readonly Series[]): readonly number[] {
  return [...new Set(all.flatMap(({ points }) => [...points.keys()]))].sort((a, b) => a - b);
}
