import { createHash } from 'node:crypto';
import { readerOf } from '../core/engine/program.ts';
import { partitionKeyOf } from '../core/event/partition-key.ts';
import { NOT_OURS, type Reader, readRecord } from '../core/event/readers.ts';
import type { Plan } from '../core/pipeline/index.ts';

/** A record for PutRecords. */
export interface OutgoingRecord {
  /** 1 to 256 characters. */
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Decimal: chooses the shard in place of the partition key's hash. */
  readonly explicitHashKey?: string;
  /** When its event happened, in milliseconds since 1970, where that is known. */
  readonly timeMs?: number;
}

/** How pipelines read what is put for them. */
export const readersOf = (plans: readonly Plan[]): readonly Reader[] => plans.map(readerOf);

/** Makes a record of one JSON document, under the key of its event. What is no event to any of the readers goes to the
 *  stream all the same, under a key made from its bytes: the pipeline quarantines it where it can be looked at. */
export function recordOf(data: Uint8Array, readers: readonly Reader[]): OutgoingRecord {
  const digest = createHash('md5').update(data).digest('hex');
  for (const reader of readers) {
    const record = readAs(reader, data, digest);
    if (record) return record;
  }
  return { partitionKey: digest, data };
}

/** Undefined for what the reader cannot read, or whose key is no text. */
function readAs(own: Reader, data: Uint8Array, digest: string): OutgoingRecord | undefined {
  const origin = { partitionKey: digest, position: '', arrivalMs: Number.NaN };
  const event = readRecord(data, origin, { own, others: [], keepsStrays: false });
  if (event === NOT_OURS || !('type' in event)) return undefined;
  const type = own.types.get(event.type);
  const fields = Object(event.data) as Readonly<Record<string, unknown>>;
  const key = fields[type?.key ?? ''];
  if (typeof key !== 'string' || key === '') return undefined;
  const timeMs = Date.parse(String(type?.time === undefined ? event.time : fields[type.time]));
  return { partitionKey: partitionKeyOf(key), data, ...(!Number.isNaN(timeMs) && { timeMs }) };
}
