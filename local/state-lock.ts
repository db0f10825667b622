import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Takes a state directory for this process, making it if need be; what is returned gives it back. A lock whose process
 *  is gone is taken over.
 *  @throws Error naming the process that has it. */
export function lockState(directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'lock');
  if (!claim(path)) {
    const holder = Number(readFileSync(path, 'utf8'));
    if (isRunning(holder)) {
      throw new Error(`${directory} is in use by process ${holder}: stop that run, or give this one another directory`);
    }
    rmSync(path);
    if (!claim(path)) throw new Error(`${directory} has just been taken by another run`);
  }
  return () => rmSync(path, { force: true });
}

function claim(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether a process of that id runs; one of another user's counts. */
export function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
