import { createHash } from 'node:crypto';

/** Kinesis takes partition keys of 1 to 256 characters. */
const MAX_KEY_CHARS = 256;

/** The partition key of an event's key: the key itself, or the MD5 of one that is too long. */
export function partitionKeyOf(key: string): string {
  return key.length <= MAX_KEY_CHARS ? key : createHash('md5').update(key).digest('hex');
}
