import { randomUUID } from 'node:crypto';
import { LOCAL_REGION } from '../service.ts';
import { failureKey, failureMessage, type GivenUp } from './failure-message.ts';
import { invalid } from './properties.ts';
import type { ShardRun } from './run.ts';

/** What takes the messages about records that were given up. */
export interface FailureDestination {
  readonly service: 's3' | 'sns' | 'sqs';
  readonly arn: string;
  /** Of the bucket, queue or topic. */
  readonly name: string;
  /** Empty for a bucket. */
  readonly account: string;
}

/** Sends one message: a bucket keeps it under the key, a queue or topic has no need of that. */
export type SendFailure = (destination: FailureDestination, key: string, message: string) => Promise<void>;

const DESTINATION = /^arn:aws:(?:(s3):::([a-z0-9.-]+)|(sqs|sns):[^:]+:(\d{12}):([\w.-]+))$/;

/** Reads `DestinationConfig.OnFailure.Destination`; an empty text is none. FIFO queues and topics are let through, as on
 *  AWS: they fail when something is to be sent. */
export function readDestination(arn: unknown): FailureDestination | undefined {
  if (arn === undefined || arn === '') return undefined;
  const [, s3, bucket, messages, account = '', name] = DESTINATION.exec(String(arn)) ?? [];
  const service = (s3 ?? messages) as FailureDestination['service'] | undefined;
  if (service) return { service, arn: String(arn), name: (bucket ?? name) as string, account };
  throw invalid(`DestinationConfig.OnFailure.Destination ${arn} is not an SQS queue, an SNS topic or an S3 bucket`);
}

/** Sends through the gateway, as any client would. The clients are loaded when there is something to send. */
export function failureSender(
  endpoint: string,
  credentials: { readonly accessKeyId: string; readonly secretAccessKey: string },
): { readonly send: SendFailure; close(): void } {
  const options = { endpoint, region: LOCAL_REGION, credentials };
  const clients = new Map<string, { destroy(): void }>();
  function client<Client extends { destroy(): void }>(service: string, make: () => Client): Client {
    const made = (clients.get(service) as Client | undefined) ?? make();
    clients.set(service, made);
    return made;
  }
  const senders: Readonly<Record<FailureDestination['service'], SendFailure>> = {
    async s3({ name }, key, message) {
      const { PutObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
      const s3 = client('s3', () => new S3Client({ ...options, forcePathStyle: true }));
      await s3.send(new PutObjectCommand({ Bucket: name, Key: key, Body: message, ContentType: 'application/json' }));
    },
    async sqs({ account, name }, _key, message) {
      const { SendMessageCommand, SQSClient } = await import('@aws-sdk/client-sqs');
      const sqs = client('sqs', () => new SQSClient(options));
      await sqs.send(new SendMessageCommand({ QueueUrl: `${endpoint}/${account}/${name}`, MessageBody: message }));
    },
    async sns({ arn }, _key, message) {
      const { PublishCommand, SNSClient } = await import('@aws-sdk/client-sns');
      const sns = client('sns', () => new SNSClient(options));
      await sns.send(new PublishCommand({ TopicArn: arn, Message: message }));
    },
  };
  return {
    async send(destination, key, message) {
      if (destination.name.endsWith('.fifo')) throw new Error('FIFO queues and topics are no destinations');
      await senders[destination.service](destination, key, message);
    },
    close() {
      for (const one of clients.values()) one.destroy();
    },
  };
}

/** Gives records up: to the on-failure destination if there is one. When that does not take them they are lost, as on
 *  AWS, and counted. Never throws. */
export async function giveUp(run: ShardRun, givenUp: GivenUp): Promise<void> {
  const { settings, metrics, uuid, functionArn, clock, shardId } = run;
  const { onFailure, streamArn } = settings;
  const records = givenUp.records.length;
  const fate = onFailure ? `sent to ${onFailure.arn}` : 'dropped';
  run.log(`${shardId}: ${records} records given up (${givenUp.condition}), ${fate}`);
  if (onFailure === undefined) {
    metrics.count('DroppedEventCount', records);
    return;
  }
  const source = { uuid, functionArn, streamArn, shardId };
  try {
    const withPayload = onFailure.service === 's3';
    const message = failureMessage(source, givenUp, clock.now(), { requestId: randomUUID(), withPayload });
    await run.sendFailure(onFailure, failureKey(source, clock.now(), randomUUID()), message);
    metrics.count('OnFailureDestinationDeliveredEventCount', records);
  } catch (error) {
    run.log(`${shardId}: ${records} records lost, the on-failure destination failed: ${error}`);
    metrics.destinationFailed();
    metrics.count('DroppedEventCount', records);
  }
}
