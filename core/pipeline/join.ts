import { type Json, keep } from '../event/json.ts';
import { duration } from './errors.ts';
import type { Emitted, ProcessNode, ProcessResult, StepContext, WakeContext } from './plan.ts';
import type { JoinHow, Sides } from './sides.ts';

export interface JoinOptions<Left, Right, How extends JoinHow, Result> {
  /** How far apart in event time two items may be, in milliseconds, both ends included: either way, or how much earlier
   *  (`before`) and how much later (`after`) than the left item the right one may be. */
  readonly within: number | { readonly before: number; readonly after: number };
  /** `inner`: pairs. `left`: also left items that no right one came for. `full`: also right items that no left one came
   *  for. */
  readonly how: How;
  /** Makes the row. What it throws parks the record of the item that came; on an item without partner it is tried when that
   *  comes, since the pipeline stops where a step throws as time passes. */
  readonly with: (...sides: Sides<Left, Right, How>) => Result;
}

/** An item that partners may come for. */
type Waiting = readonly [timeMs: number, id: string, source: string, data: Json, isMatched?: true];

/** What is kept of a key: items of the left and of the right, in the order of event time. */
type Held = readonly [left: readonly Waiting[], right: readonly Waiting[]];

/** Most items of a key that wait for partners. */
const MAX_WAITING = 1_000;

const LEFT = 0;
const RIGHT = 1;
type Side = typeof LEFT | typeof RIGHT;
const SIDES = [LEFT, RIGHT] as const;
const LATE = ['late-left', 'late-right'];

/** Joins the items of one key of two inputs. An item is kept for as long as an item of the other side that is not late can
 *  be within the bound. */
export function joinNode<Left, Right, How extends JoinHow, Result>(
  id: string,
  inputs: readonly string[],
  { within, how, with: make }: JoinOptions<Left, Right, How, Result>,
): ProcessNode {
  const { before, after } = typeof within === 'number' ? { before: within, after: within } : within;
  const waitsMs = [duration(id, 'after', after), duration(id, 'before', before)] as const;
  const leavesAlone = [how !== 'inner', how === 'full'] as const;
  const lastMs = ([timeMs]: Waiting, side: Side) => timeMs + waitsMs[side];
  /** Whether the item has its row still to come, should no partner. */
  const isOwed = (item: Waiting, side: Side) => leavesAlone[side] && item[4] === undefined;

  const row = (left: Waiting | undefined, right: Waiting | undefined) => {
    const sources = new Set([left, right].flatMap((item) => (item ? [item[2]] : [])));
    return {
      output: 'items',
      data: make(...([left?.[3], right?.[3]] as unknown as Sides<Left, Right, How>)),
      as: { id: `${left?.[1] ?? ''}/${id}.${right?.[1] ?? ''}`, source: [...sources].join(' ') },
    };
  };
  const alone = (item: Waiting, side: Side) => (side === LEFT ? row(item, undefined) : row(undefined, item));

  const resultOf = (held: Held, emit: readonly Emitted[]): ProcessResult => {
    const lastOf = (isAmong: (item: Waiting, side: Side) => boolean) =>
      SIDES.flatMap((side) => held[side].filter((each) => isAmong(each, side)).map((each) => lastMs(each, side)));
    const all = lastOf(() => true);
    if (all.length > MAX_WAITING)
      throw new RangeError(`${all.length} items of a key wait for partners; at most ${MAX_WAITING} may`);
    if (all.length === 0) return { state: undefined, emit };
    const owed = lastOf(isOwed);
    // Items that are owed no row may stay until others come, or the last of them has to go.
    return { state: held, emit, wakeMs: 1 + (owed.length > 0 ? Math.min(...owed) : Math.max(...all)) };
  };

  return {
    kind: 'process',
    id,
    inputs,
    ttlMs: undefined, // items go when their time has passed, and with the last of them the key is forgotten
    shape: `join ${how} ${before} ${after}`,
    init: () => [[], []],
    on: (held: Held, item: unknown, { timeMs, watermarkMs, id: itemId, source, input }: StepContext) => {
      if (timeMs < watermarkMs) return resultOf(held, [{ output: LATE[input] as string, data: item }]);
      const own = input as Side;
      const isPartner = ([otherMs]: Waiting) => {
        const laterMs = own === LEFT ? otherMs - timeMs : timeMs - otherMs;
        return -before <= laterMs && laterMs <= after;
      };
      const partners = held[own === LEFT ? RIGHT : LEFT].filter(isPartner);
      const unmatched: Waiting = [timeMs, itemId, source, keep(id, item)];
      const fresh = leavesAlone[own] && partners.length > 0 ? matched(unmatched) : unmatched;
      const emit = partners.map((each): Emitted => {
        const pair = own === LEFT ? row(fresh, each) : row(each, fresh);
        return { ...pair, timeMs: Math.max(timeMs, each[0]) };
      });
      if (partners.length === 0 && leavesAlone[own]) alone(fresh, own);
      const next = eachSide((side) => {
        const still = held[side].filter((each) => lastMs(each, side) >= watermarkMs || isOwed(each, side));
        if (side === own) return inserted(still, fresh);
        return still.map((each) => (isOwed(each, side) && isPartner(each) ? matched(each) : each));
      });
      return resultOf(next, emit);
    },
    onWake: (held: Held, { wakeMs }: WakeContext) => {
      const emit = SIDES.flatMap((side) =>
        held[side]
          .filter((each) => isOwed(each, side) && lastMs(each, side) < wakeMs)
          .map((each) => ({ ...alone(each, side), timeMs: lastMs(each, side) })),
      );
      const next = eachSide((side) => held[side].filter((each) => lastMs(each, side) >= wakeMs));
      return resultOf(next, emit);
    },
  };
}

const eachSide = (make: (side: Side) => readonly Waiting[]): Held => [make(LEFT), make(RIGHT)];

const matched = ([timeMs, id, source, data]: Waiting): Waiting => [timeMs, id, source, data, true];

/** Items mostly come in order: the place is sought from the end. */
function inserted(items: readonly Waiting[], item: Waiting): readonly Waiting[] {
  let place = items.length;
  while (place > 0 && isBefore(item, items[place - 1] as Waiting)) place -= 1;
  return [...items.slice(0, place), item, ...items.slice(place)];
}

const isBefore = ([timeA, idA, sourceA]: Waiting, [timeB, idB, sourceB]: Waiting): boolean =>
  timeA !== timeB ? timeA < timeB : idA !== idB ? idA < idB : sourceA < sourceB;
