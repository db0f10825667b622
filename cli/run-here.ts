import type { LocalOptions, LocalRun } from '../local/run.ts';
import { announceLocalRun } from './local-runs.ts';
import { LOCAL_RUNS } from './project.ts';

/** Starts a local run that the other commands find, until it is closed. The services are loaded only now: they are
 *  heavy, and most commands need none. */
export async function runHere(options: LocalOptions): Promise<LocalRun> {
  const { startLocal } = await import('../local/run.ts');
  const run = await startLocal(options);
  const withdraw = announceLocalRun(LOCAL_RUNS, run.endpoint);
  return {
    ...run,
    close() {
      withdraw();
      return run.close();
    },
  };
}
