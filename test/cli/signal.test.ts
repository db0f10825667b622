import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { PARENT_POLL_MS } from '../../cli/signal.ts';

const MODULE = join(import.meta.dirname, '..', '..', 'cli', 'signal.ts');
const SCRIPT = `import { untilSignal } from ${JSON.stringify(MODULE)};
const services = setInterval(() => {}, 1_000); // as a run's servers do, this keeps the process alive
const stopped = untilSignal();
console.log('waiting', process.pid);
await stopped;
clearInterval(services);
console.log('stopped');`;

/** Runs the script below a shell, as npm does; `ready` gives the script's process id, `rest` what it says then. */
function runBelowShell(env: Record<string, string>) {
  const command = `${process.execPath} --input-type=module-typescript -e "$SCRIPT"; true`;
  const shell = spawn('sh', ['-c', command], { env: { ...env, SCRIPT }, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: shell.stdout });
  const said: string[] = [];
  lines.on('line', (line) => said.push(line));
  const ready = once(lines, 'line').then(([line]) => Number(String(line).split(' ')[1]));
  return { shell, ready, rest: once(lines, 'close').then(() => said.slice(1)) };
}

describe('untilSignal', () => {
  it('does not keep a process alive that has nothing else to do', async () => {
    const script = `import { untilSignal } from ${JSON.stringify(MODULE)}; untilSignal();`;
    const idle = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: 'inherit' });
    expect(await once(idle, 'exit')).toEqual([0, null]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends at %s', async (signal) => {
    const { ready, rest } = runBelowShell({});
    process.kill(await ready, signal);
    expect(await rest).toEqual(['stopped']);
  });

  it('ends when npm has ended the shell above it', async () => {
    const { shell, ready, rest } = runBelowShell({ npm_command: 'exec' });
    await ready;
    shell.kill('SIGTERM');
    expect(await rest).toEqual(['stopped']);
  });

  it('otherwise outlives the shell that started it', async () => {
    const { shell, ready, rest } = runBelowShell({});
    const pid = await ready;
    shell.kill('SIGKILL');
    await once(shell, 'exit');
    await pause(PARENT_POLL_MS + 300);
    process.kill(pid, 0);
    process.kill(pid, 'SIGTERM');
    expect(await rest).toEqual(['stopped']);
  });
});
