import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LambdaFunction } from './function.ts';
import { variablesFor } from './variables.ts';

const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.ts', import.meta.url));

/** Starts the process of an execution environment. */
export function spawnRuntime(fn: LambdaFunction, endpoint: string, logStream: string): ChildProcess {
  return fork(BOOTSTRAP, [], {
    cwd: fn.taskRoot,
    env: variablesFor(fn, endpoint, logStream),
    execPath: process.execPath,
    // Bounds the heap only, where Lambda bounds the whole process.
    execArgv: [`--max-old-space-size=${fn.memoryMb}`],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // JSON would escape events of megabytes, which are JSON already, once more.
    serialization: 'advanced',
    // Its own process group: Ctrl-C in the terminal shall end the parent, which then ends its children in order.
    detached: true,
  });
}

const SIGNALS: Readonly<Record<string, string>> = { SIGKILL: 'killed', SIGABRT: 'aborted' };

/** Resolves when the process is gone, with the reason in Lambda's words. */
export function exitOf(child: ChildProcess): Promise<string> {
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
