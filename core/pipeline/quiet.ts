import type { ProcessOptions } from './process.ts';

/** Lets a key's item pass when the last that passed is at least so long ago, by event time. */
export const quietFor = <Item>(quietMs: number): ProcessOptions<Item, number | null, Item> => ({
  init: () => null,
  on: (lastMs, item, { timeMs }) =>
    lastMs !== null && timeMs < lastMs + quietMs ? { state: lastMs } : { state: timeMs, emit: [item] },
  ttl: quietMs,
});
