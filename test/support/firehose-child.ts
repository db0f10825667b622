/** A Firehose in a process of its own, to be killed: accepts three records, says so, and never delivers. */
import { createFirehose } from '../../local/services/firehose/firehose.ts';
import { createGlue } from '../../local/services/glue.ts';
import { provision, serve } from './lake-services.ts';

const [endpoint = '', stateDir = '', scratchDir = ''] = process.argv.slice(2);
const context = { endpoint, stateDir, scratchDir, metric: () => {}, log: () => {} };
const service = createFirehose(context, { glue: createGlue(), bufferSeconds: 600 });
await provision(service, 'AWS::KinesisFirehose::DeliveryStream', {
  DeliveryStreamName: 'pages',
  ExtendedS3DestinationConfiguration: { BucketARN: 'arn:aws:s3:::lake', RoleARN: 'arn:aws:iam::0:role/r' },
});
const server = await serve(service);
const put = (operation: string, body: unknown) =>
  fetch(server.endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': `Firehose_20150804.${operation}`, 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({ DeliveryStreamName: 'pages', ...(body as object) }),
  });
const data = (text: string) => ({ Data: Buffer.from(text).toString('base64') });
await put('PutRecordBatch', { Records: [data('one\n'), data('two\n')] });
await put('PutRecord', { Record: data('three\n') });
process.stdout.write('accepted\n');
