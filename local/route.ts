import type { IncomingMessage } from 'node:http';

/** The scope of a service whose requests say `X-Amz-Target: <prefix>.<Operation>`. */
const TARGET_SCOPES: Readonly<Record<string, string>> = {
  AmazonAthena: 'athena',
  AmazonSQS: 'sqs',
  AWSGlue: 'glue',
  DynamoDB_20120810: 'dynamodb',
  Firehose_20150804: 'firehose',
  GraniteServiceVersion20100801: 'monitoring',
  Kinesis_20131202: 'kinesis',
  Logs_20140328: 'logs',
};

/** `<key id>/<date>/<region>/<service>/aws4_request`; Signature Version 4A leaves the region out. */
function scopeOf(credential: string | undefined | null): string | undefined {
  return credential?.split('/').at(-2);
}

/** Name of the service a request was signed for, as in SigV4's credential scope; undefined when nothing tells.
 *  Presigned URLs carry it in the query. What is signed the old way (`AWS key:signature`, as boto3 presigns S3 by
 *  default) can only be S3. Unsigned requests are told by `X-Amz-Target`. */
export function serviceScope(request: Pick<IncomingMessage, 'headers' | 'url'>): string | undefined {
  const authorization = request.headers.authorization ?? '';
  if (authorization.startsWith('AWS4-')) return scopeOf(/Credential=([^,\s]+)/.exec(authorization)?.[1]);
  if (authorization.startsWith('AWS ')) return 's3';
  const query = new URLSearchParams(request.url?.split('?', 2)[1]);
  if (query.has('X-Amz-Credential')) return scopeOf(query.get('X-Amz-Credential'));
  if (query.has('AWSAccessKeyId')) return 's3';
  return TARGET_SCOPES[String(request.headers['x-amz-target'] ?? '').split('.', 1)[0] ?? ''];
}
