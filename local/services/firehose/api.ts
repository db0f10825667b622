import { randomBytes } from 'node:crypto';
import { LOCAL_ACCOUNT, type RecordMetric } from '../../service.ts';
import { type Operations, ServiceError } from '../json-api.ts';
import type { DeliveryStream } from './stream.ts';

/** Direct PUT's limits. */
const MAX_RECORDS = 500;
const MAX_RECORD_BYTES = 1000 * 1024;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

interface RecordInput {
  readonly Data?: unknown;
}

/** Undefined for what is no padded base64. Node's decoder skips what it cannot read, so that too few bytes come out, and
 *  reads the alphabet for URLs too; a pattern would take longer than the decoding. */
function decodeBase64(text: string): Buffer | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  const isWhole = text.length % 4 === 0 && bytes.length === (text.length / 4) * 3 - padding;
  return isWhole && !text.includes('-') && !text.includes('_') ? bytes : undefined;
}

const recordId = () => randomBytes(168).toString('base64');

function refuse(field: string, constraint: string): never {
  const message = `1 validation error detected: Value at '${field}' failed to satisfy constraint: ${constraint}`;
  throw new ServiceError('ValidationException', message);
}

function dataOf(record: RecordInput | undefined, field: string): Buffer {
  const data = record?.Data;
  if (typeof data !== 'string') return refuse(`${field}.data`, 'Member must not be null');
  const bytes = decodeBase64(data);
  if (!bytes) throw new ServiceError('SerializationException', `${field}.data is not base64`);
  if (bytes.length > MAX_RECORD_BYTES)
    refuse(`${field}.data`, `Member must have length less than or equal to ${MAX_RECORD_BYTES}`);
  return bytes;
}

function batchOf(records: unknown): Buffer[] {
  if (!Array.isArray(records)) return refuse('records', 'Member must not be null');
  if (records.length === 0) return refuse('records', 'Member must have length greater than or equal to 1');
  if (records.length > MAX_RECORDS)
    return refuse('records', `Member must have length less than or equal to ${MAX_RECORDS}`);
  const batch = records.map((record, index) => dataOf(record, `records.${index + 1}.member`));
  const bytes = batch.reduce((sum, data) => sum + data.length, 0);
  if (bytes > MAX_BATCH_BYTES) throw new ServiceError('InvalidArgumentException', 'Records size exceeds 4 MB limit');
  return batch;
}

const description = ({ settings, createdAtMs }: DeliveryStream) => ({
  DeliveryStreamName: settings.name,
  DeliveryStreamARN: settings.arn,
  DeliveryStreamStatus: 'ACTIVE',
  DeliveryStreamType: 'DirectPut',
  VersionId: '1',
  CreateTimestamp: createdAtMs / 1000,
  Destinations: [
    { DestinationId: 'destinationId-000000000001', ExtendedS3DestinationDescription: settings.destination },
  ],
  HasMoreDestinations: false,
});

/** Firehose's operations on the streams made so far. */
export function firehoseOperations(streams: ReadonlyMap<string, DeliveryStream>, metric: RecordMetric): Operations {
  const streamNamed = (name: unknown): DeliveryStream => {
    const stream = streams.get(String(name));
    if (stream) return stream;
    throw new ServiceError('ResourceNotFoundException', `Firehose ${name} under account ${LOCAL_ACCOUNT} not found.`);
  };
  const accept = async (name: unknown, batch: Buffer[], operation: string): Promise<void> => {
    const stream = streamNamed(name);
    await stream.accept(batch);
    const dimensions = { DeliveryStreamName: stream.settings.name };
    const bytes = batch.reduce((sum, data) => sum + data.length, 0);
    metric('AWS/Firehose', 'IncomingPutRequests', dimensions, 1);
    metric('AWS/Firehose', 'IncomingRecords', dimensions, batch.length);
    metric('AWS/Firehose', 'IncomingBytes', dimensions, bytes);
    metric('AWS/Firehose', `${operation}.Requests`, dimensions, 1);
    metric('AWS/Firehose', `${operation}.Bytes`, dimensions, bytes);
    if (operation === 'PutRecordBatch') metric('AWS/Firehose', 'PutRecordBatch.Records', dimensions, batch.length);
  };
  return {
    PutRecord: async ({ DeliveryStreamName, Record }) => {
      await accept(DeliveryStreamName, [dataOf(Record, 'record')], 'PutRecord');
      return { RecordId: recordId(), Encrypted: false };
    },
    PutRecordBatch: async ({ DeliveryStreamName, Records }) => {
      const batch = batchOf(Records);
      await accept(DeliveryStreamName, batch, 'PutRecordBatch');
      return { FailedPutCount: 0, Encrypted: false, RequestResponses: batch.map(() => ({ RecordId: recordId() })) };
    },
    DescribeDeliveryStream: ({ DeliveryStreamName }) => ({
      DeliveryStreamDescription: description(streamNamed(DeliveryStreamName)),
    }),
    ListDeliveryStreams: ({ Limit = 10, ExclusiveStartDeliveryStreamName: after = '' }) => {
      const names = [...streams.keys()].sort().filter((name) => name > after);
      return { DeliveryStreamNames: names.slice(0, Limit), HasMoreDeliveryStreams: names.length > Limit };
    },
  };
}
