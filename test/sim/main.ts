import { Command } from 'commander';
import { PLANTS, plant } from './plants.ts';
import type { Result } from './simulate.ts';

interface Options {
  readonly seeds: string;
  readonly seed?: string;
  readonly plant?: string;
  readonly plants?: boolean;
}

/** Exit codes: 0 nothing found, 1 a seed fails, 2 not understood. With a plant, a failing seed is what should be. */
const command = new Command('npm run sim --')
  .description('run the process function on simulated services and check that no fault changes a result')
  .option('--seeds <n>', 'seeds to run, from 1 on', '200')
  .option('--seed <n>', 'one seed, with all that happens in it')
  .option('--plant <name>', 'with a bug on purpose, which a seed must find')
  .option('--plants', 'list the bugs')
  .parse();
const { seeds, seed, plant: name, plants } = command.opts<Options>();

if (plants) console.log(PLANTS.map((each) => `${each.name}  ${each.file}`).join('\n'));
else process.exitCode = await run();

async function run(): Promise<number> {
  if (name !== undefined) {
    const found = PLANTS.find((each) => each.name === name);
    if (found) plant(found);
    else command.error(`there is no plant '${name}': --plants lists them`, { exitCode: 2 });
  }
  const { simulate, shrink } = await import('./simulate.ts'); // after the plant, which changes what this loads
  const [first, last] = seed === undefined ? [1, Number(seeds)] : [Number(seed), Number(seed)];
  if (!(Number.isInteger(first) && Number.isInteger(last) && last >= 1)) {
    command.error('--seed and --seeds take whole numbers', { exitCode: 2 });
  }
  const started = performance.now();
  for (let each = first; each <= last; each++) {
    const result = await simulate(each);
    if (seed !== undefined) console.log(result.trace.join('\n'));
    if (result.faults.length > 0) return report(await shrink(result));
    if (each % 500 === 0) console.error(`${each} seeds`);
  }
  console.log(`seeds ${first} to ${last}: nothing found in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return 0;
}

function report({ seed: failed, records, faults, trace }: Result): number {
  console.log(`seed ${failed} fails; the shortest schedule found has ${records} records:\n${trace.join('\n')}`);
  console.log(`\nseed ${failed}:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
  return 1;
}
