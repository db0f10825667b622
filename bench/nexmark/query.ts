import type { Plan } from '../../core/pipeline/index.ts';
import type { Tolerances } from './rows.ts';

/** A query of the benchmark: what it asks, how a user of Millrace answers it, and how SQL does over all events at once. */
export interface Query {
  /** As in Nexmark, e.g. `q5`; of the plan's tables it is the one with the result. */
  readonly name: string;
  /** In one sentence. */
  readonly asks: string;
  /** Left out while the pipeline API lacks what the query needs. */
  readonly plan?: Plan | undefined;
  /** For DuckDB, over the tables of the oracle. Its columns are those that are compared. */
  readonly sql: string;
  /** Columns that need not be the same to the last bit. */
  readonly tolerances?: Tolerances;
}
