import type { StreamRecord } from '../../core/engine/record.ts';
import type { Oracle } from './oracle.ts';
import type { Query } from './query.ts';
import { type Difference, difference } from './rows.ts';
import { runQuery } from './run-query.ts';

/** What comes of comparing a query's result with the oracle's. */
export interface Verdict {
  readonly query: string;
  readonly ok: boolean;
  /** In the oracle's result. */
  readonly rows: number;
  readonly difference?: Difference | undefined;
  /** Why there is no result to compare. */
  readonly failure?: string;
}

/** Answers a query by Millrace and by the oracle, which must hold the same events as the records. */
export async function check(
  { name, plan, sql, tolerances }: Query,
  records: readonly StreamRecord[],
  oracle: Oracle,
): Promise<Verdict> {
  const { columns, rows } = await oracle.answer(sql);
  const verdict = { query: name, rows: rows.length };
  if (!plan) return { ...verdict, ok: false, failure: 'it has no pipeline yet' };
  try {
    const found = (await runQuery(plan, records)).get(name) ?? [];
    const different = difference(columns, rows, found, tolerances);
    return { ...verdict, ok: different === undefined, difference: different };
  } catch (error) {
    return { ...verdict, ok: false, failure: error instanceof Error ? error.message : String(error) };
  }
}
