import { TransientError } from '../core/ports.ts';

/** Errors that pass by themselves, by the names AWS's services and Node give them. */
const TRANSIENT = new Set([
  'ServiceUnavailableException',
  'ServiceUnavailable',
  'SlowDown',
  'InternalFailure',
  'InternalServerError',
  'InternalError',
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'TimeoutError',
  'AbortError',
  'RequestTimeout',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Runs a call whose client has its own retries. What still fails and may pass becomes a TransientError; all else (a
 *  missing table, a denied action) is thrown as it is, for retrying would not mend it. */
export async function transiently<Result>(what: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (!isTransient(error as SdkError)) throw error;
    throw new TransientError(`${what}: ${(error as SdkError).name}: ${(error as SdkError).message}`, { cause: error });
  }
}

function isTransient({ name = '', code = '', $metadata }: SdkError): boolean {
  const status = $metadata?.httpStatusCode ?? 0;
  return TRANSIENT.has(name) || TRANSIENT.has(code) || status >= 500 || status === 429;
}
