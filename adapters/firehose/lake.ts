import { type FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { backoffMs } from '../../core/backoff.ts';
import { type Clock, type Lake, TransientError } from '../../core/ports.ts';
import { transiently } from '../transient.ts';
import { packCalls, packRows } from './pack.ts';

export interface FirehoseLakeOptions {
  readonly client: FirehoseClient;
  /** Table → name of its delivery stream. */
  readonly streams: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: () => number;
}

/** How long refused records are tried again before the batch is given back to Lambda. */
const RETRY_MS = 10_000;

/** The lake behind Firehose: one delivery stream per table. */
export function firehoseLake(options: FirehoseLakeOptions): Lake {
  return {
    async deliver(rows) {
      const deliveries = [...rows].map(async ([table, ofTable]) => {
        const stream = options.streams[table];
        if (stream === undefined) throw new Error(`table '${table}' has no delivery stream`);
        for (const call of packCalls(packRows(ofTable))) await putAll(stream, call, options);
      });
      await settled(deliveries);
    },
  };
}

/** Waits for all before it throws, so that nothing goes on behind a failed batch. */
async function settled(promises: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).filter((result) => result.status === 'rejected');
  const fault = failed.find(({ reason }) => !(reason instanceof TransientError)) ?? failed[0];
  if (fault) throw fault.reason;
}

/** Puts records, sending again only those that failed: a call that is throttled whole fails for all of its own. */
async function putAll(stream: string, records: readonly Uint8Array[], options: FirehoseLakeOptions): Promise<void> {
  const { client, clock, sleep, random } = options;
  const giveUpAtMs = clock.now() + RETRY_MS;
  let waiting = records;
  for (let attempt = 0; ; attempt++) {
    const { left, cause } = await tryPut(stream, waiting, client);
    if (left.length === 0) return;
    waiting = left;
    const pauseMs = backoffMs(attempt, random);
    if (clock.now() + pauseMs >= giveUpAtMs) {
      const last = cause instanceof Error ? cause.message : cause;
      throw new TransientError(`Firehose ${stream}: ${left.length} records refused ${attempt + 1} times, last ${last}`);
    }
    await sleep(pauseMs);
  }
}

/** One call; `left` are the records that it did not take. */
async function tryPut(
  stream: string,
  records: readonly Uint8Array[],
  client: FirehoseClient,
): Promise<{ left: readonly Uint8Array[]; cause?: unknown }> {
  const command = new PutRecordBatchCommand({
    DeliveryStreamName: stream,
    Records: records.map((Data) => ({ Data })),
  });
  try {
    const { RequestResponses: answers = [] } = await transiently(`Firehose ${stream}`, () => client.send(command));
    const cause = answers.find(({ ErrorCode }) => ErrorCode)?.ErrorCode;
    return { left: records.filter((_, index) => answers[index]?.RecordId === undefined), cause };
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    return { left: records, cause: error };
  }
}
