import { type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';

/** A record to put. */
export interface PutRecord {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Decimal: chooses the shard in place of the partition key's hash. */
  readonly explicitHashKey?: string;
}

/** One `PutRecords` call. For each record in order: undefined when it was taken, else the error's code. */
export function putRecordsTo(client: KinesisClient, streamName: string) {
  return async (records: readonly PutRecord[]): Promise<readonly (string | undefined)[]> => {
    const answer = await client.send(
      new PutRecordsCommand({
        StreamName: streamName,
        Records: records.map(({ partitionKey, data, explicitHashKey }) => ({
          PartitionKey: partitionKey,
          Data: data,
          ExplicitHashKey: explicitHashKey,
        })),
      }),
    );
    return records.map((_, index) => {
      const result = answer.Records?.[index];
      return result?.SequenceNumber ? undefined : (result?.ErrorCode ?? 'NoAnswer');
    });
  };
}
