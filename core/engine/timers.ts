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

/** Timers in order, from a place on. */
interface Run {
  readonly timers: readonly Timer[];
  from: number;
}

/** The timers of a state, at least one for each key that is due, at its time or before: when it goes off, the state says
 *  whether the time has come.
 *
 *  They lie in sorted runs, each more than twice as long as the next. So what a batch adds costs by its own number, and
 *  each timer is moved as often as the number of all doubles. */
export class Timers {
  #runs: readonly Run[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** When the first goes off; Infinity for none. */
  get firstMs(): number {
    return Math.min(...this.#runs.map(({ timers, from }) => timers[from]?.wakeMs ?? Number.POSITIVE_INFINITY));
  }

  get runs(): readonly Readonly<Run>[] {
    return this.#runs;
  }

  add(timers: readonly Timer[]): void {
    if (timers.length === 0) return;
    const runs = [...this.#runs];
    let added: readonly Timer[] = [...timers].sort(compareTimers);
    for (let last = runs.at(-1); last && left(last) <= 2 * added.length; last = runs.at(-1)) {
      added = merged(last, added);
      runs.pop();
    }
    this.#set([...runs, { timers: added, from: 0 }]);
  }

  /** Takes out all up to `untilMs`. */
  take(untilMs: number): readonly Timer[] {
    const taken: Timer[] = [];
    for (const run of this.#runs) {
      for (let first = run.timers[run.from]; first && first.wakeMs <= untilMs; first = run.timers[run.from]) {
        taken.push(first);
        run.from += 1;
      }
    }
    if (taken.length > 0) this.#set(this.#runs.filter((run) => left(run) > 0));
    return taken;
  }

  #set(runs: readonly Run[]): void {
    this.#runs = runs;
    this.#size = runs.reduce((sum, run) => sum + left(run), 0);
  }
}

const left = ({ timers, from }: Run) => timers.length - from;

/** Both in order; what is in both, once. */
function merged({ timers, from }: Run, added: readonly Timer[]): readonly Timer[] {
  const all: Timer[] = [];
  let next = 0;
  for (let n = from; n < timers.length; n++) {
    const timer = timers[n] as Timer;
    let order = -1;
    for (; next < added.length; next++) {
      order = compareTimers(added[next] as Timer, timer);
      if (order >= 0) break;
      all.push(added[next] as Timer);
    }
    if (order !== 0) all.push(timer);
  }
  for (; next < added.length; next++) all.push(added[next] as Timer);
  return all;
}

/** The timers of a draft: those of its state, which stays as it is, and those it sets itself. */
export class DueTimers {
  readonly #runs: readonly Run[];
  /** A binary heap: none goes off before the one at half its place. */
  readonly #own: Timer[] = [];
  /** When the first of all goes off. */
  #firstMs: number;

  constructor({ runs }: Timers) {
    this.#runs = runs.map((run) => ({ ...run }));
    this.#firstMs = this.#first()?.wakeMs ?? Number.POSITIVE_INFINITY;
  }

  add(timer: Timer): void {
    const heap = this.#own;
    let place = heap.length;
    for (; place > 0; place = (place - 1) >>> 1) {
      const above = heap[(place - 1) >>> 1] as Timer;
      if (compareTimers(above, timer) <= 0) break;
      heap[place] = above;
    }
    heap[place] = timer;
    this.#firstMs = Math.min(this.#firstMs, timer.wakeMs);
  }

  /** Takes out the earliest timer up to `untilMs`; undefined when there is none. */
  take(untilMs: number): Timer | undefined {
    if (this.#firstMs > untilMs) return undefined;
    const run = this.#firstRun();
    const timer = this.#first(run) as Timer;
    if (timer === this.#own[0]) this.#takeOwn();
    else if (run) run.from += 1;
    this.#firstMs = this.#first()?.wakeMs ?? Number.POSITIVE_INFINITY;
    return timer;
  }

  #first(run = this.#firstRun()): Timer | undefined {
    const ofRun = run?.timers[run.from];
    const [own] = this.#own;
    if (!ofRun || !own) return ofRun ?? own;
    return compareTimers(ofRun, own) <= 0 ? ofRun : own;
  }

  #firstRun(): Run | undefined {
    let first: Run | undefined;
    for (const run of this.#runs) {
      if (left(run) === 0) continue;
      if (!first || compareTimers(run.timers[run.from] as Timer, first.timers[first.from] as Timer) < 0) first = run;
    }
    return first;
  }

  #takeOwn(): void {
    const heap = this.#own;
    const last = heap.pop() as Timer;
    if (heap.length === 0) return;
    let place = 0;
    for (let below = 1; below < heap.length; below = 2 * place + 1) {
      if (below + 1 < heap.length && compareTimers(heap[below + 1] as Timer, heap[below] as Timer) < 0) below += 1;
      const first = heap[below] as Timer;
      if (compareTimers(last, first) <= 0) break;
      heap[place] = first;
      place = below;
    }
    heap[place] = last;
  }
}
