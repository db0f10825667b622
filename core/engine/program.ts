import type { EventType } from '../event/event.ts';
import type { Reader, Readers } from '../event/readers.ts';
import { Rejected, show } from '../event/rejection.ts';
import { filter } from '../operators/filter.ts';
import { flatMap } from '../operators/flat-map.ts';
import { lake } from '../operators/lake.ts';
import { map } from '../operators/map.ts';
import type { Push } from '../operators/operator.ts';
import type { Plan, PlanNode } from '../pipeline/plan.ts';

/** A plan ready to run. */
export interface Program {
  readonly plan: Plan;
  readonly readers: Readers;
  /** By event type: where its events begin their way. */
  readonly sources: ReadonlyMap<string, Push>;
}

/** Links each step to those that take its items. `stage` is every pipeline that reads the same stream, in an order that
 *  all of them see alike: the first keeps what none can read. */
export function compile(plan: Plan, stage: readonly Plan[] = [plan]): Program {
  const sources = new Map<string, Push>();
  for (const node of plan.nodes) if (node.kind === 'source') sources.set(node.id, fanOut(plan, node, node.event));
  const others = stage.filter((each) => each !== plan).map(readerOf);
  return { plan, readers: { own: readerOf(plan), others, keepsStrays: stage[0] === plan }, sources };
}

function readerOf({ nodes, decode }: Plan): Reader {
  const types = nodes.flatMap((node): [string, EventType][] => (node.kind === 'source' ? [[node.id, node.event]] : []));
  return { types: new Map(types), decode };
}

function fanOut(plan: Plan, node: PlanNode, event: EventType): Push {
  const steps = plan.nodes.filter((each) => 'input' in each && each.input === node.id);
  const pushes = steps.map((step) => named(step, operator(plan, step, event)));
  const [only] = pushes;
  if (only && pushes.length === 1) return only;
  return (item, rows) => {
    for (const push of pushes) push(item, rows);
  };
}

function operator(plan: Plan, node: PlanNode, event: EventType): Push {
  switch (node.kind) {
    case 'filter':
      return filter(node, fanOut(plan, node, event));
    case 'map':
      return map(node, fanOut(plan, node, event));
    case 'flatMap':
      return flatMap(node, fanOut(plan, node, event));
    case 'lake':
      return lake(node, event.schema);
    case 'source':
      throw new Error(`source '${node.id}' cannot follow another step`);
  }
}

/** What a step throws rejects the record in the step's name; the innermost step names it. */
function named(node: PlanNode, push: Push): Push {
  return (item, rows) => {
    try {
      push(item, rows);
    } catch (error) {
      if (error instanceof Rejected) throw error;
      throw new Rejected('step-failed', node.id, show(error), `step '${node.id}' to take ${item.event.type.type}`);
    }
  };
}
