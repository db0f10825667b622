import { Command, InvalidArgumentError } from 'commander';
import { explain } from '../../cli/errors.ts';
import { wholeNumber } from '../../cli/options.ts';
import { untilSignal } from '../../cli/signal.ts';
import { printTable, styled } from '../../cli/table.ts';
import { type Outcome, torture } from './run.ts';

interface Options {
  readonly minutes: number;
  readonly seed?: number;
  readonly json?: boolean;
}

const DETAILS = `
Runs the synthesised stack on this machine in a process of its own, puts web traffic, and meanwhile throttles calls, breaks
them, loses their answers, delays them, fails single records, kills and freezes execution environments, splits and merges
shards, and kills the whole stack. Then everything is let recover, and the lake's views are compared with what was put.

The seed decides what is put, which faults come and when. What they hit is up to the machine: two runs of a seed are alike,
not the same.

Exit codes: 0 nothing found, 1 something is lost, double or wrong, 2 not understood.`;

const command = new Command('npm run torture --')
  .description('run the real stack under load and faults, and check that nothing is lost and nothing is double')
  .option('--minutes <n>', 'how long events are put and faults injected, 0.1 to 60', minutes, 3)
  .option('--seed <n>', 'what chance decides; another each time unless given', wholeNumber(0, 0xffff_ffff))
  .option('--json', 'print one JSON object at the end')
  .addHelpText('after', DETAILS)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();
const options = command.opts<Options>();
process.exitCode = await main(options);

async function main({ minutes, json, seed = Math.floor(Math.random() * 1e6) }: Options): Promise<number> {
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const stop = new AbortController();
  void untilSignal().then(() => stop.abort(new Error('stopped')));
  log(`seed ${seed}, ${minutes} minutes of load`);
  try {
    const outcome = await torture({ minutes, seed, log, signal: stop.signal });
    process.stdout.write(json ? `${JSON.stringify(outcome)}\n` : `${describe(outcome)}\n`);
    return outcome.passed ? 0 : 1;
  } catch (error) {
    log(`${styled('red', 'error:')} ${explain(error)}`);
    return 1;
  }
}

function describe(outcome: Outcome): string {
  const { put, rows, shards, faults, directory } = outcome;
  const figures: readonly (readonly [string, number])[] = [
    ['distinct events put', put.events],
    ['events put again', put.again],
    ['records that are no event', put.bad],
    ...Object.entries(rows).map(([table, count]) => [`rows behind ${table}, copies included`, count] as const),
    ['shards split', shards.splits],
    ['shards merged', shards.merges],
    ['whole stack killed', outcome.stackKills],
    ...Object.entries(outcome.injected).map(([what, count]) => [`injected: ${what}`, count] as const),
    ['seconds to recover', outcome.drainSeconds],
    ['seconds in all', outcome.seconds],
  ];
  const columns = [
    { name: `seed ${outcome.seed}`, type: 'varchar' },
    { name: 'count', type: 'bigint' },
  ];
  const verdict = outcome.passed
    ? styled('green', 'passed: the lake holds every event once, as it was put, and quarantine just what belongs there')
    : [styled('red', 'failed:'), ...faults.map((fault) => `- ${fault}`), `everything is kept in ${directory}`].join(
        '\n',
      );
  return `${printTable(columns, figures, true)}\n${verdict}`;
}

function minutes(value: string): number {
  const number = Number(value);
  if (number >= 0.1 && number <= 60) return number;
  throw new InvalidArgumentError('Expected a number from 0.1 to 60.');
}
