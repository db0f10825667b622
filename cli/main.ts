import { Command, CommanderError } from 'commander';
import { register as registerArchive } from './archive.ts';
import { EXIT, explain, UsageError } from './errors.ts';
import { register as registerLocal } from './local.ts';
import { register as registerPlan } from './plan.ts';
import { register as registerPut } from './put.ts';
import { register as registerQuery } from './query.ts';
import { register as registerRedrive } from './redrive.ts';
import { register as registerSchema } from './schema.ts';
import { register as registerStart } from './start.ts';
import { register as registerStatus } from './status.ts';
import { styled } from './table.ts';

/** Where help and errors go. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const TERMINAL: Output = { out: (text) => process.stdout.write(text), err: (text) => process.stderr.write(text) };

/** Runs one command line and gives the exit code: 0 done, 1 failed, 2 not understood. */
export async function main(args: readonly string[], output = TERMINAL): Promise<number> {
  const program = createProgram(output);
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const stack = program.opts().debug && error instanceof Error ? `\n${error.stack}` : '';
    output.err(`${styled('red', 'error:')} ${explain(error)}${stack}\n`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failure;
  }
}

function createProgram({ out, err }: Output): Command {
  const program = new Command('millrace')
    .description('A serverless Kappa pipeline on AWS: run it here, put events, query the lake.')
    .option('--debug', 'show errors with their stack')
    .showHelpAfterError('(--help says more)')
    .configureOutput({ writeOut: out, writeErr: err })
    .exitOverride();
  for (const register of [
    registerStart,
    registerLocal,
    registerPut,
    registerPlan,
    registerQuery,
    registerStatus,
    registerRedrive,
    registerArchive,
    registerSchema,
  ])
    register(program);
  return program;
}
