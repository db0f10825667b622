import { RESPONSE_BYTES_MAX } from './limits.ts';
import type { RuntimeError } from './protocol.ts';

/** What Lambda answers, in its words, for a function that did not come to an end of its own. */

export function timedOut(requestId: string, timeoutSeconds: number): RuntimeError {
  const message = `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return { errorType: 'Sandbox.Timedout', errorMessage: `RequestId: ${requestId} Error: ${message}` };
}

/** `reason` as `exitOf` gives it. */
export function exited(requestId: string, reason: string): RuntimeError {
  return { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: ${reason}` };
}

export function responseTooLarge(): RuntimeError {
  return {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`,
  };
}
