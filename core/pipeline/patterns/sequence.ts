import { type Json, MAX_STATE_CHARS, sizeOf } from '../../event/json.ts';
import { duration, PipelineError } from '../errors.ts';
import { inOrder, type Queue } from '../in-order.ts';
import type { ProcessNode, ProcessResult, StepContext, StepWakeContext } from '../plan.ts';
import { type Ended, type MatchRules, matcherOf, NONE, type Partials, type Passed, type Skip } from './matcher.ts';
import { type Contiguity, checkParts, type ItemsBy, type Part, Pattern, type SomeItemsBy, shapeOf } from './pattern.ts';

/** What a sequence looks for.
 *
 *  **Order.** A key's items have their turns by event time, those of one millisecond by id, once the watermark has passed
 *  them: what comes of them does not depend on the order in which they arrive.
 *
 *  **Partial matches.** Every item that the first step takes begins one; so does one for a later step when those before
 *  are optional. It has taken at least one item. At each further item of its key it takes it by the first of these
 *  steps that it fits, or else lets it pass: the step that took the last item, while it may take more; the next one,
 *  once that step has enough; the one behind, if the next is optional; and so on. A step with `greedy: false` comes after those
 *  behind it. An item once taken is not given back: `b` one or more times and then `c` never match if every `c` is
 *  also a `b`. One item can belong to several partial matches, but has only one place in each.
 *
 *  **Contiguity.** With `strict`, an item that the partial match does not take ends it, unless it could end there as a
 *  match. With `relaxed`, such items pass. With `any`, those that fit are taken and let pass, each in a partial match
 *  of its own: use it with few items or a short time, since n items that fit make 2ⁿ.
 *
 *  **The end.** A partial match is a match as soon as all its steps have what they need and none can take more: `times: 3`
 *  at the end at the third item, `times: { min: 3 }` only when its time runs out, with all there were, or with strict
 *  contiguity at the first item that does not fit. With `greedy: false` the last step takes no more than it needs. A
 *  pattern that ends with `not` matches when the time runs out.
 *
 *  **Not.** What must not come is looked for among the items that the partial match lets pass, from the last one taken to
 *  the next. Comes it, the partial match can go on only by the step that took the last item, if that one may take more.
 *
 *  **Time.** A partial match whose first item is of time `t` takes items before `t + within`; one of that very time comes
 *  too late. When event time has come to `t + within`, it is a match if all its steps have what they need; else it has
 *  timed out. One that `strict` or `not` has ended, or that a match has skipped, has not timed out.
 *
 *  **Skip.** Matches are made in the order of the events that complete them. Of those completed by the same item, or
 *  whose time runs out in the same millisecond, the one that began first comes first; of those that began with the
 *  same item, the one that took where the other let pass. A match that an earlier one skips is not made. An item that completes a match may begin the next only with `no-skip` and
 *  `to-next`. */
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
