import { Command } from 'commander';
import { type Patch, simulatorWith, TIGHT } from './patch.ts';
import { PLANTS, type Plant } from './plants.ts';
import { CLASSES, type FaultClass, scenarioOf } from './scenario.ts';
import type { Result } from './simulate.ts';

interface Options {
  readonly seeds: string;
  readonly seed?: string;
  readonly records?: string;
  readonly without: string;
  readonly tight?: boolean;
  readonly plant?: string;
  readonly plants?: boolean;
  readonly tryPlants?: string | true;
}

/** Exit codes: 0 nothing found, 1 a seed fails, 2 not understood. With a plant, a failing seed is what should be. */
const command = new Command('npm run sim --')
  .description('run the process function on simulated services and check that no fault changes a result')
  .option('--seeds <n>', 'seeds to run, from 1 on', '200')
  .option('--seed <n>', 'one seed, with all that happens in it')
  .option('--records <n>', 'with so many records only')
  .option('--without <classes>', `with kinds of faults left out, joined by commas, of ${CLASSES.join(', ')}`, '')
  .option('--tight', 'with limits of the code so low that a run comes to them')
  .option('--plant <name>', 'with a bug on purpose, which a seed must find')
  .option('--plants', 'list the bugs')
  .option('--try-plants [part]', 'try all bugs one after the other, or those of a part such as 1/2')
  .addHelpText(
    'after',
    `
A seed does the same thing each time. When one fails, what is shown is the shortest schedule that still does: with fewer
records and kinds of faults. Exit code: 0 when nothing is found, 1 when a seed fails (with --try-plants: when a bug is
not found), 2 when the command is not understood.

Examples:
  $ npm run sim -- --seeds 1000
  $ npm run sim -- --seed 17 --records 9 --without deaths,freezes
  $ npm run sim -- --plant no-condition`,
  )
  .parse();
const options = command.opts<Options>();

if (options.plants) console.log(PLANTS.map(({ name, means }) => `${name.padEnd(40)}${means}`).join('\n'));
else process.exitCode = options.tryPlants ? await tryPlants(options.tryPlants) : await run();

async function run(): Promise<number> {
  const { seed, seeds, plant: name, without } = options;
  const plant = PLANTS.find((each) => each.name === name);
  if (name !== undefined && !plant) refuse(`there is no plant '${name}': --plants lists them`);
  const off = without.split(',').filter((each) => each !== '') as FaultClass[];
  const unknown = off.find((each) => !CLASSES.includes(each));
  if (unknown) refuse(`there is no '${unknown}': ${CLASSES.join(', ')}`);
  const { simulate, shrink } = await simulatorWith([...patchesFor(plant), ...(options.tight ? TIGHT : [])]);
  const [first, last] = seed === undefined ? [1, whole(seeds)] : [whole(seed), whole(seed)];
  const records = options.records === undefined ? undefined : whole(options.records);
  const started = performance.now();
  for (let each = first; each <= last; each++) {
    const result = await simulate(scenarioOf(each, records, new Set(off)));
    if (result.faults.length > 0) return report(await shrink(result));
    if (seed !== undefined) console.log(result.trace.join('\n'));
    if (each % 500 === 0) console.error(`${each} seeds`);
  }
  console.log(`seeds ${first} to ${last}: nothing found in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return 0;
}

function patchesFor(plant: Plant | undefined): readonly Patch[] {
  if (!plant) return [];
  return plant.tight && !options.tight ? [plant, ...TIGHT] : [plant];
}

/** Says of each bug which seed finds it first. */
async function tryPlants(part: string | true): Promise<number> {
  const [index, parts] = part === true ? [1, 1] : (part.split('/').map(whole) as [number, number]);
  let missed = 0;
  for (const plant of PLANTS.filter((_, place) => place % parts === index - 1)) {
    const seed = await firstSeed(plant);
    console.log(`${plant.name}: ${seed === undefined ? 'not found' : `found by seed ${seed}`}`);
    if (seed === undefined) missed += 1;
  }
  return missed > 0 ? 1 : 0;
}

async function firstSeed(plant: Plant): Promise<number | undefined> {
  const { simulate } = await simulatorWith(patchesFor(plant));
  for (let seed = 1; seed <= whole(options.seeds); seed++) {
    const scenario = scenarioOf(seed);
    if (plant.kind !== undefined && scenario.kind !== plant.kind) continue;
    if ((await simulate(scenario)).faults.length > 0) return seed;
  }
  return undefined;
}

function whole(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) refuse(`found '${text}'; expected a whole number`);
  return number;
}

function refuse(why: string): never {
  return command.error(`error: ${why}`, { exitCode: 2 });
}

function report({ scenario, faults, trace }: Result): number {
  const { seed, records, weather, pace, on } = scenario;
  console.log(`seed ${seed} fails; the shortest schedule found has ${records} records:\n${trace.join('\n')}`);
  console.log(`\n${weather}, at the pace of ${pace}, with ${[...on].join(', ') || 'nothing else'}`);
  console.log(`\nseed ${seed}:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
  return 1;
}
