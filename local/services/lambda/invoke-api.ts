import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, ServiceError } from '../json-api.ts';
import type { FunctionInvoker } from './lambda.ts';

const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** An event as text; Lambda takes an empty one for `{}`. */
async function readEvent(request: IncomingMessage): Promise<string> {
  const text = (await readBody(request)).toString('utf8') || '{}';
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new ServiceError('InvalidRequestContentException', 'Could not parse request body into json');
  }
}

/** The function's name or ARN, with the qualifier that may be in the query instead. */
function target(request: IncomingMessage): string {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const [, encoded] = INVOKE.exec(pathname) ?? [];
  if (!encoded || request.method !== 'POST') {
    throw new ServiceError('UnknownOperationException', `${request.method} ${pathname} is not emulated`, 404);
  }
  const qualifier = searchParams.get('Qualifier');
  return decodeURIComponent(encoded) + (qualifier ? `:${qualifier}` : '');
}

async function answer(invoker: FunctionInvoker, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = target(request);
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type === 'DryRun') {
    invoker.describe(name);
    response.writeHead(204).end();
    return;
  }
  if (type !== 'RequestResponse') {
    throw new ServiceError('InvalidParameterValueException', `InvocationType ${type} is not emulated`);
  }
  invoker.describe(name);
  const { payload, functionError, requestId } = await invoker.invoke(name, await readEvent(request));
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(payload),
    'x-amzn-requestid': requestId,
    'x-amz-executed-version': '$LATEST',
    ...(functionError && { 'x-amz-function-error': functionError }),
  });
  response.end(payload);
}

/** Lambda's `Invoke`, of the REST JSON protocol: synchronous, or as a dry run. */
export function invokeApi(
  invoker: FunctionInvoker,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    try {
      await answer(invoker, request, response);
    } catch (error) {
      const known = error instanceof ServiceError;
      const [status, code] = known ? [error.status, error.code] : [500, 'ServiceException'];
      const body = JSON.stringify({
        Type: status < 500 ? 'User' : 'Service',
        message: error instanceof Error ? error.message : String(error),
      });
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': code });
      response.end(body);
    }
  };
}
