import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A server in a process of its own. */
export interface Server {
  readonly port: number;
  /** Processor time of its process so far, in microseconds. */
  cpuMicros(): Promise<number>;
  stop(): Promise<void>;
}

/** What a server's process is asked and answers. */
export type ServerMessage = { readonly port: number } | { readonly cpuMicros: number };

/** Starts a program of this folder that tells its port, and then its processor time whenever it gets a message.
 *  @throws Error when it ends before. */
export async function startServer(program: string, args: readonly string[] = []): Promise<Server> {
  const child = fork(join(import.meta.dirname, program), args, { execArgv: ['--no-warnings'], silent: true });
  const exited = once(child, 'exit');
  const { port } = (await next(child, program)) as { readonly port: number };
  return {
    port,
    async cpuMicros() {
      child.send('cpu');
      return ((await next(child, program)) as { readonly cpuMicros: number }).cpuMicros;
    },
    async stop() {
      child.disconnect();
      await exited;
    },
  };
}

async function next(child: ChildProcess, program: string): Promise<ServerMessage> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${program} ended with ${code} before it answered`);
  });
  ended.catch(() => {});
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [ServerMessage];
  return message;
}

/** Within the process: tells the port, answers for the processor time, and ends when the benchmark does. */
export function serve(port: number, close: () => Promise<void> = async () => {}): void {
  process.send?.({ port } satisfies ServerMessage);
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMicros: user + system } satisfies ServerMessage);
  });
  process.on('disconnect', () => void close().finally(() => process.exit()));
}
