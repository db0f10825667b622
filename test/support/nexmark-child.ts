import { verdictOn } from '../../bench/nexmark/check.ts';
import { generate } from '../../bench/nexmark/generator.ts';
import { openOracle } from '../../bench/nexmark/oracle.ts';
import { QUERIES } from '../../bench/nexmark/queries/index.ts';
import { planOf } from '../../bench/nexmark/query.ts';
import { runQueries } from '../../bench/nexmark/run-query.ts';

/** Checks every query over so many events of each seed, all as one pipeline so that the events are read once, and prints
 *  the verdicts as JSON, by seed and query. In a process of its own since jest makes each look-up of a global slow. */
const [events = 0, ...seeds] = process.argv.slice(2).map(Number);
const plan = planOf('nexmark', QUERIES);
const oracle = await openOracle();
const verdicts: Record<string, object> = {};
for (const seed of seeds) {
  const generated = generate({ events, seed });
  await oracle.load(generated);
  const found = await runQueries(plan, QUERIES, generated);
  for (const query of QUERIES) verdicts[`${seed} ${query.name}`] = await verdictOn(query, found, oracle);
}
oracle.close();
console.log(JSON.stringify(verdicts));
