/** How many of the latest records failed: counts that are halved together, so that old records weigh less and less.
 *  Depends on the order of the records alone. */
export interface Tally {
  readonly records: number;
  readonly failed: number;
}

/** A share that may fail of about the last 1,000 records, and how many must have failed before it counts. */
export interface Budget {
  readonly share: number;
  readonly atLeast: number;
}

export const EMPTY_TALLY: Tally = { records: 0, failed: 0 };

const HALVE_AT = 2_000;

export function counted(tally: Tally, failed: boolean): Tally {
  const next = { records: tally.records + 1, failed: tally.failed + (failed ? 1 : 0) };
  if (next.records < HALVE_AT) return next;
  return { records: Math.floor(next.records / 2), failed: Math.floor(next.failed / 2) };
}

export function isOver(budget: Budget, { records, failed }: Tally): boolean {
  return failed >= budget.atLeast && failed > budget.share * records;
}
