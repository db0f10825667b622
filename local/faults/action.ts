import type { IncomingMessage } from 'node:http';

type Asked = Pick<IncomingMessage, 'headers' | 'method' | 'url'>;

/** Name of the action a request asks of a service, e.g. `PutItem`; undefined where only the body tells. */
export function actionOf(scope: string, request: Asked): string | undefined {
  if (scope === 's3') return s3Action(request);
  if (scope === 'lambda')
    return /^\/2015-03-31\/functions\/[^/]+\/invocations/.test(request.url ?? '') ? 'Invoke' : undefined;
  return String(request.headers['x-amz-target'] ?? '').split('.')[1];
}

/** S3's actions that are told by method, path and query alone, of requests that have the bucket in the path. */
function s3Action({ headers, method = '', url = '/' }: Asked): string | undefined {
  const [path = '/', search] = url.split('?', 2);
  const query = new URLSearchParams(search);
  const [, bucket, ...key] = path.split('/');
  if (!bucket) return method === 'GET' ? 'ListBuckets' : undefined;
  if (key.join('/') === '') return bucketAction(method, query);
  if (query.has('uploads')) return method === 'POST' ? 'CreateMultipartUpload' : undefined;
  if (query.has('uploadId')) return UPLOAD_ACTIONS[method];
  if (method === 'PUT' && headers['x-amz-copy-source'] !== undefined) return 'CopyObject';
  return OBJECT_ACTIONS[method];
}

function bucketAction(method: string, query: URLSearchParams): string | undefined {
  if (method === 'GET' && query.get('list-type') === '2') return 'ListObjectsV2';
  if (method === 'POST') return query.has('delete') ? 'DeleteObjects' : undefined;
  return BUCKET_ACTIONS[method];
}

type ByMethod = Readonly<Record<string, string>>;
const BUCKET_ACTIONS: ByMethod = {
  GET: 'ListObjects',
  HEAD: 'HeadBucket',
  PUT: 'CreateBucket',
  DELETE: 'DeleteBucket',
};
const OBJECT_ACTIONS: ByMethod = { GET: 'GetObject', HEAD: 'HeadObject', PUT: 'PutObject', DELETE: 'DeleteObject' };
const UPLOAD_ACTIONS: ByMethod = { PUT: 'UploadPart', POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload' };
