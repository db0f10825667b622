import { type Plan, type PlanNode, partsOf } from './plan.ts';

/** The plan as data: what a snapshot or a script compares. Functions are left out. */
export function planJson(plan: Plan): object {
  return {
    name: plan.name,
    idempotencyMinutes: plan.idempotencyMinutes,
    nodes: plan.nodes.map((node) => ({
      kind: node.kind,
      id: node.id,
      ...('inputs' in node && { inputs: node.inputs }),
    })),
    tables: plan.tables,
    queries: plan.queries.map((query) => query.name),
  };
}

/** What each step with state keeps, by its id: a change of it under the same id would misread what is kept. */
export function stateShapes(plan: Plan): Readonly<Record<string, string>> {
  const nodes = partsOf(plan).flatMap((part) => part.nodes);
  return Object.fromEntries(nodes.flatMap((node) => (node.kind === 'process' ? [[node.id, node.shape]] : [])));
}

/** The plan as a Mermaid flow chart. */
export function planPicture(plan: Plan): string {
  // Behind a hop the rekey before it is the source.
  const nodes = partsOf(plan).flatMap(({ hop, nodes }) => nodes.filter(({ kind }) => hop === 0 || kind !== 'source'));
  const edges = nodes.flatMap((node) =>
    'inputs' in node ? node.inputs.map((input) => `  ${name(input)} --> ${name(node.id)}`) : [],
  );
  return ['flowchart LR', ...nodes.map((node) => `  ${name(node.id)}${shape(node)}`), ...edges].join('\n');
}

const name = (id: string): string => id.replaceAll(/[^a-z0-9]/g, '_');

function shape(node: PlanNode): string {
  if (node.kind === 'source') return `(["${node.id}"])`;
  if (node.kind === 'lake') return `[("${node.table.name}")]`;
  if (node.kind === 'view') return `[("${node.id}")]`;
  if (node.kind === 'rekey') return `[/"rekey ${node.id}"/]`;
  return node.kind === 'alert' ? `>"alert ${node.id}"]` : `["${node.kind} ${node.id}"]`;
}
