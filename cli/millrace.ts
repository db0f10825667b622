#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { COMPILED } from './project.ts';

// More than half of a start is reading and compiling what has not changed since the last; the processes it starts find
// the cache by their environment.
process.env.NODE_COMPILE_CACHE ??= COMPILED;
enableCompileCache();

// The reader of a pipe may leave early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});
const { main } = await import('./main.ts');
process.exitCode = await main(process.argv.slice(2));
