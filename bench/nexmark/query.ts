import { type Plan, pipeline } from '../../core/pipeline/index.ts';
import type { Output } from '../../core/pipeline/stream.ts';
import { DISORDER_MS } from './generator.ts';
import type { Tolerances } from './rows.ts';

export interface QueryOptions {
  /** As in Nexmark, e.g. `q5`. */
  readonly name: string;
  /** In one sentence. */
  readonly asks: string;
  /** How a user of Millrace answers it, to the table or view of this name. Its steps' ids begin with the name of a query,
   *  so that all queries can be one pipeline. */
  readonly output: Output;
  /** For DuckDB, over the tables of the oracle, all events at once. Its columns are those that are compared. */
  readonly sql: string;
  /** Columns that need not be the same to the last bit. */
  readonly tolerances?: Tolerances;
}

/** A query of the benchmark. */
export interface Query extends QueryOptions {
  /** The pipeline of this query alone. */
  readonly plan: Plan;
}

export const query = (options: QueryOptions): Query => ({
  ...options,
  plan: planOf(`nexmark-${options.name}`, [options]),
});

/** The pipeline of several queries. */
export const planOf = (name: string, queries: readonly Pick<QueryOptions, 'output'>[]): Plan =>
  pipeline(
    name,
    queries.map(({ output }) => output),
    { outOfOrderness: DISORDER_MS },
  );
