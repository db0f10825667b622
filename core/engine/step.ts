import { deaggregate, type UserRecord } from '../event/aggregate.ts';
import { decodeEvent } from '../event/decode.ts';
import { NOT_OURS } from '../event/readers.ts';
import { Rejected, type Rejection } from '../event/rejection.ts';
import type { Row } from '../operators/operator.ts';
import { idempotencyKey } from './idempotency-key.ts';
import type { Position } from './position.ts';
import type { Program } from './program.ts';

/** A record as the stream delivers it. */
export interface StreamRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** Arrival at the stream, in milliseconds since 1970. */
  readonly arrivalMs: number;
  readonly data: Uint8Array;
}

/** A record that cannot be processed, with all there is of it. */
export interface RejectedRecord {
  readonly shardId: string;
  readonly position: Position;
  readonly partitionKey: string;
  readonly arrivalMs: number;
  readonly data: Uint8Array;
  readonly rejection: Rejection;
}

/** What a batch has come to so far. */
export interface Progress {
  /** Last record finished; undefined before the first. */
  position: Position | undefined;
  arrivalMs: number;
  readonly rows: Row[];
  readonly rejected: RejectedRecord[];
  /** Idempotency keys of the events taken in. */
  readonly keys: Set<string>;
  duplicates: number;
  /** Records that are for other pipelines of the stage. */
  skipped: number;
}

/** What a record meets: whether it was committed, whether its event was seen. */
export interface Seen {
  isPast(position: Position): boolean;
  hasSeen(key: string): boolean;
}

/** Most events in one commit: their keys then take 360 KB of a DynamoDB item's 400. */
export const MAX_EVENTS_PER_COMMIT = 30_000;

/** Takes one record of a shard through the program. Depends on nothing but its arguments; changes `progress` only.
 *  @returns false when the commit is full before the record's end; its rest comes again with the next batch. */
export function step(program: Program, shardId: string, record: StreamRecord, seen: Seen, progress: Progress): boolean {
  for (const user of userRecords(record)) {
    const position = { sequenceNumber: record.sequenceNumber, subSequence: user.subSequence };
    if (seen.isPast(position)) continue;
    if (progress.keys.size >= MAX_EVENTS_PER_COMMIT) return false;
    const rejection = user.broken
      ? refuse(program, user.broken, progress)
      : takeIn(program, shardId, position, record, user, seen, progress);
    if (rejection) {
      const { partitionKey, data } = user;
      progress.rejected.push({ shardId, position, partitionKey, arrivalMs: record.arrivalMs, data, rejection });
    }
    progress.position = position;
    progress.arrivalMs = Math.max(progress.arrivalMs, record.arrivalMs);
  }
  return true;
}

/** An aggregate's records; a broken aggregate is one record, kept whole. */
function userRecords(record: StreamRecord): readonly (UserRecord & { broken?: Rejection })[] {
  try {
    return deaggregate(record.partitionKey, record.data);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return [{ subSequence: 0, partitionKey: record.partitionKey, data: record.data, broken: error.rejection }];
  }
}

/** What no pipeline can read is for one of them to keep. */
function refuse(program: Program, rejection: Rejection, progress: Progress): Rejection | undefined {
  if (program.readers.keepsStrays) return rejection;
  progress.skipped += 1;
  return undefined;
}

function takeIn(
  program: Program,
  shardId: string,
  position: Position,
  record: StreamRecord,
  user: UserRecord,
  seen: Seen,
  progress: Progress,
): Rejection | undefined {
  const origin = {
    partitionKey: user.partitionKey,
    position: `${shardId}:${position.sequenceNumber}.${position.subSequence}`,
    arrivalMs: record.arrivalMs,
  };
  const event = decodeEvent(user.data, origin, program.readers);
  if (event === NOT_OURS) {
    progress.skipped += 1;
    return undefined;
  }
  if ('rejection' in event) return event.rejection;
  const key = idempotencyKey(event.source, event.id);
  if (progress.keys.has(key) || seen.hasSeen(key)) {
    progress.duplicates += 1;
    return undefined;
  }
  const rows: Row[] = [];
  try {
    const item = { event, shardId, sequenceNumber: record.sequenceNumber, suffix: '', data: event.data };
    program.sources.get(event.type.type)?.(item, rows);
  } catch (error) {
    if (error instanceof Rejected) return error.rejection;
    throw error;
  }
  // Only now: a record that was rejected adds no row, and its event may come again, mended, under the same id.
  for (const row of rows) progress.rows.push(row);
  progress.keys.add(key);
  return undefined;
}
