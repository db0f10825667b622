import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import type { LocalService, Provisioned, ServiceContext } from '../../local/service.ts';
import { listInOrder } from '../../local/services/s3/listing.ts';
import { createS3 } from '../../local/services/s3.ts';

const directory = mkdtempSync(join(tmpdir(), 's3-test-'));
const logged: string[] = [];
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

interface Run {
  readonly gateway: Gateway;
  readonly service: LocalService;
  readonly client: S3Client;
  close(): Promise<void>;
}

async function open(stateDir?: string): Promise<Run> {
  const gateway = await openGateway(0);
  const log = (line: string) => logged.push(line);
  const context: ServiceContext = { endpoint: gateway.endpoint, stateDir, scratchDir: directory, metric() {}, log };
  const service = await createS3(context);
  gateway.serve([service]);
  const client = new S3Client({ endpoint: gateway.endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  const close = async () => {
    client.destroy();
    await gateway.close();
    await service.close();
  };
  return { gateway, service, client, close };
}

async function provision(
  { service }: Run,
  type: string,
  properties: Record<string, unknown>,
  logicalId = 'Thing',
): Promise<Provisioned> {
  const make = service.provisions[type];
  if (!make) throw new Error(`${type} is not provisioned`);
  return make({ stack: 'A-Stack', logicalId, type, properties });
}

let run: Run;
const Bucket = 'lake';

beforeAll(async () => {
  run = await open();
  await provision(run, 'AWS::S3::Bucket', { BucketName: Bucket });
});

afterAll(async () => {
  await run.close();
  rmSync(directory, { recursive: true });
});

const put = (Key: string, Body: string | Buffer = Key) => run.client.send(new PutObjectCommand({ Bucket, Key, Body }));

async function get(Key: string, Range?: string, from = run): Promise<Buffer> {
  const { Body } = await from.client.send(new GetObjectCommand({ Bucket, Key, Range }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function listAll(options: Partial<ListObjectsV2CommandInput>, from = run) {
  const keys: (string | undefined)[] = [];
  const prefixes: (string | undefined)[] = [];
  let pages = 0;
  for (let ContinuationToken: string | undefined, isMore = true; isMore; pages += 1) {
    const page = await from.client.send(new ListObjectsV2Command({ Bucket, ContinuationToken, ...options }));
    keys.push(...(page.Contents ?? []).map((object) => object.Key));
    prefixes.push(...(page.CommonPrefixes ?? []).map((common) => common.Prefix));
    ContinuationToken = page.NextContinuationToken;
    isMore = page.IsTruncated === true;
  }
  return { keys, prefixes, pages };
}

describe('objects', () => {
  it('come back whole: text, bytes, streams', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await put('odd/ключ + %20 & "x"?', bytes);
    expect(await get('odd/ключ + %20 & "x"?')).toEqual(bytes);
    const chunks = Array.from({ length: 40 }, (_, index) => Buffer.alloc(65_536, index));
    const body = Buffer.concat(chunks);
    const Body = Readable.from(chunks);
    const sized = { Bucket, Key: 'stream', Body, ContentLength: body.length };
    await run.client.send(new PutObjectCommand({ ...sized, ContentType: 'a/b', Metadata: { rows: '7' } }));
    expect((await get('stream')).equals(body)).toBe(true);
    const head = await run.client.send(new HeadObjectCommand({ Bucket, Key: 'stream', ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({ ContentLength: body.length, ContentType: 'a/b', Metadata: { rows: '7' } });
    expect(head.ETag).toBe(`"${createHash('md5').update(body).digest('hex')}"`);
    expect(head.ChecksumCRC32).toBeDefined();
  });

  it('may be empty', async () => {
    await put('empty', Buffer.alloc(0));
    expect(await get('empty')).toHaveLength(0);
    const head = await run.client.send(new HeadObjectCommand({ Bucket, Key: 'empty' }));
    expect(head.ContentLength).toBe(0);
  });

  it('may be larger than 11 MiB', async () => {
    const body = Buffer.alloc(20 * 1024 * 1024, 'large');
    await put('large', body);
    expect((await get('large')).equals(body)).toBe(true);
    await run.client.send(new DeleteObjectCommand({ Bucket, Key: 'large' }));
    await expect(get('large')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });

  it('are read in part, copied, uploaded in parts', async () => {
    await put('digits', '0123456789');
    expect((await get('digits', 'bytes=2-4')).toString()).toBe('234');
    expect((await get('digits', 'bytes=-3')).toString()).toBe('789');
    await run.client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/digits` }));
    expect((await get('copy')).toString()).toBe('0123456789');
    const upload = { Bucket, Key: 'parts' };
    const { UploadId } = await run.client.send(new CreateMultipartUploadCommand(upload));
    const bodies = [Buffer.alloc(5 * 1024 * 1024, 1), Buffer.from('end')];
    const Parts = [];
    for (const [index, Body] of bodies.entries()) {
      const part = { ...upload, UploadId, PartNumber: index + 1, Body };
      const { ETag } = await run.client.send(new UploadPartCommand(part));
      Parts.push({ ETag, PartNumber: index + 1 });
    }
    await run.client.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts } }));
    expect((await get('parts')).equals(Buffer.concat(bodies))).toBe(true);
  });

  it('are written on condition', async () => {
    const create = (Body: string) =>
      run.client.send(new PutObjectCommand({ Bucket, Key: 'once', Body, IfNoneMatch: '*' }));
    const { ETag } = await create('first');
    await expect(create('second')).rejects.toMatchObject({ name: 'PreconditionFailed' });
    const replace = (IfMatch?: string, Key = 'once') =>
      run.client.send(new PutObjectCommand({ Bucket, Key, Body: 'third', IfMatch }));
    await expect(replace('"0"')).rejects.toMatchObject({ name: 'PreconditionFailed' });
    await expect(replace(ETag, 'absent')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect((await get('once')).toString()).toBe('first');
    await replace(ETag);
    expect((await get('once')).toString()).toBe('third');
  });

  it('are not touched by what does not run here', async () => {
    await put('tagged', 'body');
    const tags = { TagSet: [{ Key: 'a', Value: 'b' }] };
    const tag = run.client.send(new PutObjectTaggingCommand({ Bucket, Key: 'tagged', Tagging: tags }));
    await expect(tag).rejects.toMatchObject({ name: 'NotImplemented' });
    expect((await get('tagged')).toString()).toBe('body');
  });

  it('do not leave their directory', async () => {
    const signed = 'AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';
    const url = `${run.gateway.endpoint}/${Bucket}/..%2F..%2F..%2F..%2Fescaped`;
    const answer = await fetch(url, { method: 'PUT', headers: { authorization: signed }, body: 'x' });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('<Code>InvalidRequest</Code>')]);
    const above = [directory, join(directory, '..')].flatMap((path) => readdirSync(path));
    expect(above.filter((name) => name.startsWith('escaped'))).toEqual([]);
  });

  it('are deleted many at once', async () => {
    await Promise.all([put('gone/a'), put('gone/b'), put('gone/c')]);
    const Delete = { Objects: [{ Key: 'gone/a' }, { Key: 'gone/c' }, { Key: 'gone/absent' }] };
    await run.client.send(new DeleteObjectsCommand({ Bucket, Delete }));
    expect((await listAll({ Prefix: 'gone/' })).keys).toEqual(['gone/b']);
  });
});

describe('listings', () => {
  const names = ['B', 'a', 'Z', 'a-b', 'a_b', 'ab', 'A', '_', '-', '1', 'é', 'a/b', 'a/c', 'b/a'];
  const inOrder = [...names].sort((a, b) => (a < b ? -1 : 1));

  it('give every key once, in order, whatever the size of the page', async () => {
    for (const name of names) await put(`order/${name}`);
    const expected = inOrder.map((name) => `order/${name}`);
    for (const MaxKeys of [1, 2, 3, 5, 1000]) {
      const { keys, pages } = await listAll({ Prefix: 'order/', MaxKeys });
      expect(keys).toEqual(expected);
      expect(pages).toBe(Math.ceil(names.length / MaxKeys));
    }
    expect((await listAll({ Prefix: 'order/', StartAfter: 'order/a-b' })).keys[0]).toBe('order/a/b');
  });

  it('give every common prefix once', async () => {
    for (const MaxKeys of [1, 2, 3, 4, 1000]) {
      const { keys, prefixes } = await listAll({ Prefix: 'order/', Delimiter: '/', MaxKeys });
      expect(prefixes).toEqual(['order/a/', 'order/b/']);
      expect(keys).toEqual(inOrder.filter((name) => !name.includes('/')).map((name) => `order/${name}`));
    }
  });

  it('hold 1,000 keys a page', () => {
    const all = Array.from({ length: 2500 }, (_, index) => ({ key: `k${String(index * 7919).padStart(9, '0')}` }));
    const pages: number[] = [];
    const keys: string[] = [];
    for (let startAfter = '', isTruncated = true; isTruncated; ) {
      const page = listInOrder(all.toReversed(), { startAfter });
      pages.push(page.objects.length);
      keys.push(...page.objects.map((object) => object.key));
      startAfter = keys.at(-1) ?? '';
      isTruncated = page.isTruncated;
    }
    expect(pages).toEqual([1000, 1000, 500]);
    expect(keys).toEqual(all.map((object) => object.key));
  });
});

describe('state', () => {
  it('outlives a restart, but for what was being written', async () => {
    const stateDir = join(directory, 'state');
    const first = await open(stateDir);
    await provision(first, 'AWS::S3::Bucket', { BucketName: Bucket });
    const queue = await provision(first, 'AWS::SQS::Queue', { QueueName: 'parked', VisibilityTimeout: 5 });
    await callSqs(first, 'SendMessage', { QueueUrl: queue.ref, MessageBody: 'kept' });
    for (const Key of ['kept', 'torn', 'half']) {
      await first.client.send(new PutObjectCommand({ Bucket, Key, Body: `body of ${Key}` }));
    }
    await first.close();
    const objects = join(stateDir, 's3', 'buckets', Bucket, 'objects');
    expect(readFileSync(join(objects, 'kept.data'), 'utf8')).toBe('body of kept');
    truncateSync(join(objects, 'torn.meta.json'), 10);
    writeFileSync(join(objects, 'half.data'), 'bo');

    const second = await open(stateDir);
    expect(logged.splice(0)).toEqual(Array.from({ length: 2 }, () => `s3: dropped an unfinished object in ${Bucket}`));
    await provision(second, 'AWS::S3::Bucket', { BucketName: Bucket });
    expect((await listAll({}, second)).keys).toEqual(['kept']);
    expect((await get('kept', undefined, second)).toString()).toBe('body of kept');
    expect(existsSync(join(objects, 'half.data'))).toBe(false);
    const again = await provision(second, 'AWS::SQS::Queue', { QueueName: 'parked', VisibilityTimeout: 5 });
    expect(again.ref).toBe(`${second.gateway.endpoint}/000000000000/parked`);
    const { Messages } = await callSqs(second, 'ReceiveMessage', { QueueUrl: again.ref });
    expect(Messages).toMatchObject([{ Body: 'kept' }]);
    await second.close();
  });
});

// biome-ignore lint/suspicious/noExplicitAny: the answer's shape is the operation's
async function callSqs(from: Run, operation: string, input: object): Promise<any> {
  const headers = {
    authorization: 'AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0',
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `AmazonSQS.${operation}`,
  };
  const answer = await fetch(from.gateway.endpoint, { method: 'POST', headers, body: JSON.stringify(input) });
  expect(answer.status).toBe(200);
  return answer.json();
}

describe('the template', () => {
  it('makes buckets, and names those that have no name', async () => {
    const bucket = await provision(run, 'AWS::S3::Bucket', {}, 'Archive');
    expect(bucket.ref).toMatch(/^a-stack-archive-[0-9a-f]{12}$/);
    expect(bucket.attributes).toMatchObject({
      Arn: `arn:aws:s3:::${bucket.ref}`,
      DomainName: `${bucket.ref}.s3.amazonaws.com`,
      RegionalDomainName: `${bucket.ref}.s3.us-east-1.amazonaws.com`,
    });
    expect(await provision(run, 'AWS::S3::Bucket', {}, 'Archive')).toEqual(bucket);
    await run.client.send(new PutObjectCommand({ Bucket: bucket.ref, Key: 'k', Body: 'x' }));
  });

  it('makes topics and queues, and what is published reaches the queue', async () => {
    const topic = await provision(run, 'AWS::SNS::Topic', { TopicName: 'alerts' });
    expect(topic).toEqual({
      ref: 'arn:aws:sns:us-east-1:000000000000:alerts',
      attributes: { TopicArn: 'arn:aws:sns:us-east-1:000000000000:alerts', TopicName: 'alerts' },
    });
    const queue = await provision(run, 'AWS::SQS::Queue', { QueueName: 'alerted' });
    const { Arn: Endpoint } = queue.attributes;
    const subscription = { TopicArn: topic.ref, Protocol: 'sqs', Endpoint };
    await provision(run, 'AWS::SNS::Subscription', subscription);
    const headers = {
      authorization:
        'AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0',
    };
    const body = new URLSearchParams({
      Action: 'Publish',
      Version: '2010-03-31',
      TopicArn: topic.ref,
      Message: 'burst',
    });
    const published = await fetch(run.gateway.endpoint, { method: 'POST', headers, body });
    expect(published.status).toBe(200);
    const { Messages } = await callSqs(run, 'ReceiveMessage', { QueueUrl: queue.ref });
    expect(JSON.parse(Messages[0].Body)).toMatchObject({ Message: 'burst', TopicArn: topic.ref });
  });

  it('names a topic that has no name', async () => {
    const { ref } = await provision(run, 'AWS::SNS::Topic', {}, 'Alarms');
    expect(ref).toMatch(/^arn:aws:sns:us-east-1:000000000000:A-Stack-Alarms-[0-9a-f]{12}$/);
  });
});
