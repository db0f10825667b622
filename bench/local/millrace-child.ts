/** The local run of the benchmark's assembly, without the limits of AWS. */
import { startLocal } from '../../local/run.ts';
import { serve } from './servers.ts';

const [assembly = ''] = process.argv.slice(2);
const log = (line: string) => console.error(line);
const run = await startLocal({ assembly, port: 0, firehoseQuotas: 'off', log });
serve(run.port, () => run.close());
