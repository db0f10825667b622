import type { MappingSettings } from './configuration.ts';
import { countFitting, type EventRecord } from './event.ts';
import { EVENT_BYTES_MAX } from './limits.ts';
import { countInWindow, isOverfull, type OpenWindow, windowAt } from './tumbling.ts';

/** What has been gathered for one lane of a shard since its last invocation. */
export interface Gathered {
  readonly records: readonly EventRecord[];
  /** End of the batching window. */
  readonly windowEndMs: number;
  /** Whether the last read reached the tip of the shard. */
  readonly caughtUp: boolean;
  /** Whether the shard is closed and read to its end. */
  readonly drained: boolean;
  /** The tumbling window that has been begun. */
  readonly tumbling?: OpenWindow | undefined;
}

export type BatchingStep =
  /** Hand over the first `count` records. */
  | { readonly do: 'invoke'; readonly count: number }
  /** The first record makes an event that Lambda does not take, even alone. */
  | { readonly do: 'give-up' }
  /** The tumbling window is over, or its state has become too large. */
  | { readonly do: 'close-window'; readonly early: boolean }
  /** Read on at once: records are waiting. */
  | { readonly do: 'read'; readonly limit: number }
  /** Read again after the poll interval, or at `untilMs` if that is sooner. */
  | { readonly do: 'wait'; readonly untilMs: number }
  /** The window passed without a record: the next one begins. */
  | { readonly do: 'open-window' }
  /** Nothing is left and nothing will come. */
  | { readonly do: 'finish' };

export type BatchingRules = Pick<MappingSettings, 'batchSize' | 'windowMs' | 'tumblingMs'>;

/** What an event has beside its records, at most, without the state. */
const WINDOW_FIELDS_BYTES = 1024;

/** How many of the gathered records can be handed over together: of one tumbling window, and not over 6 MB. */
function countOfBatch({ records, tumbling }: Gathered, { batchSize, tumblingMs }: BatchingRules): number {
  const [first] = records;
  if (!first || tumblingMs === 0) return countFitting(records.slice(0, batchSize), EVENT_BYTES_MAX);
  const window = tumbling ?? windowAt(first.record.arrivalMs, tumblingMs);
  const together = records.slice(0, Math.min(batchSize, countInWindow(records, window)));
  return countFitting(together, EVENT_BYTES_MAX - Buffer.byteLength(window.state) - WINDOW_FIELDS_BYTES);
}

/** Whether the tumbling window ends now: what comes is of a later one, or nothing of it can come any more. */
function isOver(window: OpenWindow, { records, caughtUp, drained }: Gathered, nowMs: number): boolean {
  if (countInWindow(records, window) > 0) return false;
  return records.length > 0 || drained || (caughtUp && nowMs >= window.endMs);
}

/** Decides what comes next for a lane. The function is invoked at the first of: the batch size, 6 MB of payload, the
 *  end of the batching window, the end of the tumbling window. Without a window it is invoked as soon as there are
 *  records. */
export function nextStep(gathered: Gathered, rules: BatchingRules, nowMs: number): BatchingStep {
  const { records, windowEndMs, caughtUp, drained, tumbling } = gathered;
  if (tumbling && isOverfull(tumbling)) return { do: 'close-window', early: true };
  if (tumbling && isOver(tumbling, gathered, nowMs)) return { do: 'close-window', early: false };
  if (records.length > 0) {
    const count = countOfBatch(gathered, rules);
    if (count === 0) return { do: 'give-up' };
    const full = count < records.length || records.length >= rules.batchSize;
    if (full || drained || nowMs >= windowEndMs || rules.windowMs === 0) return { do: 'invoke', count };
  }
  if (drained) return { do: 'finish' };
  if (rules.windowMs > 0 && nowMs >= windowEndMs) return { do: 'open-window' };
  if (!caughtUp) return { do: 'read', limit: rules.batchSize - records.length };
  const batchEndMs = rules.windowMs > 0 ? windowEndMs : Number.POSITIVE_INFINITY;
  return { do: 'wait', untilMs: Math.min(batchEndMs, tumbling?.endMs ?? Number.POSITIVE_INFINITY) };
}
