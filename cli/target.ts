import { type Command, InvalidArgumentError } from 'commander';
import { CliError, UsageError } from './errors.ts';
import { findLocalRun } from './local-runs.ts';
import { stageName } from './options.ts';
import { LOCAL_RUNS } from './project.ts';

/** Options of every command that talks to a stage. */
export interface TargetOptions {
  readonly stage: string;
  readonly endpoint?: string;
  readonly local?: boolean;
  readonly aws?: boolean;
}

/** Which stage a command talks to, and where. */
export interface Target {
  readonly stage: string;
  readonly isLocal: boolean;
  /** For people: `the local run at http://127.0.0.1:4566` or `AWS`. */
  readonly label: string;
  /** For any AWS SDK client: `new AthenaClient(target.client)`. Empty leaves all to the SDK's own chain. */
  readonly client: ClientSettings;
}

export interface ClientSettings {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Adds the options that `chooseTarget` reads. */
export function addTargetOptions(command: Command): Command {
  return command
    .option('--stage <name>', 'stage to talk to', stageName, 'dev')
    .option('--local', 'talk to the local run')
    .option('--aws', 'talk to AWS, even while a local run goes on')
    .option('--endpoint <url>', 'talk to this endpoint', endpointUrl);
}

/** Where a command goes: what its options say, else AWS_ENDPOINT_URL, else the local run that goes on, else AWS.
 *  @throws UsageError when the options contradict each other, CliError when there is no local run, or one was killed: a command
 *  that was meant for it must not reach AWS. */
export function chooseTarget(options: TargetOptions, env = process.env, localRuns = LOCAL_RUNS): Target {
  const { stage, endpoint, local, aws } = options;
  if ([endpoint, local, aws].filter(Boolean).length > 1)
    throw new UsageError('give one of --local, --aws and --endpoint');
  if (endpoint !== undefined) return atEndpoint(stage, endpoint, env);
  if (aws) return atAws(stage, env);
  if (!local && env.AWS_ENDPOINT_URL) return atEndpoint(stage, env.AWS_ENDPOINT_URL, env);
  const found = findLocalRun(localRuns);
  if (found === 'killed') {
    throw new CliError('the local run here was killed: start it again, or give --aws to talk to AWS');
  }
  if (found) return { ...atEndpoint(stage, found.endpoint, {}), label: `the local run at ${found.endpoint}` };
  if (local) throw new CliError('no local run goes on here: start one with `npx millrace local`');
  return atAws(stage, env);
}

/** Says on stderr where a command goes, so that nobody takes one place for another. */
export function announceTarget({ label, stage }: Target): void {
  process.stderr.write(`stage ${stage} at ${label}\n`);
}

/** Services on this machine take any key; a key of the environment is given to no other. */
function atEndpoint(stage: string, endpoint: string, env: NodeJS.ProcessEnv): Target {
  const isLocal = LOOPBACK.has(new URL(endpoint).hostname);
  const own = isLocal && !env.AWS_ACCESS_KEY_ID;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || (isLocal ? 'us-east-1' : undefined);
  const client = { endpoint, ...(region && { region }), ...(own && { credentials }) };
  return { stage, isLocal, label: endpoint, client };
}

function atAws(stage: string, env: NodeJS.ProcessEnv): Target {
  const parts = [env.AWS_PROFILE && `profile ${env.AWS_PROFILE}`, env.AWS_REGION || env.AWS_DEFAULT_REGION];
  const details = parts.filter(Boolean).join(', ');
  return { stage, isLocal: false, label: details ? `AWS (${details})` : 'AWS', client: {} };
}

function endpointUrl(value: string): string {
  if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return value;
  throw new InvalidArgumentError('Expected a URL such as http://127.0.0.1:4566.');
}
