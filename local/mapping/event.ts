import type { StreamRecord } from '../services/kinesis-reader.ts';

/** What the records of one mapping's events have in common. */
export interface EventSource {
  /** Of the stream, or of the consumer when reading by enhanced fan-out. */
  readonly arn: string;
  readonly region: string;
  readonly roleArn: string;
}

/** A record with its part of the event; encoded once, however often it is delivered. */
export interface EventRecord {
  readonly record: StreamRecord;
  readonly json: string;
  readonly bytes: number;
}

const ENVELOPE = '{"Records":[]}';

/** Encodes a record as Lambda shows it to a function ("Using AWS Lambda with Amazon Kinesis"). */
export function encodeRecord(source: EventSource, shardId: string, record: StreamRecord): EventRecord {
  const { partitionKey, sequenceNumber, data, arrivalMs } = record;
  // By hand, since it is done for each event: only the partition key can hold what JSON has to escape.
  const json =
    `{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":${JSON.stringify(partitionKey)},` +
    `"sequenceNumber":"${sequenceNumber}","data":"${data.toString('base64')}",` +
    // Seconds, the milliseconds as decimals.
    `"approximateArrivalTimestamp":${arrivalMs / 1000}},"eventSource":"aws:kinesis","eventVersion":"1.0",` +
    `"eventID":"${shardId}:${sequenceNumber}","eventName":"aws:kinesis:record",` +
    `"invokeIdentityArn":"${source.roleArn}","awsRegion":"${source.region}","eventSourceARN":"${source.arn}"}`;
  return { record, json, bytes: Buffer.byteLength(json) };
}

/** The event of a batch, as JSON. `more` are further members, each with the comma before it. */
export function encodeEvent(records: readonly EventRecord[], more = ''): string {
  return `{"Records":[${records.map(({ json }) => json).join(',')}]${more}}`;
}

/** How many of `records`, from the first on, make an event of at most `bytesMax`. */
export function countFitting(records: readonly EventRecord[], bytesMax: number): number {
  let bytes = ENVELOPE.length;
  const over = records.findIndex((record, index) => {
    bytes += record.bytes + (index === 0 ? 0 : 1);
    return bytes > bytesMax;
  });
  return over < 0 ? records.length : over;
}
