import { once } from 'node:events';
import type { Task } from './child.ts';
import { measureGrowth } from './growth.ts';
import { measure } from './measure.ts';
import { measureMemory } from './memory.ts';
import { workloadNamed } from './workloads.ts';

/** Does the task that its parent sends, and sends what came of it. */
const [task] = (await once(process, 'message')) as [Task];
process.send?.(await done(task), () => process.disconnect());

function done(task: Task): Promise<unknown> {
  switch (task.measure) {
    case 'rate':
      return measure(workloadNamed(task.workload), task.events, task.rounds);
    case 'growth':
      return measureGrowth(workloadNamed(task.workload), task.events);
    case 'memory':
      return measureMemory(task.keys);
  }
}
