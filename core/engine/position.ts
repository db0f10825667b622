/** How far a shard has been read. Kinesis numbers records with up to 129 digits; a KPL aggregate holds several events
 *  under one number, told apart by their sub-sequence. */
export interface Position {
  readonly sequenceNumber: string;
  readonly subSequence: number;
}

/** The sub-sequence of a position at a record's very end, beyond any that an aggregate can have. */
export const RECORD_END = 0xffff_ffff;

/** Negative, zero or positive as `a` lies before, at or after `b`. */
export function comparePositions(a: Position, b: Position): number {
  return compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber) || a.subSequence - b.subSequence;
}

/** Sequence numbers are integers far above 2^53: of two, the one with more digits is the greater, and digits of equal
 *  length compare as text. */
export function compareSequenceNumbers(a: string, b: string): number {
  if (a === b) return 0;
  // Nearly all have as many digits, and then zeros in front change nothing.
  const [left, right] = a.length === b.length ? [a, b] : [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left === right ? 0 : 1;
}
