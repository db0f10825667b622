import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Growth } from './growth.ts';
import type { Measured } from './measure.ts';
import type { Memory } from './memory.ts';

/** What is measured in a process of its own. */
export type Task =
  | { readonly measure: 'rate'; readonly workload: string; readonly events: number; readonly rounds: number }
  | { readonly measure: 'growth'; readonly workload: string; readonly events: number }
  | { readonly measure: 'memory'; readonly keys: number };

interface Results {
  readonly rate: Measured;
  readonly growth: Growth;
  readonly memory: Memory;
}

/** Measures in a process of its own, as each pipeline has one in Lambda: what one makes the compiler learn does not slow
 *  the next.
 *  @throws Error when that process failed; it has said why on stderr. */
export async function inChild<Each extends Task>(task: Each): Promise<Results[Each['measure']]> {
  const execArgv = ['--no-warnings', '--expose-gc', '--max-old-space-size=4096'];
  const child = fork(join(import.meta.dirname, 'engine-child.ts'), { execArgv });
  const exited = once(child, 'exit');
  const failed = exited.then(([code]) => Promise.reject(new Error(`measuring the ${task.measure} ended with ${code}`)));
  child.send(task);
  const [result] = await Promise.race([once(child, 'message'), failed]);
  await exited;
  return result;
}
