import { backoffMs } from '../core/backoff.ts';
import { type Clock, TransientError } from '../core/ports.ts';

/** What waiting goes by. */
export interface Patience {
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: () => number;
}

/** What a call that takes several items did not take. */
export interface Refused<Item> {
  readonly left: readonly Item[];
  /** Why, as far as it is told. */
  readonly cause?: unknown;
}

/** How long refused items are sent again before the batch is given back to Lambda. */
const RETRY_MS = 10_000;

/** Sends items by a call that may take some of them, and again only those that it refused: a call that fails whole has
 *  refused all of its own.
 *  @throws TransientError when some are refused for ten seconds; what the call throws besides, as it is. */
export async function insist<Item>(
  what: string,
  items: readonly Item[],
  send: (items: readonly Item[]) => Promise<Refused<Item>>,
  { clock, sleep, random }: Patience,
): Promise<void> {
  const giveUpAtMs = clock.now() + RETRY_MS;
  let waiting = items;
  for (let attempt = 0; ; attempt++) {
    const { left, cause } = await refusedOf(waiting, send);
    if (left.length === 0) return;
    waiting = left;
    const pauseMs = backoffMs(attempt, random);
    if (clock.now() + pauseMs >= giveUpAtMs) {
      const last = cause instanceof Error ? cause.message : cause;
      throw new TransientError(`${what}: ${left.length} refused ${attempt + 1} times, last ${last}`);
    }
    await sleep(pauseMs);
  }
}

async function refusedOf<Item>(
  items: readonly Item[],
  send: (items: readonly Item[]) => Promise<Refused<Item>>,
): Promise<Refused<Item>> {
  try {
    return await send(items);
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    return { left: items, cause: error };
  }
}
