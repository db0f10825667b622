import type { buildApp } from 'fauxqs';
import type { S3Store } from './fauxqs.ts';

type App = ReturnType<typeof buildApp>;

/** Largest body of one request. It is held in memory; AWS takes 5 GB. */
const BODY_BYTES_MAX = 1024 * 1024 * 1024;

/** Parts of buckets and objects that have an API of their own on AWS, and none here: without this, a PUT of an object's
 *  tags would replace the object. */
const SUBRESOURCES = [
  'accelerate',
  'acl',
  'analytics',
  'cors',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'location',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'tagging',
  'torrent',
  'versionId',
  'versioning',
  'versions',
  'website',
];

class S3Refusal extends Error {
  readonly code: string;
  readonly statusCode: number;
  constructor(statusCode: number, code: string, message: string) {
    super(message);
    this.name = 'S3Refusal';
    this.code = code;
    this.statusCode = statusCode;
  }
}

interface ObjectRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly params: unknown;
  readonly query: unknown;
}

/** Holds `If-None-Match` and `If-Match` against the object a write would replace. */
function checkConditions(request: ObjectRequest, store: S3Store): void {
  const { bucket, '*': key } = request.params as { readonly bucket?: string; readonly '*'?: string };
  const query = request.query as Readonly<Record<string, string>>;
  const isWrite =
    request.method === 'PUT' ? !('partNumber' in query) : request.method === 'POST' && 'uploadId' in query;
  if (!isWrite || !bucket || !key || !store.hasBucket(bucket)) return;
  const { 'if-none-match': noneMatch, 'if-match': match } = request.headers;
  if (noneMatch === undefined && match === undefined) return;
  const found = store.listObjects(bucket, { prefix: key, maxKeys: 1 }).objects.find((object) => object.key === key);
  if (match !== undefined && !found) throw new S3Refusal(404, 'NoSuchKey', 'The specified key does not exist.');
  const isRefused = (noneMatch === '*' && found) || (match !== undefined && !sameETag(match, found?.etag));
  if (!isRefused) return;
  throw new S3Refusal(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
}

/** SDKs send entity tags with their quotes or without. */
function sameETag(given: unknown, etag: string | undefined): boolean {
  return String(given).replaceAll('"', '') === etag?.replaceAll('"', '');
}

function checkSubresource(request: ObjectRequest): void {
  const query = request.query as Readonly<Record<string, string>>;
  const asked = SUBRESOURCES.find((name) => name in query);
  if (asked !== undefined) throw new S3Refusal(501, 'NotImplemented', `"${asked}" of S3 does not run here`);
}

/** Refuses what fauxqs would take for something else, and takes larger and emptier bodies than it does. */
export function addGuards(app: App, store: S3Store): void {
  app.addHook('preHandler', async (request) => {
    checkSubresource(request);
    checkConditions(request, store);
    // An empty object comes without a body, which fauxqs does not expect.
    if (request.method === 'PUT') request.body ??= Buffer.alloc(0);
  });
  app.setErrorHandler((error: Partial<S3Refusal>, _request, reply) => {
    const status = error.statusCode ?? 500;
    const code =
      error instanceof S3Refusal
        ? error.code
        : status === 413
          ? 'EntityTooLarge'
          : status < 500
            ? 'InvalidRequest'
            : 'InternalError';
    const message = (error.message ?? '').replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    reply
      .status(status)
      .type('application/xml')
      .send(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
  });

  // The same parsers as fauxqs's, but for the limit: it takes 11 MiB.
  const options = { bodyLimit: BODY_BYTES_MAX } as const;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/x-amz-json-1.0', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, JSON.parse(String(body)));
    } catch (error) {
      done(Object.assign(error as Error, { statusCode: 400 }));
    }
  });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  app.addContentTypeParser('*', { ...options, parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}
