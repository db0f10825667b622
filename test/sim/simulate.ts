import { faultsOf } from './check.ts';
import { Faults } from './faults.ts';
import { Mapping } from './mapping.ts';
import { Services } from './services.ts';
import { makeWorkload } from './workload.ts';
import { Stuck, World } from './world.ts';

export interface Result {
  readonly seed: number;
  readonly records: number;
  /** Sentences; none when the run was right. */
  readonly faults: readonly string[];
  /** What happened, a line each. */
  readonly trace: readonly string[];
}

const MAX_RECORDS = 40;
/** What a seed meets: everything that can fail, nothing that fails, or nothing and one environment only. */
export type Weather = 'storm' | 'calm' | 'still';
const WEATHERS: readonly Weather[] = ['still', 'calm', 'storm', 'storm', 'storm', 'storm', 'storm', 'storm'];

/** Runs one seed: a shard's records through the process function, on services that do what services do. */
export async function simulate(seed: number, records = MAX_RECORDS): Promise<Result> {
  const world = new World(seed);
  const services = new Services();
  const weather = WEATHERS[seed % WEATHERS.length] as Weather;
  const faults = new Faults(world, services, weather === 'storm');
  const workload = makeWorkload(world.random, records);
  try {
    await world.run(new Mapping(world, faults, workload.records, weather === 'still' ? 1 : 0.8).drain());
  } catch (error) {
    if (!(error instanceof Stuck)) throw error;
    return { seed, records, faults: [`lag does not return to zero: ${error.message}`], trace: world.trace };
  }
  return { seed, records, faults: faultsOf(services, workload, weather), trace: world.trace };
}

/** The same seed with as few records as still fail. */
export async function shrink(failed: Result): Promise<Result> {
  for (let records = 1; records < failed.records; records++) {
    const smaller = await simulate(failed.seed, records);
    if (smaller.faults.length > 0) return smaller;
  }
  return failed;
}
