import type { HashRange } from '../services/kinesis/hash-key.ts';
import type { StreamRecord } from '../services/kinesis-reader.ts';
import { userRecordsOf } from './aggregate.ts';
import type { MappingSettings } from './configuration.ts';
import { type EventRecord, type EventSource, encodeRecord } from './event.ts';

/** What becomes of one record of the stream. */
export interface Taken {
  /** What is to be delivered of it, in order. */
  readonly parts: readonly EventRecord[];
  /** How many did not meet the filter criteria. */
  readonly filteredOut: number;
}

/** The records a function sees of one record of the stream. Of a KPL aggregate these are its user records when reading
 *  by enhanced fan-out, without those whose hash key is not of the shard: they are lost, as on AWS. Through the shared
 *  iterator it is the aggregate itself. */
function userRecords(record: StreamRecord, settings: MappingSettings, range: HashRange): readonly StreamRecord[] {
  const inner = settings.isFanOut ? userRecordsOf(record.data) : undefined;
  if (!inner) return [record];
  return inner
    .filter(({ hashKey }) => range.start <= hashKey && hashKey <= range.end)
    .map(({ partitionKey, data }) => ({ ...record, partitionKey, data }));
}

/** Takes a record apart if it has to be, filters and encodes. */
export function takeIn(
  record: StreamRecord,
  settings: MappingSettings,
  source: EventSource,
  shard: { readonly shardId: string; readonly hashKeyRange: HashRange },
): Taken {
  const found = userRecords(record, settings, shard.hashKeyRange);
  const passing = settings.filter ? found.filter(settings.filter) : found;
  const parts = passing.map((one) => encodeRecord(source, shard.shardId, one));
  return { parts, filteredOut: found.length - passing.length };
}
