import type { Plan, PlanNode } from './plan.ts';

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

/** The plan as a Mermaid flow chart. */
export function planPicture(plan: Plan): string {
  const edges = plan.nodes.flatMap((node) =>
    'inputs' in node ? node.inputs.map((input) => `  ${name(input)} --> ${name(node.id)}`) : [],
  );
  return ['flowchart LR', ...plan.nodes.map((node) => `  ${name(node.id)}${shape(node)}`), ...edges].join('\n');
}

const name = (id: string): string => id.replaceAll(/[^a-z0-9]/g, '_');

function shape(node: PlanNode): string {
  if (node.kind === 'source') return `(["${node.id}"])`;
  return node.kind === 'lake' ? `[("${node.id}")]` : `["${node.kind} ${node.id}"]`;
}
