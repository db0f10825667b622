import { days } from './duration.ts';
import { duration } from './errors.ts';
import type { ProcessContext, ProcessNode, ProcessResult, WakeContext } from './plan.ts';

/** What a step with state makes of an item. */
export interface Processed<State, Result> {
  /** The key's next state; undefined forgets the key. */
  readonly state: State | undefined;
  readonly emit?: readonly Result[];
  /** When to be woken for the key: event time, in milliseconds since 1970. Undefined for never: what was asked for before
   *  holds no more. A time that has passed is the next that has not. */
  readonly wakeMs?: number | undefined;
}

export interface ProcessOptions<Item, State, Result> {
  /** The state of a key that has none. */
  readonly init: (key: string) => State;
  readonly on: (state: State, item: Item, context: ProcessContext) => Processed<State, Result>;
  /** Needed where `wakeMs` is used. */
  readonly onWake?: (state: State, context: WakeContext) => Processed<State, Result>;
  /** How long after its last item a key is forgotten, by event time, in milliseconds. Default: `days(30)`. */
  readonly ttl?: number;
  /** Version of the state's shape, from 1: a state of another version is not given to this code. */
  readonly version?: number;
}

export function processNode<Item, State, Result>(
  id: string,
  inputs: readonly string[],
  { init, on, onWake, ttl = days(30), version = 1 }: ProcessOptions<Item, State, Result>,
): ProcessNode {
  return {
    kind: 'process',
    id,
    inputs,
    init,
    on: (state: State, item: Item, context) => emitted(on(state, item, context)),
    onWake: onWake && ((state: State, context) => emitted(onWake(state, context))),
    ttlMs: duration(id, 'ttl', ttl),
    shape: `process ${version}`,
  };
}

function emitted<State, Result>({ state, emit, wakeMs }: Processed<State, Result>): ProcessResult {
  return { state, emit: emit?.map((data) => ({ data })), wakeMs };
}
