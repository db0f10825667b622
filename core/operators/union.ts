import type { UnionNode } from '../pipeline/plan.ts';
import type { Push } from './operator.ts';

/** What takes the items of each input. An item that comes by two of them is two: their ids tell by which. */
export const union = (node: UnionNode, next: Push): readonly Push[] =>
  node.inputs.map(
    (_, input): Push =>
      (item, effects) =>
        next({ ...item, suffix: `${item.suffix}/${node.id}.${input}` }, effects),
  );
