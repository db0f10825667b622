import { AthenaClient } from '@aws-sdk/client-athena';
import type { Command } from 'commander';
import { type QueryResult, runQuery } from './athena.ts';
import { stageOutputs } from './outputs.ts';
import { savedQuery } from './saved-query.ts';
import { printCsv, printJson, printTable } from './table.ts';
import { addTargetOptions, announceTarget, chooseTarget, type TargetOptions } from './target.ts';

interface Options extends TargetOptions {
  readonly saved?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
}

const EXAMPLES = `
Examples:
  $ npx millrace query "SELECT status, count(*) AS n FROM page_requests GROUP BY status ORDER BY n DESC"
  $ npx millrace query --saved busiest-pages
  $ npx millrace query --saved busiest-pages --csv > pages.csv
  $ npx millrace query "SELECT 1" --aws --stage prod --json`;

/** `millrace query`: runs SQL in the stage's Athena workgroup. */
export function register(program: Command): void {
  const command = program
    .command('query')
    .description("run SQL over the lake, in the stage's Athena workgroup and database")
    .argument('[sql]', 'one statement')
    .option('--saved <name>', 'run a query saved in the workgroup')
    .option('--json', 'print an array of objects')
    .option('--csv', 'print comma-separated values')
    .addHelpText('after', EXAMPLES);
  addTargetOptions(command).action(async (sql: string | undefined, options: Options) => {
    if ((sql === undefined) === (options.saved === undefined))
      command.error('error: give either a statement or --saved');
    if (options.json && options.csv) command.error('error: give either --json or --csv');
    await query(sql, options);
  });
}

async function query(sql: string | undefined, options: Options): Promise<void> {
  const target = chooseTarget(options);
  announceTarget(target);
  const outputs = await stageOutputs(target);
  const athena = new AthenaClient(target.client);
  try {
    const statement = sql ?? (await savedQuery(athena, outputs.workgroupName, options.saved ?? ''));
    const result = await runQuery(statement, { athena, outputs });
    const print = options.json ? printJson : options.csv ? printCsv : printTable;
    process.stdout.write(`${print(result.columns, result.rows)}\n`);
    process.stderr.write(`${summary(result)}\n`);
  } finally {
    athena.destroy();
  }
}

function summary({ rows, isCut, scannedBytes, milliseconds }: QueryResult): string {
  const count = `${rows.length.toLocaleString('en-US')} row${rows.length === 1 ? '' : 's'}`;
  const cut = isCut ? ' (there are more: narrow the query)' : '';
  return `${count}${cut}, ${(scannedBytes / 1e6).toFixed(2)} MB scanned, ${(milliseconds / 1000).toFixed(2)} s`;
}
