import { ServiceError } from '../json-api.ts';
import type { ApiInvoker } from './lambda.ts';
import type { RestAnswer, RestOperations, RestRequest } from './rest-api.ts';

/** Last part of the log that a caller may ask for, in bytes. */
const TAIL_BYTES = 4096;

/** An event as text; Lambda takes an empty one for `{}`. */
function eventOf({ body }: RestRequest): string {
  const text = body || '{}';
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new ServiceError('InvalidRequestContentException', 'Could not parse request body into json');
  }
}

/** The function's name or ARN, with the qualifier that may be in the query instead. */
export function functionNameOf({ path: [name = ''], query }: RestRequest): string {
  const qualifier = query.get('Qualifier');
  return qualifier ? `${name}:${qualifier}` : name;
}

function tailOf(lines: readonly string[]): string {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''))
    .subarray(-TAIL_BYTES)
    .toString('base64');
}

/** Lambda's `Invoke`: synchronous with the log's end if asked for, asynchronous, or as a dry run. */
export function invokeOperations(invoker: ApiInvoker): RestOperations {
  async function call(name: string, request: RestRequest): Promise<RestAnswer> {
    const { payload, functionError, requestId, log } = await invoker.invoke(name, eventOf(request));
    const wantsLog = request.headers['x-amz-log-type'] === 'Tail';
    return {
      status: 200,
      headers: {
        'x-amzn-requestid': requestId,
        'x-amz-executed-version': '$LATEST',
        ...(functionError && { 'x-amz-function-error': functionError }),
        ...(wantsLog && { 'x-amz-log-result': tailOf(log) }),
      },
      body: payload,
    };
  }

  return {
    'POST /2015-03-31/functions/{name}/invocations': (request) => {
      const name = functionNameOf(request);
      const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
      invoker.describe(name);
      if (type === 'DryRun') return { status: 204 };
      if (type === 'RequestResponse') return call(name, request);
      if (type === 'Event') {
        const requestId = invoker.enqueue(name, eventOf(request));
        return { status: 202, headers: { 'x-amzn-requestid': requestId } };
      }
      throw new ServiceError('InvalidParameterValueException', `InvocationType ${type} is not known`);
    },
  };
}
