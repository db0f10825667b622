import type { EventType } from '../event/event.ts';
import type { Reader, Readers } from '../event/readers.ts';
import { Rejected, show } from '../event/rejection.ts';
import { filter } from '../operators/filter.ts';
import { flatMap } from '../operators/flat-map.ts';
import { lake } from '../operators/lake.ts';
import { map } from '../operators/map.ts';
import type { Push } from '../operators/operator.ts';
import { process } from '../operators/process.ts';
import type { Plan, PlanNode } from '../pipeline/plan.ts';

/** A plan ready to run. */
export interface Program {
  readonly plan: Plan;
  readonly readers: Readers;
  /** By event type: where its events begin their way. */
  readonly sources: ReadonlyMap<string, Push>;
  /** Event types that reach a step with state: their records must come under the event's key. */
  readonly keyed: ReadonlySet<string>;
}

/** A step threw on a record. */
export class StepError extends Error {
  override readonly name = 'StepError';
  readonly step: string;
  /** What it threw, cut to a bounded length. */
  readonly found: string;
  constructor(step: string, found: string) {
    super(`step '${step}' threw`);
    this.step = step;
    this.found = found;
  }
}

/** Links each step to those that take its items. `stage` is every pipeline that reads the same stream, in an order that
 *  all of them see alike: the first keeps what none can read. */
export function compile(plan: Plan, stage: readonly Plan[] = [plan]): Program {
  const sources = new Map<string, Push>();
  for (const node of plan.nodes) if (node.kind === 'source') sources.set(node.id, fanOut(plan, node, node.event));
  const others = stage.filter((each) => each !== plan).map(readerOf);
  const keyed = [...sources.keys()].filter((id) => reaches(plan, id, 'process'));
  const readers = { own: readerOf(plan), others, keepsStrays: stage[0] === plan };
  return { plan, readers, sources, keyed: new Set(keyed) };
}

function reaches(plan: Plan, id: string, kind: PlanNode['kind']): boolean {
  return followers(plan, id).some((node) => node.kind === kind || reaches(plan, node.id, kind));
}

const followers = (plan: Plan, id: string): readonly PlanNode[] =>
  plan.nodes.filter((each) => 'input' in each && each.input === id);

function readerOf({ nodes, decode }: Plan): Reader {
  const types = nodes.flatMap((node): [string, EventType][] => (node.kind === 'source' ? [[node.id, node.event]] : []));
  return { types: new Map(types), decode };
}

function fanOut(plan: Plan, node: PlanNode, event: EventType): Push {
  const pushes = followers(plan, node.id).map((step) => named(step, operator(plan, step, event)));
  const [only] = pushes;
  if (only && pushes.length === 1) return only;
  return (item, effects) => {
    for (const push of pushes) push(item, effects);
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
    case 'process':
      return process(node, fanOut(plan, node, event));
    case 'lake':
      return lake(node, event.schema);
    case 'source':
      throw new Error(`source '${node.id}' cannot follow another step`);
  }
}

/** What a step throws is told in the step's name; the innermost step names it. */
function named(node: PlanNode, push: Push): Push {
  return (item, effects) => {
    try {
      push(item, effects);
    } catch (error) {
      if (error instanceof Rejected || error instanceof StepError) throw error;
      throw new StepError(node.id, show(error));
    }
  };
}
