/** The function of the benchmark: packs the events of a batch into lines of one Firehose record, as Millrace's own does. */
import { FirehoseClient, PutRecordCommand } from '@aws-sdk/client-firehose';

interface KinesisEvent {
  readonly Records: readonly { readonly kinesis: { readonly data: string } }[];
}

const firehose = new FirehoseClient();

export async function handler({ Records }: KinesisEvent) {
  const lines = Records.map(({ kinesis }) => `${Buffer.from(kinesis.data, 'base64').toString()}\n`);
  // A record holds 1,000 KiB.
  for (let from = 0; from < lines.length; from += 9_000) {
    const Data = Buffer.from(lines.slice(from, from + 9_000).join(''));
    const DeliveryStreamName = process.env.DELIVERY_STREAM;
    await firehose.send(new PutRecordCommand({ DeliveryStreamName, Record: { Data } }));
  }
  return { batchItemFailures: [] };
}
