import type { MappingSettings } from './configuration.ts';
import { countFitting, type EventRecord } from './event.ts';
import { EVENT_BYTES_MAX } from './limits.ts';

/** What has been gathered for one lane of a shard since its last invocation. */
export interface Gathered {
  readonly records: readonly EventRecord[];
  /** End of the batching window. */
  readonly windowEndMs: number;
  /** Whether the last read reached the tip of the shard. */
  readonly caughtUp: boolean;
  /** Whether the shard is closed and read to its end. */
  readonly drained: boolean;
}

export type BatchingStep =
  /** Hand over the first `count` records. */
  | { readonly do: 'invoke'; readonly count: number }
  /** The first record makes an event that Lambda does not take, even alone. */
  | { readonly do: 'give-up' }
  /** Read on at once: records are waiting. */
  | { readonly do: 'read'; readonly limit: number }
  /** Read again after the poll interval, or at `untilMs` if that is sooner. */
  | { readonly do: 'wait'; readonly untilMs: number }
  /** The window passed without a record: the next one begins. */
  | { readonly do: 'open-window' }
  /** Nothing is left and nothing will come. */
  | { readonly do: 'finish' };

/** Decides what comes next for a lane. The function is invoked at the first of: the batch size, 6 MB of payload, the
 *  end of the window. Without a window it is invoked as soon as there are records. */
export function nextStep(
  gathered: Gathered,
  settings: Pick<MappingSettings, 'batchSize' | 'windowMs'>,
  nowMs: number,
): BatchingStep {
  const { records, windowEndMs, caughtUp, drained } = gathered;
  const fitting = countFitting(records.slice(0, settings.batchSize), EVENT_BYTES_MAX);
  if (records.length > 0) {
    if (fitting === 0) return { do: 'give-up' };
    const full = fitting < records.length || records.length >= settings.batchSize;
    if (full || drained || nowMs >= windowEndMs || settings.windowMs === 0) return { do: 'invoke', count: fitting };
  }
  if (drained) return { do: 'finish' };
  if (settings.windowMs > 0 && nowMs >= windowEndMs) return { do: 'open-window' };
  if (!caughtUp) return { do: 'read', limit: settings.batchSize - records.length };
  return { do: 'wait', untilMs: settings.windowMs > 0 ? windowEndMs : Number.POSITIVE_INFINITY };
}
