import { days } from './duration.ts';
import { duration, PipelineError, positive } from './errors.ts';

/** From `startMs`, included, to `endMs`, excluded; event time in milliseconds since 1970. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** Windows that are spans of event time. */
export interface TimeOver {
  readonly by: 'time';
  /** Name and parameters. */
  readonly kind: string;
  /** The span of an item of this time that no window's end divides. Spans are the same or do not overlap, unless they merge. */
  readonly paneOf: (timeMs: number) => Span;
  /** Of the windows that a pane lies in, the first that ends after a time. */
  readonly windowAfter: (pane: Span, ms: number) => Span | undefined;
  /** Whether panes of a key that overlap or touch become one. */
  readonly merges: boolean;
}

/** A window for each item: those up to it. */
export interface SlidingOver {
  readonly by: 'item';
  readonly kind: string;
  readonly sizeMs: number;
}

/** Windows of so many items. */
export interface CountingOver {
  readonly by: 'count';
  readonly kind: string;
  readonly items: number;
  readonly atMostMs: number;
}

/** One window a key. */
export interface GlobalOver {
  readonly by: 'key';
  readonly kind: string;
  readonly ttlMs: number;
}

/** How a key's items are cut into windows. */
export type Over = TimeOver | SlidingOver | CountingOver | GlobalOver;

/** Most windows that an item lies in. */
const MAX_WINDOWS = 100;

/** Most items of a counted window. */
const MAX_COUNT = 1_000_000;

/** Windows that follow each other: of `size` milliseconds, beginning at multiples of it since 1970, UTC, `offset` later.
 *
 *  @example
 *  orders.window('per-hour', { over: tumbling(hours(1)), grace: minutes(5), aggregate: { orders: count() } }).closed */
export function tumbling(size: number, { offset = 0 }: { readonly offset?: number } = {}): TimeOver {
  return hopping(size, size, { offset });
}

/** Windows of `size` milliseconds, one beginning every `every`: an item belongs to all that it lies in, 100 at most.
 *
 *  @example
 *  orders.window('last-hour', { over: hopping(hours(1), minutes(5)), aggregate: { total: sum('amount') } }).closed */
export function hopping(size: number, every: number, { offset = 0 }: { readonly offset?: number } = {}): TimeOver {
  const kind = size === every ? `tumbling(${size}, ${offset})` : `hopping(${size}, ${every}, ${offset})`;
  duration(kind, 'offset', offset);
  positive(kind, 'size', size);
  if (positive(kind, 'every', every) > size || size / every > MAX_WINDOWS) {
    const found = `a size of ${size} every ${every}`;
    throw new PipelineError(kind, found, `windows that leave no gap, at most ${MAX_WINDOWS} of an item`);
  }
  const rest = size % every; // windows begin at multiples of `every` and end this much after one
  const beginOf = (timeMs: number) => Math.floor((timeMs - offset) / every) * every + offset;
  return {
    by: 'time',
    kind,
    merges: false,
    paneOf: (timeMs) => {
      const beginMs = beginOf(timeMs);
      const cutMs = beginMs + rest;
      return timeMs < cutMs ? { startMs: beginMs, endMs: cutMs } : { startMs: cutMs, endMs: beginMs + every };
    },
    windowAfter: ({ startMs, endMs }, ms) => {
      const lastMs = beginOf(startMs);
      const firstMs = lastMs - Math.floor((lastMs + size - endMs) / every) * every;
      const passed = Math.max(0, Math.floor((ms - firstMs - size) / every) + 1);
      const beginMs = firstMs + passed * every;
      return beginMs > lastMs ? undefined : { startMs: beginMs, endMs: beginMs + size };
    },
  };
}

/** The window of a pane that is one. */
export const onlyWindow = (pane: Span, ms: number): Span | undefined => (pane.endMs > ms ? pane : undefined);

/** Windows that last for as long as the items of a key leave no gap of this many milliseconds; they end that long after
 *  their last item.
 *
 *  @example
 *  orders.window('visits', { over: session(minutes(30)), aggregate: { orders: count(), last: latest('amount') } }).closed */
export function session(gap: number): TimeOver {
  positive('session', 'gap', gap);
  return {
    by: 'time',
    kind: `session(${gap})`,
    merges: true,
    paneOf: (timeMs) => ({ startMs: timeMs, endMs: timeMs + gap }),
    windowAfter: onlyWindow,
  };
}

/** A window for each item, of the `size` milliseconds that end with the item's own: what came before it in event time, and
 *  itself. Of a key, at most 4,000 items may lie within `size` and the pipeline's `outOfOrderness`.
 *
 *  @example
 *  orders
 *    .window('usual', { over: sliding(days(7)), aggregate: { mean: average('amount'), now: latest('amount') } })
 *    .closed.filter('unusual', ({ mean, now }) => now > 2 * mean) */
export function sliding(size: number): SlidingOver {
  return { by: 'item', kind: `sliding(${size})`, sizeMs: positive('sliding', 'size', size) };
}

/** Windows of `items` items each, one after the other in event time. One that is not full `atMost` milliseconds after its
 *  first item closes with those it has. Default: `days(30)`.
 *
 *  @example
 *  orders.window('tens', { over: counting(10, { atMost: hours(1) }), aggregate: { total: sum('amount') } }).closed */
export function counting(items: number, { atMost = days(30) }: { readonly atMost?: number } = {}): CountingOver {
  const atMostMs = positive('counting', 'atMost', atMost);
  return { by: 'count', kind: `counting(${items}, ${atMost})`, items: itemsIn('counting', items), atMostMs };
}

/** One window a key, with all its items. It closes when the key has had none for `ttl` milliseconds, or with `purge` each
 *  time its results are due; what comes later begins anew. Default: `days(30)`.
 *
 *  @example
 *  orders.window('big-spenders', {
 *    over: global({ ttl: days(365) }),
 *    aggregate: { total: sum('amount') },
 *    emit: { when: ({ total }) => total >= 1_000 },
 *    purge: true,
 *  }).closed */
export function global({ ttl = days(30) }: { readonly ttl?: number } = {}): GlobalOver {
  return { by: 'key', kind: `global(${ttl})`, ttlMs: positive('global', 'ttl', ttl) };
}

/** A number of items, checked. */
export function itemsIn(step: string, items: number): number {
  if (Number.isInteger(items) && items >= 1 && items <= MAX_COUNT) return items;
  throw new PipelineError(step, `items ${items}`, `an integer from 1 to ${MAX_COUNT}`);
}
