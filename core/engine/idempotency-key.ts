import { hash } from 'node:crypto';

/** 96 bits. Among 10 million ids remembered, the chance that a new one is taken for one of them is 10^7 / 2^96, about
 *  1 in 10^22; with 64 bits it would be 1 in 10^12 for each event, too often for something that drops it. */
export const KEY_BYTES = 12;

/** The idempotency key of an event: its source and id, hashed. A string of 12 Latin-1 characters, since those are what
 *  a Set compares by value at the least cost. */
export function idempotencyKey(source: string, id: string): string {
  return hash('sha256', `${source.length}:${source}${id}`, 'binary').slice(0, KEY_BYTES);
}
