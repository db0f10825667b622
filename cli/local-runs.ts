import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning } from '../local/state-lock.ts';

/** Says where this process's local run is, in a file of its own beside those of other runs; what is returned takes it
 *  back. What runs that were killed have left is cleared away. */
export function announceLocalRun(directory: string, endpoint: string): () => void {
  mkdirSync(directory, { recursive: true });
  for (const { path, pid } of runFiles(directory)) if (!isRunning(pid)) rmSync(path, { force: true });
  const path = join(directory, `${process.pid}.json`);
  writeFileSync(path, `${JSON.stringify({ endpoint })}\n`);
  return () => rmSync(path, { force: true });
}

/** Endpoint of the local run that goes on, the one started last if there are several; `killed` when there was one that
 *  did not end by itself, undefined when there was none. */
export function findLocalRun(directory: string): { readonly endpoint: string } | 'killed' | undefined {
  const files = runFiles(directory).sort((a, b) => b.startedMs - a.startedMs);
  const running = files.find(({ pid }) => isRunning(pid));
  if (running) return JSON.parse(readFileSync(running.path, 'utf8'));
  return files.length > 0 ? 'killed' : undefined;
}

function runFiles(directory: string): { path: string; pid: number; startedMs: number }[] {
  const names = statSync(directory, { throwIfNoEntry: false }) ? readdirSync(directory) : [];
  return names
    .filter((name) => /^\d+\.json$/.test(name))
    .map((name) => join(directory, name))
    .map((path) => ({
      path,
      pid: Number.parseInt(path.split('/').at(-1) ?? '', 10),
      startedMs: statSync(path).mtimeMs,
    }));
}
