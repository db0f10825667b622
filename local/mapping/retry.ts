import type { MappingSettings } from './configuration.ts';
import type { EventRecord } from './event.ts';
import type { Outcome } from './response.ts';

/** A batch, or what is left of one, that is tried as a whole. */
export interface Piece {
  readonly records: readonly EventRecord[];
  /** How often the function has run on just these records; a throttled try is none. */
  readonly invocations: number;
}

export interface Settlement {
  /** How many records, from the first on, are done with. */
  readonly finished: number;
  /** Given up: the retry quota is spent. */
  readonly discarded: Piece | undefined;
  /** What is to be tried next, in this order. */
  readonly next: readonly Piece[];
}

export type RetryRules = Pick<MappingSettings, 'retryAttemptsMax' | 'bisects'>;

function fresh(records: readonly EventRecord[]): Piece {
  return { records, invocations: 0 };
}

/** Halves, the first one first, each with a counter of its own. */
function bisect(records: readonly EventRecord[]): Piece[] {
  const middle = Math.ceil(records.length / 2);
  return [fresh(records.slice(0, middle)), fresh(records.slice(middle))];
}

/** Decides what becomes of a piece after the function ran on it.
 *
 *  - A reported failure moves the checkpoint before that record; the rest is a new batch with a new counter. One
 *    reported for the first record moves nothing, so the counter goes on.
 *  - A function error splits a piece of several records when bisecting is on; splitting spends no retry. An answer that
 *    fails the batch without a function error does not split it.
 *  - Everything else is tried again until `retryAttemptsMax` retries have failed too. */
export function settle(piece: Piece, outcome: Outcome, rules: RetryRules): Settlement {
  const { records } = piece;
  if (outcome.kind === 'succeeded') return { finished: records.length, discarded: undefined, next: [] };
  if (outcome.kind === 'partly-failed' && outcome.from > 0) {
    return { finished: outcome.from, discarded: undefined, next: [fresh(records.slice(outcome.from))] };
  }
  const functionError = outcome.kind === 'failed' && outcome.functionError !== null;
  if (functionError && rules.bisects && records.length > 1) {
    return { finished: 0, discarded: undefined, next: bisect(records) };
  }
  const tried = { records, invocations: piece.invocations + 1 };
  if (tried.invocations > rules.retryAttemptsMax) return { finished: 0, discarded: tried, next: [] };
  return { finished: 0, discarded: undefined, next: [tried] };
}

/** Takes the records older than `ageMaxMs` out of a piece; the others go on with its counter. */
export function expire(
  piece: Piece,
  ageMaxMs: number,
  nowMs: number,
): { expired: readonly EventRecord[]; left: Piece } {
  const isOld = ({ record }: EventRecord) => nowMs - record.arrivalMs > ageMaxMs;
  const expired = piece.records.filter(isOld);
  if (expired.length === 0) return { expired, left: piece };
  return { expired, left: { ...piece, records: piece.records.filter((record) => !isOld(record)) } };
}

export interface BackOff {
  readonly baseMs: number;
  readonly maxMs: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** Pause before try `attempt + 1`: doubles from the base up to the ceiling, and of that a random part from a half to
 *  the whole. AWS does not publish its constants. */
export function backOffMs(attempt: number, { baseMs, maxMs, random }: BackOff): number {
  const ceilingMs = Math.min(maxMs, baseMs * 2 ** (Math.max(1, attempt) - 1));
  return ceilingMs * (0.5 + random() / 2);
}
