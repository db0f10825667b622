import type { CloudEvent } from '../../core/event/index.ts';
import type { Oracle } from './oracle.ts';
import type { Query } from './query.ts';
import { type Difference, difference, type Row } from './rows.ts';
import { runQueries } from './run-query.ts';

/** What comes of comparing a query's result with the oracle's. */
export interface Verdict {
  readonly query: string;
  readonly ok: boolean;
  /** Rows in the oracle's result. */
  readonly rows?: number;
  readonly difference?: Difference | undefined;
  /** Why there is no result to compare. */
  readonly failure?: string;
}

/** Answers a query by Millrace and by the oracle, which must hold the same events. */
export async function check(query: Query, events: readonly CloudEvent[], oracle: Oracle): Promise<Verdict> {
  const found = await runQueries(query.plan, [query], events).catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
  if (typeof found === 'string') return { query: query.name, ok: false, failure: found };
  return verdictOn(query, found, oracle);
}

/** Compares what was found, by query, with the oracle's answer. */
export async function verdictOn(
  { name, sql, tolerances }: Query,
  found: ReadonlyMap<string, readonly Row[]>,
  oracle: Oracle,
): Promise<Verdict> {
  const { columns, rows } = await oracle.answer(sql);
  const different = difference(columns, rows, found.get(name) ?? [], tolerances);
  return { query: name, ok: different === undefined, rows: rows.length, difference: different };
}
