import type { ProcessNode } from './plan.ts';

/** When to wake a step that asks for it. A time that has passed is the next that has not: so each waking of a key has a
 *  time of its own. */
export function wakeAfter(node: ProcessNode, wakeMs: number | undefined, watermarkMs: number): number | undefined {
  if (wakeMs === undefined) return undefined;
  if (!node.onWake) throw new TypeError(`step '${node.id}' asks to be woken; expected an onWake to wake`);
  if (!Number.isFinite(wakeMs))
    throw new RangeError(`step '${node.id}': wakeMs ${wakeMs}; expected milliseconds since 1970`);
  return Math.max(Math.floor(wakeMs), watermarkMs + 1);
}
