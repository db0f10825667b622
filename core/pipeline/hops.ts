import * as z from 'zod';
import type { EventType } from '../event/event.ts';
import { PipelineError } from './errors.ts';
import { formOf, type PlanNode, type RekeyNode } from './plan.ts';

/** The nodes of each part of a pipeline: those before any rekey, those behind one, and so on. A rekey ends its part, and
 *  is a source of the next.
 *  @throws PipelineError when a step takes items of two parts: they are in different streams. */
export function cutIntoHops(plain: readonly PlanNode[]): readonly (readonly PlanNode[])[] {
  const nodes = combined(plain);
  const hops = new Map<string, number>();
  const parts: PlanNode[][] = [[]];
  for (const node of nodes) {
    const from = 'inputs' in node ? node.inputs.map((input) => hops.get(input) as number) : [0];
    const [hop = 0] = from;
    const other = from.findIndex((each) => each !== hop);
    if (other > 0 && 'inputs' in node) {
      const found = `'${node.inputs[0]}' behind ${hop} rekeys and '${node.inputs[other]}' behind ${from[other]}`;
      throw new PipelineError(node.id, found, 'inputs behind as many rekeys, since items of a key meet in one stream');
    }
    parts[hop]?.push(node);
    if (node.kind !== 'rekey') hops.set(node.id, hop);
    else {
      hops.set(node.id, hop + 1);
      parts[hop + 1] ??= [];
      parts[hop + 1]?.push({ kind: 'source', id: node.id, event: rekeyed(node), form: formOf(node) });
    }
  }
  return parts;
}

/** Where the one step behind a rekey can take its items together, they go over the hop so: what is sent is a part for each
 *  group and batch. Not where somebody looks at the items one by one. */
function combined(nodes: readonly PlanNode[]): readonly PlanNode[] {
  const followers = (id: string) => nodes.filter((node) => 'inputs' in node && node.inputs.includes(id));
  const changed = new Map<string, PlanNode>();
  for (const rekey of nodes) {
    if (rekey.kind !== 'rekey') continue;
    const [step, another] = followers(rekey.id);
    if (step?.kind !== 'process' || !step.combiner || another || step.inputs.length > 1) continue;
    const outputs = followers(step.id);
    if (!outputs.every((each) => each.kind === 'output' && each.output === 'closed')) continue;
    changed.set(rekey.id, { ...rekey, combiner: step.combiner });
    changed.set(step.id, step.combiner.node);
  }
  return nodes.map((node) => changed.get(node.id) ?? node);
}

/** What a rekey's items are taken for in the next part. Nothing checks them: no other hand puts to that stream. */
const rekeyed = ({ id }: RekeyNode): EventType => ({
  type: id,
  version: 1,
  upcasters: {},
  key: 'key',
  time: undefined,
  accept: { behindDays: 0, aheadDays: 0 },
  description: '',
  schema: z.object({}),
});
