import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CliError } from './errors.ts';
import { PROJECT } from './project.ts';

export interface SynthOptions {
  /** CDK context, besides that of cdk.json. */
  readonly context: Readonly<Record<string, string>>;
  readonly project?: string;
}

/** Runs the app of cdk.json as the CDK CLI does, without the CLI. The assembly is the same.
 *  @throws CliError when synthesis fails; it has said why on stderr. */
export async function synthesise(directory: string, { context, project = PROJECT }: SynthOptions): Promise<void> {
  const cdk = JSON.parse(readFileSync(join(project, 'cdk.json'), 'utf8'));
  const env = {
    ...process.env,
    // The app's command calls `node`: that is to be this Node, whatever the shell finds first.
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
    CDK_OUTDIR: directory,
    CDK_CONTEXT_JSON: JSON.stringify({ ...cdk.context, ...context, 'aws:cdk:bundling-stacks': ['**'] }),
    // CloudFormation's own rules take as long as all else; `cdk synth` and `cdk deploy` hold the templates against them.
    CDK_VALIDATION: 'false',
  };
  const code = await run(cdk.app, { cwd: project, env });
  if (code !== 0) throw new CliError('the stacks could not be synthesised');
}

/** Runs a command and keeps what it says to itself, unless it fails. */
function run(command: string, options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { ...options, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code !== 0) process.stderr.write(Buffer.concat(said));
      resolve(code ?? 1);
    });
  });
}
