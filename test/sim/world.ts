import { Random } from './random.ts';

/** Thrown when nothing is left to happen and the work is not done, or too much happened. */
export class Stuck extends Error {
  override readonly name = 'Stuck';
}

const MAX_EVENTS = 50_000;

/** Virtual time on one thread: whatever waits is woken in the order of its time, and of its asking where times are
 *  equal. With one seed, everything happens again the same way. */
export class World {
  readonly random: Random;
  readonly trace: string[] = [];
  #nowMs = 0;
  #order = 0;
  readonly #waiting: { readonly atMs: number; readonly order: number; readonly wake: () => void }[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  note(line: string): void {
    this.trace.push(`${String(this.#nowMs).padStart(8)} ${line}`);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.#waiting.push({ atMs: this.#nowMs + ms, order: this.#order++, wake });
    });
  }

  /** Lets things happen until `main` is done.
   *  @throws Stuck when it cannot be any more. */
  async run(main: Promise<void>): Promise<void> {
    let outcome: { error?: unknown } | undefined;
    main.then(
      () => {
        outcome = {};
      },
      (error: unknown) => {
        outcome = { error };
      },
    );
    for (let events = 0; ; events++) {
      await new Promise(setImmediate); // all that follows from the last event, without any new one
      if (outcome) break;
      this.#waiting.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      const next = this.#waiting.shift();
      if (!next || events > MAX_EVENTS)
        throw new Stuck(next ? 'too much happens without an end' : 'nothing happens any more');
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
    if ('error' in outcome) throw outcome.error;
  }
}

/** A promise for ever pending: what a call of a process that has died comes back to. */
export const never = <Result>(): Promise<Result> => new Promise(() => {});
