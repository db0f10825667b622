/** The local run of the benchmark's assembly. */
import { startLocal } from '../../local/run.ts';
import { serve } from './servers.ts';

const [assembly = ''] = process.argv.slice(2);
const run = await startLocal({ assembly, port: 0, log: (line) => console.error(line) });
serve(run.port, () => run.close());
