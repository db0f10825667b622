/** What a step of a partial match has taken: the step's place in the pattern, then the first and the last of each unbroken
 *  range of numbers of held items. */
type Taken = readonly number[];

/** A partial match, as its key's state holds it. */
export interface Run {
  /** By step, in their order. */
  readonly taken: readonly Taken[];
  /** First step of those that say what must not come, and it came since the last item was taken. */
  readonly bar?: number;
}

export const beginning = (step: number, item: number): Run => ({ taken: [[step, item, item]] });

/** The run with the item taken by a step: by the last one, or one behind it. */
export function extended({ taken }: Run, step: number, item: number): Run {
  const last = taken[taken.length - 1] as Taken;
  if (last[0] !== step) return { taken: [...taken, [step, item, item]] };
  const isNext = last[last.length - 1] === item - 1;
  return { taken: [...taken.slice(0, -1), [...(isNext ? last.slice(0, -1) : [...last, item]), item]] };
}

export const firstOf = ({ taken }: Run): number => taken[0]?.[1] as number;
export const lastOf = ({ taken }: Run): number => taken.at(-1)?.at(-1) as number;

/** The last step and how many items it has taken. */
export function reached({ taken }: Run): { readonly step: number; readonly count: number } {
  const last = taken[taken.length - 1] as Taken;
  let count = 0;
  for (const [from, to] of rangesOf(last)) count += to - from + 1;
  return { step: last[0] as number, count };
}

/** Ranges of the numbers that a step has taken; of all steps if none is said. */
export function ranges({ taken }: Run, step?: number): readonly (readonly [from: number, to: number])[] {
  return taken.filter((each) => step === undefined || each[0] === step).flatMap(rangesOf);
}

function rangesOf(taken: Taken): readonly (readonly [from: number, to: number])[] {
  const found: [number, number][] = [];
  for (let n = 1; n < taken.length; n += 2) found.push([taken[n] as number, taken[n + 1] as number]);
  return found;
}
