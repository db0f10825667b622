import { Command, CommanderError } from 'commander';
import { EXIT, explain, UsageError } from '../../cli/errors.ts';
import { wholeNumber } from '../../cli/options.ts';
import { check, type Verdict } from './check.ts';
import { generate } from './generator.ts';
import { openOracle } from './oracle.ts';
import { LEFT_OUT, QUERIES } from './queries/index.ts';
import type { Query } from './query.ts';
import type { Row } from './rows.ts';

interface Options {
  readonly check?: boolean;
  readonly events: number;
  readonly seed: number;
  readonly query?: readonly string[];
  readonly json?: boolean;
}

type Print = (text: string) => void;

const MAX_EVENTS = 1_000_000;

/** Runs a command line and gives the exit code: 0 done, 1 a result is not the oracle's, 2 not understood. */
export async function nexmark(args: readonly string[], print: Print, all: readonly Query[] = QUERIES): Promise<number> {
  let isRight = true;
  const program = new Command('npm run nexmark --')
    .description('the Nexmark queries, answered by Millrace and by DuckDB over the same generated events')
    .option('--check', 'compare the results; without it, say what each query asks')
    .option('--events <n>', 'events to generate', wholeNumber(1, MAX_EVENTS), 20_000)
    .option('--seed <n>', 'another seed, other events', wholeNumber(0, 2 ** 32 - 1), 1)
    .option('--query <names...>', 'only these queries')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `\nLeft out:\n${Object.entries(LEFT_OUT)
        .map(([name, why]) => `  ${name.padEnd(5)}${why}\n`)
        .join('')}
Exit code: 0 when all results are the same, 1 when one is not, 2 when the command is not understood.`,
    )
    .showHelpAfterError('(--help says more)')
    .configureOutput({ writeOut: print, writeErr: print })
    .exitOverride()
    .action(async (options: Options) => {
      const queries = chosen(all, options.query);
      if (!options.check) return list(queries, options, print);
      isRight = await checkAll(queries, options, print);
    });
  try {
    await program.parseAsync(args, { from: 'user' });
    return isRight ? EXIT.ok : EXIT.failure;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    print(`error: ${explain(error)}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failure;
  }
}

function chosen(all: readonly Query[], names: readonly string[] | undefined): readonly Query[] {
  const unknown = names?.find((name) => !all.some((query) => query.name === name));
  if (unknown !== undefined)
    throw new UsageError(`there is no query '${unknown}': ${all.map(({ name }) => name).join(', ')}`);
  return all.filter(({ name }) => names?.includes(name) ?? true);
}

function list(queries: readonly Query[], { json }: Options, print: Print): void {
  if (json) print(`${JSON.stringify(queries.map(({ name, asks }) => ({ query: name, asks })))}\n`);
  else for (const { name, asks } of queries) print(`${name.padEnd(5)}${asks}\n`);
}

/** Whether every result is the oracle's. */
async function checkAll(queries: readonly Query[], { events: count, seed, json }: Options, print: Print) {
  const events = generate({ events: count, seed });
  const oracle = await openOracle();
  const verdicts: Verdict[] = [];
  try {
    await oracle.load(events);
    for (const query of queries) {
      const verdict = await check(query, events, oracle);
      verdicts.push(verdict);
      if (!json) print(`${line(verdict)}\n`);
    }
  } finally {
    oracle.close();
  }
  if (json) print(`${JSON.stringify(verdicts)}\n`);
  return verdicts.every(({ ok }) => ok);
}

function line({ query, ok, rows, difference, failure }: Verdict): string {
  const name = query.padEnd(5);
  if (ok) return `${name}ok ${rows?.toLocaleString('en-US')} rows`;
  if (failure !== undefined) return `${name}failed: ${failure}`;
  const { missing = [], extra = [] } = difference ?? {};
  const samples = [sample('missing', missing), sample('extra', extra)].filter((each) => each !== '');
  return `${name}differs: ${samples.join('; ')}`;
}

function sample(what: string, [first, ...more]: readonly Row[]): string {
  if (!first) return '';
  return `${what} row ${JSON.stringify(first)}${more.length > 0 ? ` and ${more.length.toLocaleString('en-US')} more` : ''}`;
}
