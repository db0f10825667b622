import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { freePort } from './free-port.ts';

const CHANGES = [
  'CREATE_STREAM',
  'DELETE_STREAM',
  'REGISTER_STREAM_CONSUMER',
  'START_STREAM_ENCRYPTION',
  'STOP_STREAM_ENCRYPTION',
  'DEREGISTER_STREAM_CONSUMER',
  'MERGE_SHARDS',
  'SPLIT_SHARD',
  'UPDATE_SHARD_COUNT',
  'UPDATE_STREAM_MODE',
];

const START_MS = 20_000;

/** Starts `kinesis-local`, with what it does in the background done at once. */
export async function startKinesisLocal(): Promise<{ readonly endpoint: string; close(): Promise<void> }> {
  const main = createRequire(import.meta.url).resolve('kinesis-local/main.js');
  const [plain, tls] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [main], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      ...Object.fromEntries(CHANGES.map((change) => [`${change}_DURATION`, '0ms'])),
      KINESIS_MOCK_PLAIN_PORT: String(plain),
      KINESIS_MOCK_TLS_PORT: String(tls),
      KINESIS_MOCK_CERT_PATH: join(dirname(main), 'server.json'),
      SHARD_LIMIT: '10000',
      ON_DEMAND_STREAM_COUNT_LIMIT: '10000',
      LOG_LEVEL: 'ERROR',
    },
  });
  const endpoint = `http://127.0.0.1:${plain}/`;
  await untilUp(endpoint, child);
  return {
    endpoint,
    async close() {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}

async function untilUp(endpoint: string, child: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + START_MS; Date.now() < deadline; ) {
    if (child.exitCode !== null) throw new Error(`kinesis-local ended with code ${child.exitCode}`);
    const isUp = await fetch(endpoint).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill();
  throw new Error(`kinesis-local has not answered for ${START_MS / 1000} s`);
}
