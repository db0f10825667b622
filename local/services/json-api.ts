import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { EventStream } from './event-stream.ts';

/** An error as AWS's JSON services answer it. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;
  /** What the error's answer holds besides its name and message. */
  readonly details: Readonly<Record<string, unknown>>;
  constructor(code: string, message: string, status = 400, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'ServiceError';
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: each operation states the shape of its own input
export type Operations = Readonly<Record<string, (input: any) => unknown>>;

/** Largest request any service here takes: PutRecords is 10 MiB of data, a third more as base64. */
const MAX_BODY_BYTES = 20 * 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new ServiceError('RequestEntityTooLargeException', 'Request is too large', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A request whose body has been read, to be read anew, perhaps with another body. */
export function withBody(request: IncomingMessage, body: Buffer): IncomingMessage {
  const { headers, rawHeaders, method, url, httpVersion, socket } = request;
  const head = { headers, rawHeaders, method, url, httpVersion, socket };
  return Object.assign(Readable.from(body.length > 0 ? [body] : []), head) as unknown as IncomingMessage;
}

const JSON_TYPE = 'application/x-amz-json-1.1';
const CBOR = 'CBOR is not spoken here, only JSON: AWS_CBOR_DISABLE=true tells the SDKs that would use it';

/** Answers requests of the AWS JSON protocol (1.0 and 1.1): `X-Amz-Target: Service_Version.Operation`. An operation may
 *  give an `EventStream`. */
export function jsonApi(operations: Operations): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const type = request.headers['content-type'] ?? JSON_TYPE;
    const answer = (status: number, body: unknown) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      response.writeHead(status, {
        'content-type': type.includes('json') ? type : JSON_TYPE,
        'content-length': Buffer.byteLength(text),
      });
      response.end(text);
    };
    try {
      if (type.includes('cbor')) throw new ServiceError('SerializationException', CBOR);
      const operation =
        String(request.headers['x-amz-target'] ?? '')
          .split('.')
          .pop() ?? '';
      const body = await readBody(request);
      const run = operations[operation];
      if (!run)
        throw new ServiceError(
          'UnknownOperationException',
          `${operation || 'a request without a target'} is not emulated`,
        );
      const result = await run(body.length === 0 ? {} : parsed(body));
      if (result instanceof EventStream) return await result.send(response);
      answer(200, result ?? {});
    } catch (error) {
      if (error instanceof ServiceError)
        answer(error.status, { __type: error.code, message: error.message, ...error.details });
      else answer(500, { __type: 'InternalFailure', message: error instanceof Error ? error.message : String(error) });
    }
  };
}

/** The parser's own message would quote the body, which may hold payloads. */
function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ServiceError('SerializationException', 'The request body is not JSON');
  }
}
