import type { Json } from '../../event/json.ts';
import type { Contiguity, Part } from './pattern.ts';
import { beginning, extended, firstOf, lastOf, type Run, ranges, reached } from './run.ts';
import { type Ways, waysOf } from './ways.ts';

/** Which partial matches a match ends.
 *
 *  - `no-skip`: none.
 *  - `to-next`: those that began with the same item.
 *  - `past-last`: those that began before its last item or with it, so that no two matches overlap. */
export type Skip = 'no-skip' | 'to-next' | 'past-last';

export interface MatchRules {
  readonly parts: readonly Part[];
  readonly withinMs: number;
  readonly contiguity: Contiguity;
  readonly skip: Skip;
}

/** An item that partial matches have taken: their state holds it once, whatever their number. */
type Held = readonly [number: number, timeMs: number, data: Json];

/** What a key's state holds of a pattern. */
export interface Partials {
  /** Number of the next item that is held. */
  readonly next: number;
  /** Whether nothing has taken the latest item: then nothing follows strictly. */
  readonly isApart: boolean;
  readonly items: readonly Held[];
  /** In the order of their first items; of two that were one, that first which took the item that parted them. */
  readonly runs: readonly Run[];
}

/** What becomes of partial matches. */
export interface Passed {
  readonly partials: Partials;
  readonly ended: readonly Ended[];
}

/** A partial match that came to its end. Times are event time, in milliseconds since 1970. */
export interface Ended {
  readonly as: 'matched' | 'timedOut';
  /** When that is known: the time of the item that says so, or the time that has run out. */
  readonly timeMs: number;
  /** Of its first item. */
  readonly startMs: number;
  /** Of its last item. */
  readonly endMs: number;
  /** What it took, by the names of the steps. */
  readonly items: Readonly<Record<string, unknown>>;
}

/** An item in its turn. */
export interface Turn {
  readonly timeMs: number;
  /** The steps that it fits by itself: of the n-th, bit n. */
  readonly fits: number;
  readonly data: Json;
}

export interface Matcher {
  /** The key's next item. */
  readonly take: (partials: Partials, turn: Turn) => Passed;
  /** Event time has come so far: ends those whose time has run out. */
  readonly expire: (partials: Partials, untilMs: number) => Passed;
  /** When the time of the first runs out; undefined when there is none. */
  readonly deadlineMs: (partials: Partials) => number | undefined;
}

export const NONE: Partials = { next: 0, isApart: false, items: [], runs: [] };

/** Most partial matches of a key at a time. */
const MAX_RUNS = 1_000;

/** A run after an item or at a time: it goes on, or ends. */
interface Outcome {
  readonly run: Run;
  readonly ends?: Ended['as'];
}

