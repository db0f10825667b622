import { createHash } from 'node:crypto';
import type { EventType } from '../core/event/event.ts';
import { partitionKeyOf } from '../core/event/partition-key.ts';

/** A record for PutRecords. */
export interface OutgoingRecord {
  /** 1 to 256 characters. */
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Decimal: chooses the shard in place of the partition key's hash. */
  readonly explicitHashKey?: string;
}

/** Makes a record of one JSON document, under the key of its event type. What is not such an event goes to the stream
 *  all the same, under a key made from its bytes: the pipeline quarantines it where it can be looked at. */
export function recordOf(data: Uint8Array, types: ReadonlyMap<string, EventType>): OutgoingRecord {
  return { partitionKey: keyOf(data, types) ?? digest(data), data };
}

function keyOf(document: Uint8Array, types: ReadonlyMap<string, EventType>): string | undefined {
  let event: unknown;
  try {
    event = JSON.parse(Buffer.from(document).toString());
  } catch {
    return undefined; // Not JSON: the pipeline says so in the quarantine table.
  }
  const { type, data } = (event ?? {}) as { type?: unknown; data?: Record<string, unknown> | null };
  const key = data?.[types.get(String(type))?.key ?? ''];
  if (typeof key !== 'string' || key.length === 0) return undefined;
  return partitionKeyOf(key);
}

const digest = (data: Uint8Array): string => createHash('md5').update(data).digest('hex');
