import { ServiceError } from '../json-api.ts';
import type { ShardPosition } from '../kinesis-reader.ts';
import { invalidArgument } from './limits.ts';

/** Source: API reference, GetShardIterator. */
const LIFETIME_MS = 5 * 60_000;

/** A shard iterator: where to read on. It holds all it needs, so that a restart does not spoil it; like AWS's it goes on
 *  in a stream that was made anew under its name. */
export interface ShardIterator {
  readonly stream: string;
  readonly shardId: string;
  readonly position: ShardPosition;
  readonly issuedMs: number;
}

export function encodeIterator(iterator: ShardIterator): string {
  return Buffer.from(JSON.stringify(iterator)).toString('base64');
}

function parse(token: string): ShardIterator | undefined {
  try {
    const iterator = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
    const isWhole = typeof iterator.stream === 'string' && typeof iterator.shardId === 'string' && iterator.position;
    return isWhole && typeof iterator.issuedMs === 'number' ? iterator : undefined;
  } catch {
    // Not one of ours: the caller says so.
    return undefined;
  }
}

/** Throws InvalidArgumentException or, five minutes after it was given out, ExpiredIteratorException. */
export function decodeIterator(token: unknown, nowMs: number): ShardIterator {
  const iterator = typeof token === 'string' ? parse(token) : undefined;
  if (!iterator) throw invalidArgument('Invalid ShardIterator.');
  if (nowMs - iterator.issuedMs <= LIFETIME_MS) return iterator;
  const created = new Date(iterator.issuedMs).toUTCString();
  throw new ServiceError(
    'ExpiredIteratorException',
    `Iterator expired. The iterator was created at time ${created} while right now it is ${new Date(nowMs).toUTCString()} which is further in the future than the tolerated delay of ${LIFETIME_MS} milliseconds.`,
  );
}
