/** Sequence numbers are 56 decimal digits, as AWS's are: `49`, the shard's creation in ms (13), a counter (20), the
 *  arrival in ms (13), the shard's index (8). The counter stands before the clock, so numbers rise in a shard even if
 *  the clock does not; the creation stands before both, so a child's are above its parents'. */
const COUNTER_DIGITS = 20;
const TIME_DIGITS = 13;
const INDEX_DIGITS = 8;

/** What the API takes for a sequence number. */
export const SEQUENCE_PATTERN = /^(?:0|[1-9]\d{0,128})$/;

export interface SequenceOrigin {
  readonly createdMs: number;
  /** The shard's number in its stream. */
  readonly index: number;
}

export function sequenceNumber(origin: SequenceOrigin, counter: number, arrivalMs: number): string {
  const created = String(origin.createdMs).padStart(TIME_DIGITS, '0');
  const arrival = String(arrivalMs).padStart(TIME_DIGITS, '0');
  const index = String(origin.index).padStart(INDEX_DIGITS, '0');
  return `49${created}${String(counter).padStart(COUNTER_DIGITS, '0')}${arrival}${index}`;
}

/** Lower than every record's number in the shard. */
export function firstSequenceNumber(origin: SequenceOrigin): string {
  return sequenceNumber(origin, 0, origin.createdMs);
}

/** Higher than every record's number in the shard. */
export function lastSequenceNumber(origin: SequenceOrigin): string {
  const created = String(origin.createdMs).padStart(TIME_DIGITS, '0');
  return `49${created}${'9'.repeat(COUNTER_DIGITS + TIME_DIGITS)}${String(origin.index).padStart(INDEX_DIGITS, '0')}`;
}

/** The index of the shard that gave the number. */
export function shardIndexIn(sequence: string): number {
  return Number(sequence.slice(-INDEX_DIGITS));
}

/** Below, at or above zero as `a` is below, at or above `b`, as integers of any length without leading zeros. */
export function compareSequence(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The number just below. */
export function beforeSequence(sequence: string): string {
  return (BigInt(sequence) - 1n).toString();
}
