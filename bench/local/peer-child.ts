/** `kinesis-local` in a process of its own. It takes its settings from the environment and listens when it is loaded. */
import { createConnection, createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { serve } from './servers.ts';

const free = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

const [tls, plain] = [await free(), await free()];
Object.assign(process.env, {
  KINESIS_MOCK_TLS_PORT: String(tls),
  KINESIS_MOCK_PLAIN_PORT: String(plain),
  CREATE_STREAM_DURATION: '0s',
  SHARD_LIMIT: '1000',
  LOG_LEVEL: 'ERROR',
});
const main = import.meta.resolve('kinesis-local');
process.chdir(dirname(fileURLToPath(main))); // where it looks for its certificate
await import(main);
while (!(await answers(plain))) await pause(20);
serve(plain);
