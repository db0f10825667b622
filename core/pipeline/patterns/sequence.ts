import { type Json, MAX_STATE_CHARS, sizeOf } from '../../event/json.ts';
import { duration, PipelineError } from '../errors.ts';
import { inOrder, type Queue } from '../in-order.ts';
import type { ProcessNode, ProcessResult, StepContext, StepWakeContext } from '../plan.ts';
import { type Ended, type MatchRules, matcherOf, NONE, type Partials, type Passed, type Skip } from './matcher.ts';
import { type Contiguity, checkParts, type ItemsBy, type Part, Pattern, type SomeItemsBy, shapeOf } from './pattern.ts';

/** What a sequence looks for.
 *
 *  **Order.** A key's items have their turns in the order of event time, those of one millisecond by id, once the watermark
 *  has passed them: what is found does not depend on the order in which they arrive.
 *
 *  **Partial matches.** Each item that fits the first step begins a partial match; where the first steps are optional, so
 *  does one that fits the next. At each later item of its key, a partial match tries these steps in turn: the one
 *  that took its last item, if that may take more; the next, if that one has enough; the one behind, if the next is
 *  optional; and so on. A step with `greedy: false` is tried after those behind it. The first step that the item fits takes
 *  it; if there is none, the item passes. What was taken is not given back: `b` one or more times and then `c` never
 *  match where every `c` is also a `b`. An item can belong to several partial matches, and to one step of each.
 *
 *  **Contiguity** is a matter of the step that takes. A `strict` one takes only the item directly behind the last one taken.
 *  A `relaxed` one takes the first that fits, whatever passes before. An `any` one takes it as well as lets it pass, each
 *  in a partial match of its own: keep the time short, since n items that fit can make 2ⁿ of them. A partial match
 *  that no further item can complete is dropped.
 *
 *  **Not.** What must not come is looked for among the items that pass between two that are taken. If it comes, only the
 *  step that took the last item, or one before the `not`, can take the next.
 *
 *  **The end.** A partial match becomes a match as soon as every step has what it needs and none may take more: with
 *  `times: 3` at the end that is at the third item. With `times: { min: 3 }` or an optional step at the end it is when its
 *  time has run out, with all that came, or when a `strict` step can take no more; with `greedy: false` there, as soon as
 *  there is enough. A pattern that ends with `not` matches when its time has run out.
 *
 *  **Time.** A partial match whose first item is of time t takes items of times before t + `within`, that time excluded.
 *  When event time has come to t + `within`, it is a match if every step has what it needs and no `not` stands against it;
 *  otherwise it has timed out. What was dropped, or skipped by a match, does not time out.
 *
 *  **Skip.** Matches come in the order in which they are known. Of those known by the same item, or when the same
 *  millisecond has run out, the one that began first is first; of those that began with the same item, the one that took
 *  an item which the other let pass. What a match skips, be it partial or known at the same time, comes to nothing.
 *
 *  **Bounds.** For each key, 1000 items that wait or have been taken and 128 KiB of what partial matches hold, above which
 *  the next record is parked; and 1000 partial matches, above which the pipeline stops. Only `any` can come to that. */
export interface SequenceOptions<Item, Amounts> {
  /** The steps, as in `(p) => p.take('small', { times: 3 }).not('refund').take('large')`. */
  readonly pattern: (pattern: Pattern<Item>) => Pattern<Item, Amounts>;
  /** How long after its first item a match must have ended, in milliseconds of event time, from 1. */
  readonly within: number;
  /** What may lie between items, where a step does not say otherwise. Default: `relaxed`. */
  readonly contiguity?: Contiguity;
  /** Which partial matches a match ends. Default: `past-last`. */
  readonly skip?: Skip;
}

/** Of a match, or of a partial one. Times are ISO 8601 in UTC. */
interface Of {
  readonly key: string;
  /** Time of its first item. */
  readonly start: string;
  /** Time of its last item. */
  readonly end: string;
}

/** A match, with what each step took under its name: an item; with `times`, a list of them; of an `optional` step that
 *  took nothing, undefined or the empty list. */
export type Matched<Item, Amounts> = ItemsBy<Item, Amounts> & Of;

