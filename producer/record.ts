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
  /** By how many milliseconds of event time others may overtake it. */
  readonly aheadMs?: number;
}

/** How the pipelines of a stage read what is put for them. */
export interface StageReaders {
  readonly readers: readonly Reader[];
  /** By event type: how far its events may come out of order for all of them. */
  readonly outOfOrdernessMs: ReadonlyMap<string, number>;
}

/** CloudEvents of all types first, which nearly all documents are; then what each pipeline decodes. */
export function readersOf(pipelines: readonly Plan[]): StageReaders {
  const all = pipelines.map((plan) => ({ ...readerOf(plan), outOfOrdernessMs: plan.outOfOrdernessMs }));
  const outOfOrdernessMs = new Map<string, number>();
  for (const reader of all)
    for (const type of reader.types.keys())
      outOfOrdernessMs.set(type, Math.min(reader.outOfOrdernessMs, outOfOrdernessMs.get(type) ?? Infinity));
  const plain = { types: new Map(all.flatMap(({ types }) => [...types])), decode: undefined };
  return { readers: [plain, ...all.filter(({ decode }) => decode !== undefined)], outOfOrdernessMs };
}

/** Makes a record of one JSON document, under the key of its event. What is no event to any of the readers goes to the
 *  stream all the same, under a key made from its bytes: the pipeline quarantines it where it can be looked at. */
export function recordOf(data: Uint8Array, { readers, outOfOrdernessMs }: StageReaders): OutgoingRecord {
  const digest = createHash('md5').update(data).digest('hex');
  for (const reader of readers) {
    const event = eventIn(data, reader, digest);
    if (event === undefined) continue;
    const { type, key, timeMs } = event;
    const record = { partitionKey: partitionKeyOf(key), data };
    // The other half is for the order in which they are read.
    return Number.isNaN(timeMs) ? record : { ...record, timeMs, aheadMs: (outOfOrdernessMs.get(type) ?? 0) / 2 };
  }
  return { partitionKey: digest, data };
}

/** Undefined for what the reader cannot read, or whose key is no text. */
function eventIn(data: Uint8Array, own: Reader, partitionKey: string) {
  const origin = { partitionKey, position: '', arrivalMs: Number.NaN };
  const event = readRecord(data, origin, { own, others: [], keepsStrays: false });
  if (event === NOT_OURS || !('type' in event)) return undefined;
  const type = own.types.get(event.type);
  const fields = Object(event.data) as Readonly<Record<string, unknown>>;
  const key = fields[type?.key ?? ''];
  if (typeof key !== 'string' || key === '') return undefined;
  const timeMs = Date.parse(String(type?.time === undefined ? event.time : fields[type.time]));
  return { type: event.type, key, timeMs };
}
