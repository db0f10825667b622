import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMapping } from '../../local/mapping/mapping.ts';
import type { LocalService, ServiceContext } from '../../local/service.ts';
import { createLambda } from '../../local/services/lambda/lambda.ts';
import { createMemoryStream, STREAM_ARN } from '../support/memory-stream.ts';

/** Fails the record "bad", by report or by a timeout, and writes down what it got. */
const CODE = `
import { appendFileSync } from 'node:fs';
export const handler = async ({ Records }) => {
  const batch = Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
  appendFileSync('seen.txt', batch.join(',') + '\\n');
  const bad = Records[batch.indexOf('bad')];
  if (bad && batch.length === 1) for (;;);
  return bad ? { batchItemFailures: [{ itemIdentifier: bad.kinesis.sequenceNumber }] } : undefined;
};`;

describe('a mapping with a function in its own process', () => {
  let directory = '';
  const services: LocalService[] = [];
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'mapping-lambda-'));
    writeFileSync(join(directory, 'index.mjs'), CODE);
  });
  afterAll(async () => {
    for (const service of services.reverse()) await service.close();
    rmSync(directory, { recursive: true });
  });

  it('delivers, retries what was reported, gives up what times out, and goes on', async () => {
    const metrics: string[] = [];
    const delivered = Promise.withResolvers<string>();
    const finished = Promise.withResolvers<void>();
    const context: ServiceContext = {
      endpoint: 'http://127.0.0.1:1',
      stateDir: undefined,
      scratchDir: directory,
      metric(_namespace, name, dimensions, value) {
        metrics.push(`${name} ${JSON.stringify(dimensions)}`);
        if (name === 'OnFailureDestinationDeliveredEventCount') finished.resolve();
        expect(value).toBeGreaterThanOrEqual(0);
      },
      log: () => {},
    };
    const reader = createMemoryStream();
    const lambda = createLambda(context, { assetPath: () => directory });
    const mapping = createMapping(context, {
      reader,
      lambda,
      backOffBaseMs: 10,
      sendFailure: async (_bucket, _key, body) => delivered.resolve(body),
    });
    services.push(lambda, mapping);
    const provision = (service: LocalService, type: string, properties: object) =>
      service.provisions[type]?.({ stack: 'stack', logicalId: 'Fn', type, properties });

    reader.open('shardId-000000000000');
    reader.put('shardId-000000000000', Date.now(), 'a', 'b', 'bad');
    await provision(lambda, 'AWS::Lambda::Function', {
      Code: { S3Bucket: 'b', S3Key: 'k' },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Timeout: 1,
      Role: 'arn:aws:iam::000000000000:role/role',
    });
    await provision(mapping, 'AWS::Lambda::EventSourceMapping', {
      EventSourceArn: STREAM_ARN,
      FunctionName: 'stack-Fn',
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: 'arn:aws:s3:::failures' } },
      MetricsConfig: { Metrics: ['EventCount'] },
    });

    const message = JSON.parse(await delivered.promise);
    await finished.promise;
    expect(message.responseContext.functionError).toBe('Unhandled');
    const [record] = JSON.parse(message.payload).Records;
    expect(record).toMatchObject({
      invokeIdentityArn: 'arn:aws:iam::000000000000:role/role',
      eventSourceARN: STREAM_ARN,
      kinesis: { data: Buffer.from('bad').toString('base64') },
    });
    expect(readFileSync(join(directory, 'seen.txt'), 'utf8')).toBe('a,b,bad\nbad\n');
    expect(metrics).toContain('IteratorAge {"FunctionName":"stack-Fn"}');
  });
});
