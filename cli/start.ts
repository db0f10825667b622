import type { Command } from 'commander';
import { pipelines } from '../pipelines/index.ts';
import { documentsOf, hasSample } from './documents.ts';
import { CliError, UsageError } from './errors.ts';
import { Lake } from './lake.ts';
import { describeRun } from './local.ts';
import { stageName, wholeNumber } from './options.ts';
import { stageOutputs } from './outputs.ts';
import { Progress } from './progress.ts';
import { ASSEMBLY } from './project.ts';
import { putDocuments } from './put.ts';
import { runHere } from './run-here.ts';
import { untilSignal } from './signal.ts';
import { checkSummary, describeSummary, type Summary, summarise } from './summary.ts';
import { ensureAssembly } from './synth.ts';
import { printTable, styled } from './table.ts';
import { chooseTarget } from './target.ts';

interface Options {
  readonly once?: boolean;
  readonly json?: boolean;
  readonly port: number;
  readonly bufferSeconds: number;
  readonly stage: string;
}

const EXAMPLES = pipelines
  .map(({ name }) => name)
  .filter(hasSample)
  .join(', ');

/** `millrace start`, which is `npm start`: the whole way of an example's events, from synthesis to SQL. */
export function register(program: Command): void {
  program
    .command('start')
    .description("synthesise, run the stack here, put an example's events, wait for the lake, answer its saved queries")
    .argument('[example]', `one of ${EXAMPLES}`, 'web-traffic')
    .option('--once', 'end when the answers are there')
    .option('--json', 'print one JSON object; with --once')
    .option('--port <port>', 'port on 127.0.0.1 for every service; 0 takes a free one', wholeNumber(0, 65_535), 4566)
    .option('--buffer-seconds <n>', "buffering interval of Firehose, in place of the stack's", wholeNumber(0, 900), 2)
    .option('--stage <name>', 'stage to run', stageName, 'dev')
    .action(start);
}

async function start(example: string, options: Options): Promise<void> {
  const { once, json, port, bufferSeconds, stage } = options;
  if (json && !once) throw new UsageError('--json prints when all is done: give --once with it');
  const plan = pipelines.find(({ name }) => name === example);
  if (!plan || !hasSample(example)) {
    throw new UsageError(
      `there is no example '${example}' with a pipelines/${example}/sample.ts: there is ${EXAMPLES}`,
    );
  }
  const started = performance.now();
  const log = (line: string) => console.error(styled('dim', line));
  await ensureAssembly({ directory: ASSEMBLY, stage, force: true, log });
  const stopped = once ? undefined : untilSignal();
  const run = await runHere({ assembly: ASSEMBLY, port, bufferSeconds, log });
  try {
    const target = chooseTarget({ stage, endpoint: run.endpoint }, {});
    const outputs = await stageOutputs(target);
    const lake = new Lake(target, outputs, plan);
    const sent = await putDocuments(await documentsOf(example), target, outputs.streamName, new Progress('put'));
    await lake.wait(sent, bufferSeconds);
    const summary = await summarise(lake, target, outputs, plan, (performance.now() - started) / 1000);
    const faults = checkSummary(summary, sent);
    if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else await show(lake, summary);
    lake.close();
    if (faults.length > 0) throw new CliError(`the counts do not add up: ${faults.join('; ')}`);
    if (stopped) console.log(describeRun(run));
    await stopped;
  } finally {
    await run.close();
  }
}

async function show(lake: Lake, summary: Summary): Promise<void> {
  const columns = [
    { name: lake.plan.name, type: 'varchar' },
    { name: 'count', type: 'bigint' },
  ];
  console.log(`${printTable(columns, describeSummary(summary), true)}\n`);
  for (const { name, description, sql } of lake.plan.queries) {
    const { columns: heads, rows } = await lake.query(sql);
    console.log(`${styled('bold', name)}  ${styled('dim', description)}\n${printTable(heads, rows, true)}\n`);
  }
}
