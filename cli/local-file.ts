import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isRunning } from '../local/state-lock.ts';

interface LocalFile {
  readonly endpoint: string;
  readonly pid: number;
}

/** Says where this process's local run is; what is returned takes it back. */
export function announceLocalRun(path: string, endpoint: string): () => void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify({ endpoint, pid: process.pid } satisfies LocalFile)}\n`);
  return () => {
    if (readLocalFile(path)?.pid === process.pid) rmSync(path, { force: true });
  };
}

/** Endpoint of the local run that goes on; undefined when there is none. */
export function findLocalRun(path: string): string | undefined {
  const file = readLocalFile(path);
  return file && isRunning(file.pid) ? file.endpoint : undefined;
}

function readLocalFile(path: string): LocalFile | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LocalFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
