import { cpSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { assemblyOf } from '../../cli/assembly.ts';
import { stageOutputs } from '../../cli/outputs.ts';
import { chooseTarget } from '../../cli/target.ts';
import { partsOf } from '../../core/pipeline/plan.ts';
import { webTraffic } from '../../pipelines/web-traffic/pipeline.ts';
import { Lake } from './lake.ts';
import { load } from './load.ts';
import { countReshards } from './shards.ts';
import { Stack, stateIn } from './stack.ts';
import { Stopwatch } from './stopwatch.ts';
import { faultsOf } from './verdict.ts';
import { windUp } from './wind-up.ts';

export interface TortureOptions {
  /** How long events are put and faults injected. */
  readonly minutes: number;
  readonly seed: number;
  /** Takes one line for the person at the terminal. */
  readonly log: (line: string) => void;
  /** Ends the run early, as failed. */
  readonly signal: AbortSignal;
}

/** What a run came to. */
export interface Outcome {
  readonly seed: number;
  readonly minutes: number;
  /** Nothing was lost, nothing is double, nothing is wrong. */
  readonly passed: boolean;
  /** What is wrong, as sentences. */
  readonly faults: readonly string[];
  /** Distinct events; events put again; records that are no event. */
  readonly put: { readonly events: number; readonly again: number; readonly bad: number };
  /** By service and kind, e.g. `dynamodb throttle`. */
  readonly injected: Readonly<Record<string, number>>;
  readonly stackKills: number;
  readonly shards: { readonly splits: number; readonly merges: number };
  /** Rows in S3 behind each view, copies included. */
  readonly rows: Readonly<Record<string, number>>;
  readonly drainSeconds: number;
  readonly seconds: number;
  /** Where everything is kept of a run that failed. */
  readonly directory?: string;
}

const STAGE = 'dev';

const tables = partsOf(webTraffic).flatMap((part) => part.tables);

/** Runs the synthesised app on this machine under load, does everything to it that can happen, lets it recover, and
 *  compares the lake with what was put. Leaves its directory behind only when something is wrong. */
export async function torture(options: TortureOptions): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-torture-'));
  const stack = new Stack(directory);
  try {
    await makeAssembly(stack.assembly, options.log);
    await stack.start();
    const outcome = await ordeal(stack, directory, options);
    await stack.stop();
    if (!outcome.passed) return { ...outcome, directory };
    rmSync(directory, { recursive: true });
    return outcome;
  } catch (error) {
    const { message } = (options.signal.aborted ? options.signal.reason : error) as Error;
    throw new Error(`${message}; everything is kept in ${directory}`, { cause: error });
  } finally {
    await stack.kill();
  }
}

/** A copy of the assembly that no stack finds out of date: the run keeps to the code it began with. */
async function makeAssembly(path: string, log: (line: string) => void): Promise<void> {
  const source = await assemblyOf({ context: { stage: STAGE, pipelines: webTraffic.name } }, log);
  cpSync(source, path, { recursive: true });
  const nextDay = new Date(Date.now() + 86_400_000);
  utimesSync(join(path, 'manifest.json'), nextDay, nextDay);
}

/** Load and faults, recovery, verdict. */
async function ordeal(
  stack: Stack,
  directory: string,
  { minutes, seed, log, signal }: TortureOptions,
): Promise<Outcome> {
  const target = chooseTarget({ stage: STAGE, endpoint: stack.endpoint }, {});
  const outputs = await stageOutputs(target);
  const { streamName } = outputs;
  const kinesis = new KinesisClient(target.client);
  const lake = new Lake(target, outputs);
  const stopwatch = new Stopwatch();
  const told = (line: string) => log(`${stopwatch}  no more faults  ${line}`);
  try {
    const { workload, injected, stackKills } = await load({
      minutes,
      seed,
      directory,
      stack,
      kinesis,
      streamName,
      stopwatch,
      log,
      signal,
    });
    const recovery = new Stopwatch();
    const late = await windUp({ kinesis, streamName, workload, state: stateIn(directory), log: told, signal });
    const drainSeconds = recovery.seconds;
    const evidence = await lake.collect(tables, directory);
    const faults = [...late, ...(await lake.undelivered()), ...(await faultsOf({ ...workload, ...evidence }))];
    return {
      seed,
      minutes,
      passed: faults.length === 0,
      faults,
      put: workload.counts,
      injected: Object.fromEntries([...injected].sort()),
      stackKills,
      shards: await countReshards(kinesis, streamName),
      rows: await lake.rows(tables),
      drainSeconds,
      seconds: stopwatch.seconds,
    };
  } finally {
    kinesis.destroy();
    lake.close();
  }
}
