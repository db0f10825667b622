import { setImmediate as nextTurn } from 'node:timers/promises';

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is told to run; then each sleeper is woken at its time, in order. */
export interface VirtualClock {
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Runs until `done` holds. Throws when that takes more than `limitMs` of virtual time, or when all is idle. */
  runUntil(done: () => boolean, limitMs?: number): Promise<void>;
  /** Runs for so long. */
  runFor(ms: number): Promise<void>;
}

/** Turns of the event loop given to what is under way before time moves on. */
const TURNS = 5;

export function createVirtualClock(startMs: number): VirtualClock {
  const sleepers = new Set<Sleeper>();
  let nowMs = startMs;

  async function settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) await nextTurn();
  }

  function wakeNext(): boolean {
    const next = [...sleepers].sort((a, b) => a.dueMs - b.dueMs)[0];
    if (!next) return false;
    nowMs = Math.max(nowMs, next.dueMs);
    next.wake();
    return true;
  }

  async function runUntil(done: () => boolean, limitMs = 3_600_000): Promise<void> {
    const endMs = nowMs + limitMs;
    for (await settle(); !done(); await settle()) {
      if (nowMs > endMs) throw new Error(`Not done within ${limitMs} ms of virtual time`);
      if (!wakeNext()) throw new Error('Not done, and nobody sleeps');
    }
  }

  return {
    now: () => nowMs,
    sleep(ms, signal) {
      if (signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          sleepers.delete(sleeper);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper = { dueMs: nowMs + ms, wake };
        sleepers.add(sleeper);
        signal.addEventListener('abort', wake, { once: true });
      });
    },
    runUntil,
    runFor: (ms) => {
      const endMs = nowMs + ms;
      return runUntil(() => nowMs >= endMs, ms + 1_000_000);
    },
  };
}
