import { randomBytes } from 'node:crypto';
import type { RecordMetric } from '../../service.ts';
import { decodeBase64 } from '../base64.ts';
import { type Operations, ServiceError } from '../json-api.ts';
import { Constraints, invalid } from './constraints.ts';
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, type Quotas, RECORD_BYTES_MAX } from './limits.ts';
import { type Accepted, bytesOf } from './part.ts';
import type { Entry, Streams } from './streams.ts';

const MINUTE_MS = 60_000;
const ID_BYTES = 168;

function recordIds(count: number): string[] {
  const bytes = randomBytes(ID_BYTES * count);
  return Array.from({ length: count }, (_, i) => bytes.toString('base64', i * ID_BYTES, (i + 1) * ID_BYTES));
}

function dataOf(record: { readonly Data?: unknown } | undefined, path: string, constraints: Constraints): Buffer {
  const data = record?.Data;
  if (typeof data !== 'string') {
    constraints.present(`${path}.data`, undefined);
    return Buffer.alloc(0);
  }
  const bytes = decodeBase64(data);
  if (!bytes) throw new ServiceError('SerializationException', `${path}.data is not base64`);
  if (bytes.length > RECORD_BYTES_MAX) constraints.length(`${path}.data`, bytes, 0, RECORD_BYTES_MAX);
  return bytes;
}

function batchOf(records: unknown): Buffer[] {
  const constraints = new Constraints();
  constraints.present('records', records);
  constraints.length('records', records, 1, BATCH_RECORDS_MAX);
  constraints.check();
  const batch = (records as { Data?: unknown }[]).map((record, index) =>
    dataOf(record, `records.${index + 1}.member`, constraints),
  );
  constraints.check();
  const bytes = batch.reduce((sum, data) => sum + data.length, 0);
  if (bytes > BATCH_BYTES_MAX) throw invalid('Records size exceeds 4 MB limit');
  return batch;
}

function single(record: { readonly Data?: unknown } | undefined): Buffer[] {
  const constraints = new Constraints();
  const data = dataOf(record, 'record', constraints);
  constraints.check();
  return [data];
}

export interface PutPorts {
  readonly metric: RecordMetric;
  readonly now: () => number;
  /** Undefined when direct puts are not bounded. */
  readonly quotas: Quotas | undefined;
}

/** Firehose's data plane on the streams made so far. */
export function putOperations(streams: Streams, { metric, now, quotas }: PutPorts): Operations {
  const limitsTold = new Map<string, number>();

  /** The limits are metrics of their own, a value a minute. */
  const tellLimits = (name: string, nowMs: number) => {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (!quotas || limitsTold.get(name) === minute) return;
    limitsTold.set(name, minute);
    const dimensions = { DeliveryStreamName: name };
    metric('AWS/Firehose', 'BytesPerSecondLimit', dimensions, quotas.bytesPerSecond);
    metric('AWS/Firehose', 'RecordsPerSecondLimit', dimensions, quotas.recordsPerSecond);
    metric('AWS/Firehose', 'PutRequestsPerSecondLimit', dimensions, quotas.requestsPerSecond);
  };

  const put = async ({ name, stream, definition }: Entry, batch: readonly Buffer[], operation: string) => {
    if (definition.type !== 'DirectPut')
      throw invalid(`This operation is not permitted on ${definition.type} delivery stream type.`);
    const arrivalMs = now();
    const startedMs = performance.now();
    const records: Accepted[] = batch.map((data) => ({ data, arrivalMs }));
    tellLimits(name, arrivalMs);
    const passed = await stream.put(records);
    const taken = records.filter((_, index) => passed[index]);
    const count = (metricName: string, value: number) =>
      metric('AWS/Firehose', metricName, { DeliveryStreamName: name }, value);
    count('IncomingPutRequests', 1);
    count('IncomingRecords', taken.length);
    count('IncomingBytes', bytesOf(taken));
    count(`${operation}.Requests`, 1);
    count(`${operation}.Bytes`, bytesOf(taken));
    count(`${operation}.Latency`, performance.now() - startedMs);
    if (operation === 'PutRecordBatch') count('PutRecordBatch.Records', taken.length);
    return passed;
  };

  const isEncrypted = ({ encryption }: Entry) => encryption.Status === 'ENABLED';
  const refused = { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' };

  return {
    PutRecord: async ({ DeliveryStreamName, Record }) => {
      const data = single(Record);
      const entry = streams.named(DeliveryStreamName);
      const [passed] = await put(entry, data, 'PutRecord');
      if (!passed) throw new ServiceError(refused.ErrorCode, refused.ErrorMessage, 503);
      return { RecordId: recordIds(1)[0], Encrypted: isEncrypted(entry) };
    },
    PutRecordBatch: async ({ DeliveryStreamName, Records }) => {
      const batch = batchOf(Records);
      const entry = streams.named(DeliveryStreamName);
      const passed = await put(entry, batch, 'PutRecordBatch');
      const ids = recordIds(batch.length);
      return {
        FailedPutCount: passed.filter((one) => !one).length,
        Encrypted: isEncrypted(entry),
        RequestResponses: passed.map((one, index) => (one ? { RecordId: ids[index] } : refused)),
      };
    },
  };
}
