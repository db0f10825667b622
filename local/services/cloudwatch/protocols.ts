import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { toXml, type XmlValue } from '../cloudformation/query-api.ts';
import { type Operations, readBody, ServiceError } from '../json-api.ts';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { fromForm } from './form.ts';

const NAMESPACE = 'http://monitoring.amazonaws.com/doc/2010-08-01/';
const RPC_PATH = /\/service\/[^/]+\/operation\/([^/?]+)/;
/** PutMetricData takes 1 MB, compressed or not; nothing here needs more. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** Errors have other names in the Query protocol. Source: the service's model, `awsQueryError`. */
const QUERY_CODES: Readonly<Record<string, string>> = {
  DashboardInvalidInputError: 'InvalidParameterInput',
  DashboardNotFoundError: 'ResourceNotFound',
  InvalidFormatFault: 'InvalidFormat',
  InvalidParameterCombinationException: 'InvalidParameterCombination',
  InvalidParameterValueException: 'InvalidParameterValue',
  LimitExceededFault: 'LimitExceeded',
  MissingRequiredParameterException: 'MissingParameter',
  ValidationException: 'ValidationError',
};

/** One of the protocols that clients of CloudWatch speak. */
interface Protocol {
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  operationOf(request: IncomingMessage, body: Buffer): string;
  inputOf(body: Buffer): unknown;
  answer(operation: string, requestId: string, result: object): string | Buffer;
  failure(code: string, message: string, status: number, requestId: string): string | Buffer;
}

/** As the current JavaScript client. */
const json: Protocol = {
  contentType: 'application/x-amz-json-1.0',
  operationOf: (request) =>
    String(request.headers['x-amz-target'] ?? '')
      .split('.')
      .at(-1) ?? '',
  inputOf: (body) => (body.length === 0 ? {} : JSON.parse(body.toString('utf8'))),
  answer: (_operation, _requestId, result) => JSON.stringify(withEpochs(result)),
  failure: (code, message) => JSON.stringify({ __type: code, message }),
};

/** As the AWS CLI and boto3 of today. */
const cbor: Protocol = {
  contentType: 'application/cbor',
  headers: { 'smithy-protocol': 'rpc-v2-cbor' },
  operationOf: (request) => RPC_PATH.exec(request.url ?? '')?.[1] ?? '',
  inputOf: (body) => (body.length === 0 ? {} : decodeCbor(body)),
  answer: (_operation, _requestId, result) => encodeCbor(result),
  failure: (code, message) => encodeCbor({ __type: code, message }),
};

/** As clients of some years ago. */
const query: Protocol = {
  contentType: 'text/xml',
  operationOf: (_request, body) => new URLSearchParams(body.toString('utf8')).get('Action') ?? '',
  inputOf: (body) => fromForm(new URLSearchParams(body.toString('utf8'))),
  answer: (operation, requestId, result) => {
    const shown = { [`${operation}Result`]: result, ResponseMetadata: { RequestId: requestId } };
    return `<${operation}Response xmlns="${NAMESPACE}">${toXml(withTexts(shown) as XmlValue)}</${operation}Response>`;
  },
  failure: (code, message, status, requestId) => {
    const Type = status < 500 ? 'Sender' : 'Receiver';
    const shown = { Error: { Type, Code: QUERY_CODES[code] ?? code, Message: message }, RequestId: requestId };
    return `<ErrorResponse xmlns="${NAMESPACE}">${toXml(shown)}</ErrorResponse>`;
  },
};

/** Answers CloudWatch's operations in the protocol of the request: JSON 1.0, CBOR or Query. Operations give times as
 *  dates. */
export function cloudWatchApi(
  operations: Operations,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const protocol = protocolOf(request);
    const requestId = String(response.getHeader('x-amzn-requestid') ?? '');
    const send = (status: number, body: string | Buffer, headers: Record<string, string> = {}) => {
      const length = { 'content-type': protocol.contentType, 'content-length': Buffer.byteLength(body) };
      response.writeHead(status, { ...length, ...protocol.headers, ...headers });
      response.end(body);
    };
    try {
      const body = await bodyOf(request);
      const operation = protocol.operationOf(request, body);
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (!run)
        throw new ServiceError('InvalidAction', `${operation || 'a request without an action'} is not emulated`);
      const result = (await run(read(protocol, body))) ?? {};
      send(200, protocol.answer(operation, requestId, result as object));
    } catch (error) {
      const [code, status] = error instanceof ServiceError ? [error.code, error.status] : ['InternalServiceFault', 500];
      const header = `${QUERY_CODES[code] ?? code};${status < 500 ? 'Sender' : 'Receiver'}`;
      send(status, protocol.failure(code, (error as Error).message, status, requestId), {
        'x-amzn-query-error': header,
      });
    }
  };
}

function protocolOf(request: IncomingMessage): Protocol {
  if (RPC_PATH.test(request.url ?? '')) return cbor;
  return request.headers['x-amz-target'] === undefined ? query : json;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const body = await readBody(request);
  if (request.headers['content-encoding'] !== 'gzip') return body;
  try {
    return gunzipSync(body, { maxOutputLength: BODY_BYTES_MAX });
  } catch {
    throw new ServiceError('SerializationException', 'The request body is not gzip, or too large');
  }
}

function read(protocol: Protocol, body: Buffer): unknown {
  try {
    return protocol.inputOf(body);
  } catch {
    throw new ServiceError('SerializationException', 'The request body cannot be read');
  }
}

const withEpochs = (value: unknown) => mapDates(value, (date) => date.getTime() / 1000);
const withTexts = (value: unknown) => mapDates(value, (date) => date.toISOString());

function mapDates(value: unknown, show: (date: Date) => number | string): unknown {
  if (value instanceof Date) return show(value);
  if (Array.isArray(value)) return value.map((item) => mapDates(item, show));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapDates(inner, show)]));
}
