import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';

/** As many as a mapping of Millrace's hands over at most. */
export const BATCH_RECORDS = 500;
export const SHARD = 'shardId-000000000000';

/** A record before it is put: what Kinesis adds comes with `lambdaEvents`. */
export interface Put {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** In milliseconds since 1970. */
  readonly arrivalMs: number;
}

/** The records of a shard as a mapping hands them over, one event an invocation.
 *  @param after records of the shard that came before. */
export function lambdaEvents(puts: readonly Put[], after = 0): readonly KinesisStreamEvent[] {
  const records = puts.map((put, i) => lambdaRecord(put, after + i + 1));
  return Array.from({ length: Math.ceil(records.length / BATCH_RECORDS) }, (_, batch) => ({
    Records: records.slice(batch * BATCH_RECORDS, (batch + 1) * BATCH_RECORDS),
  }));
}

function lambdaRecord({ partitionKey, data, arrivalMs }: Put, n: number): KinesisStreamRecord {
  const sequenceNumber = `49${String(n).padStart(54, '0')}`;
  return {
    awsRegion: 'us-east-1',
    eventID: `${SHARD}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/bench',
    eventVersion: '1.0',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/process',
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey,
      sequenceNumber,
      data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'),
      approximateArrivalTimestamp: arrivalMs / 1000,
    },
  };
}
