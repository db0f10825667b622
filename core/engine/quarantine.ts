import type { Rejection } from '../event/rejection.ts';
import type { ObjectStore } from '../ports.ts';
import type { EventRecord } from './record.ts';

/** A record that cannot be processed, with all there is of it. */
export type RejectedRecord = EventRecord & { readonly rejection: Rejection };

/** Largest payload kept in its row; as base64 it leaves room in a Firehose record of 1,000 KiB for the columns. */
export const MAX_INLINE_BYTES = 512 * 1024;

/** The quarantine row of a record; its payload goes to the store first when no row can hold it. */
export async function quarantineRow(pipeline: string, record: RejectedRecord, objects: ObjectStore): Promise<string> {
  const { shardId, position, rejection, data } = record;
  const name = `oversize/${pipeline}/${shardId}/${position.sequenceNumber}.${position.subSequence}`;
  const inline = data.length <= MAX_INLINE_BYTES;
  return JSON.stringify({
    event_id: `${shardId}:${position.sequenceNumber}:${position.subSequence}`,
    event_source: pipeline,
    event_time: new Date(record.arrivalMs).toISOString(),
    shard_id: shardId,
    sequence_number: position.sequenceNumber,
    sub_sequence: position.subSequence,
    pipeline,
    ...rejection,
    partition_key: record.partitionKey,
    payload: inline ? Buffer.from(data).toString('base64') : null,
    payload_location: inline ? null : await objects.put(name, data),
    payload_bytes: data.length,
  });
}
