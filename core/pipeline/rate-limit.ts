import { PipelineError, positive } from './errors.ts';
import { inOrder } from './in-order.ts';
import { added, lastOf, lengthOf, type Parts, withoutFirst } from './parts.ts';
import type { ProcessNode, StepContext } from './plan.ts';

export interface RateLimitOptions {
  /** How many items of a key pass within `per`, from 1 to 1,000. */
  readonly atMost: number;
  /** In milliseconds of event time. */
  readonly per: number;
}

/** An item's time is kept for each that may pass. */
const MAX_PASSING = 1_000;

/** Items that pass by the output `items`, the others by `over`: no stretch of event time of length `per` has more than
 *  `atMost` that passed. */
export function rateLimitNode(id: string, inputs: readonly string[], { atMost, per }: RateLimitOptions): ProcessNode {
  const perMs = positive(id, 'per', per);
  if (!Number.isInteger(atMost) || atMost < 1 || atMost > MAX_PASSING)
    throw new PipelineError(id, `atMost ${atMost}`, `an integer from 1 to ${MAX_PASSING}`);
  return inOrder({
    kind: 'process',
    id,
    inputs,
    ttlMs: undefined, // a key is forgotten when nothing that passed counts any more
    shape: `rateLimit ${atMost} ${perMs}`,
    init: () => [],
    on: (all: Parts<number>, data: unknown, { timeMs }: StepContext) => {
      const isOver = (passedMs: number) => passedMs <= timeMs - perMs;
      const passed = withoutFirst(all, isOver);
      const counted = lengthOf(passed) - (passed[0]?.filter(isOver).length ?? 0);
      const state = counted < atMost ? added(passed, timeMs) : passed;
      const emit = [{ output: counted < atMost ? 'items' : 'over', data }];
      return { state, emit, wakeMs: lastOf(state) + perMs };
    },
    onWake: () => ({ state: undefined }),
  });
}
