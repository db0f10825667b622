import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

const PERIOD_MS = 100;
/** A tick of the kernel's clock, in which /proc tells CPU time. */
const TICK_MS = 10;

/** CPU time that a process has used; undefined where the system does not tell it. */
function cpuMsOf(pid: number | undefined): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold spaces: fields are counted from behind it; utime and stime are the 14th and 15th of all.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return TICK_MS * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return undefined;
  }
}

/** Gives a process a share of one CPU, on the average of some periods: what it used above that it has to stand still for.
 *  A share of 1 or more is no limit. Returns what ends it. */
export function throttleCpu(child: ChildProcess, share: number): () => void {
  if (share >= 1) return () => {};
  let paidMs = 0;
  let isStopped = false;
  const timer = setInterval(() => {
    const usedMs = cpuMsOf(child.pid);
    if (usedMs === undefined) return;
    // What it did not use is not kept for later.
    paidMs = Math.min(paidMs + share * PERIOD_MS, usedMs + share * PERIOD_MS);
    const isOver = usedMs > paidMs;
    if (isOver !== isStopped) child.kill(isOver ? 'SIGSTOP' : 'SIGCONT');
    isStopped = isOver;
  }, PERIOD_MS);
  return () => clearInterval(timer);
}
