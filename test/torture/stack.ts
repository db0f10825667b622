import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PROJECT } from '../../cli/project.ts';

/** Seconds that Firehose holds rows back. */
const BUFFER_SECONDS = 2;
/** How long a stack may take to be ready, and to end when it is told to. */
const START_MS = 60_000;
const STOP_MS = 60_000;

/** `millrace local` in a process of its own, on one state directory and one port for all its lives. */
export class Stack {
  /** Where its cloud assembly is to be. */
  readonly assembly: string;
  readonly #state: string;
  readonly #log: string;
  readonly #scratch: string;
  #port = 0;
  #child: ChildProcess | undefined;

  /** Keeps all its files in a directory. */
  constructor(directory: string) {
    this.assembly = join(directory, 'assembly');
    this.#state = stateIn(directory);
    this.#log = join(directory, 'stack.log');
    this.#scratch = join(directory, 'scratch');
    mkdirSync(this.#scratch);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Resolves once every service answers. */
  async start(): Promise<void> {
    this.#port = await portOf(this.#spawn());
  }

  #spawn(): ChildProcess {
    const log = openSync(this.#log, 'a');
    const child = spawn(process.execPath, ['--no-warnings', join(PROJECT, 'cli/millrace.ts'), ...this.#args()], {
      stdio: ['ignore', 'pipe', log],
      // As under npm, where a run ends when its parent does: a stack must not outlive the torture. What a killed one
      // leaves of its scratch files goes with the directory.
      env: { ...process.env, NO_COLOR: '1', npm_command: 'run-script', TMPDIR: this.#scratch },
    });
    closeSync(log);
    this.#child = child;
    return child;
  }

  /** Ends it without a warning, in the middle of all it does, and starts it anew; with `falseStartMs` it is ended once
   *  more while it starts. Environments that stood still wake up only then, into a world that has moved on. */
  async crash(falseStartMs?: number): Promise<void> {
    const environments = await this.#kill(this.#running());
    if (falseStartMs !== undefined) {
      const child = this.#spawn();
      await pause(falseStartMs);
      await this.#kill(child);
    }
    await this.start();
    environments.forEach(wake);
  }

  /** Ends it at once, where it still runs. */
  async kill(): Promise<void> {
    if (this.#child) (await this.#kill(this.#child)).forEach(wake);
  }

  /** Gives the processes of its environments. They end by themselves, save those that stand still. */
  async #kill(child: ChildProcess): Promise<readonly number[]> {
    if (!isRunning(child)) return [];
    const environments = childrenOf(child.pid as number);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    this.#child = undefined;
    return environments;
  }

  /** Ends it in order, delivering what is buffered. */
  async stop(): Promise<void> {
    const child = this.#running();
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const [code] = await Promise.race([exited, late(`the stack did not stop within ${STOP_MS / 1000} s`, STOP_MS)]);
    this.#child = undefined;
    if (code !== 0) throw new Error(`the stack ended with code ${code}; its log is ${this.#log}`);
  }

  #running(): ChildProcess {
    if (this.#child && isRunning(this.#child)) return this.#child;
    throw new Error(`the stack has ended by itself; its log is ${this.#log}`);
  }

  #args(): readonly string[] {
    const options = { '--state': this.#state, '--port': this.#port, '--assembly': this.assembly };
    return ['local', '--buffer-seconds', String(BUFFER_SECONDS), ...Object.entries(options).flat().map(String)];
  }
}

/** Where a stack in a directory keeps its state. */
export const stateIn = (directory: string): string => join(directory, 'state');

const isRunning = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid !== undefined && exitCode === null && signalCode === null;

/** The port of a stack that says it is ready. */
async function portOf(child: ChildProcess): Promise<number> {
  const ready = new Promise<number>((resolve, reject) => {
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk;
      const [, port] = /Millrace runs at http:\/\/127\.0\.0\.1:(\d+)/.exec(said) ?? [];
      if (port) resolve(Number(port));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the stack ended before it was ready: ${code ?? signal}`)));
  });
  return Promise.race([ready, late(`the stack was not ready within ${START_MS / 1000} s`, START_MS)]);
}

async function late(message: string, ms: number): Promise<never> {
  await pause(ms, undefined, { ref: false });
  throw new Error(message);
}

function childrenOf(parent: number): readonly number[] {
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return processes.split('\n').flatMap((line) => {
    const [pid, ppid] = line.trim().split(/\s+/).map(Number);
    return ppid === parent && pid ? [pid] : [];
  });
}

function wake(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
