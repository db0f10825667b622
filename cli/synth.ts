import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError } from './errors.ts';
import { PROJECT } from './project.ts';

export interface AssemblyOptions {
  /** Where the cloud assembly is, or is to be. */
  readonly directory: string;
  readonly stage: string;
  /** The one pipeline that the stage is to have. Default: all. */
  readonly pipeline?: string;
  /** Synthesise even when the assembly is newer than its sources. */
  readonly force?: boolean;
  readonly log: (line: string) => void;
}

/** What an assembly is made from. */
export const SOURCES = ['adapters', 'core', 'functions', 'infra', 'pipelines', 'producer', 'cdk.json', 'package.json'];

/** Synthesises the stage where there is no assembly of it, or one older than the sources.
 *  @throws CliError when synthesis fails; it has said why on stderr. */
export async function ensureAssembly({ directory, stage, pipeline, force, log }: AssemblyOptions): Promise<void> {
  if (!force && isFresh(directory, stage)) return;
  log(`synthesising stage ${stage}${pipeline === undefined ? '' : ` with ${pipeline}`} …`);
  const cdk = join(PROJECT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  const options = [
    '--quiet',
    '--no-notices',
    '--no-version-reporting',
    '--context',
    `stage=${stage}`,
    ...(pipeline === undefined ? [] : ['--context', `pipelines=${pipeline}`]),
    '--output',
    directory,
  ];
  const code = await run(process.execPath, [cdk, 'synth', ...options]);
  if (code !== 0) throw new CliError('the stacks could not be synthesised');
}

/** Whether the assembly holds the stage and is as new as all it is made from. */
export function isFresh(directory: string, stage: string, project = PROJECT): boolean {
  const manifest = join(directory, 'manifest.json');
  if (!existsSync(manifest)) return false;
  const holdsStage = readFileSync(manifest, 'utf8').includes(`"millrace-${stage}-stream"`);
  return holdsStage && statSync(manifest).mtimeMs >= newest(SOURCES.map((source) => join(project, source)));
}

function newest(paths: readonly string[]): number {
  let newestMs = 0;
  for (const path of paths) {
    if (!existsSync(path)) continue;
    const { mtimeMs } = statSync(path);
    const inside = statSync(path).isDirectory() ? newest(readdirSync(path).map((name) => join(path, name))) : 0;
    newestMs = Math.max(newestMs, mtimeMs, inside);
  }
  return newestMs;
}

/** Runs a program and keeps what it says to itself, unless it fails. The app's command in cdk.json calls `node`: that is
 *  to be this Node, whatever the shell finds first. */
function run(command: string, args: readonly string[]): Promise<number> {
  const path = `${dirname(process.execPath)}:${process.env.PATH ?? ''}`;
  const env = { ...process.env, PATH: path, CDK_DISABLE_CLI_TELEMETRY: 'true', CDK_DISABLE_VERSION_CHECK: '1' };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: PROJECT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) process.stderr.write(Buffer.concat(said));
      resolve(code ?? 1);
    });
  });
}
