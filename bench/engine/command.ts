import { type Command, Option } from 'commander';
import { wholeNumber } from '../../cli/options.ts';
import { inChild } from './child.ts';
import type { Measured } from './measure.ts';
import { goalsOf, type Measurement, printJson, printReport } from './report.ts';
import { WORKLOADS } from './workloads.ts';

interface Options {
  readonly events: number;
  readonly rounds: number;
  readonly long: number;
  readonly keys: number;
  readonly query?: readonly string[];
  readonly json?: boolean;
}

/** Whose costs are looked at as a run gets long: it has most keys, a state each for days. */
const LONG_WORKLOAD = 'web-traffic';

/** @param settled is told whether the goals that do not depend on the machine are met. */
export function register(program: Command, settled: (isMet: boolean) => void): void {
  const names = WORKLOADS.map(({ name }) => name);
  program
    .command('engine')
    .description('events a second of processor time, from the Kinesis record to the encoded output, beside the limit')
    .option('--events <n>', 'events of each workload', wholeNumber(500, 1_000_000), 50_000)
    .option('--rounds <n>', 'rounds, of which the median counts', wholeNumber(1, 50), 5)
    .option('--long <n>', 'events of the long run', wholeNumber(50_000, 5_000_000), 600_000)
    .option('--keys <n>', 'keys of state whose memory is measured', wholeNumber(1_000, 2_000_000), 1_000_000)
    .addOption(new Option('--query <names...>', 'only these workloads, and nothing else').choices(names))
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const measurement = await measureAll(options);
      console.log(options.json ? printJson(measurement) : printReport(measurement));
      settled(goalsOf(measurement).every(({ isMet, isRequired }) => isMet || !isRequired));
    });
}

async function measureAll({ events, rounds, long, keys, query }: Options): Promise<Measurement> {
  const rates: Measured[] = [];
  for (const { name } of WORKLOADS) {
    if (query && !query.includes(name)) continue;
    console.error(name);
    rates.push(await inChild({ measure: 'rate', workload: name, events, rounds }));
  }
  if (query) return { rates };
  console.error(`a run of ${long} events`);
  const growth = await inChild({ measure: 'growth', workload: LONG_WORKLOAD, events: long });
  console.error(`${keys} keys`);
  return { rates, growth, memory: await inChild({ measure: 'memory', keys }) };
}
