import type { Lake } from '../../core/ports.ts';

/** A lake in memory. */
export interface MemoryLake extends Lake {
  /** Rows of a table in the order they came, parsed. */
  rows(table: string): readonly Record<string, unknown>[];
}

export function memoryLake(): MemoryLake {
  const tables = new Map<string, string[]>();
  return {
    async deliver(rows) {
      for (const [table, ofTable] of rows) {
        const stored = tables.get(table) ?? [];
        tables.set(table, stored);
        for (const row of ofTable) stored.push(row);
      }
    },
    rows: (table) => (tables.get(table) ?? []).map((row) => JSON.parse(row)),
  };
}
