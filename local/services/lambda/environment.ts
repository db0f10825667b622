import type { LambdaFunction } from './function.ts';
import { INIT_MS_MAX, RESPONSE_BYTES_MAX } from './limits.ts';
import { readLines } from './lines.ts';
import type { InvokeMessage, RuntimeError, RuntimeMessage } from './protocol.ts';
import * as errors from './runtime-errors.ts';
import { exitOf, spawnRuntime, within } from './runtime-process.ts';
import { logStreamName } from './variables.ts';

export interface Answer {
  /** JSON. */
  readonly payload: string;
  readonly functionError?: 'Unhandled';
  /** Time the function was given, without the start of the environment. */
  readonly durationMs: number;
}

/** What befalls an environment's process while an invocation is under way. */
export interface Disturbance {
  /** SIGKILL ends it; SIGSTOP makes it stand still until the function's timeout. */
  readonly signal: 'SIGKILL' | 'SIGSTOP';
  /** From the beginning of the invocation. */
  readonly afterMs: number;
  /** Called when the invocation ended before. */
  missed(): void;
}

/** One execution environment: a child process that runs one event at a time. */
export interface Environment {
  /** False once it cannot take another event. */
  readonly alive: boolean;
  /** Name of its log stream. */
  readonly logStream: string;
  invoke(requestId: string, payload: string): Promise<Answer>;
  /** Ends the process at once; resolves when it is gone. */
  kill(): Promise<void>;
}

/** What comes of the process: a message, or the reason it ended for. */
type Found = RuntimeMessage | string;

/** Starts an environment of `fn`; `writeLine` gets each line that it writes. `nextDisturbance` is asked at each invocation. */
export function startEnvironment(
  fn: LambdaFunction,
  endpoint: string,
  writeLine: (logStream: string, line: string) => void,
  nextDisturbance?: () => Disturbance | undefined,
): Environment {
  const timeoutMs = fn.timeoutSeconds * 1000;
  const logStream = logStreamName();
  const onLine = (line: string) => writeLine(logStream, line);
  const child = spawnRuntime(fn, endpoint, logStream);
  const initialised = Promise.withResolvers<Found>();
  // Those of the event under way. Promises that live as long as the process would gather what waits for them.
  const listeners = { found: (_: Found) => {}, end: (_: string) => {} };
  let alive = true;

  const exited = exitOf(child).then((reason) => {
    alive = false;
    initialised.resolve(reason);
    listeners.found(reason);
    return reason;
  });
  child.on('message', (message: RuntimeMessage) => {
    if (message.type === 'fatal') alive = false;
    initialised.resolve(message);
    listeners.found(message);
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) readLines(stream, onLine, (requestId) => listeners.end(requestId));
  }

  async function kill(): Promise<void> {
    alive = false;
    child.kill('SIGKILL');
    await exited;
  }

  /** Sends the event. Resolves with its answer once all that the invocation wrote has been read, or with what ended it. */
  function run(event: InvokeMessage): Promise<Found> {
    return new Promise((resolve) => {
      let found: Found | undefined;
      let outputs = 2;
      const settle = () => {
        if (found !== undefined && outputs === 0) resolve(found);
      };
      listeners.found = (next) => {
        found ??= next;
        // After its end the process says nothing more.
        if (typeof next === 'string' || next.type === 'fatal') resolve(found);
        else settle();
      };
      listeners.end = (id) => {
        if (id === event.requestId) outputs -= 1;
        settle();
      };
      child.send(event, (error) => {
        // The process is gone, or about to be.
        if (error) void exited.then(resolve);
      });
    });
  }

  /** The run of an event, and what befalls the process in its course. */
  async function disturbed(running: Promise<Found>): Promise<Found> {
    const disturbance = nextDisturbance?.();
    if (!disturbance) return running;
    let isDue = true;
    const timer = setTimeout(() => {
      isDue = false;
      child.kill(disturbance.signal);
    }, disturbance.afterMs);
    const found = await running;
    clearTimeout(timer);
    if (isDue) disturbance.missed();
    else child.kill('SIGCONT'); // the answer may have been on its way when the process was stopped
    return found;
  }

  function fail(error: RuntimeError, durationMs: number): Answer {
    return { payload: JSON.stringify(error), functionError: 'Unhandled', durationMs };
  }

  /** Ends the process, which is of no more use. */
  async function abandon(requestId: string, found: Found | undefined, durationMs: number): Promise<Answer> {
    await kill();
    if (typeof found === 'string') return fail(errors.exited(requestId, found), durationMs);
    if (found && 'error' in found) return fail(found.error, durationMs);
    const error = errors.timedOut(requestId, fn.timeoutSeconds);
    onLine(`${new Date().toISOString()} ${error.errorMessage}`);
    return fail(error, durationMs);
  }

  return {
    logStream,
    get alive() {
      return alive;
    },
    kill,
    async invoke(requestId, payload) {
      const state = await within(initialised.promise, INIT_MS_MAX + timeoutMs);
      if (typeof state !== 'object' || state.type !== 'ready') return abandon(requestId, state, 0);

      onLine(`START RequestId: ${requestId} Version: $LATEST`);
      const startMs = performance.now();
      const deadlineMs = Date.now() + timeoutMs;
      const running = run({ requestId, functionArn: fn.arn, payload, deadlineMs });
      const found = await within(disturbed(running), timeoutMs);
      const durationMs = performance.now() - startMs;

      if (typeof found !== 'object' || found.type === 'fatal') return abandon(requestId, found, durationMs);
      if (found.type === 'error') return fail(found.error, durationMs);
      const result = found.type === 'result' ? found.payload : 'null';
      if (Buffer.byteLength(result) > RESPONSE_BYTES_MAX) return fail(errors.responseTooLarge(), durationMs);
      return { payload: result, durationMs };
    },
  };
}
