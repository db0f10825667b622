import type { PayloadStore } from '../ports.ts';
import type { RejectedRecord } from './step.ts';

/** Largest payload kept in its row; as base64 it leaves room in a Firehose record of 1,000 KiB for the columns. */
export const MAX_INLINE_BYTES = 512 * 1024;

/** The quarantine row of a record; its payload goes to the store first when no row can hold it. */
export async function quarantineRow(pipeline: string, record: RejectedRecord, payloads: PayloadStore): Promise<string> {
  const { shardId, position, rejection, data } = record;
  const name = `${shardId}/${position.sequenceNumber}.${position.subSequence}`;
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
    payload_location: inline ? null : await payloads.put(name, data),
    payload_bytes: data.length,
  });
}
