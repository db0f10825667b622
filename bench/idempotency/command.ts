import type { Command } from 'commander';
import { wholeNumber } from '../../cli/options.ts';
import { Progress } from '../../cli/progress.ts';
import { measure } from './measure.ts';
import { goalsOf, printJson, printReport } from './report.ts';
import { BATCH_EVENTS } from './workload.ts';

interface Options {
  readonly events: number;
  readonly json?: boolean;
}

/** @param settled is told whether the goals that do not depend on the machine are met. */
export function register(program: Command, settled: (isMet: boolean) => void): void {
  program
    .command('idempotency')
    .description('count each event once: our commit log beside the Powertools for AWS Lambda')
    .option('--events <n>', 'events, one in ten of them put twice', wholeNumber(2 * BATCH_EVENTS, 1_000_000), 50_000)
    .option('--json', 'print JSON')
    .action(async ({ events, json }: Options) => {
      const progress = new Progress('events through both');
      const measurement = await measure(events, (done) => progress.update(done));
      progress.end();
      console.log(json ? printJson(measurement) : printReport(measurement));
      settled(goalsOf(measurement).every(({ isMet, isRequired }) => isMet || !isRequired));
    });
}
