import type { Row } from '../operators/operator.ts';
import type { Lake } from '../ports.ts';
import type { ShardState } from './shard-state.ts';

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

/** Delivers what the state's newest entry has in its outbox; whether there was anything to deliver. */
export async function deliverOutbox(state: ShardState, lake: Lake): Promise<boolean> {
  if (state.outbox.length === 0) return false;
  await lake.deliver(rowsByTable(state.outbox));
  state.delivered();
  return true;
}
