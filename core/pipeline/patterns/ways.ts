import type { Part } from './pattern.ts';

/** How a partial match can go on from a step: the steps that may take the next item, those preferred first, and whether
 *  it may end as it is. */
export interface Ways {
  readonly steps: readonly number[];
  readonly mayEnd: boolean;
}

/** The ways of a pattern. */
export interface WaysOf {
  /** From nothing. */
  readonly begin: Ways;
  /** From a step that has taken so many items. */
  readonly after: (step: number, count: number) => Ways;
}

/** Stands for the end among the steps. */
const END = -1;

/** A greedy step is preferred to what comes behind it, another one is not. What is less preferred than to end is never
 *  done. */
export function waysOf(parts: readonly Part[]): WaysOf {
  const from = (step: number): readonly number[] => {
    const part = parts[step];
    if (!part) return [END];
    if (part.isNot) return from(step + 1);
    return part.isOptional ? preferring(part, step, from(step + 1)) : [step];
  };
  const preferring = ({ isGreedy }: Part, step: number, rest: readonly number[]) =>
    isGreedy ? [step, ...rest] : [...rest, step];
  const ways = (steps: readonly number[]): Ways => {
    const end = steps.indexOf(END);
    return end < 0 ? { steps, mayEnd: false } : { steps: steps.slice(0, end), mayEnd: true };
  };
  const after = parts.map((part, step) => ({
    part,
    needsMore: ways([step]),
    takesMore: ways(preferring(part, step, from(step + 1))),
    isFull: ways(from(step + 1)),
  }));
  return {
    begin: ways(from(0)),
    after: (step, count) => {
      const { part, needsMore, takesMore, isFull } = after[step] as (typeof after)[number];
      if (count < part.min) return needsMore;
      return count < part.max ? takesMore : isFull;
    },
  };
}
