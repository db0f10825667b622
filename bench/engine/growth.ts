import { engineOf } from './engine.ts';
import { lambdaEvents } from './lambda-events.ts';
import { limitOf } from './limit.ts';
import { sizeOf } from './measure.ts';
import type { Workload } from './workloads.ts';

/** What an event costs as a run gets long. */
export interface Growth {
  readonly name: string;
  readonly events: number;
  /** Processor time of an event as a multiple of the limit's for the same, by tenths of the run. */
  readonly costs: readonly number[];
  /** Keys with a state at the end. */
  readonly keys: number;
}

const PARTS = 10;
/** What the code becomes warm by, of the run's own first events: in an engine that is then dropped. */
const WARM_UP_BATCHES = 60;

/** Takes events through one engine, from none on, and compares what they cost at its beginning and its end. */
export async function measureGrowth(workload: Workload, events: number): Promise<Growth> {
  const batches = lambdaEvents(await workload.puts(events));
  const limit = limitOf(workload.plan);
  const warm = engineOf(workload.plan, workload.stage);
  for (const batch of batches.slice(0, WARM_UP_BATCHES)) {
    limit(batch);
    await warm.take(batch);
  }
  const engine = engineOf(workload.plan, workload.stage);
  const costs: number[] = [];
  for (let n = 0; n < PARTS; n++) {
    let limitMicros = 0;
    const engineBefore = engine.cpuMicros;
    for (const batch of batches.slice((n * batches.length) / PARTS, ((n + 1) * batches.length) / PARTS)) {
      const before = process.cpuUsage();
      limit(batch);
      const { user, system } = process.cpuUsage(before);
      limitMicros += user + system;
      await engine.take(batch);
    }
    costs.push((engine.cpuMicros - engineBefore) / limitMicros);
  }
  const { keys } = sizeOf(await engine.states());
  return { name: workload.name, events, costs, keys };
}
