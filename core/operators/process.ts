import { keep } from '../event/json.ts';
import type { ProcessNode } from '../pipeline/plan.ts';
import type { Push } from './operator.ts';

/** What `on` emits leaves under the event's id with `/<step>.<n>` behind it: the same id at every replay, whatever the
 *  batches and shards. */
export const process =
  (node: ProcessNode, next: Push): Push =>
  (item, effects) => {
    const { key, timeMs } = item.event;
    const before = effects.stateOf(node.id, key) ?? keep(node.id, node.init(key));
    const { state, emit = [] } = node.on(before as never, item.data as never, { key, timeMs });
    effects.setState(node.id, key, state === undefined ? undefined : keep(node.id, state));
    emit.forEach((data, index) => {
      next({ ...item, isDerived: true, suffix: `${item.suffix}/${node.id}.${index}`, data }, effects);
    });
  };
