import type { LocalOptions, LocalRun } from '../local/run.ts';
import { announceLocalRun } from './local-runs.ts';
import { LOCAL_RUNS } from './project.ts';

export interface RunHereOptions extends Omit<LocalOptions, 'assembly'> {
  /** Directory of the cloud assembly, as soon as it is there. */
  readonly assembly: Promise<string>;
}

/** Starts a local run that the other commands find, until it is closed. The services are loaded only now, while the
 *  assembly is made: they are heavy, and most commands need none. */
export async function runHere({ assembly, ...options }: RunHereOptions): Promise<LocalRun> {
  const [directory, { startLocal }] = await Promise.all([assembly, import('../local/run.ts')]);
  const run = await startLocal({ ...options, assembly: directory });
  const withdraw = announceLocalRun(LOCAL_RUNS, run.endpoint);
  return {
    ...run,
    close() {
      withdraw();
      return run.close();
    },
  };
}
