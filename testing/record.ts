import { createHash } from 'node:crypto';
import { decodeEvent } from '../core/event/decode.ts';
import { partitionKeyOf } from '../core/event/partition-key.ts';
import { NOT_OURS, type Readers, readRecord } from '../core/event/readers.ts';
import { Rejected } from '../core/event/rejection.ts';
import { DriveError } from './errors.ts';
import type { Incoming } from './stream.ts';

/** What the producer of a record knows. */
export interface Place {
  readonly partitionKey: string;
  /** When the event happened, in milliseconds since 1970; undefined when the record does not say so. */
  readonly timeMs: number | undefined;
}

/** Reads from a record what its producer knows. A record that nobody can read has a key of its own. */
export function placeOf(data: Uint8Array, readers: Readers, nowMs: number | undefined): Place {
  const partitionKey = createHash('md5').update(data).digest('hex');
  try {
    const event = readRecord(data, { partitionKey, position: '0:0.0', arrivalMs: nowMs ?? Number.NaN }, readers);
    const type = event !== NOT_OURS && 'type' in event ? readers.own.types.get(event.type) : undefined;
    if (event === NOT_OURS || !('type' in event) || !type) return { partitionKey, timeMs: undefined };
    const fields = Object(event.data) as Readonly<Record<string, unknown>>;
    const key = fields[type.key];
    const timeMs = Date.parse(String(type.time === undefined ? event.time : fields[type.time]));
    return {
      partitionKey: typeof key === 'string' && key !== '' ? partitionKeyOf(key) : partitionKey,
      timeMs: Number.isNaN(timeMs) ? undefined : timeMs,
    };
  } catch (error) {
    if (error instanceof Rejected) return { partitionKey, timeMs: undefined };
    throw error;
  }
}

/** Text and bytes as they are, anything else as JSON. */
export function bytesOf(record: unknown): Uint8Array {
  if (record instanceof Uint8Array) return record;
  return Buffer.from(typeof record === 'string' ? record : JSON.stringify(record));
}

/** @throws DriveError for a record that the pipeline would put into quarantine before any step. */
export function checkReadable({ data, partitionKey, arrivalMs }: Incoming, readers: Readers): void {
  const event = decodeEvent(data, { partitionKey, position: '0:0.0', arrivalMs }, readers);
  if (event === NOT_OURS || !('rejection' in event)) return;
  const { step, found, expected } = event.rejection;
  throw new DriveError(`put: ${step}: found ${found}; expected ${expected} (send() puts it all the same)`);
}
