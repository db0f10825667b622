/** A pattern as its tests say it: each step takes items of these kinds. */
export interface NaiveStep {
  readonly name: string;
  readonly kinds: string;
  readonly isNot?: boolean;
  /** Whether an item's value must be at least that of all that was taken. */
  readonly rises?: boolean;
  readonly times?: readonly [min: number, max: number];
  readonly optional?: boolean;
  readonly lazy?: boolean;
  readonly contiguity: 'strict' | 'relaxed' | 'any';
}

export interface NaiveItem {
  readonly id: string;
  readonly kind: string;
  readonly value: number;
  readonly minute: number;
}

export interface NaiveOptions {
  readonly within: number;
  readonly skip: 'no-skip' | 'to-next' | 'past-last';
}

/** A step and the place of an item it took. */
type Take = readonly [step: number, at: number];

/** What becomes of a partial match, and when that is known: at an item's place, or when a time has run out. */
interface Fate {
  readonly as: 'matched' | 'timedOut';
  readonly taken: readonly Take[];
  readonly minute: number;
  readonly at?: number;
}

/** Finds by trial what a sequence finds in all of a key's items, which are given in their order: it looks back over the
 *  items between two takes where the step keeps a state. */
export function naiveSequence(steps: readonly NaiveStep[], items: readonly NaiveItem[], options: NaiveOptions) {
  const fits = (step: number, at: number, taken: readonly Take[]) => {
    const [{ kinds, rises }, item] = [steps[step] as NaiveStep, items[at] as NaiveItem];
    return kinds.includes(item.kind) && (!rises || taken.every(([, each]) => (items[each]?.value ?? 0) <= item.value));
  };
  /** The steps that may come from one on, the best first; -1 is the end. */
  const ahead = (step: number): number[] => {
    const next = steps[step];
    if (!next) return [-1];
    if (next.isNot) return ahead(step + 1);
    if (!next.optional) return [step];
    return next.lazy ? [...ahead(step + 1), step] : [step, ...ahead(step + 1)];
  };
  const choices = (taken: readonly Take[]) => {
    const [step = 0] = taken.at(-1) ?? [];
    const { times: [min, max] = [1, 1], lazy } = steps[step] as NaiveStep;
    const count = taken.filter(([each]) => each === step).length;
    if (count < min) return [step];
    if (count >= max) return ahead(step + 1);
    return lazy ? [...ahead(step + 1), step] : [step, ...ahead(step + 1)];
  };
  const untilEnd = (all: readonly number[]) => (all.includes(-1) ? all.slice(0, all.indexOf(-1)) : all);
  /** Whether something came, after the last take and before a place, that must not come before a step. */
  const isForbidden = (taken: readonly Take[], step: number, before: number) => {
    const [last, from] = taken.at(-1) as Take;
    const nots = steps.flatMap((each, n) => (each.isNot && n > last && (step === -1 || n < step) ? [n] : []));
    for (let at = from + 1; at < before; at += 1) if (nots.some((not) => fits(not, at, taken))) return true;
    return false;
  };
  const waits = (taken: readonly Take[]) => steps.some((each, n) => each.isNot && n > (taken.at(-1) as Take)[0]);

  function* fates(taken: readonly Take[]): Generator<Fate> {
    const [, last] = taken.at(-1) as Take;
    const all = choices(taken);
    const [open, canEnd] = [untilEnd(all), all.includes(-1)];
    const atItem = (at: number): Fate => ({ as: 'matched', taken, minute: items[at]?.minute ?? 0, at });
    if (open.length === 0 && !waits(taken)) return yield atItem(last);
    const runsOut = (items[taken[0]?.[1] ?? 0]?.minute ?? 0) + options.within;
    for (let at = last + 1; ; at += 1) {
      if (at === items.length || (items[at]?.minute ?? 0) >= runsOut) {
        const isMatch = canEnd && !isForbidden(taken, -1, at);
        return yield { as: isMatch ? 'matched' : 'timedOut', taken, minute: runsOut };
      }
      const step = open.find((each) => {
        const isNear = at === last + 1 || steps[each]?.contiguity !== 'strict';
        return isNear && !isForbidden(taken, each, at) && fits(each, at, taken);
      });
      if (step !== undefined) yield* fates([...taken, [step, at]]);
      if (step !== undefined && steps[step]?.contiguity !== 'any') return;
      const mayGoOn = open.some((each) => steps[each]?.contiguity !== 'strict' && !isForbidden(taken, each, at + 1));
      if (mayGoOn) continue;
      if (!canEnd || isForbidden(taken, -1, at + 1)) return;
      if (!waits(taken)) return yield atItem(at);
    }
  }

  const all = items.flatMap((_, at) => {
    const step = ahead(0).find((each) => fits(each, at, []));
    return step === undefined ? [] : [...fates([[step, at]])];
  });
  // A time that runs out comes before the items of that time; the sort keeps the order of those known together.
  all.sort((a, b) => a.minute - b.minute || (a.at ?? -1) - (b.at ?? -1));
  const kept: Fate[] = [];
  const begins = ({ taken }: Fate) => taken[0]?.[1] ?? 0;
  const ends = ({ taken }: Fate) => taken.at(-1)?.[1] ?? 0;
  for (const fate of all) {
    const isSkipped = kept.some((match) => {
      if (match.as === 'timedOut' || options.skip === 'no-skip') return false;
      return options.skip === 'to-next' ? begins(match) === begins(fate) : begins(fate) <= ends(match);
    });
    if (!isSkipped) kept.push(fate);
  }
  return kept.map(({ as, taken, minute }) => {
    const parts = steps.flatMap(({ name, isNot }, n) => {
      const ids = taken.filter(([step]) => step === n).map(([, at]) => items[at]?.id);
      return isNot || ids.length === 0 ? [] : [`${name}(${ids.join(' ')})`];
    });
    return `${as} ${parts.join(' ')} @${minute}`;
  });
}
