import type { EventRecord } from './event.ts';

/** The tumbling window that is open in a shard, with what the function has made of it so far. */
export interface OpenWindow {
  readonly startMs: number;
  readonly endMs: number;
  /** The state as JSON: of an object. */
  readonly state: string;
}

/** State of a shard's window: 1 MB ("Lambda: tumbling windows"). */
export const STATE_BYTES_MAX = 1024 * 1024;

/** The window of a time, begun with an empty state. Windows lie side by side from the epoch on. */
export function windowAt(timeMs: number, lengthMs: number): OpenWindow {
  const startMs = Math.floor(timeMs / lengthMs) * lengthMs;
  return { startMs, endMs: startMs + lengthMs, state: '{}' };
}

/** How many records, from the first on, belong to the window. Arrival times of a shard need not rise: an earlier one
 *  than the window's is taken into it. */
export function countInWindow(records: readonly EventRecord[], window: OpenWindow): number {
  const beyond = records.findIndex(({ record }) => record.arrivalMs >= window.endMs);
  return beyond < 0 ? records.length : beyond;
}

export function isOverfull({ state }: OpenWindow): boolean {
  return Buffer.byteLength(state) > STATE_BYTES_MAX;
}

const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z');

/** The members of an event beside `Records`, each with the comma before it. */
export function windowFields(
  { startMs, endMs, state }: OpenWindow,
  source: { readonly shardId: string; readonly arn: string },
  end?: { readonly early: boolean },
): string {
  const fields = JSON.stringify({
    window: { start: iso(startMs), end: iso(endMs) },
    shardId: source.shardId,
    eventSourceARN: source.arn,
    isFinalInvokeForWindow: end !== undefined,
    isWindowTerminatedEarly: end?.early ?? false,
  });
  return `,"state":${state},${fields.slice(1, -1)}`;
}
