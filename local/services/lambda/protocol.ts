/** What an execution environment and its parent say to each other over Node's IPC channel. */

/** An error as Lambda hands it to the caller. */
export interface RuntimeError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export interface InvokeMessage {
  readonly requestId: string;
  readonly functionArn: string;
  /** The event, as JSON. */
  readonly payload: string;
  readonly deadlineMs: number;
}

export type RuntimeMessage =
  /** The module is loaded and the handler found. */
  | { readonly type: 'ready' }
  /** Loading failed; the environment is of no use. */
  | { readonly type: 'init-error'; readonly error: RuntimeError }
  | { readonly type: 'result'; readonly requestId: string; readonly payload: string }
  | { readonly type: 'error'; readonly requestId: string; readonly error: RuntimeError }
  /** An exception or rejection nobody caught; the process is about to exit. */
  | { readonly type: 'fatal'; readonly error: RuntimeError };

/** Begins the mark that `outputEnd` makes; no text a function logs is likely to have it. */
export const END_MARK = '\u0000end of ';

/** Stands at the end of what an invocation wrote to stdout and to stderr: the pipes and the IPC channel are not ordered
 *  among each other, so without it a line could be counted after its invocation's answer. */
export function outputEnd(requestId: string): string {
  return `${END_MARK}${requestId}\n`;
}
