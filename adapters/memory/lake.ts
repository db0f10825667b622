import type { Lake, PayloadStore } from '../../core/ports.ts';

/** A lake in memory. */
export interface MemoryLake extends Lake {
  /** Rows of a table in the order they came, parsed. */
  rows(table: string): readonly Record<string, unknown>[];
}

export function memoryLake(): MemoryLake {
  const tables = new Map<string, string[]>();
  return {
    async deliver(rows) {
      for (const [table, ofTable] of rows) tables.set(table, [...(tables.get(table) ?? []), ...ofTable]);
    },
    rows: (table) => (tables.get(table) ?? []).map((row) => JSON.parse(row)),
  };
}

/** A payload store in memory; addresses are `memory:<name>`. */
export interface MemoryPayloadStore extends PayloadStore {
  readonly payloads: ReadonlyMap<string, Uint8Array>;
}

export function memoryPayloadStore(): MemoryPayloadStore {
  const payloads = new Map<string, Uint8Array>();
  return {
    payloads,
    async put(name, bytes) {
      payloads.set(`memory:${name}`, bytes);
      return `memory:${name}`;
    },
  };
}
