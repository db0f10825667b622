import type { OutgoingRecord } from './record.ts';

export interface Entry {
  readonly record: OutgoingRecord;
  attempts: number;
}

/** Kinesis takes 500 records and 10 MiB a call; half of the bytes keeps a call quick. */
const MAX_RECORDS = 500;
const MAX_BYTES = 5 * 1024 * 1024;

/** Records waiting to be put, in order by key; only the first of a key is ready, and only while no call holds the key. */
export class KeyQueues {
  readonly #queues = new Map<string, Entry[]>();
  #ready: string[] = [];
  #waiting = 0;
  /** Those of the records whose time is known, in the order in which they were added. */
  readonly #timed = new Set<OutgoingRecord>();

  /** Records not yet put, those in calls included. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Keys that a call could take now. */
  get ready(): number {
    return this.#ready.length;
  }

  /** By how many milliseconds an event is later than that of the record that has waited longest. */
  ahead({ timeMs = Number.NEGATIVE_INFINITY }: OutgoingRecord): number {
    const [longest] = this.#timed;
    return timeMs - (longest?.timeMs ?? Number.POSITIVE_INFINITY);
  }

  add(record: OutgoingRecord): void {
    this.#waiting += 1;
    if (record.timeMs !== undefined) this.#timed.add(record);
    const queue = this.#queues.get(record.partitionKey);
    if (queue) {
      queue.push({ record, attempts: 0 });
      return;
    }
    this.#queues.set(record.partitionKey, [{ record, attempts: 0 }]);
    this.#ready.push(record.partitionKey);
  }

  /** Takes the first record of as many ready keys as fit one call. */
  take(): readonly Entry[] {
    const batch: Entry[] = [];
    let bytes = 0;
    for (const key of this.#ready) {
      const entry = this.#queues.get(key)?.[0] as Entry;
      bytes += entry.record.data.length + key.length;
      if (batch.length > 0 && (batch.length === MAX_RECORDS || bytes > MAX_BYTES)) break;
      batch.push(entry);
    }
    this.#ready = this.#ready.slice(batch.length);
    return batch;
  }

  /** Frees the keys of a call; those of `failed` stay first in their queues. */
  settle(batch: readonly Entry[], failed: readonly Entry[]): void {
    const refused = new Set(failed);
    for (const entry of batch) {
      const key = entry.record.partitionKey;
      const queue = this.#queues.get(key) as Entry[];
      if (refused.has(entry)) entry.attempts += 1;
      else {
        queue.shift();
        this.#waiting -= 1;
        this.#timed.delete(entry.record);
      }
      if (queue.length > 0) this.#ready.push(key);
      else this.#queues.delete(key);
    }
  }
}
