import type { ProcessOptions } from '../../core/pipeline/index.ts';

/** An hour of a machine. */
export interface Hour {
  readonly mean: number;
}

/** What a machine's hours were like so far; later ones weigh more. */
export interface Usual {
  readonly hours: number;
  readonly mean: number;
  readonly variance: number;
  /** How many hours in a row, up to the last, were strange. */
  readonly strange: number;
}

/** An hour beside those before it. */
export type Judged<Item extends Hour> = Item & {
  /** Mean and standard deviation of the hours before. */
  readonly usual: number;
  readonly spread: number;
  /** How many hours in a row, with this one, were strange; 0 if this one was not. */
  readonly strange: number;
};

export interface UsualOptions {
  /** After how many hours an hour counts half. */
  readonly halfLife: number;
  /** An hour is strange that is more standard deviations away from what is usual. */
  readonly deviations: number;
  /** How many hours must be known before one can be strange. */
  readonly warmUp: number;
}

/** Judges each hour by an exponentially weighted mean and variance of the hours before it. Strange hours count as well: what
 *  stays changed becomes usual. */
export function againstUsual<Item extends Hour>({
  halfLife,
  deviations,
  warmUp,
}: UsualOptions): ProcessOptions<Item, Usual, Judged<Item>> {
  const weight = 1 - 2 ** (-1 / halfLife);
  return {
    init: () => ({ hours: 0, mean: 0, variance: 0, strange: 0 }),
    on: ({ hours, mean, variance, strange: before }, hour) => {
      const usual = hours === 0 ? hour.mean : mean;
      const off = hour.mean - usual;
      const spread = Math.sqrt(variance);
      const isStrange = hours >= warmUp && Math.abs(off) > deviations * spread;
      const strange = isStrange ? before + 1 : 0;
      const next = {
        hours: hours + 1,
        mean: usual + weight * off,
        variance: (1 - weight) * (variance + weight * off ** 2),
        strange,
      };
      return { state: next, emit: [{ ...hour, usual, spread, strange }] };
    },
  };
}
