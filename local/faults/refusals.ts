import type { IncomingMessage, ServerResponse } from 'node:http';
import { LOCAL_ACCOUNT } from '../service.ts';
import { ServiceError } from '../services/json-api.ts';

/** How each service words it that there are too many calls, and that it is broken inside. Names and codes are those of
 *  the API references; SDKs tell by them what may be tried again. */
const REFUSALS: Readonly<Record<string, Readonly<Record<'throttle' | 'error', readonly [string, number, string]>>>> = {
  dynamodb: {
    throttle: [
      'ProvisionedThroughputExceededException',
      400,
      'The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.',
    ],
    error: ['InternalServerError', 500, 'Internal server error'],
  },
  kinesis: {
    throttle: [
      'ProvisionedThroughputExceededException',
      400,
      `Rate exceeded for stream under account ${LOCAL_ACCOUNT}.`,
    ],
    error: ['InternalFailure', 500, 'Internal service failure.'],
  },
  firehose: {
    throttle: ['ServiceUnavailableException', 503, 'Slow down.'],
    error: ['InternalFailure', 500, 'Internal service failure.'],
  },
  s3: {
    throttle: ['SlowDown', 503, 'Please reduce your request rate.'],
    error: ['InternalError', 500, 'We encountered an internal error. Please try again.'],
  },
  lambda: {
    throttle: ['TooManyRequestsException', 429, 'Rate Exceeded.'],
    error: ['ServiceException', 500, 'Internal server error'],
  },
};

/** Services that speak XML, and whose errors common to all AWS APIs have other names. */
const XML_SCOPES = new Set(['cloudformation', 'monitoring', 's3', 'sns', 'sts']);

/** The error a service refuses a call with, before it takes effect. */
export function refusal(scope: string, kind: 'throttle' | 'error'): ServiceError {
  const otherwise = {
    throttle: [XML_SCOPES.has(scope) ? 'Throttling' : 'ThrottlingException', 400, 'Rate exceeded'],
    error: ['InternalFailure', 500, 'Internal service failure.'],
  } as const;
  const [code, status, message] = (REFUSALS[scope] ?? otherwise)[kind];
  return new ServiceError(code, message, status);
}

/** Answers with an error in the form of the service's protocol, once the request has been read. */
export async function refuse(
  scope: string,
  { code, status, message }: ServiceError,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for await (const _ of request);
  const isJson = request.headers['x-amz-target'] !== undefined || !XML_SCOPES.has(scope);
  const body = isJson ? JSON.stringify(jsonError(scope, code, message)) : xmlError(scope, code, message);
  response.writeHead(status, {
    'content-type': isJson ? 'application/x-amz-json-1.1' : 'application/xml',
    'content-length': Buffer.byteLength(body),
    ...(isJson && { 'x-amzn-errortype': code }),
  });
  response.end(body);
}

function jsonError(scope: string, code: string, message: string): object {
  if (scope === 'lambda') return { Type: code === 'ServiceException' ? 'Service' : 'User', message };
  return { __type: scope === 'dynamodb' ? `com.amazonaws.dynamodb.v20120810#${code}` : code, message };
}

function xmlError(scope: string, code: string, message: string): string {
  const text = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const error = `<Error><Code>${code}</Code><Message>${text}</Message></Error>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${scope === 's3' ? error : `<ErrorResponse>${error}</ErrorResponse>`}`;
}
