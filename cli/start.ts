import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { LocalRun } from '../local/run.ts';
import { pipelines } from '../pipelines/index.ts';
import { putInTurn } from '../producer/put-in-turn.ts';
import { AlertLines } from './alert-lines.ts';
import { assemblyOf } from './assembly.ts';
import { documentsOf, hasSample } from './documents.ts';
import { drainStage } from './drain-stage.ts';
import { CliError, UsageError } from './errors.ts';
import { Lake } from './lake.ts';
import { describeRun } from './local.ts';
import { stageName, wholeNumber } from './options.ts';
import { stageOutputs } from './outputs.ts';
import { makeRoom, Progress } from './progress.ts';
import { putDocuments } from './put.ts';
import { runHere } from './run-here.ts';
import { untilSignal } from './signal.ts';
import { StageServices } from './stage-services.ts';
import { checkSummary, describeSummary, describeWaiting, type Summary, summarise } from './summary.ts';
import { printTable, styled } from './table.ts';
import { chooseTarget } from './target.ts';
import { sinksOf } from './view-counts.ts';

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

/** How long Firehose may take beyond its buffering interval. */
const PATIENCE_SECONDS = 60;

/** `millrace start`, which is `npm start`: the whole way of an example's events, from synthesis to SQL. */
export function register(program: Command): void {
  program
    .command('start')
    .description(
      "run a pipeline's stack here, put its sample, show its alerts, wait for all results, answer its saved queries",
    )
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
  const assembly = assemblyOf({ context: { stage, pipelines: plan.name } }, log);
  const stopped = once ? undefined : untilSignal();
  const alerts = new AlertLines(sinksOf(plan, 'alert'), (line) => {
    makeRoom();
    (json ? console.error : console.log)(line);
  });
  const run = await runHere({ assembly, port, bufferSeconds, log, onPublish: (published) => alerts.hear(published) });
  const target = chooseTarget({ stage, endpoint: run.endpoint }, {});
  const services = new StageServices(target);
  try {
    const outputs = await stageOutputs(target);
    const lake = new Lake(target, outputs, plan);
    const { streamName } = outputs;
    // Nothing is refused here, so the sample can come in its own order, as it did when it was no history yet.
    const putting = { target, streamName, progress: new Progress('put'), put: putInTurn };
    const sent = await putDocuments(await documentsOf(example), putting);
    const progress = new Progress('processed');
    const onCaughtUp = () => run.gatherBatches(false);
    await drainStage({ target, outputs, services, pipeline: plan.name, put: sent, progress, onCaughtUp });
    await delivered(run, bufferSeconds);
    run.gatherBatches(true);
    const elapsedSeconds = (performance.now() - started) / 1000;
    const summary = await summarise({ target, outputs, services, lake, alerts: alerts.counts, elapsedSeconds });
    const faults = checkSummary(summary, sent);
    if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else await show(lake, summary);
    lake.close();
    if (faults.length > 0) throw new CliError(`the counts do not add up: ${faults.join('; ')}`);
    if (stopped) console.log(describeRun(run));
    await stopped;
  } finally {
    services.close();
    await run.close();
  }
}

/** Waits until Firehose has delivered what it took. */
async function delivered(run: LocalRun, bufferSeconds: number): Promise<void> {
  const seconds = bufferSeconds + PATIENCE_SECONDS;
  const patience = new AbortController();
  const late = pause(seconds * 1_000, 'late', { signal: patience.signal }).catch(() => undefined);
  const found = await Promise.race([run.delivered(), late]);
  patience.abort();
  if (found === 'late') throw new CliError(`Firehose has not delivered for ${seconds} s: its lines above say why`);
}

async function show(lake: Lake, summary: Summary): Promise<void> {
  const columns = [
    { name: lake.plan.name, type: 'varchar' },
    { name: 'count', type: 'bigint' },
  ];
  console.log(`${printTable(columns, describeSummary(summary), true)}\n`);
  const waiting = describeWaiting(summary);
  if (waiting) console.log(`${waiting}\n`);
  for (const { name, description, sql } of lake.plan.queries) {
    const { columns: heads, rows } = await lake.query(sql);
    console.log(`${styled('bold', name)}  ${styled('dim', description)}\n${printTable(heads, rows, true)}\n`);
  }
}
