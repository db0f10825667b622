import { hash } from 'node:crypto';

/** A part of the hashes of partition keys, both ends included; 32 hexadecimal digits, so that text compares as numbers
 *  do. */
export interface HashRange {
  readonly from: string;
  readonly to: string;
}

/** All hashes. */
export const WHOLE_RANGE: HashRange = { from: '0'.repeat(32), to: 'f'.repeat(32) };

/** Where Kinesis puts a record: the MD5 of its partition key as a number of 128 bits
 *  (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html). */
export function hashOf(partitionKey: string): string {
  return hash('md5', partitionKey);
}

/** The beginning of a range as Kinesis takes it for a record's `ExplicitHashKey`: a decimal number. */
export function firstHashKey({ from }: HashRange): string {
  return BigInt(`0x${from}`).toString();
}

export function isIn(range: HashRange, partitionKey: string): boolean {
  const hash = hashOf(partitionKey);
  return range.from <= hash && hash <= range.to;
}
