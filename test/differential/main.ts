import { Command } from 'commander';
import { explain } from '../../cli/errors.ts';
import { wholeNumber } from '../../cli/options.ts';
import { printTable, styled } from '../../cli/table.ts';
import { KNOWN } from './differences.ts';
import { compare, type Difference, type Outcome } from './run.ts';

interface Options {
  readonly sequences: number;
  readonly seed: number;
}

const DETAILS = `
Gives the same calls to the Kinesis of the local run and to the package kinesis-local, which is another's work, and compares
what they answer. Each difference is one that is known, with AWS's word on it, or is printed with the call behind which it
showed. The seed repeats the calls.

Exit codes: 0 every difference is known, 1 some are not, 2 not understood.`;

const command = new Command('npm run differential --')
  .description('compare the Kinesis of the local run with kinesis-local on generated calls')
  .option('--sequences <n>', 'sequences of some 25 calls', wholeNumber(1, 100_000), 100)
  .option('--seed <n>', 'what chance decides', wholeNumber(0, 0xffff_ffff), 1)
  .addHelpText('after', DETAILS)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();
process.exitCode = await main(command.opts<Options>());

async function main({ sequences, seed }: Options): Promise<number> {
  const onProgress = (done: number) => {
    if (done % 100 === 0) process.stderr.write(`${styled('dim', `${done} of ${sequences} sequences`)}\n`);
  };
  try {
    const outcome = await compare({ seed, sequences, onProgress });
    for (const difference of outcome.unexplained) process.stdout.write(`${describe(difference)}\n`);
    process.stdout.write(`${summarise(outcome)}\n`);
    return outcome.unexplained.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${styled('red', 'error:')} ${explain(error)}\n`);
    return 1;
  }
}

function describe({ sequence, step, call, ours, theirs }: Difference): string {
  return [
    `sequence ${sequence}, call ${step}: ${call.operation} ${JSON.stringify(call.input)}`,
    `  ours          ${JSON.stringify(ours)}`,
    `  kinesis-local ${JSON.stringify(theirs)}`,
  ].join('\n');
}

function summarise({ calls, refused, unsettled, explained, unexplained }: Outcome): string {
  const columns = [
    { name: 'calls compared', type: 'varchar' },
    { name: String(calls), type: 'bigint' },
  ];
  const rows: (readonly [string, number])[] = [
    ['refused by both', refused],
    ...KNOWN.map(({ title }) => [`known: ${title}`, explained.get(title) ?? 0] as const),
    ['sequences that kinesis-local left unfinished', unsettled],
    ['not explained', unexplained.length],
  ];
  return printTable(columns, rows, true);
}
