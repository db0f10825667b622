/** An idempotency key and the shard's clock when its event was taken in. */
export interface SeenKey {
  readonly key: string;
  readonly arrivalMs: number;
}

/** Most ids a shard remembers, whatever the horizon: in the order of 100 bytes each in memory. */
export const MAX_RECENT_KEYS = 500_000;

/** Forgotten keys are cleared out of the arrays this many at a time. */
const CLEAR_AT = 10_000;

/** The idempotency keys of a shard, as far back as horizon and memory reach. What is asked depends on the order of the
 *  events alone: when keys are forgotten shows nowhere. */
export class RecentKeys {
  readonly #horizonMs: number;
  readonly #limit: number;
  #keys: SeenKey[] = [];
  /** Keys cleared out of the array before its first. */
  #cleared = 0;
  /** Keys of the array, from its first on, that are forgotten. */
  #forgotten = 0;
  /** Each key's place among all there ever were; the last, where it came again after the horizon. */
  readonly #places = new Map<string, number>();

  constructor(horizonMs: number, limit = MAX_RECENT_KEYS) {
    this.#horizonMs = horizonMs;
    this.#limit = limit;
  }

  get size(): number {
    return this.#keys.length - this.#forgotten;
  }

  /** Whether the key is remembered at the time `clockMs`, after `added` more have come that are not in here. */
  has(key: string, clockMs: number, added: number): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    const { arrivalMs } = this.#keys[place - this.#cleared] as SeenKey;
    return this.isWithin(arrivalMs, clockMs) && this.#cleared + this.#keys.length + added - place <= this.#limit;
  }

  isWithin(arrivalMs: number, clockMs: number): boolean {
    return arrivalMs >= clockMs - this.#horizonMs;
  }

  add(seen: readonly SeenKey[], clockMs: number): void {
    for (const each of seen) {
      this.#places.set(each.key, this.#cleared + this.#keys.length);
      this.#keys.push(each);
    }
    this.#forget(clockMs);
  }

  #forget(clockMs: number): void {
    for (; this.#forgotten < this.#keys.length; this.#forgotten++) {
      const { key, arrivalMs } = this.#keys[this.#forgotten] as SeenKey;
      if (this.isWithin(arrivalMs, clockMs) && this.size <= this.#limit) break;
      if (this.#places.get(key) === this.#cleared + this.#forgotten) this.#places.delete(key);
    }
    if (this.#forgotten < CLEAR_AT) return;
    this.#keys = this.#keys.slice(this.#forgotten);
    this.#cleared += this.#forgotten;
    this.#forgotten = 0;
  }

  /** What is remembered, oldest first. */
  all(): readonly SeenKey[] {
    return this.#keys.slice(this.#forgotten);
  }
}
