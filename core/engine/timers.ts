/** When a step's state of a key is due. */
export interface Timer {
  readonly wakeMs: number;
  /** Place of the step in the plan. */
  readonly rank: number;
  /** Of the state: see `stateName`. */
  readonly name: string;
}

/** The order in which timers go off: by time; at one time a step's before those of the steps behind it, which have all that
 *  is for them then; then by name, so that it is the same in every run. */
export function compareTimers(a: Timer, b: Timer): number {
  return a.wakeMs - b.wakeMs || a.rank - b.rank || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/** Timers in order. Ones that were set anew or cancelled stay until they are passed or cleared: who reads asks whether a
 *  timer still is what the state says. */
export class Timers {
  #sorted: readonly Timer[] = [];

  get all(): readonly Timer[] {
    return this.#sorted;
  }

  /** Adds timers, and leaves out those that are not valid any more. */
  merge(added: readonly Timer[], isValid: (timer: Timer) => boolean): void {
    const fresh = [...added].sort(compareTimers);
    const merged: Timer[] = [];
    let next = 0;
    for (const timer of this.#sorted) {
      for (; next < fresh.length && compareTimers(fresh[next] as Timer, timer) < 0; next++)
        merged.push(fresh[next] as Timer);
      if (isValid(timer)) merged.push(timer);
    }
    for (; next < fresh.length; next++) merged.push(fresh[next] as Timer);
    this.#sorted = merged;
  }
}

/** The timers of a draft: those of its state, which stays as it is, and those it sets itself. */
export class DueTimers {
  readonly #base: readonly Timer[];
  #passed = 0;
  readonly #own: Timer[] = [];

  constructor(base: readonly Timer[]) {
    this.#base = base;
  }

  add(timer: Timer): void {
    let [low, high] = [0, this.#own.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareTimers(this.#own[middle] as Timer, timer) < 0) low = middle + 1;
      else high = middle;
    }
    this.#own.splice(low, 0, timer);
  }

  /** Takes out the earliest timer up to `untilMs`, valid or not; undefined when there is none. */
  take(untilMs: number): Timer | undefined {
    const base = this.#base[this.#passed];
    const [own] = this.#own;
    const fromBase = base !== undefined && (own === undefined || compareTimers(base, own) <= 0);
    const first = fromBase ? base : own;
    if (first === undefined || first.wakeMs > untilMs) return undefined;
    if (fromBase) this.#passed += 1;
    else this.#own.shift();
    return first;
  }
}
