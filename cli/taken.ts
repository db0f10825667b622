import { compareSequenceNumbers } from '../core/engine/position.ts';
import type { ShardLogs } from '../core/engine/shard-log.ts';
import { inParallel } from '../core/in-parallel.ts';
import type { Clock } from '../core/ports.ts';
import { CONCURRENT_READS } from './parked-keys.ts';

/** Where the stream has put a record. */
export interface Placed {
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/** What waiting for a pipeline, or a part of one, needs from outside. */
export interface TakenPorts {
  readonly logs: Pick<ShardLogs, 'position'>;
  readonly clock: Clock;
  readonly sleep: (milliseconds: number) => Promise<unknown>;
}

export interface TakenOptions {
  readonly timeoutMs: number;
  readonly pollMs: number;
}

/** Waits until the logs of a part are past these records: it has taken them, and all before them. The log of a shard that
 *  is closed in the meantime comes that far as well, before its children begin.
 *  @returns the shards in which it is not when the time is up. */
export async function untilTaken(
  records: readonly Placed[],
  { logs, clock, sleep }: TakenPorts,
  { timeoutMs, pollMs }: TakenOptions,
): Promise<ReadonlySet<string>> {
  const waiting = new Map<string, string>();
  for (const { shardId, sequenceNumber } of records) {
    if (compareSequenceNumbers(sequenceNumber, waiting.get(shardId) ?? '0') > 0) waiting.set(shardId, sequenceNumber);
  }
  const untilMs = clock.now() + timeoutMs;
  while (waiting.size > 0 && clock.now() < untilMs) {
    await sleep(pollMs);
    await inParallel(CONCURRENT_READS, [...waiting], async ([shardId, sequenceNumber]) => {
      const position = await logs.position(shardId);
      if (compareSequenceNumbers(position?.sequenceNumber ?? '0', sequenceNumber) >= 0) waiting.delete(shardId);
    });
  }
  return new Set(waiting.keys());
}