export function matcherOf({ parts, withinMs, contiguity, skip }: MatchRules): Matcher {
  const ways = waysOf(parts);
  const contiguityTo = (step: number) => parts[step]?.contiguity ?? contiguity;
  const waysFrom = (run: Run): Ways => {
    const { step, count } = reached(run);
    return ways.after(step, count);
  };
  /** Places of the steps behind a run's last one, up to another, that say what must not come. */
  const notsBehind = (run: Run, before: number) => {
    const nots: number[] = [];
    for (let step = reached(run).step + 1; step < before; step += 1) if (parts[step]?.isNot) nots.push(step);
    return nots;
  };
  const isOpen = ({ bar = Number.POSITIVE_INFINITY }: Run, step: number) => step < bar;
  const mayEnd = (run: Run) => waysFrom(run).mayEnd && isOpen(run, parts.length);
  /** Whether the run waits for nothing, neither an item nor the end of its time. */
  const isDone = (run: Run) => mayEnd(run) && notsBehind(run, parts.length).length === 0;

  const deadlineOf = (run: Run, items: readonly Held[]) => timeOf(items, firstOf(run)) + withinMs;
  const itemsBy = (run: Run | undefined, items: readonly Held[]) => {
    const named = parts.flatMap(({ name, isNot, isList }, step): [string, unknown][] => {
      if (isNot) return [];
      const data = run ? dataOf(run, step, items) : [];
      return [[name, isList ? data : data[0]]];
    });
    return Object.fromEntries(named);
  };
  const endedOf = ({ run, ends }: Outcome, items: readonly Held[], timeMs = deadlineOf(run, items)): Ended[] => {
    const [startMs, endMs] = [timeOf(items, firstOf(run)), timeOf(items, lastOf(run))];
    return ends ? [{ as: ends, timeMs, startMs, endMs, items: itemsBy(run, items) }] : [];
  };

  /** Whether a step takes the item behind those of the run, or as the first; or is what must not come. */
  const isFor = (step: number, { fits, data }: Turn, run: Run | undefined, items: readonly Held[]) => {
    if ((fits & (1 << step)) === 0) return false;
    const { given, name, isNot } = parts[step] as Part;
    if (!given) return true;
    const own = isNot ? {} : { [name]: run ? dataOf(run, step, items) : [] };
    return given(data as never, { ...itemsBy(run, items), ...own } as never);
  };

  /** The run without the item. */
  const passing = (run: Run, turn: Turn, items: readonly Held[]): readonly Outcome[] => {
    const { steps, mayEnd: hasEnd } = waysFrom(run);
    const nots = notsBehind(run, hasEnd ? parts.length : Math.max(...steps));
    const bar = nots.find((step) => isOpen(run, step) && isFor(step, turn, run, items)) ?? run.bar;
    const after = bar === run.bar ? run : { ...run, bar: bar as number };
    const goesOn = steps.some((step) => isOpen(after, step) && contiguityTo(step) !== 'strict');
    if (goesOn) return [{ run: after }];
    if (isDone(after)) return [{ run: after, ends: 'matched' }];
    return mayEnd(after) ? [{ run: after }] : [];
  };

  const taking = (run: Run): Outcome => {
    const { steps, mayEnd } = waysFrom(run);
    return steps.length === 0 && mayEnd && isDone(run) ? { run, ends: 'matched' } : { run };
  };

  const follow = (run: Run, turn: Turn, { next, isApart, items }: Partials): readonly Outcome[] => {
    const isAdjacent = !isApart && lastOf(run) === next - 1;
    const step = waysFrom(run).steps.find(
      (each) => isOpen(run, each) && (isAdjacent || contiguityTo(each) !== 'strict') && isFor(each, turn, run, items),
    );
    if (step === undefined) return passing(run, turn, items);
    const taken = taking(extended(run, step, next));
    return contiguityTo(step) === 'any' ? [taken, ...passing(run, turn, items)] : [taken];
  };

  const begin = (turn: Turn, { next, items }: Partials): readonly Outcome[] => {
    const step = ways.begin.steps.find((each) => isFor(each, turn, undefined, items));
    return step === undefined ? [] : [taking(beginning(step, next))];
  };

  return {
    take(partials, turn) {
      const outcomes = [...partials.runs.flatMap((run) => follow(run, turn, partials)), ...begin(turn, partials)];
      const { next } = partials;
      const isHeld = outcomes.some(({ run }) => lastOf(run) === next);
      const items = isHeld ? [...partials.items, [next, turn.timeMs, turn.data] as const] : partials.items;
      const { runs, ended } = settle(skip, outcomes);
      if (runs.length > MAX_RUNS)
        throw new RangeError(`${runs.length} partial matches of a key are open; at most ${MAX_RUNS} may be`);
      return {
        partials: { next: isHeld ? next + 1 : next, isApart: !isHeld, items: stillHeld(items, runs), runs },
        ended: ended.flatMap((each) => endedOf(each, items, turn.timeMs)),
      };
    },

    expire(partials, untilMs) {
      const { items } = partials;
      const outcomes = partials.runs.map((run): Outcome => {
        if (deadlineOf(run, items) > untilMs) return { run };
        return { run, ends: mayEnd(run) ? 'matched' : 'timedOut' };
      });
      const { runs, ended } = settle(skip, outcomes);
      return {
        partials: { ...partials, items: stillHeld(items, runs), runs },
        ended: ended.flatMap((each) => endedOf(each, items)),
      };
    },

    deadlineMs: ({ runs: [first], items }) => first && deadlineOf(first, items),
  };
}

/** What ends and what goes on. Matches end other runs in the runs' order, so that the one that began first wins. */
function settle(skip: Skip, outcomes: readonly Outcome[]) {
  const begun = new Set<number>();
  let last = -1;
  const isSkipped = ({ run }: Outcome) =>
    (skip === 'to-next' && begun.has(firstOf(run))) || (skip === 'past-last' && firstOf(run) <= last);
  const ended: Outcome[] = [];
  for (const outcome of outcomes) {
    if (!outcome.ends || isSkipped(outcome)) continue;
    ended.push(outcome);
    if (outcome.ends !== 'matched') continue;
    begun.add(firstOf(outcome.run));
    last = Math.max(last, lastOf(outcome.run));
  }
  const runs = outcomes.filter((outcome) => !outcome.ends && !isSkipped(outcome)).map(({ run }) => run);
  return { ended, runs };
}

/** Where the item of this number is. */
function placeOf(items: readonly Held[], number: number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((items[middle] as Held)[0] < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

const timeOf = (items: readonly Held[], number: number) => items[placeOf(items, number)]?.[1] as number;

/** What a step of the run has taken. All of a run's items are held, so a range's lie next to each other. */
function dataOf(run: Run, step: number, items: readonly Held[]): readonly Json[] {
  return ranges(run, step).flatMap(([from, to]) => {
    const place = placeOf(items, from);
    return items.slice(place, place + to - from + 1).map(([, , data]) => data);
  });
}

/** The items that some run has taken. */
function stillHeld(items: readonly Held[], runs: readonly Run[]): readonly Held[] {
  const changes = new Int32Array(items.length + 1);
  for (const [from, to] of runs.flatMap((run) => ranges(run))) {
    const place = placeOf(items, from);
    changes[place] = (changes[place] as number) + 1;
    const end = place + to - from + 1;
    changes[end] = (changes[end] as number) - 1;
  }
  let users = 0;
  return items.filter((_, place) => {
    users += changes[place] as number;
    return users > 0;
  });
}
