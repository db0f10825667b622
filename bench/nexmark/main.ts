import { nexmark } from './command.ts';

process.exitCode = await nexmark(process.argv.slice(2), (text) => process.stdout.write(text));
