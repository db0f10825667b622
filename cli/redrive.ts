import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { redriveRecord } from '../core/event/control.ts';
import { UsageError } from './errors.ts';
import { wholeNumber } from './options.ts';
import { type PartOutputs, type StageOutputs, stageOutputs } from './outputs.ts';
import { Progress } from './progress.ts';
import { type PipelinePorts, type RedriveRow, redrivePipelines, refuseLeft } from './redrive-pipelines.ts';
import { StageServices } from './stage-services.ts';
import { printTable } from './table.ts';
import { addTargetOptions, announceTarget, chooseTarget, type TargetOptions } from './target.ts';

interface Options extends TargetOptions {
  readonly key?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly timeout: number;
  readonly json?: boolean;
}

/** What `--json` prints. */
interface Report {
  readonly stage: string;
  readonly dryRun: boolean;
  readonly keys: readonly RedriveRow[];
}

const DETAILS = `
A step that throws parks the record, and what follows it under the same partition key. Mend the step, deploy, and redrive:
the records of a key go through the new code in their order, before what arrives meanwhile. A record on which a step
throws again stays the first of its key. Shown are partition keys and the error as the step threw it, never payloads.

Exit code: 0 when every key is free; 1 when one is still parked, or the pipeline has not come to it within the timeout.

Examples:
  $ npx millrace redrive --dry-run                    what is parked, since when, and why
  $ npx millrace redrive --key customer-17
  $ npx millrace redrive web-traffic --all --json
  $ npx millrace redrive --all --aws --stage prod`;

/** `millrace redrive`: has parked records taken through the steps again. */
export function register(program: Command): void {
  const command = program
    .command('redrive')
    .description('list the records on which a step threw, or take them through the steps again')
    .argument('[pipeline]', 'one pipeline of the stage, or its part NAME-hop-N (default: all)')
    .option('--key <key>', 'redrive the records of this partition key')
    .option('--all', 'redrive every key that is parked now')
    .option('--dry-run', 'list the parked keys and change nothing')
    .option('--timeout <seconds>', 'how long to wait for the pipeline each time', wholeNumber(1, 86_400), 300)
    .option('--json', 'print an object for scripts')
    .addHelpText('after', DETAILS);
  addTargetOptions(command).action(async (pipeline: string | undefined, options: Options) => {
    if (options.key !== undefined && options.all) command.error('error: give either --key or --all');
    if (options.key === undefined && !options.all && !options.dryRun)
      command.error('error: give --key or --all, or --dry-run to see what is parked');
    await redrive(pipeline, options);
  });
}

async function redrive(pipeline: string | undefined, options: Options): Promise<void> {
  const { key, dryRun = false, timeout, json } = options;
  const target = chooseTarget(options);
  announceTarget(target);
  const outputs = await stageOutputs(target);
  const services = new StageServices(target);
  const progress = json || dryRun ? undefined : new Progress('records redriven');
  let keys: readonly RedriveRow[];
  try {
    const pipelines = chosen(pipeline, outputs).map((part) => portsOf(part, services, outputs));
    const onProgress = (name: string, redriven: number, left: number) =>
      progress?.update(redriven, `keys left in ${name}: ${left.toLocaleString('en-US')}`);
    keys = await redrivePipelines(pipelines, { key, dryRun, timeoutSeconds: timeout, onProgress });
  } finally {
    progress?.end();
    services.close();
  }
  const report: Report = { stage: target.stage, dryRun, keys };
  process.stdout.write(`${json ? JSON.stringify(report, null, 2) : describe(report)}\n`);
  if (!dryRun) refuseLeft(keys, timeout);
}

/** All parts of a pipeline by its name, or one by its own. */
function chosen(pipeline: string | undefined, { parts }: StageOutputs): readonly PartOutputs[] {
  if (pipeline === undefined) return parts;
  const found = parts.filter((part) => part.pipeline === pipeline || part.name === pipeline);
  if (found.length > 0) return found;
  const names = parts.map(({ name }) => name).join(', ');
  throw new UsageError(`the stage has no pipeline '${pipeline}': it has ${names || 'none'}`);
}

function portsOf(part: PartOutputs, services: StageServices, { bucketName }: StageOutputs): PipelinePorts {
  const { name, streamName } = part;
  const put = (key: string, hashKey: string | undefined) =>
    services.put(streamName, redriveRecord(randomUUID(), name, key), { key, hashKey });
  const ports = { logs: services.logsOf(part, bucketName), put, clock: Date, sleep };
  return { name, ports: { ...ports, listShards: () => services.listShards(streamName) } };
}

const LISTED = ['pipeline', 'key', 'records', 'since', 'step', 'found', 'shard'] as const;
const REDRIVEN = ['pipeline', 'key', 'outcome', 'redriven', 'records', 'step', 'found'] as const;

function describe({ dryRun, keys }: Report): string {
  if (keys.length === 0) return 'nothing is parked';
  const names = dryRun ? LISTED : REDRIVEN;
  const columns = names.map((name) => ({ name, type: '' }));
  return printTable(
    columns,
    keys.map((row) => names.map((name) => row[name])),
    true,
  );
}
