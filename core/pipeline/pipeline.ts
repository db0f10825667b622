import type { Decode } from '../event/envelope.ts';
import { minutes } from './duration.ts';
import { checkStepId, duration, PipelineError } from './errors.ts';
import { cutIntoHops } from './hops.ts';
import type { LakeNode, Plan, PlanNode, SavedQuery } from './plan.ts';
import type { Output } from './stream.ts';

export interface PipelineOptions {
  readonly description?: string;
  /** How far events may come out of order, in milliseconds: the watermark, which says how far event time has come, stays
   *  this far behind the latest event. More waits longer for stragglers. Default: `minutes(1)`. */
  readonly outOfOrderness?: number;
  /** Turns records that are not CloudEvents into CloudEvents. */
  readonly decode?: Decode;
  /** Queries to keep in the Athena workgroup. */
  readonly queries?: readonly SavedQuery[];
  /** How long a producer's retry of an event is recognised, by arrival at the stream. Default: 60. */
  readonly idempotencyMinutes?: number;
  /** Share, from 0 to 1, of a shard's latest records (about 1,000) that may be quarantined before the pipeline stops, 100
   *  being allowed in any case; 1 never stops it. Default: 0.5. */
  readonly quarantineBudget?: number;
  /** The same for records on which a step throws, 20 being allowed in any case. Default: 0.1. */
  readonly parkingBudget?: number;
}

/** Builds a pipeline's plan from its outputs.
 *  @throws PipelineError for a step id used twice, a name that is not plain, or a pipeline without outputs. */
export function pipeline(name: string, outputs: readonly Output[], options: PipelineOptions = {}): Plan {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 32) {
    throw new PipelineError(
      name,
      `the pipeline name '${name}'`,
      "at most 32 characters: lower-case words joined by '-'",
    );
  }
  if (outputs.length === 0) throw new PipelineError(name, 'a pipeline without outputs', 'at least one, made by .to()');
  const [first = [], ...behind] = cutIntoHops(distinctNodes(outputs));
  const shared = {
    description: options.description ?? '',
    idempotencyMinutes: minutesUpToADay(name, options.idempotencyMinutes ?? 60),
    outOfOrdernessMs: duration(name, 'outOfOrderness', options.outOfOrderness ?? minutes(1)),
    quarantineBudget: share(name, 'quarantineBudget', options.quarantineBudget ?? 0.5),
    parkingBudget: share(name, 'parkingBudget', options.parkingBudget ?? 0.1),
  };
  const hops = behind.map((nodes, n) => {
    const part = { ...shared, ...partOf(nodes), name: `${name}-hop-${n + 1}`, hop: n + 1 };
    return Object.freeze({ ...part, hops: Object.freeze([]), queries: Object.freeze([]), decode: undefined });
  });
  return Object.freeze({
    ...shared,
    ...partOf(first),
    name,
    hop: 0,
    hops: Object.freeze(hops),
    queries: Object.freeze((options.queries ?? []).map(checkedQuery)),
    decode: options.decode,
  });
}

function partOf(nodes: readonly PlanNode[]): Pick<Plan, 'nodes' | 'tables'> {
  const tables = nodes.filter((node): node is LakeNode => node.kind === 'lake').map(({ table }) => table);
  return { nodes: Object.freeze(nodes), tables: Object.freeze(tables) };
}

/** A stream used twice brings the same nodes twice; another node under the same id is a mistake. */
function distinctNodes(outputs: readonly Output[]): readonly PlanNode[] {
  const nodes = new Map<string, PlanNode>();
  for (const node of outputs.flatMap((output) => output.path)) {
    const known = nodes.get(node.id);
    const same = known === node || (known?.kind === 'source' && node.kind === 'source' && known.event === node.event);
    if (known && !same) {
      throw new PipelineError(node.id, `a second ${node.kind} under the id of a ${known.kind}`, 'an id of its own');
    }
    if (!known) nodes.set(node.id, node);
  }
  return Object.freeze([...nodes.values()]);
}

function checkedQuery(query: SavedQuery): SavedQuery {
  checkStepId(query.name);
  return Object.freeze({ ...query, sql: query.sql.trim() });
}

function share(name: string, option: string, found: number): number {
  if (found >= 0 && found <= 1) return found;
  throw new PipelineError(name, `${option} ${found}`, 'a number from 0 to 1');
}

function minutesUpToADay(name: string, found: number): number {
  if (Number.isInteger(found) && found >= 1 && found <= 24 * 60) return found;
  throw new PipelineError(name, `idempotencyMinutes ${found}`, 'an integer from 1 to 1440');
}
