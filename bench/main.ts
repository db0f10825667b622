import { Command, CommanderError } from 'commander';
import { EXIT, explain } from '../cli/errors.ts';
import { register as registerEngine } from './engine/command.ts';
import { register as registerIdempotency } from './idempotency/command.ts';
import { register as registerLocal } from './local/command.ts';

let code: number = EXIT.ok;

/** Exit codes: 0 the goals are met, 1 one is missed or the benchmark failed, 2 not understood. */
const program = new Command('npm run bench --')
  .description('measure Millrace beside what people use today; docs/benchmarks.md says what and how')
  .showHelpAfterError('(--help says more)')
  .exitOverride();
const settled = (isMet: boolean) => {
  code = isMet ? EXIT.ok : EXIT.failure;
};
registerIdempotency(program, settled);
registerEngine(program, settled);
registerLocal(program, settled);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) code = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else {
    console.error(`error: ${explain(error)}`);
    code = EXIT.failure;
  }
}
process.exitCode = code;
