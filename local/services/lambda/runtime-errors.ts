import { RESPONSE_BYTES_MAX } from './limits.ts';
import type { RuntimeError } from './protocol.ts';

/** What Lambda answers, in its words, for a function that did not come to an end of its own. */

export function timedOut(requestId: string, timeoutSeconds: number): RuntimeError {
  const message = `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return { errorType: 'Sandbox.Timedout', errorMessage: `RequestId: ${requestId} Error: ${message}` };
}

/** `reason` in Lambda's words, e.g. `Runtime exited with error: exit status 1`. */
export function exited(requestId: string, reason: string): RuntimeError {
  return { errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: ${reason}` };
}

export function outOfMemory(requestId: string): RuntimeError {
  const message = 'Runtime exited with error: signal: killed';
  return { errorType: 'Runtime.OutOfMemory', errorMessage: `RequestId: ${requestId} Error: ${message}` };
}

export function responseTooLarge(): RuntimeError {
  return {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`,
  };
}
