import { type FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { backoffMs } from '../../core/backoff.ts';
import { type Lake, TransientError } from '../../core/ports.ts';
import { transiently } from '../transient.ts';
import { packCalls, packRows } from './pack.ts';

export interface FirehoseLakeOptions {
  readonly client: FirehoseClient;
  /** Table → name of its delivery stream. */
  readonly streams: Readonly<Record<string, string>>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: () => number;
}

/** Tries of a record before the batch is given back to Lambda: about ten seconds of throttling. */
const MAX_ATTEMPTS = 8;

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

/** Puts records, sending again only those that failed. */
async function putAll(stream: string, records: readonly Uint8Array[], options: FirehoseLakeOptions): Promise<void> {
  let waiting = records;
  let code: string | undefined;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const { RequestResponses: answers = [] } = await transiently(`Firehose ${stream}`, () =>
      options.client.send(
        new PutRecordBatchCommand({ DeliveryStreamName: stream, Records: waiting.map((Data) => ({ Data })) }),
      ),
    );
    code = answers.find((answer) => answer.ErrorCode)?.ErrorCode;
    waiting = waiting.filter((_, index) => answers[index]?.RecordId === undefined);
    if (waiting.length === 0) return;
    await options.sleep(backoffMs(attempt, options.random));
  }
  throw new TransientError(`Firehose ${stream}: ${waiting.length} records refused ${MAX_ATTEMPTS} times, ${code}`);
}