/** A partial match whose time ran out. Under the names of the steps it did not come to is undefined or an empty list. */
export type TimedOut<Item, Amounts> = SomeItemsBy<Item, Amounts> & Of;

/** Most items of a key that wait for their turn or that partial matches have taken. */
const MAX_ITEMS = 1_000;

/** Most that the partial matches of a key may come to before an item more, as JSON characters. The rest of what a state
 *  may have is for what the waiting items make of them in their turn. */
const MAX_PARTIALS_CHARS = MAX_STATE_CHARS / 2;

/** An item in the queue: the steps that it fits by itself, as bits, and the item; null if it fits none. */
type Sifted = readonly [fits: number, data: Json];

export function sequenceNode<Item, Amounts>(
  id: string,
  inputs: readonly string[],
  { pattern, within, contiguity = 'relaxed', skip = 'past-last' }: SequenceOptions<Item, Amounts>,
): ProcessNode {
  if (duration(id, 'within', within) === 0) throw new PipelineError(id, 'within 0', 'at least a millisecond');
  const parts = checkParts(id, pattern(new Pattern([])).parts, MAX_ITEMS);
  const ordered = inOrder(matching(id, inputs, { parts, withinMs: within, contiguity, skip }));
  return {
    ...ordered,
    on: (queue: Queue, item: Json, context: StepContext) => {
      if (context.timeMs < context.watermarkMs) return ordered.on(queue as never, item as never, context); // late
      const fits = fitsOf(parts, item);
      const sifted: Sifted = [fits, fits === 0 ? null : item];
      checkRoom(queue);
      return ordered.on(queue as never, sifted as never, context);
    },
  };
}

/** The step for items in order. */
function matching(id: string, inputs: readonly string[], rules: MatchRules): ProcessNode {
  const matcher = matcherOf(rules);
  const resultOf = (all: readonly Passed[], key: string, takes: StepContext['takes']): ProcessResult => {
    const { partials } = all[all.length - 1] as Passed;
    return {
      state: partials.runs.length === 0 ? undefined : partials,
      emit: all.flatMap(({ ended }) =>
        ended
          .filter(({ as }) => takes(as))
          .map((each) => ({ output: each.as, timeMs: each.timeMs, data: rowOf(key, each) })),
      ),
      wakeMs: matcher.deadlineMs(partials),
    };
  };
  return {
    kind: 'process',
    id,
    inputs,
    ttlMs: undefined, // partial matches end with their time, and with the last of them the key is forgotten
    // Not what decides how they go on: those that are open go on by the new rules.
    shape: `sequence ${shapeOf(rules.parts)}`,
    init: () => NONE,
    on: (partials: Partials, [fits, data]: Sifted, { key, timeMs, takes }: StepContext) => {
      const expired = matcher.expire(partials, timeMs);
      const taken = matcher.take(expired.partials, { timeMs, fits, data });
      return resultOf([expired, taken], key, takes);
    },
    onWake: (partials: Partials, { key, wakeMs, takes }: StepWakeContext) =>
      resultOf([matcher.expire(partials, wakeMs)], key, takes),
  };
}

function rowOf(key: string, { startMs, endMs, items }: Ended) {
  return { key, start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString(), ...items };
}

function fitsOf(parts: readonly Part[], item: Json): number {
  let fits = 0;
  parts.forEach(({ where }, n) => {
    if (!where || where(item as never)) fits |= 1 << n;
  });
  return fits;
}

/** Before an item is put into the queue, where its record can still be parked: in its turn it cannot.
 *  @throws RangeError at the bound. */
function checkRoom({ waiting, own }: Queue): void {
  const items = waiting.length + ((own as Partials | undefined)?.items.length ?? 0);
  if (items >= MAX_ITEMS)
    throw new RangeError(`${items} items of a key wait or are in partial matches; at most ${MAX_ITEMS} may`);
  const chars = own === undefined ? 0 : sizeOf(own);
  if (chars > MAX_PARTIALS_CHARS)
    throw new RangeError(`partial matches of a key come to ${chars} characters; at most ${MAX_PARTIALS_CHARS} may`);
}
