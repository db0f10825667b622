import type { FilterNode } from '../pipeline/plan.ts';
import type { Push } from './operator.ts';

export const filter =
  (node: FilterNode, next: Push): Push =>
  (item, effects) => {
    if (node.keep(item.data as never)) next(item, effects);
  };
