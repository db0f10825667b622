import type { Clock } from '../core/ports.ts';
import { DriveError } from './errors.ts';

/** ISO 8601, or milliseconds since 1970. */
export type Time = string | number;

/** The clock of a driven stream. It begins at the first time that it is told, and does not go back. */
export class StreamClock implements Clock {
  #nowMs: number | undefined;

  constructor(startMs: number | undefined) {
    this.#nowMs = startMs;
  }

  /** What services are told; nobody asks them before the first record. */
  now(): number {
    return this.#nowMs ?? 0;
  }

  /** Undefined before it has begun. */
  get nowMs(): number | undefined {
    return this.#nowMs;
  }

  /** @throws DriveError before it has begun. */
  nowFor(verb: string): number {
    if (this.#nowMs !== undefined) return this.#nowMs;
    throw new DriveError(`${verb}: the clock has no time yet; expected an event before, or drive(pipeline, { start })`);
  }

  /** @throws DriveError for a time that has passed. */
  goTo(verb: string, timeMs: number): void {
    if (this.#nowMs !== undefined && timeMs < this.#nowMs) {
      const [found, now] = [timeMs, this.#nowMs].map((ms) => new Date(ms).toISOString());
      throw new DriveError(`${verb}: found ${found}; expected ${now} or later, for the clock does not go back`);
    }
    this.#nowMs = timeMs;
  }
}

/** @throws DriveError for what is no time. */
export function millisecondsOf(option: string, time: Time): number {
  const ms = typeof time === 'string' ? Date.parse(time) : time;
  if (Number.isSafeInteger(ms)) return ms;
  throw new DriveError(`${option}: found ${time}; expected an ISO 8601 time or milliseconds since 1970`);
}
