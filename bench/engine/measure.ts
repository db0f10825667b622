import type { ShardState } from '../../core/engine/shard-state.ts';
import { engineOf } from './engine.ts';
import { lambdaEvents } from './lambda-events.ts';
import { limitOf } from './limit.ts';
import type { Workload } from './workloads.ts';

/** What a workload came to. Rates are per second of this process's processor time, all its threads together. */
export interface Measured {
  readonly name: string;
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly limitPerSecond: number;
  /** The rate as a share of the limit. */
  readonly ofLimit: number;
  /** Keys with a state when the last event is through, in all steps and parts. */
  readonly keys: number;
  /** JSON of their states, as snapshots hold it; null when there is none. */
  readonly bytesPerKey: number | null;
  readonly outputBytesPerEvent: number;
  readonly logBytesPerEvent: number;
}

/** Takes the workload's events through its pipeline and through the limit, batch by batch in turns, so that whatever else
 *  the machine does slows both. Medians of the rounds; a first one, in which the code becomes warm, does not count. */
export async function measure(workload: Workload, events: number, rounds: number): Promise<Measured> {
  const batches = lambdaEvents(await workload.puts(events));
  const limit = limitOf(workload.plan);
  const found: Omit<Measured, 'name' | 'events'>[] = [];
  for (let round = 0; round <= rounds; round++) {
    const engine = engineOf(workload.plan, workload.stage);
    let limitMicros = 0;
    for (const batch of batches) {
      const before = process.cpuUsage();
      limit(batch);
      const { user, system } = process.cpuUsage(before);
      limitMicros += user + system;
      await engine.take(batch);
    }
    await engine.drain();
    if (round === 0) continue;
    const { keys, bytes } = sizeOf(await engine.states());
    found.push({
      eventsPerSecond: (events / engine.cpuMicros) * 1e6,
      limitPerSecond: (events / limitMicros) * 1e6,
      ofLimit: limitMicros / engine.cpuMicros,
      keys,
      bytesPerKey: keys > 0 ? bytes / keys : null,
      outputBytesPerEvent: engine.counts.outputBytes / events,
      logBytesPerEvent: engine.counts.logBytes / events,
    });
  }
  const { keys, bytesPerKey, outputBytesPerEvent, logBytesPerEvent } = found[0] as Measured;
  return {
    name: workload.name,
    events,
    eventsPerSecond: median(found.map((each) => each.eventsPerSecond)),
    limitPerSecond: median(found.map((each) => each.limitPerSecond)),
    ofLimit: median(found.map((each) => each.ofLimit)),
    keys,
    bytesPerKey,
    outputBytesPerEvent,
    logBytesPerEvent,
  };
}

/** Of all steps' states. */
export function sizeOf(states: readonly ShardState[]): { readonly keys: number; readonly bytes: number } {
  const cells = states.flatMap((state) => state.snapshotEntry().details.states ?? []);
  const bytes = cells.reduce((sum, cell) => sum + Buffer.byteLength(JSON.stringify(cell)), 0);
  return { keys: cells.length, bytes };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
