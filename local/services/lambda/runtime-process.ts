import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { throttleCpu } from './cpu-share.ts';
import type { LambdaFunction } from './function.ts';
import { MB_PER_CPU } from './limits.ts';
import { readLines } from './lines.ts';
import { EVENTS_FD, frame, type InvokeMessage, type RuntimeMessage } from './protocol.ts';
import { variablesFor } from './variables.ts';

/** What an environment's process begins with. */
export const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.ts', import.meta.url));

/** How often the memory of a process that runs is looked at. */
const MEMORY_WATCH_MS = 50;

/** What comes of the process: a message, or the reason it ended for. */
export type Found = RuntimeMessage | string;

/** What the processes of a run have in common. */
export interface RuntimeSurroundings {
  /** Where the function's SDK clients are led to. */
  readonly endpoint: string;
  /** Whether a function has only the share of a CPU that goes with its memory. Linux only. */
  readonly limitsCpu: boolean;
  /** Whether an environment has a /tmp of its own, of the function's size. Linux only, where user namespaces are allowed. */
  readonly limitsTmp: boolean;
}

/** What is a process's own. */
export interface ProcessSurroundings extends RuntimeSurroundings {
  readonly logStream: string;
}

/** The process of an execution environment. */
export interface RuntimeProcess {
  /** False once it cannot take another event. */
  readonly alive: boolean;
  /** Whether it was killed for taking more memory than it has. */
  readonly outOfMemory: boolean;
  /** The most memory it has had so far, in MB; 0 where the system does not tell. */
  readonly peakMb: number;
  /** `ready`, or what came instead. */
  readonly initialised: Promise<Found>;
  /** Sends the event. Resolves with its answer once all that the invocation wrote has been read, or with what ended it. */
  run(event: InvokeMessage): Promise<Found>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it at once; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Runs what follows with a /tmp of its own, of so many megabytes. */
function ownTmp(megabytes: number): readonly [string, readonly string[]] {
  const mount = `mount -t tmpfs -o size=${megabytes}m tmpfs /tmp && exec "$0" "$@"`;
  return ['unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', mount, process.execPath]];
}

function spawn(fn: LambdaFunction, { endpoint, limitsTmp, logStream }: ProcessSurroundings): ChildProcess {
  const [execPath, before] = limitsTmp ? ownTmp(fn.tmpMb) : [process.execPath, []];
  return fork(BOOTSTRAP, [], {
    cwd: fn.taskRoot,
    env: variablesFor(fn, endpoint, logStream),
    execPath,
    execArgv: [
      ...before,
      // As Lambda's Node.js runtime starts Node.js: of the memory 90 percent for old objects, 5 for young ones.
      `--max-old-space-size=${Math.floor(fn.memoryMb * 0.9)}`,
      `--max-semi-space-size=${Math.floor(fn.memoryMb * 0.05)}`,
    ],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
    // Its own process group: Ctrl-C in the terminal shall end the parent, which then ends its children in order.
    detached: true,
  });
}

const SIGNALS: Readonly<Record<string, string>> = { SIGKILL: 'killed', SIGABRT: 'aborted' };

/** Resolves when the process is gone, with the reason in Lambda's words. */
function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`Runtime failed to start: ${error.message}`));
    child.once('exit', (code, signal) => {
      if (signal) resolve(`Runtime exited with error: signal: ${SIGNALS[signal] ?? signal}`);
      else
        resolve(
          code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: exit status ${code}`,
        );
    });
  });
}

/** The most resident memory a process has had, in MB. Only Linux tells; undefined elsewhere and for one that is gone. */
function peakMbOf(pid: number | undefined): number | undefined {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}

/** Starts the process of an execution environment of `fn`; `onLine` gets each line that it writes. */
export function startRuntime(
  fn: LambdaFunction,
  surroundings: ProcessSurroundings,
  onLine: (line: string) => void,
): RuntimeProcess {
  const child = spawn(fn, surroundings);
  const unthrottle = surroundings.limitsCpu ? throttleCpu(child, fn.memoryMb / MB_PER_CPU) : () => {};
  const initialised = Promise.withResolvers<Found>();
  // Those of the event under way. Promises that live as long as the process would gather what waits for them.
  const listeners = { found: (_: Found) => {}, end: (_: string) => {} };
  const events = child.stdio[EVENTS_FD] as Writable;
  events.on('error', () => {}); // the process is gone: its exit tells
  let alive = true;
  let outOfMemory = false;
  let peakMb = 0;

  const measure = () => {
    peakMb = peakMbOf(child.pid) ?? peakMb;
    if (peakMb <= fn.memoryMb || !alive) return;
    outOfMemory = true;
    alive = false;
    child.kill('SIGKILL');
  };
  let watch: NodeJS.Timeout | undefined = setInterval(measure, MEMORY_WATCH_MS);
  const unwatch = () => {
    clearInterval(watch);
    watch = undefined;
  };

  const exited = exitOf(child).then((reason) => {
    alive = false;
    unwatch();
    unthrottle();
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

  function run(event: InvokeMessage): Promise<Found> {
    watch ??= setInterval(measure, MEMORY_WATCH_MS);
    return new Promise((resolve) => {
      let found: Found | undefined;
      let outputs = 2;
      const settle = () => {
        if (found === undefined || outputs > 0) return;
        unwatch();
        measure();
        resolve(found);
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
      if (alive) events.write(frame(event));
      else void exited.then(resolve);
    });
  }

  return {
    get alive() {
      return alive;
    },
    get outOfMemory() {
      return outOfMemory;
    },
    get peakMb() {
      return peakMb;
    },
    initialised: initialised.promise,
    run,
    signal: (signal) => void child.kill(signal),
    async kill() {
      alive = false;
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** What `promise` gives, or undefined when it takes longer than `ms`. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
