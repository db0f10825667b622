const { floor, imul } = Math; // looked up once: jest makes each look-up of a global slow

/** A stream of random numbers that a seed repeats (mulberry32), for samples that are the same on every machine. */
export class Random {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#state = this.#seed;
  }

  /** A stream of its own for each name: what one part of a sample draws changes nothing for the others. */
  fork(name: string): Random {
    let hash = this.#seed ^ 0x811c9dc5;
    for (const letter of name) hash = imul(hash ^ letter.charCodeAt(0), 0x01000193);
    return new Random(hash);
  }

  /** From 0 to 1, 1 excluded. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + floor(this.next() * (max - min + 1));
  }

  /** A whole number from 0 to `limit`, which is excluded. */
  below(limit: number): number {
    return floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  /** Index of one of the weights, each drawn as often as it weighs. */
  weighted(weights: readonly number[]): number {
    let rest = this.next() * weights.reduce((sum, weight) => sum + weight, 0);
    const index = weights.findIndex((weight) => {
      rest -= weight;
      return rest < 0;
    });
    return index < 0 ? weights.length - 1 : index;
  }

  /** Around a median, never below zero: a third are off by more than a factor of e^`spread` (log-normal). */
  around(median: number, spread: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return median * Math.exp(spread * normal);
  }

  /** How many of what happens `mean` times on average happen this time (Poisson). */
  count(mean: number): number {
    const limit = Math.exp(-mean);
    let product = this.next();
    let count = 0;
    for (; product > limit; count++) product *= this.next();
    return count;
  }

  shuffled<Item>(items: readonly Item[]): readonly Item[] {
    const all = [...items];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.between(0, i);
      [all[i], all[j]] = [all[j] as Item, all[i] as Item];
    }
    return all;
  }
}
