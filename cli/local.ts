import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type FaultRule, FaultRuleError, readRule } from '../local/faults/rules.ts';
import type { LocalRun } from '../local/run.ts';
import { ensureAssembly } from './assembly.ts';
import { stageName, wholeNumber } from './options.ts';
import { ASSEMBLY } from './project.ts';
import { runHere } from './run-here.ts';
import { untilSignal } from './signal.ts';
import { styled } from './table.ts';

interface Options {
  readonly port: number;
  readonly state?: string;
  readonly bufferSeconds?: number;
  readonly scheduleSeconds?: number;
  readonly fault?: readonly FaultRule[];
  readonly faultSeed?: number;
  readonly assembly?: string;
  readonly synth?: boolean;
  readonly stage: string;
}

const EXAMPLES = `
Faults on request: SERVICE:ACTION:KIND:PROBABILITY[:MS], ACTION being one such as PutItem, or *, and MS being MOST or
LEAST-MOST milliseconds.
  throttle, error   the service refuses the call by its own error; nothing takes effect
  lost-answer       the call takes effect, then the connection is cut
  torn-answer       the call takes effect, and the connection is cut behind the head of the answer
  latency           the call waits MS first
  partial           single records fail: firehose:PutRecordBatch, kinesis:PutRecords
  duplicate         single records are stored twice: firehose:PutRecordBatch
  kill, timeout     the execution environment is killed, or stands still until the function's timeout, MS after the
                    invocation began (0-200 unless told): lambda:Invoke
Rules can be changed while it runs: GET, PUT and DELETE /_millrace/faults; docs/local.md says how.

Examples:
  $ npx millrace local                          run the stacks of cdk.out; nothing is kept
  $ npx millrace local --state .millrace/dev    keep streams, tables and objects
  $ npx millrace local --buffer-seconds 5       deliver to the lake every five seconds
  $ npx millrace local --schedule-seconds 5     let event time move on every five seconds, also without events
  $ npx millrace local --port 0                 on any free port
  $ npx millrace local --fault dynamodb:PutItem:throttle:0.1 --fault lambda:Invoke:kill:0.05:0-300`;

/** `millrace local`: runs the synthesised stacks on this machine until it is told to stop. */
export function register(program: Command): void {
  program
    .command('local')
    .description('run the whole stack on this machine until Ctrl-C')
    .option('--port <port>', 'port on 127.0.0.1 for every service; 0 takes a free one', wholeNumber(0, 65_535), 4566)
    .option('--state <directory>', 'keep state here between runs')
    .option('--buffer-seconds <n>', "buffering interval of Firehose, in place of the stack's", wholeNumber(0, 900))
    .option(
      '--schedule-seconds <n>',
      "interval of schedules such as the heartbeat, in place of the stack's",
      wholeNumber(1, 86_400),
    )
    .option('--fault <rule>', 'make calls fail as they may on AWS; may be repeated', collectRule)
    .option('--fault-seed <n>', 'repeat what chance decided for the faults', wholeNumber(0, 0xffff_ffff))
    .option('--assembly <directory>', 'cloud assembly to run (default: cdk.out)')
    .option('--synth', 'synthesise even when the assembly is up to date')
    .option('--stage <name>', 'stage to run', stageName, 'dev')
    .addHelpText('after', EXAMPLES)
    .action(runLocal);
}

function collectRule(text: string, rules: readonly FaultRule[] = []): readonly FaultRule[] {
  try {
    return [...rules, readRule(text)];
  } catch (error) {
    if (error instanceof FaultRuleError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

async function runLocal(options: Options): Promise<void> {
  const { port, state, bufferSeconds, scheduleSeconds, fault = [], faultSeed, assembly, synth, stage } = options;
  const log = (line: string) => console.error(styled('dim', line));
  const directory = assembly === undefined ? ASSEMBLY : resolve(assembly);
  const stopped = untilSignal();
  const faults = { rules: fault, seed: faultSeed };
  const made = ensureAssembly({ directory, stage, force: synth, log });
  const places = { assembly: made, port, stateDir: state };
  const run = await runHere({ ...places, bufferSeconds, scheduleSeconds, faults, log });
  try {
    console.log(describeRun(run));
    await stopped;
    log('stopping: delivering what is buffered …');
  } finally {
    await run.close();
  }
}

/** Outputs that CDK adds for references between stacks, and those that lead to AWS's console. */
const PLUMBING = /^ExportsOutput/;
const CONSOLE = /^https:\/\/[^/]*console\.aws\.amazon\.com\//;

/** What a person wants to know of a run that has started. */
export function describeRun({ endpoint, outputs, notEmulated }: LocalRun): string {
  const lines = [`${styled('bold', 'Millrace runs at')} ${styled('cyan', endpoint)}`, ''];
  for (const [stack, values] of Object.entries(outputs)) {
    const shown = Object.entries(values).filter(([key, value]) => !PLUMBING.test(key) && !CONSOLE.test(value));
    if (shown.length > 0)
      lines.push(styled('bold', stack), ...shown.map(([key, value]) => `  ${key.padEnd(15)} ${value}`));
  }
  if (notEmulated.length > 0) {
    lines.push('', styled('dim', `in the template but not emulated here: ${notEmulated.join(', ')}`));
    lines.push(styled('dim', '(so no policy is enforced)'));
  }
  lines.push(
    '',
    'put     npx millrace put --help, or any AWS SDK with ' +
      `AWS_ENDPOINT_URL=${endpoint} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local`,
    'query   npx millrace query "SELECT count(*) FROM quarantine"',
    'watch   npx millrace status',
  );
  return lines.join('\n');
}
