import type { EventType } from '../event/event.ts';
import type { Reader, Readers } from '../event/readers.ts';
import { Rejected, show } from '../event/rejection.ts';
import { filter } from '../operators/filter.ts';
import { flatMap } from '../operators/flat-map.ts';
import { lake } from '../operators/lake.ts';
import { map } from '../operators/map.ts';
import type { Effects, Push, Wake } from '../operators/operator.ts';
import { output } from '../operators/output.ts';
import { process } from '../operators/process.ts';
import { alert, publish, rekey, view } from '../operators/send.ts';
import { union } from '../operators/union.ts';
import type { Plan, PlanNode, ProcessNode } from '../pipeline/plan.ts';

/** A plan ready to run. */
export interface Program {
  readonly plan: Plan;
  readonly readers: Readers;
  /** By event type: where its events begin their way. */
  readonly sources: ReadonlyMap<string, Push>;
  /** By event type, or by the step before the hop: the type of its events. */
  readonly types: ReadonlyMap<string, EventType>;
  /** By the step before the hop: in what form it sends. */
  readonly forms: ReadonlyMap<string, string | null>;
  /** By step: what wakes it for a key. */
  readonly wakes: ReadonlyMap<string, Wake>;
  /** Event types that reach a step with state: their records must come under the event's key. */
  readonly keyed: ReadonlySet<string>;
  /** By step: what its kept states are. */
  readonly shapes: ReadonlyMap<string, string>;
  /** What the next hop is to hear: how far event time has come, less this many milliseconds; undefined without a next hop. */
  readonly forwardDelayMs: number | undefined;
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
  const types = new Map(plan.nodes.flatMap((node) => (node.kind === 'source' ? [[node.id, node.event]] : [])));
  const forms = new Map(
    plan.nodes.flatMap((node) => (node.kind === 'source' && node.form !== undefined ? [[node.id, node.form]] : [])),
  );
  const link: Link = { plan, wakes: new Map(), pushes: new Map() };
  for (const node of plan.nodes) if (node.kind === 'source') sources.set(node.id, fanOut(link, node));
  const others = plan.hop > 0 ? [] : stage.filter((each) => each !== plan).map(readerOf);
  const keyed = [...sources.keys()].filter((id) => reaches(plan, id, 'process'));
  const readers = { own: readerOf(plan), others, keepsStrays: plan.hop > 0 || stage[0] === plan };
  const shapes = new Map(plan.nodes.flatMap((node) => (node.kind === 'process' ? [[node.id, node.shape]] : [])));
  return {
    plan,
    readers,
    types,
    forms,
    shapes,
    sources,
    wakes: link.wakes,
    keyed: new Set(keyed),
    forwardDelayMs: forwardDelay(plan),
  };
}

/** What linking the steps of a plan goes by, and what it collects. */
interface Link {
  readonly plan: Plan;
  readonly wakes: Map<string, Wake>;
  /** By node, what takes the items of each of its inputs: a node is linked once, by however many ways one comes to it. */
  readonly pushes: Map<string, readonly Push[]>;
}

function reaches(plan: Plan, id: string, kind: PlanNode['kind']): boolean {
  return followers(plan, id).some((node) => node.kind === kind || reaches(plan, node.id, kind));
}

const followers = (plan: Plan, id: string): readonly PlanNode[] =>
  plan.nodes.filter((each) => 'inputs' in each && each.inputs.includes(id));

/** How a plan reads records. Behind a hop there are no events to read: what a rekey puts there is no CloudEvent of the
 *  producers'. */
export function readerOf({ nodes, decode, hop }: Plan): Reader {
  if (hop > 0) return { types: new Map(), decode };
  const types = nodes.flatMap((node): [string, EventType][] => (node.kind === 'source' ? [[node.id, node.event]] : []));
  return { types: new Map(types), decode };
}

function fanOut(link: Link, { id }: PlanNode): Push {
  const pushes = followers(link.plan, id).flatMap((step) => {
    const linked = link.pushes.get(step.id) ?? operator(link, step).map((push) => named(step, push));
    link.pushes.set(step.id, linked);
    return linked.filter((_, input) => 'inputs' in step && step.inputs[input] === id);
  });
  const [only] = pushes;
  if (only && pushes.length === 1) return only;
  return (item, effects) => {
    for (const push of pushes) push(item, effects);
  };
}

/** What takes the items of each of the node's inputs. */
function operator(link: Link, node: PlanNode): readonly Push[] {
  switch (node.kind) {
    case 'filter':
      return [filter(node, fanOut(link, node))];
    case 'map':
      return [map(node, fanOut(link, node))];
    case 'flatMap':
      return [flatMap(node, fanOut(link, node))];
    case 'union':
      return union(node, fanOut(link, node));
    case 'process':
      return linkProcess(link, node);
    case 'output':
      return [output(node, fanOut(link, node))];
    case 'lake':
      return [lake(node)];
    case 'alert':
      return [alert(node)];
    case 'view':
      return [view(node)];
    case 'publish':
      return [publish(node)];
    case 'rekey':
      return [rekey(node, forwardDelay(link.plan) ?? 0)];
    case 'source':
      throw new Error(`source '${node.id}' cannot follow another step`);
  }
}

function linkProcess({ plan, ...link }: Link, node: ProcessNode): readonly Push[] {
  const outputs = new Set(followers(plan, node.id).map((each) => (each.kind === 'output' ? each.output : '')));
  const takes = (name: string) => outputs.has(name);
  const type = typeBefore(plan, node.id);
  const delayMs = delayBefore(plan, node);
  const { pushes, wake } = process(
    node,
    { pipeline: plan.name, type, takes, delayMs },
    fanOut({ plan, ...link }, node),
  );
  link.wakes.set(node.id, named(node, wake));
  return pushes;
}

/** How far behind event time what comes to a node may be. */
function delayBefore(plan: Plan, node: PlanNode): number {
  const inputs = 'inputs' in node ? plan.nodes.filter(({ id }) => node.inputs.includes(id)) : [];
  const delays = inputs.map((each) => delayBefore(plan, each) + ((each.kind === 'process' && each.delayMs) || 0));
  return Math.max(0, ...delays);
}

/** All that goes over the hop goes through one stream: the time told there is that of what is furthest behind. */
function forwardDelay(plan: Plan): number | undefined {
  const rekeys = plan.nodes.filter(({ kind }) => kind === 'rekey');
  return rekeys.length > 0 ? Math.max(...rekeys.map((rekey) => delayBefore(plan, rekey))) : undefined;
}

/** Type of the events that come to a node; of several, the first. */
function typeBefore({ nodes }: Plan, id: string): EventType {
  let node = nodes.find((each) => each.id === id);
  while (node && node.kind !== 'source') {
    const [input] = node.inputs;
    node = nodes.find((each) => each.id === input);
  }
  if (!node) throw new Error(`no source comes before '${id}'`);
  return node.event;
}

/** What a step throws is told in the step's name; the innermost step names it. */
function named<Taken>(node: PlanNode, take: (taken: Taken, effects: Effects) => void) {
  return (taken: Taken, effects: Effects) => {
    try {
      take(taken, effects);
    } catch (error) {
      if (error instanceof Rejected || error instanceof StepError) throw error;
      throw new StepError(node.id, show(error));
    }
  };
}
