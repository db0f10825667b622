/** What an execution environment and its parent say to each other. Events go to the environment over a pipe of its own,
 *  which it reads standing still; all it says goes over Node's IPC channel. */

/** The environment's end of the pipe that events come by. */
export const EVENTS_FD = 4;

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

const HEAD_BYTES = 4;

/** A message for the pipe: its length, then itself as JSON. */
export function frame(message: InvokeMessage): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

/** Reads one message by `readSome`, which waits and fills a part of the buffer; undefined at the end of the pipe. */
export function readFrame(readSome: (into: Buffer) => number): InvokeMessage | undefined {
  const fill = (bytes: number) => {
    const buffer = Buffer.alloc(bytes);
    for (let filled = 0; filled < bytes; ) {
      const count = readSome(buffer.subarray(filled));
      if (count === 0) return undefined;
      filled += count;
    }
    return buffer;
  };
  const head = fill(HEAD_BYTES);
  const body = head && fill(head.readUInt32BE());
  return body && JSON.parse(body.toString('utf8'));
}

/** Begins the mark that `outputEnd` makes; no text a function logs is likely to have it. */
export const END_MARK = '\u0000end of ';

/** Stands at the end of what an invocation wrote to stdout and to stderr: the pipes and the IPC channel are not ordered
 *  among each other, so without it a line could be counted after its invocation's answer. */
export function outputEnd(requestId: string): string {
  return `${END_MARK}${requestId}\n`;
}
