/** A row by its columns' names, in lower case: texts (times in ISO 8601), numbers, booleans and null. */
export type Row = Readonly<Record<string, unknown>>;

/** Numbers by column: how far, in proportion, a value may lie from the one expected. */
export type Tolerances = Readonly<Record<string, number>>;

/** The first difference between two sets of rows. */
export interface Difference {
  readonly missing: readonly Row[];
  readonly extra: readonly Row[];
}

/** Compares rows in whatever order; a row that is expected twice must be found twice. Only the columns of `columns` count,
 *  and a column that a row lacks is null. Undefined when there is no difference. */
export function difference(
  columns: readonly string[],
  expected: readonly Row[],
  found: readonly Row[],
  tolerances: Tolerances = {},
): Difference | undefined {
  const exact = columns.filter((column) => tolerances[column] === undefined);
  const near = columns.filter((column) => tolerances[column] !== undefined);
  const [wanted, had] = [grouped(expected, exact, near), grouped(found, exact, near)];
  const missing: Row[] = [];
  const extra: Row[] = [];
  for (const key of new Set([...wanted.keys(), ...had.keys()])) {
    const [left, right] = [wanted.get(key) ?? [], had.get(key) ?? []];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      const [want, have] = [left[i], right[i]];
      if (want && have && near.every((column) => isNear(want[column], have[column], tolerances[column] ?? 0))) continue;
      if (want) missing.push(only(want, columns));
      if (have) extra.push(only(have, columns));
    }
  }
  return missing.length + extra.length === 0 ? undefined : { missing, extra };
}

/** Rows by the values of their exact columns, each group in the order of the others. */
function grouped(rows: readonly Row[], exact: readonly string[], near: readonly string[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify(exact.map((column) => row[column] ?? null));
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  if (near.length > 0) for (const group of groups.values()) group.sort((a, b) => byNumbers(a, b, near));
  return groups;
}

function byNumbers(a: Row, b: Row, columns: readonly string[]): number {
  for (const column of columns) {
    const apart = Number(a[column]) - Number(b[column]);
    if (apart !== 0) return apart;
  }
  return 0;
}

function isNear(want: unknown, have: unknown, tolerance: number): boolean {
  if (typeof want !== 'number' || typeof have !== 'number') return want === have;
  return Math.abs(want - have) <= tolerance * Math.abs(want);
}

const only = (row: Row, columns: readonly string[]): Row =>
  Object.fromEntries(columns.map((column) => [column, row[column] ?? null]));
