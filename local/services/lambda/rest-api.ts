import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { readBody, ServiceError } from '../json-api.ts';

export interface RestRequest {
  /** What stands in the places of the path, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface RestAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON; empty unless given. */
  readonly body?: string;
}

/** By method and path, e.g. `GET /2015-03-31/functions/{name}`. */
export type RestOperations = Readonly<Record<string, (request: RestRequest) => RestAnswer | Promise<RestAnswer>>>;

export function json(status: number, value: unknown): RestAnswer {
  return { status, body: JSON.stringify(value) };
}

/** The members of a request's body; none for an empty one. */
// biome-ignore lint/suspicious/noExplicitAny: each operation states the shape of its own input
export function members({ body }: RestRequest): Record<string, any> {
  try {
    const value: unknown = JSON.parse(body || '{}');
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // The parser's own message would quote the body.
  }
  throw new ServiceError('InvalidRequestContentException', 'Could not parse request body into json');
}

function compile(operations: RestOperations) {
  return Object.entries(operations).map(([key, operation]) => {
    const [method, path = ''] = key.split(' ');
    return { method, pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '([^/]+)')}/?$`), operation };
  });
}

/** Answers the calls of Lambda's API, of the REST JSON protocol. */
export function restApi(
  operations: RestOperations,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const routes = compile(operations);

  async function answer(request: IncomingMessage): Promise<RestAnswer> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
    for (const { method, pattern, operation } of routes) {
      const [, ...path] = (request.method === method && pattern.exec(pathname)) || [];
      if (request.method !== method || !pattern.test(pathname)) continue;
      const body = (await readBody(request)).toString('utf8');
      return operation({ path: path.map(decodeURIComponent), query, headers: request.headers, body });
    }
    throw new ServiceError('UnknownOperationException', `${request.method} ${pathname} is not emulated`, 404);
  }

  return async (request, response) => {
    const { status, headers, body = '' } = await answer(request).catch(failure);
    response.writeHead(status, {
      ...(body && { 'content-type': 'application/json' }),
      'content-length': Buffer.byteLength(body),
      ...headers,
    });
    response.end(body);
  };
}

function failure(error: unknown): RestAnswer {
  const known = error instanceof ServiceError;
  const [status, code] = known ? [error.status, error.code] : [500, 'ServiceException'];
  const message = error instanceof Error ? error.message : String(error);
  const body = JSON.stringify({ ...(known && error.details), Type: status < 500 ? 'User' : 'Service', message });
  return { status, headers: { 'x-amzn-errortype': code }, body };
}
