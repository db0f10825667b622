import type { Json } from '../event/json.ts';
import type { Emitted } from './plan.ts';

/** What has become of a table's row. */
export type TableChange<Value> =
  | { readonly key: string; readonly op: 'insert'; readonly before?: undefined; readonly after: Value }
  | { readonly key: string; readonly op: 'update'; readonly before: Value; readonly after: Value }
  | { readonly key: string; readonly op: 'delete'; readonly before: Value; readonly after?: undefined };

/** What a change of a row has a table tell; undefined for no row. Nothing where the row stays the same. */
export function changesOf(key: string, before: Json | undefined, after: Json | undefined): readonly Emitted[] {
  const data = changeOf(key, before, after);
  return data ? [{ output: 'changes', data }] : [];
}

function changeOf(key: string, before: Json | undefined, after: Json | undefined): TableChange<Json> | undefined {
  if (after === undefined) return before === undefined ? undefined : { key, op: 'delete', before };
  if (before === undefined) return { key, op: 'insert', after };
  return JSON.stringify(before) === JSON.stringify(after) ? undefined : { key, op: 'update', before, after };
}
