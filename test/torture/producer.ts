import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { putRecordsTo } from '../../adapters/kinesis/put-records.ts';
import { paced } from '../../cli/documents.ts';
import { pipelines } from '../../pipelines/index.ts';
import { type PutRecords, putInOrder } from '../../producer/put.ts';
import { type OutgoingRecord, readersOf, recordOf } from '../../producer/record.ts';

export interface ProducerOptions {
  readonly kinesis: KinesisClient;
  readonly streamName: string;
  readonly documents: AsyncIterable<Uint8Array>;
  readonly perSecond: number;
  readonly onProgress: (put: number) => void;
  /** When it aborts, what is not put yet is given up. */
  readonly signal: AbortSignal;
}

/** Puts documents by the producer's own code, whatever fails and however long nothing answers.
 *  @returns how many were put. */
export function produce(options: ProducerOptions): Promise<number> {
  const { kinesis, streamName, documents, perSecond, onProgress, signal } = options;
  const putRecords = patient(putRecordsTo(kinesis, streamName), signal);
  const records = recordsOf(paced(documents, perSecond));
  return putInOrder(records, { putRecords, onProgress, maxAttempts: Number.POSITIVE_INFINITY });
}

/** A call that fails as a whole, also because the stack has just been killed, counts as refused record by record: the
 *  producer then tries each again in its order. */
function patient(putRecords: PutRecords, signal: AbortSignal): PutRecords {
  return async (records) => {
    signal.throwIfAborted();
    try {
      return await putRecords(records);
    } catch (error) {
      return records.map(() => (error as Error).name);
    }
  };
}

async function* recordsOf(documents: AsyncIterable<Uint8Array>): AsyncGenerator<OutgoingRecord> {
  const readers = readersOf(pipelines);
  for await (const document of documents) yield recordOf(document, readers);
}
