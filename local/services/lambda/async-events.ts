import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../../mapping/clock.ts';
import { ServiceError } from '../json-api.ts';
import type { Event } from './environment.ts';
import type { CountFunction, HostedFunction } from './hosted.ts';
import { ASYNC_RETRY_MS, ASYNC_THROTTLE_MS_MAX } from './limits.ts';

/** Events that nobody waits for: they are tried again when the function fails, and as long as it is throttled. */
export interface AsyncEvents {
  /** Takes an event and gives the id of its request. */
  take(fn: HostedFunction, event: Omit<Event, 'requestId'>, count: CountFunction): string;
  close(): void;
}

export function createAsyncEvents(log: (line: string) => void, clock: Clock = systemClock): AsyncEvents {
  const stop = new AbortController();

  /** Whether the event is done with: the function has ended well, or not at all for the last time. */
  async function tryOnce(fn: HostedFunction, event: Event) {
    try {
      const { functionError } = await fn.run(event);
      return functionError ? 'failed' : 'done';
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'TooManyRequestsException') return 'throttled';
      throw error;
    }
  }

  async function follow(fn: HostedFunction, event: Event, count: CountFunction): Promise<void> {
    const { asyncRetriesMax, asyncAgeMaxMs } = fn;
    const takenMs = clock.now();
    let failures = 0;
    let throttles = 0;
    while (!stop.signal.aborted) {
      const outcome = await tryOnce(fn, event);
      if (outcome === 'done') return;
      if (outcome === 'failed') failures += 1;
      else throttles += 1;
      const pauseMs =
        outcome === 'failed'
          ? (ASYNC_RETRY_MS[failures - 1] ?? 0)
          : Math.min(ASYNC_THROTTLE_MS_MAX, 1_000 * 2 ** (throttles - 1));
      const isTooOld = clock.now() + pauseMs - takenMs > asyncAgeMaxMs;
      if (failures > asyncRetriesMax || isTooOld) {
        count('AsyncEventsDropped', 1);
        log(`lambda ${fn.definition.name}: the event ${event.requestId} is dropped, ${failures} failures`);
        return;
      }
      await clock.sleep(pauseMs, stop.signal);
    }
  }

  return {
    take(fn, event, count) {
      const requestId = randomUUID();
      count('AsyncEventsReceived', 1);
      follow(fn, { ...event, requestId }, count).catch((error: unknown) => {
        if (!stop.signal.aborted)
          log(`lambda ${fn.definition.name}: the event ${requestId} could not be run: ${error}`);
      });
      return requestId;
    },
    close: () => stop.abort(),
  };
}
