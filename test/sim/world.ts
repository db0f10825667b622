/** Thrown when nothing is left to happen and the work is not done, or too much happened. */
export class Stuck extends Error {
  override readonly name = 'Stuck';
}

/** The moment at which virtual time begins, in milliseconds since 1970. */
export const START_MS = Date.parse('2026-11-21T12:00:00Z');

/** Several times what a run takes. */
const MAX_EVENTS = 20_000;

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Virtual time on one thread: whatever waits is woken in the order of its time, and of its asking where times are
 *  equal. With one seed, everything happens again the same way. */
export class World {
  readonly trace: string[] = [];
  #nowMs = 0;
  /** Latest first. */
  readonly #waiting: Sleeper[] = [];
  #conditions: { readonly holds: () => boolean; readonly wake: () => void }[] = [];

  /** Milliseconds since the run began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  note(line: string): void {
    this.trace.push(`${String(this.#nowMs).padStart(8)} ${line}`);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      const atMs = this.#nowMs + ms;
      let place = this.#waiting.length;
      while (place > 0 && (this.#waiting[place - 1] as Sleeper).atMs <= atMs) place -= 1;
      this.#waiting.splice(place, 0, { atMs, wake });
    });
  }

  /** Resolves as soon as something has happened after which `holds`. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((wake) => void this.#conditions.push({ holds, wake }));
  }

  #wakeThoseWhoWaited(): boolean {
    const met = this.#conditions.filter(({ holds }) => holds());
    if (met.length > 0) this.#conditions = this.#conditions.filter((each) => !met.includes(each));
    for (const { wake } of met) wake();
    return met.length > 0;
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
      if (this.#wakeThoseWhoWaited()) continue;
      const next = this.#waiting.pop();
      if (!next || events > MAX_EVENTS) {
        throw new Stuck(next ? 'too much happens without an end' : 'nothing happens any more');
      }
      this.#nowMs = next.atMs;
      next.wake();
    }
    if ('error' in outcome) throw outcome.error;
  }
}

/** A promise for ever pending: what a call of a process that has died comes back to. */
export const never = <Result>(): Promise<Result> => new Promise(() => {});
