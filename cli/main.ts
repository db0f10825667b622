import { Command, CommanderError } from 'commander';
import { EXIT, explain, UsageError } from './errors.ts';
import { register as registerLocal } from './local.ts';
import { register as registerQuery } from './query.ts';
import { register as registerStatus } from './status.ts';
import { styled } from './table.ts';

/** Runs one command line and gives the exit code: 0 done, 1 failed, 2 not understood. */
export async function main(args: readonly string[]): Promise<number> {
  // The reader of a pipe may leave early, as `head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    throw error;
  });
  const program = createProgram();
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (program.opts().debug) console.error(error);
    else console.error(`${styled('red', 'error:')} ${explain(error)}`);
    return error instanceof UsageError ? EXIT.usage : EXIT.failure;
  }
}

export function createProgram(): Command {
  const program = new Command('millrace')
    .description('A serverless Kappa pipeline on AWS: run it here, put events, query the lake.')
    .option('--debug', 'show errors with their stack')
    .showHelpAfterError('(--help says more)')
    .exitOverride();
  for (const register of [registerLocal, registerQuery, registerStatus]) register(program);
  return program;
}
