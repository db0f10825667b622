import { hash } from 'node:crypto';

/** Both ends belong to the range. Hash keys are kept as 32 hex digits, so that comparing strings compares numbers. */
export interface HashRange {
  readonly start: string;
  readonly end: string;
}

const HASH_KEYS = 2n ** 128n;

/** The hash key of a partition key: its MD5 as an unsigned big-endian number. */
export function hashKeyOf(partitionKey: string): string {
  return hash('md5', partitionKey);
}

/** The API writes hash keys in decimal. Undefined when the number is not below 2^128. */
export function parseHashKey(decimal: string): string | undefined {
  const value = BigInt(decimal);
  return value < HASH_KEYS ? value.toString(16).padStart(32, '0') : undefined;
}

export function formatHashKey(hashKey: string): string {
  return BigInt(`0x${hashKey}`).toString();
}

/** The hash key `distance` further on. */
export function stepHashKey(hashKey: string, distance: number): string {
  return (BigInt(`0x${hashKey}`) + BigInt(distance)).toString(16).padStart(32, '0');
}

/** Cuts all hash keys into ranges as equal as can be. */
export function evenRanges(count: number): HashRange[] {
  const bound = (index: number) => (BigInt(index) * HASH_KEYS) / BigInt(count);
  const hex = (value: bigint) => value.toString(16).padStart(32, '0');
  return Array.from({ length: count }, (_, index) => ({ start: hex(bound(index)), end: hex(bound(index + 1) - 1n) }));
}

/** Where the upper half of a range begins. */
export function middleOf({ start, end }: HashRange): string {
  const middle = (BigInt(`0x${start}`) + BigInt(`0x${end}`) + 1n) / 2n;
  return middle.toString(16).padStart(32, '0');
}
