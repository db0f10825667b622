import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClosers } from '../../local/closers.ts';
import { openGateway } from '../../local/gateway.ts';
import { failureSender, readDestination, type SendFailure } from '../../local/mapping/destination.ts';
import { createS3 } from '../../local/services/s3.ts';
import { closeWorlds, fail, SHARD, world } from '../support/mapping-world.ts';

const closers = createClosers();
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const arn = (service: string, name: string) => `arn:aws:${service}:us-east-1:000000000000:${name}`;
let endpoint = '';
let send: SendFailure;
let sqs: SQSClient;

beforeAll(async () => {
  const scratchDir = mkdtempSync(join(tmpdir(), 'destination-'));
  closers.add({ close: () => rmSync(scratchDir, { recursive: true }) });
  const gateway = closers.add(await openGateway(0));
  endpoint = gateway.endpoint;
  const service = await createS3({ endpoint, stateDir: undefined, scratchDir, metric() {}, log() {} });
  closers.add(service);
  gateway.serve([service]);
  for (const [type, properties] of [
    ['AWS::S3::Bucket', { BucketName: 'failures' }],
    ['AWS::SQS::Queue', { QueueName: 'failures' }],
    ['AWS::SNS::Topic', { TopicName: 'failures' }],
    ['AWS::SNS::Subscription', { TopicArn: arn('sns', 'failures'), Protocol: 'sqs', Endpoint: arn('sqs', 'failures') }],
  ] as const) {
    await service.provisions[type]?.({ stack: 'stack', logicalId: 'Thing', type, properties });
  }
  const sender = closers.add(failureSender(endpoint, credentials));
  send = sender.send;
  sqs = new SQSClient({ endpoint, region: 'us-east-1', credentials });
  closers.add({ close: () => sqs.destroy() });
});
afterAll(async () => {
  await closeWorlds();
  await closers.close();
});

const to = (destination: string) => {
  const read = readDestination(destination);
  if (!read) throw new Error('no destination');
  return send(read, 'aws/lambda/key', '{"ü":1}');
};

async function received(): Promise<(string | undefined)[]> {
  const QueueUrl = `${endpoint}/000000000000/failures`;
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  return Messages.map(({ Body }) => Body);
}

describe('the sender of on-failure messages', () => {
  it('puts an object into a bucket', async () => {
    await to('arn:aws:s3:::failures');
    const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'failures', Key: 'aws/lambda/key' }));
    expect(await text(Body as never)).toBe('{"ü":1}');
    s3.destroy();
  });

  it('sends to a queue and to a topic', async () => {
    await to(arn('sqs', 'failures'));
    expect(await received()).toEqual(['{"ü":1}']);
    await to(arn('sns', 'failures'));
    expect(JSON.parse((await received())[0] ?? '{}')).toMatchObject({ Type: 'Notification', Message: '{"ü":1}' });
  });

  it.each(['arn:aws:s3:::none', arn('sqs', 'none'), arn('sns', 'none')])(
    'tells when that fails: %s',
    async (destination) => {
      await expect(to(destination)).rejects.toMatchObject({ $metadata: { httpStatusCode: expect.any(Number) } });
    },
  );

  it.each(['sqs', 'sns'])('does not serve FIFO, as on AWS: %s', async (service) => {
    await expect(to(arn(service, 'failures.fifo'))).rejects.toThrow('FIFO');
  });
});

describe('a mapping with a queue or topic as its destination', () => {
  it.each(['sqs', 'sns'])('sends what is known of the records, without their payload: %s', async (service) => {
    const { stream, clock, put, provision, objects, message } = world(fail);
    stream.open(SHARD);
    put('a', 'b');
    const DestinationConfig = { OnFailure: { Destination: arn(service, 'failures') } };
    await provision({ MaximumRetryAttempts: 0, DestinationConfig });
    await clock.runUntil(() => objects.length === 1);
    expect(objects[0]).toMatchObject({ service, bucket: 'failures' });
    expect(Object.keys(message())).toEqual([
      'requestContext',
      'responseContext',
      'version',
      'timestamp',
      'KinesisBatchInfo',
    ]);
    expect(message().KinesisBatchInfo.batchSize).toBe(2);
  });

  it('counts what it could not send', async () => {
    const { stream, clock, put, provision, valuesOf, state } = world(fail);
    stream.open(SHARD);
    put('a', 'b');
    state.bucketFails = true;
    await provision({
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: arn('sqs', 'failures.fifo') } },
      MetricsConfig: { Metrics: ['EventCount'] },
    });
    await clock.runUntil(() => valuesOf('DroppedEventCount').length === 1);
    expect(valuesOf('DestinationDeliveryFailures')).toEqual([1]);
    expect(valuesOf('DroppedEventCount')).toEqual([2]);
  });
});
