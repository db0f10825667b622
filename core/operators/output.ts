import type { OutputNode } from '../pipeline/plan.ts';
import type { Push } from './operator.ts';

/** One output of a step that has several. */
export const output =
  (node: OutputNode, next: Push): Push =>
  (item, effects) => {
    if (item.output === node.output) next({ ...item, output: undefined }, effects);
  };
