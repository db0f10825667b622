import type { Row } from '../operators/operator.ts';

/** Rows as the lake takes them. */
export function rowsByTable(rows: readonly Row[]): ReadonlyMap<string, readonly string[]> {
  const byTable = new Map<string, string[]>();
  for (const { table, json } of rows) {
    const ofTable = byTable.get(table) ?? [];
    byTable.set(table, ofTable);
    ofTable.push(json);
  }
  return byTable;
}
