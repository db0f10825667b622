import type { MapNode } from '../pipeline/plan.ts';
import type { Push } from './operator.ts';

export const map =
  (node: MapNode, next: Push): Push =>
  (item, effects) =>
    next({ ...item, data: node.map(item.data as never) }, effects);
