import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { type PutRecord, putRecordsTo } from '../../adapters/kinesis/put-records.ts';
import { kinesisStreams } from '../../adapters/kinesis/streams.ts';
import { transiently } from '../../adapters/transient.ts';
import { type Streams, TransientError } from '../../core/ports.ts';
import { PutError, type PutOptions, putInOrder } from '../../producer/put.ts';

/** Some ten seconds of throttling; then the batch is given back, and all of its outbox put again. */
const MAX_ATTEMPTS = 10;

/** The streams of these names, by the id of their sink, put to as producers do it. */
export function streamsOn(
  client: KinesisClient,
  names: Readonly<Record<string, string>>,
  pace: Pick<PutOptions, 'sleep' | 'random'>,
): Streams {
  return kinesisStreams({
    client,
    names,
    async putInOrder(streamName, records) {
      const send = putRecordsTo(client, streamName);
      const putRecords = (some: readonly PutRecord[]) =>
        transiently(`stream ${streamName}: PutRecords`, () => send(some));
      try {
        await putInOrder(records, { ...pace, putRecords, maxAttempts: MAX_ATTEMPTS });
      } catch (error) {
        if (!(error instanceof PutError)) throw error;
        throw new TransientError(`stream ${streamName}: ${error.message}`, { cause: error });
      }
    },
  });
}
