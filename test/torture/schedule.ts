import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../sim/random.ts';

/** Something to be done again and again. */
export interface Act {
  /** Pause before each time, drawn from this range; the first one too. */
  readonly everyMs: readonly [least: number, most: number];
  readonly run: () => Promise<void> | void;
}

/** Does each act at its times, one at a time, until `endsAtMs` of `performance.now()`. Rejects with the first failure, and
 *  when the signal aborts. */
export async function follow(
  acts: readonly Act[],
  random: Random,
  endsAtMs: number,
  signal: AbortSignal,
): Promise<void> {
  const next = ({ everyMs: [least, most] }: Act) => performance.now() + random.between(least, most);
  const due = new Map(acts.map((act) => [act, next(act)]));
  for (;;) {
    const [act, atMs] = [...due].reduce((first, each) => (each[1] < first[1] ? each : first));
    const waitMs = Math.min(atMs, endsAtMs) - performance.now();
    if (waitMs > 0) await pause(waitMs, undefined, { signal });
    if (performance.now() >= endsAtMs) return;
    await act.run();
    due.set(act, next(act));
  }
}
