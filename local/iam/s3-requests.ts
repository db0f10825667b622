import type { Variables } from './patterns.ts';
import type { Asked, Need } from './requests.ts';

type ByMethod = Readonly<Record<string, string>>;

const OBJECT: ByMethod = { GET: 's3:GetObject', HEAD: 's3:GetObject', PUT: 's3:PutObject', DELETE: 's3:DeleteObject' };
const BUCKET: ByMethod = {
  GET: 's3:ListBucket',
  HEAD: 's3:ListBucket',
  PUT: 's3:CreateBucket',
  DELETE: 's3:DeleteBucket',
};
const UPLOAD: ByMethod = {
  GET: 's3:ListMultipartUploadParts',
  PUT: 's3:PutObject',
  POST: 's3:PutObject',
  DELETE: 's3:AbortMultipartUpload',
};

/** What a request of S3 needs, of those that have the bucket in the path.
 *  Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
export function s3Needs({ headers, method = 'GET', url = '/' }: Asked, body: Buffer): readonly Need[] {
  const [path = '/', search] = url.split('?', 2);
  const query = new URLSearchParams(search);
  const [, bucket, ...rest] = path.split('/');
  if (!bucket) return [{ action: 's3:ListAllMyBuckets', resource: '*' }];
  const key = rest.join('/');
  const resource = `arn:aws:s3:::${bucket}`;
  if (key === '' && method === 'POST') return deletedKeys(body).map((each) => deletion(resource, each));
  if (key === '') return [bucketNeed(method, query, resource)];
  const object = { resource: `${resource}/${decodeURIComponent(key)}`, values: valuesOf(headers) };
  if (query.has('uploads')) return [{ action: 's3:PutObject', ...object }];
  const source = headers['x-amz-copy-source'];
  const copied = source === undefined ? [] : [copyNeed(String(source))];
  return [...copied, { action: (query.has('uploadId') ? UPLOAD : OBJECT)[method] ?? `s3:${method}`, ...object }];
}

function bucketNeed(method: string, query: URLSearchParams, resource: string): Need {
  if (query.has('location')) return { action: 's3:GetBucketLocation', resource };
  if (query.has('uploads')) return { action: 's3:ListBucketMultipartUploads', resource };
  const asked = ['prefix', 'delimiter'].flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[`s3:${name}`, [value]] as const];
  });
  return { action: BUCKET[method] ?? `s3:${method}`, resource, values: Object.fromEntries(asked) };
}

const deletion = (bucket: string, key: string): Need => ({ action: 's3:DeleteObject', resource: `${bucket}/${key}` });

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', apos: "'", gt: '>', lt: '<', quot: '"' };

/** The keys that a call of `DeleteObjects` names. */
const deletedKeys = (body: Buffer): readonly string[] =>
  [...body.toString('utf8').matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) =>
    key.replace(/&(\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity),
  );

function copyNeed(source: string): Need {
  const path = decodeURIComponent(source.split('?', 1)[0] ?? '').replace(/^\//, '');
  return { action: 's3:GetObject', resource: `arn:aws:s3:::${path}` };
}

const VALUES = ['x-amz-acl', 'x-amz-server-side-encryption', 'x-amz-server-side-encryption-aws-kms-key-id'];

function valuesOf(headers: Asked['headers']): Variables {
  const given = VALUES.filter((name) => headers[name] !== undefined);
  return Object.fromEntries(given.map((name) => [`s3:${name}`, [String(headers[name])]]));
}
