import type { Aggregates, AnyAggregate, ItemTime } from '../aggregates/aggregate.ts';
import type { Json } from '../event/json.ts';
import { PipelineError } from './errors.ts';
import type { Span } from './over.ts';

/** The states of a window's aggregates, in the order of their names in the plan. */
export type Held = readonly Json[];

/** A window as it stands. */
export interface Window extends Span {
  readonly items: number;
  readonly held: Held;
}

/** The aggregates of a window step as one. */
export interface Aggregation {
  /** Names and kinds. */
  readonly shape: string;
  readonly of: (item: unknown, at: ItemTime) => Held;
  /** `left` was there before `right`. */
  readonly merge: (left: Held, right: Held) => Held;
  readonly results: (held: Held) => Readonly<Record<string, unknown>>;
  /** The row of a window. */
  readonly row: (key: string, window: Window) => Readonly<Record<string, unknown>>;
  /** The row of a window that may have others. */
  readonly version: (key: string, window: Window) => Readonly<Record<string, unknown>>;
}

/** Fields of a window's row besides the results. */
const RESERVED = ['key', 'start', 'end', 'revision'];

export function aggregation<Item>(id: string, aggregate: Aggregates<Item>): Aggregation {
  const names = Object.keys(aggregate);
  const parts = Object.values(aggregate) as readonly AnyAggregate<unknown>[];
  const taken = names.find((name) => RESERVED.includes(name));
  if (taken !== undefined)
    throw new PipelineError(id, `an aggregate '${taken}'`, `other names than ${RESERVED.join(', ')}`);
  if (names.length === 0) throw new PipelineError(id, 'no aggregate', 'at least one, such as { items: count() }');
  const results = (held: Held) =>
    Object.fromEntries(parts.map(({ result }, n) => [names[n], result(held[n] as never)]));
  const row = (key: string, { startMs, endMs, held }: Window) => ({
    key,
    start: new Date(startMs).toISOString(),
    end: new Date(endMs).toISOString(),
    ...results(held),
  });
  return {
    shape: parts.map(({ kind }, n) => `${names[n]}=${kind}`).join(' '),
    of: (item, at) => parts.map((part) => part.of(item, at)),
    merge: (left, right) => parts.map(({ merge }, n) => merge(left[n] as never, right[n] as never)),
    results,
    row,
    version: (key, window) => ({ ...row(key, window), revision: window.items }),
  };
}
