import type { FaultRule } from './rules.ts';

/** One rule at work: it decides call by call, from a random source of its own, so that for one seed the n-th call that
 *  the rule meets has the same fate in every run. */
export class Dice<Rule extends FaultRule = FaultRule> {
  readonly rule: Rule;
  readonly #random: () => number;
  #met = 0;
  #injected = 0;

  constructor(rule: Rule, seed: number) {
    this.rule = rule;
    this.#random = mulberry32(seed);
  }

  /** Calls it has met; records where the rule is about records. */
  get met(): number {
    return this.#met;
  }

  get injected(): number {
    return this.#injected;
  }

  /** Whether the rule strikes this time. */
  strikes(): boolean {
    this.#met += 1;
    const { probability, times = Number.POSITIVE_INFINITY } = this.rule;
    const strikes = this.#random() < probability && this.#injected < times;
    if (strikes) this.#injected += 1;
    return strikes;
  }

  /** It was to strike, and came too late. */
  missed(): void {
    this.#injected -= 1;
  }

  /** A whole number of the range, both ends included. */
  between([least, most]: readonly [number, number]): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }
}

/** Numbers from 0 to below 1 that a seed repeats. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
