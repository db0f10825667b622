const { floor, imul } = Math; // looked up once: jest makes each look-up of a global slow

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';

/** A stream of random numbers that a seed repeats (mulberry32). */
export class Random {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    this.#state = this.#seed;
  }

  /** A stream of its own for each name: what one part draws changes nothing for the others. */
  fork(name: string): Random {
    let hash = this.#seed ^ 0x811c9dc5;
    for (let i = 0; i < name.length; i++) hash = imul(hash ^ name.charCodeAt(i), 0x01000193);
    return new Random(hash);
  }

  /** From 0 to 1, 1 excluded. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `limit`, which is excluded. */
  below(limit: number): number {
    return floor(this.next() * limit);
  }

  /** True in all but one of `ratio` cases: how Nexmark says that something is hot. */
  isHot(ratio: number): boolean {
    return this.below(ratio) > 0;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  /** Lower-case letters: six of them are of one number. */
  letters(length: number): string {
    let text = '';
    for (let left = 0; text.length < length; left = floor(left / 26)) {
      if (text.length % 6 === 0) left = this.below(26 ** 6);
      text += ALPHABET[left % 26];
    }
    return text;
  }

  /** At least 3 and fewer than `limit` characters: letters, one in 13 of them `gap` instead, without spaces at the ends. */
  words(limit: number, gap = ' '): string {
    let text = '';
    for (let left = 3 + this.below(limit - 3); left > 0; left--) text += this.below(13) === 0 ? gap : this.letters(1);
    return text.trim();
  }
}
