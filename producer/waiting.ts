import type { OutgoingRecord } from './record.ts';

export interface Entry {
  readonly record: OutgoingRecord;
  attempts: number;
}

/** Kinesis takes 500 records and 10 MiB a call; half of the bytes keeps a call quick. */
const MAX_RECORDS = 500;
const MAX_BYTES = 5 * 1024 * 1024;

/** Records waiting to be put, in their order. Only the first of a key can be taken, and only while no call holds the key.
 *  Since any can be left behind, for that or because it is refused, none is taken that is later by more than those before
 *  it allow. */
export class WaitingRecords {
  readonly #entries = new Set<Entry>();
  readonly #held = new Set<string>();

  /** Records not yet put, those in calls included. */
  get size(): number {
    return this.#entries.size;
  }

  add(record: OutgoingRecord): void {
    this.#entries.add({ record, attempts: 0 });
  }

  /** Takes as many records as fit one call; none when all wait for calls under way. */
  take(): readonly Entry[] {
    const batch: Entry[] = [];
    const keys = new Set(this.#held);
    let untilMs = Number.POSITIVE_INFINITY;
    let bytes = 0;
    for (const entry of this.#entries) {
      const { partitionKey, data, timeMs, aheadMs = Number.POSITIVE_INFINITY } = entry.record;
      if (timeMs !== undefined && timeMs > untilMs) break;
      if (timeMs !== undefined) untilMs = Math.min(untilMs, timeMs + aheadMs);
      if (keys.has(partitionKey)) continue;
      bytes += data.length + partitionKey.length;
      if (batch.length > 0 && (batch.length === MAX_RECORDS || bytes > MAX_BYTES)) break;
      batch.push(entry);
      keys.add(partitionKey);
    }
    for (const { record } of batch) this.#held.add(record.partitionKey);
    return batch;
  }

  /** Frees the keys of a call; those of `failed` stay first of their keys. */
  settle(batch: readonly Entry[], failed: readonly Entry[]): void {
    const refused = new Set(failed);
    for (const entry of batch) {
      this.#held.delete(entry.record.partitionKey);
      if (refused.has(entry)) entry.attempts += 1;
      else this.#entries.delete(entry);
    }
  }
}
