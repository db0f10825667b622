import { randomUUID } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { LOCAL_REGION } from '../service.ts';
import { failureKey, failureMessage, type GivenUp } from './failure-message.ts';
import type { ShardRun } from './run.ts';

export type PutObject = (bucket: string, key: string, body: string) => Promise<void>;

/** Puts objects through the gateway, as any client would. */
export function objectWriter(endpoint: string): { readonly put: PutObject; close(): void } {
  const client = new S3Client({
    endpoint,
    region: LOCAL_REGION,
    forcePathStyle: true,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  return {
    async put(bucket, key, body) {
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' }),
      );
    },
    close: () => client.destroy(),
  };
}

/** Gives records up: to the on-failure destination if there is one. When that does not take them they are lost, as on
 *  AWS, and counted. Never throws. */
export async function giveUp(run: ShardRun, givenUp: GivenUp): Promise<void> {
  const { settings, metrics, uuid, functionArn, clock, shardId } = run;
  const records = givenUp.records.length;
  const bucket = settings.onFailureBucket;
  run.log(
    `${shardId}: ${records} records given up (${givenUp.condition}), ${bucket ? `sent to ${bucket}` : 'dropped'}`,
  );
  if (bucket === undefined) {
    metrics.count('DroppedEventCount', records);
    return;
  }
  const source = { uuid, functionArn, streamArn: settings.streamArn, shardId };
  try {
    const body = failureMessage(source, givenUp, clock.now(), randomUUID());
    await run.putObject(bucket, failureKey(source, clock.now(), randomUUID()), body);
    metrics.count('OnFailureDestinationDeliveredEventCount', records);
  } catch (error) {
    run.log(`${shardId}: ${records} records lost, the on-failure destination failed: ${error}`);
    metrics.destinationFailed();
    metrics.count('DroppedEventCount', records);
  }
}
