import { type FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { type Lake, TransientError } from '../../core/ports.ts';
import { insist, type Patience, type Refused } from '../insist.ts';
import { transiently } from '../transient.ts';
import { packCalls, packRows } from './pack.ts';

export interface FirehoseLakeOptions extends Patience {
  readonly client: FirehoseClient;
  /** Table → name of its delivery stream. */
  readonly streams: Readonly<Record<string, string>>;
}

/** The lake behind Firehose: one delivery stream per table. */
export function firehoseLake(options: FirehoseLakeOptions): Lake {
  const { client, streams } = options;
  return {
    async deliver(rows) {
      const deliveries = [...rows].map(async ([table, ofTable]) => {
        const stream = streams[table];
        if (stream === undefined) throw new Error(`table '${table}' has no delivery stream`);
        const send = (records: readonly Uint8Array[]) => put(client, stream, records);
        for (const call of packCalls(packRows(ofTable)))
          await insist(`Firehose ${stream}: records`, call, send, options);
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

/** One call. */
async function put(
  client: FirehoseClient,
  stream: string,
  records: readonly Uint8Array[],
): Promise<Refused<Uint8Array>> {
  const command = new PutRecordBatchCommand({
    DeliveryStreamName: stream,
    Records: records.map((Data) => ({ Data })),
  });
  const { RequestResponses: answers = [] } = await transiently(`Firehose ${stream}`, () => client.send(command));
  const cause = answers.find(({ ErrorCode }) => ErrorCode)?.ErrorCode;
  return { left: records.filter((_, index) => answers[index]?.RecordId === undefined), cause };
}
