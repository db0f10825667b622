import type { KinesisStreamEvent } from 'aws-lambda';
import type { StreamRecord } from '../../core/engine/record.ts';

/** The records of an invocation and their shard: a mapping never mixes shards in one batch.
 *  @throws Error when the event holds no record, or records of several shards. */
export function recordsOf(event: KinesisStreamEvent): { shardId: string; records: readonly StreamRecord[] } {
  const shardId = event.Records[0]?.eventID.split(':', 1)[0];
  const prefix = `${shardId}:`;
  if (shardId === undefined || !event.Records.every(({ eventID }) => eventID.startsWith(prefix))) {
    throw new Error('found records of no shard or of several in one invocation; expected one shard');
  }
  const records = event.Records.map(({ kinesis }) => ({
    sequenceNumber: kinesis.sequenceNumber,
    partitionKey: kinesis.partitionKey,
    arrivalMs: Math.round(kinesis.approximateArrivalTimestamp * 1000),
    data: Buffer.from(kinesis.data, 'base64'),
  }));
  return { shardId, records };
}
