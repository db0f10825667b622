import { backoffMs } from '../core/backoff.ts';
import type { OutgoingRecord } from './record.ts';
import { type Entry, WaitingRecords } from './waiting.ts';

/** Puts up to 500 records in one call. For each record in order: undefined when it was taken, else the error's code. */
export type PutRecords = (records: readonly OutgoingRecord[]) => Promise<readonly (string | undefined)[]>;

export interface PutOptions {
  readonly putRecords: PutRecords;
  /** Calls under way at once; each holds other keys. Default: 4. */
  readonly concurrency?: number;
  /** Tries of a record before giving up. Default: 20, about a minute of throttling. */
  readonly maxAttempts?: number;
  readonly onProgress?: (put: number) => void;
  readonly sleep?: (ms: number) => Promise<void>;
  readonly random?: () => number;
}

/** A record could not be put. Of the records after it, those of other keys may have been. */
export class PutError extends Error {
  override readonly name = 'PutError';
}

/** Records read ahead of those put: enough for full calls of distinct keys, bounded in memory. */
const READ_AHEAD = 5_000;

/** Puts records so that those of one key arrive in order, whatever fails: Kinesis takes the rest of a call when one
 *  record of it is refused, hence a key is in one call at a time, with one record. Of other keys a record overtakes only
 *  those whose events are no more than their `aheadMs` earlier.
 *  @returns how many records were put.
 *  @throws PutError when a record is refused `maxAttempts` times. */
export async function putInOrder(
  records: AsyncIterable<OutgoingRecord> | Iterable<OutgoingRecord>,
  options: PutOptions,
): Promise<number> {
  const { putRecords, concurrency = 4, maxAttempts = 20, random = Math.random } = options;
  const sleep = options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  const waiting = new WaitingRecords();
  let put = 0;

  async function send(batch: readonly Entry[]): Promise<void> {
    const codes = await putRecords(batch.map((entry) => entry.record));
    const failed = batch.filter((_, index) => codes[index] !== undefined);
    put += batch.length - failed.length;
    options.onProgress?.(put);
    const worst = Math.max(0, ...failed.map((entry) => entry.attempts));
    if (worst + 1 >= maxAttempts) {
      throw new PutError(`a record was refused ${maxAttempts} times, at last with ${codes.find((code) => code)}`);
    }
    if (failed.length > 0) await sleep(backoffMs(worst, random));
    waiting.settle(batch, failed);
  }

  const calls = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const start = (batch: readonly Entry[]) => {
    const call: Promise<void> = send(batch)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => calls.delete(call));
    calls.add(call);
  };
  async function room(limit: number): Promise<void> {
    while (waiting.size > limit) {
      if (failures.length > 0) throw failures[0]; // a failed call never gives its keys back
      while (calls.size < concurrency) {
        const batch = waiting.take();
        if (batch.length === 0) break;
        start(batch);
      }
      await Promise.race(calls);
    }
    if (failures.length > 0) throw failures[0];
  }

  try {
    for await (const record of records) {
      waiting.add(record);
      if (waiting.size >= READ_AHEAD) await room(READ_AHEAD - 500);
    }
    await room(0);
  } finally {
    await Promise.all(calls);
  }
  return put;
}
