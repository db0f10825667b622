import type { FlatMapNode } from '../pipeline/plan.ts';
import type { Push } from './operator.ts';

export const flatMap =
  (node: FlatMapNode, next: Push): Push =>
  (item, effects) => {
    node.map(item.data as never).forEach((data, index) => {
      next({ ...item, suffix: `${item.suffix}#${index}`, data }, effects);
    });
  };
