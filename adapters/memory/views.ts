import type { ViewRow, Views } from '../../core/ports.ts';

/** Views in memory. */
export interface MemoryViews extends Views {
  /** The rows of a view, by key. */
  rows(view: string): ReadonlyMap<string, unknown>;
}

export function memoryViews(): MemoryViews {
  const views = new Map<string, Map<string, ViewRow>>();
  return {
    async put(view, rows) {
      const known = views.get(view) ?? new Map<string, ViewRow>();
      views.set(view, known);
      for (const each of rows) if (each.version >= (known.get(each.key)?.version ?? '')) known.set(each.key, each);
    },
    rows: (view) =>
      new Map(
        [...(views.get(view)?.values() ?? [])].flatMap(({ key, row }) => (row === undefined ? [] : [[key, row]])),
      ),
  };
}
