/** What one shard takes and gives in a second. Source: Kinesis Data Streams Developer Guide, quotas and limits. */
export const SHARD_WRITE_BYTES = 1024 * 1024;
export const SHARD_WRITE_RECORDS = 1000;
export const SHARD_READ_BYTES = 2 * 1024 * 1024;
const SHARD_READ_CALLS = 5;

/** GetRecords gives at most 10 MiB; the calls of the next five seconds are then refused. Source: API reference,
 *  GetRecords. */
export const READ_BYTES_MAX = 10 * 1024 * 1024;
const FULL_ANSWER_PAUSE_MS = 5000;
/** How long calls are refused once the second's bytes have been read. Source: API reference, GetRecords. */
const SPENT_PAUSE_MS = 1000;

/** Fills at a rate, up to what it fills by in one second. How Kinesis counts its seconds is not published. */
class Bucket {
  readonly #perSecond: number;
  #level: number;
  #atMs = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#level = perSecond;
  }

  has(amount: number, nowMs: number): boolean {
    const filled = Math.max(0, nowMs - this.#atMs) * (this.#perSecond / 1000);
    this.#level = Math.min(this.#perSecond, this.#level + filled);
    this.#atMs = nowMs;
    return this.#level >= amount;
  }

  /** May take more than there is: the rest is paid off before anything else is had. */
  take(amount: number): void {
    this.#level -= amount;
  }
}

/** What may be written to a shard: 1 MiB, partition keys included, and 1,000 records a second. */
export class WriteMeter {
  readonly #bytes = new Bucket(SHARD_WRITE_BYTES);
  readonly #records = new Bucket(SHARD_WRITE_RECORDS);

  /** Whether a record is taken. One larger than a second's worth is, once, and the average stays: large records are
   *  absorbed by bursts. Source: Developer Guide, large records. */
  take(bytes: number, nowMs: number): boolean {
    const hasRoom = this.#bytes.has(Math.min(bytes, SHARD_WRITE_BYTES), nowMs) && this.#records.has(1, nowMs);
    if (!hasRoom) return false;
    this.#bytes.take(bytes);
    this.#records.take(1);
    return true;
  }
}

/** Calls a second. */
export class CallMeter {
  readonly #calls: Bucket;

  constructor(perSecond = SHARD_READ_CALLS) {
    this.#calls = new Bucket(perSecond);
  }

  take(nowMs: number): boolean {
    if (!this.#calls.has(1, nowMs)) return false;
    this.#calls.take(1);
    return true;
  }
}

/** What may be read from a shard: 2 MiB a second. A call gets what it asks for, and the next ones wait for it. */
export class ReadMeter {
  readonly #bytes = new Bucket(SHARD_READ_BYTES);
  #pausedUntilMs = 0;

  /** Milliseconds until a read is let through; 0 for now. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#pausedUntilMs - nowMs);
  }

  /** `bytes` were read; `isFull` when no more would have gone into the answer. */
  took(bytes: number, isFull: boolean, nowMs: number): void {
    const isSpent = !this.#bytes.has(bytes + 1, nowMs);
    this.#bytes.take(bytes);
    if (isFull) this.#pausedUntilMs = nowMs + FULL_ANSWER_PAUSE_MS;
    else if (isSpent) {
      const owedMs = (bytes / SHARD_READ_BYTES) * 1000;
      this.#pausedUntilMs = nowMs + Math.max(SPENT_PAUSE_MS, owedMs);
    }
  }
}
