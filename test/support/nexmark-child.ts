import { generate, recordsOf } from '../../bench/nexmark/generator.ts';
import { openOracle } from '../../bench/nexmark/oracle.ts';
import { QUERIES } from '../../bench/nexmark/queries/index.ts';
import { difference } from '../../bench/nexmark/rows.ts';
import { runQuery } from '../../bench/nexmark/run-query.ts';
import type { Plan, PlanNode } from '../../core/pipeline/plan.ts';

/** Plans as one, so that the events are read once for all of them. */
function together(plans: readonly Plan[]): Plan {
  const nodes = new Map<string, PlanNode>();
  for (const { name, nodes: own } of plans) {
    const isShared = (id: string) => own.some((node) => node.id === id && ['source', 'lake'].includes(node.kind));
    const idOf = (id: string) => (isShared(id) ? id : `${name}-${id}`);
    for (const node of own) {
      nodes.set(idOf(node.id), {
        ...node,
        id: idOf(node.id),
        ...('inputs' in node && { inputs: node.inputs.map(idOf) }),
      });
    }
  }
  const tables = plans.flatMap((plan) => plan.tables);
  return { ...(plans[0] as Plan), name: 'nexmark', nodes: [...nodes.values()], tables };
}

/** Checks every query over so many events of each seed, and prints as JSON how many rows were expected of each and the
 *  difference, by seed and query. In a process of its own since jest makes each look-up of a global slow. */
const [events = 0, ...seeds] = process.argv.slice(2).map(Number);
const answered = QUERIES.flatMap((query) => (query.plan ? [{ ...query, plan: query.plan }] : []));
const plan = together(answered.map((query) => query.plan));
const oracle = await openOracle();
const verdicts: Record<string, object> = {};
for (const seed of seeds) {
  const generated = generate({ events, seed });
  await oracle.load(generated);
  const found = await runQuery(plan, recordsOf(generated));
  for (const { name, sql, tolerances } of answered) {
    const { columns, rows } = await oracle.answer(sql);
    verdicts[`${seed} ${name}`] = {
      rows: rows.length,
      difference: difference(columns, rows, found.get(name) ?? [], tolerances),
    };
  }
}
oracle.close();
console.log(JSON.stringify(verdicts));
