import type { LambdaFunction } from './function.ts';
import { RESPONSE_BYTES_MAX } from './limits.ts';
import type { RuntimeError } from './protocol.ts';
import { type Ending, reporterFor } from './report.ts';
import * as errors from './runtime-errors.ts';
import { type Found, type RuntimeProcess, type RuntimeSurroundings, startRuntime, within } from './runtime-process.ts';
import { logStreamName } from './variables.ts';

/** What is to be run. */
export interface Event {
  readonly requestId: string;
  /** ARN that the function was called by, with the qualifier if there was one. */
  readonly functionArn: string;
  /** JSON. */
  readonly payload: string;
}

export interface Answer {
  /** JSON. */
  readonly payload: string;
  readonly functionError?: 'Unhandled';
  /** Time the function was given, without the start of the environment unless that had to be done again. */
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

/** What the environments of a run have in common. */
export interface Surroundings extends RuntimeSurroundings {
  /** How long the start of an environment may take before it is begun anew in the first invocation. */
  readonly initMsMax: number;
  /** Asked at each invocation what is to befall its environment. */
  readonly nextDisturbance?: (() => Disturbance | undefined) | undefined;
}

/** Gets a line that an environment writes, with the name of its log stream. */
export type OnLine = (line: string, logStream: string) => void;

/** One execution environment: a process that runs one event at a time, and stands still between them. */
export interface Environment {
  /** False once it cannot take another event. */
  readonly alive: boolean;
  invoke(event: Event, onLine: OnLine): Promise<Answer>;
  /** Ends the process at once; resolves when it is gone. */
  kill(): Promise<void>;
}

/** How the runtime came to be ready, or why it did not. */
interface Started {
  readonly runtime: RuntimeProcess;
  /** Undefined when it is ready. */
  readonly failure: RuntimeError | 'timeout' | undefined;
  readonly ms: number;
}

function endingOf(failure: RuntimeError | 'timeout'): Ending {
  return failure === 'timeout' ? { status: 'timeout' } : { status: 'error', errorType: failure.errorType };
}

/** Starts an environment of `fn`. What it writes while no invocation is under way belongs to the next one, or the last. */
export function startEnvironment(fn: LambdaFunction, surroundings: Surroundings): Environment {
  const { initMsMax, nextDisturbance } = surroundings;
  const timeoutMs = fn.timeoutSeconds * 1000;
  const logStream = logStreamName();
  const early: string[] = [];
  let write: (line: string) => void = (line) => early.push(line);
  const start = () => startRuntime(fn, { ...surroundings, logStream }, (line) => write(line));
  let current = start();
  let startMs = performance.now();
  let isFresh = true;
  let killed = false;

  /** Why a process is of no more use, from what came of it. */
  function failureOf(runtime: RuntimeProcess, requestId: string, found: Found): RuntimeError | undefined {
    if (runtime.outOfMemory) return errors.outOfMemory(requestId);
    if (typeof found === 'string') return errors.exited(requestId, found);
    return 'error' in found && found.type !== 'error' ? found.error : undefined;
  }

  async function untilReady(requestId: string, runtime: RuntimeProcess, ms: number): Promise<Started> {
    const found = await within(runtime.initialised, ms);
    const failure = found === undefined ? 'timeout' : failureOf(runtime, requestId, found);
    return { runtime, failure, ms: performance.now() - startMs };
  }

  /** The process that takes the event. One that did not start is begun anew once, in the function's own time. */
  async function readyRuntime(requestId: string): Promise<Started & { readonly initMs: number | undefined }> {
    if (!isFresh) return { runtime: current, failure: undefined, ms: 0, initMs: undefined };
    isFresh = false;
    const reporter = reporterFor(fn.logFormat, write);
    const first = await untilReady(requestId, current, initMsMax);
    if (!first.failure) return { ...first, ms: 0, initMs: first.ms };
    if (killed) return { ...first, initMs: undefined };
    reporter.initFailed(first.ms, 'init', endingOf(first.failure));
    await current.kill();
    startMs = performance.now();
    current = start();
    const second = await untilReady(requestId, current, timeoutMs);
    if (second.failure) reporter.initFailed(second.ms, 'invoke', endingOf(second.failure));
    return { ...second, initMs: undefined };
  }

  /** The run of an event, and what befalls the process in its course. */
  async function disturbed(runtime: RuntimeProcess, running: Promise<Found>): Promise<Found> {
    const disturbance = nextDisturbance?.();
    if (!disturbance) return running;
    let isDue = true;
    const timer = setTimeout(() => {
      isDue = false;
      runtime.signal(disturbance.signal);
    }, disturbance.afterMs);
    const found = await running;
    clearTimeout(timer);
    if (isDue) disturbance.missed();
    else runtime.signal('SIGCONT'); // the answer may have been on its way when the process was stopped
    return found;
  }

  /** Runs the event in the time that is left of the function's. */
  async function run(event: Event, runtime: RuntimeProcess, leftMs: number) {
    const running = runtime.run({ ...event, deadlineMs: Date.now() + leftMs });
    const found = await within(disturbed(runtime, running), leftMs);
    return { found, failure: found === undefined ? ('timeout' as const) : failureOf(runtime, event.requestId, found) };
  }

  function answerOf(found: Found | undefined, durationMs: number): Answer {
    const failed = (error: RuntimeError): Answer => ({
      payload: JSON.stringify(error),
      functionError: 'Unhandled',
      durationMs,
    });
    if (typeof found === 'object' && found.type === 'error') return failed(found.error);
    const payload = typeof found === 'object' && found.type === 'result' ? found.payload : 'null';
    if (Buffer.byteLength(payload) > RESPONSE_BYTES_MAX) return failed(errors.responseTooLarge());
    return { payload, durationMs };
  }

  return {
    get alive() {
      return current.alive;
    },
    kill() {
      killed = true;
      return current.kill();
    },
    async invoke(event, onLine) {
      const { requestId } = event;
      write = (line) => onLine(line, logStream);
      for (const line of early.splice(0)) write(line);
      const reporter = reporterFor(fn.logFormat, write);
      const started = await readyRuntime(requestId);
      reporter.started(requestId);

      const beganMs = performance.now();
      const { found, failure } = started.failure
        ? { found: undefined, failure: started.failure }
        : await run(event, started.runtime, timeoutMs - started.ms);
      const durationMs = performance.now() - beganMs + started.ms;
      const { memoryMb } = fn;
      const measured = { requestId, durationMs, memoryMb, initMs: started.initMs };

      if (failure === undefined) {
        reporter.ended({ ...measured, peakMb: current.peakMb, status: 'success' });
        return answerOf(found, durationMs);
      }
      await current.kill();
      const error = failure === 'timeout' ? errors.timedOut(requestId, fn.timeoutSeconds) : failure;
      if (failure === 'timeout') {
        reporter.failed(
          requestId,
          `${new Date().toISOString()} ${requestId} ${error.errorMessage.split('Error: ')[1]}`,
        );
      } else if (typeof found !== 'object') reporter.failed(requestId, `${error.errorMessage}\n${error.errorType}`);
      reporter.ended({ ...measured, peakMb: Math.min(current.peakMb, memoryMb), ...endingOf(failure) });
      return { payload: JSON.stringify(error), functionError: 'Unhandled', durationMs };
    },
  };
}
