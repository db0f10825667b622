import type { Aggregates, ResultsOf } from '../aggregates/aggregate.ts';
import { aggregation } from './aggregation.ts';
import { duration } from './errors.ts';
import { countingWindow, globalWindow, type Trigger } from './item-window.ts';
import type { CountingOver, GlobalOver, SlidingOver, TimeOver } from './over.ts';
import type { ProcessNode } from './plan.ts';
import { slidingWindow } from './sliding-window.ts';
import { timeWindow } from './time-window.ts';

interface Options<Named> {
  /** What to make of a window's items, by name. */
  readonly aggregate: Named;
}

export interface TimeOptions<Named> extends Options<Named> {
  readonly over: TimeOver;
  /** How long after its end a window still takes late items, in milliseconds of event time; it closes after that.
   *  Default: 0. */
  readonly grace?: number;
  readonly emit?: never;
  readonly purge?: never;
}

export interface ItemOptions<Named> extends Options<Named> {
  readonly over: SlidingOver | CountingOver;
  readonly grace?: never;
  readonly emit?: never;
  readonly purge?: never;
}

export interface GlobalOptions<Named> extends Options<Named> {
  readonly over: GlobalOver;
  readonly grace?: never;
  /** When the window's results are due. */
  readonly emit: Trigger<ResultsOf<Named>>;
  /** Whether the window closes then, and another begins. Default: false. */
  readonly purge?: boolean;
}

/** `tumbling`, `hopping`, `session` and `calendar` take items as they come, those that come late too, within `grace`. The others
 *  take them in the order of event time, each once event time has passed it: the pipeline's `outOfOrderness` is their grace. */
export type WindowOptions<Item, Named extends Aggregates<Item>> =
  | TimeOptions<Named>
  | ItemOptions<Named>
  | GlobalOptions<Named>;

/** A window's row. Times are ISO 8601 in UTC. */
export type Windowed<Named> = ResultsOf<Named> & {
  readonly key: string;
  /** Of windows that count items, or have all of them, the time of the first. */
  readonly start: string;
  /** Excluded; of a session, its gap after the last item; where an item ends the window, the millisecond after it. */
  readonly end: string;
};

/** A window as it was at some time. */
export type Updated<Named> = Windowed<Named> & {
  /** How many items the window has: a higher one is a later version of the row. */
  readonly revision: number;
};

export function windowNode<Item, Named extends Aggregates<Item>>(
  id: string,
  inputs: readonly string[],
  options: WindowOptions<Item, Named>,
): ProcessNode {
  const aggregates = aggregation(id, options.aggregate);
  const { over, grace = 0, emit, purge = false } = options;
  switch (over.by) {
    case 'time':
      return timeWindow(id, inputs, over, duration(id, 'grace', grace), aggregates);
    case 'item':
      return slidingWindow(id, inputs, over, aggregates);
    case 'count':
      return countingWindow(id, inputs, over, aggregates);
    case 'key':
      return globalWindow(id, inputs, over, { trigger: emit, purge }, aggregates);
  }
}
