import type { AnyAggregate } from '../../core/aggregates/aggregate.ts';
import type { ItemTime } from '../../core/aggregates/index.ts';
import { type Json, keep } from '../../core/event/json.ts';

export interface Timed<Item> {
  readonly item: Item;
  readonly at: ItemTime;
}

/** State of a group, each step's frozen and read again as the engine would. */
export function stateOf<Item>(aggregate: AnyAggregate<Item>, items: readonly Timed<Item>[]): Json {
  const states = items.map(({ item, at }) => stored(aggregate.of(item, at)));
  return states.reduce((left, right) => stored(aggregate.merge(left as never, right as never)));
}

/** State of the items as a tree: `picks` say which neighbours are merged next. */
export function treeOf<Item>(
  aggregate: AnyAggregate<Item>,
  items: readonly Timed<Item>[],
  picks: readonly number[],
): Json {
  const states = items.map(({ item, at }) => stored(aggregate.of(item, at)));
  for (let step = 0; states.length > 1; step += 1) {
    const i = (picks[step % picks.length] ?? 0) % (states.length - 1);
    states.splice(i, 2, stored(aggregate.merge(states[i] as never, states[i + 1] as never)));
  }
  return states[0] as Json;
}

export function resultOf<Item, Result>(aggregate: AnyAggregate<Item, Result>, items: readonly Item[]): Result {
  const timed = items.map((item, i) => ({ item, at: { timeMs: i, id: `id-${i}` } }));
  return aggregate.result(stateOf(aggregate, timed) as never);
}

/** Kept by a warm environment, or read by a cold one: both must do, so each is had by turns. */
function stored(state: Json): Json {
  const kept = keep('test', state);
  const text = JSON.stringify(kept);
  return text.length % 2 === 0 ? kept : keep('test', JSON.parse(text));
}

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
