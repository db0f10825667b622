import { backoffMs } from '../core/backoff.ts';
import { KeyQueues } from './key-queues.ts';
import type { OutgoingRecord } from './record.ts';

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

/** By how much event time a record may overtake others, which wait for records of their keys: what a pipeline's
 *  `outOfOrderness` has to allow for when history is put at once. */
const MAX_AHEAD_MS = 10 * 60_000;

/** Puts records so that those of one key arrive in order, whatever fails: Kinesis takes the rest of a call when one
 *  record of it is refused, hence a key is in one call at a time, with one record. Of other keys a record overtakes only
 *  those whose events are at most ten minutes earlier.
 *  @returns how many records were put.
 *  @throws PutError when a record is refused `maxAttempts` times. */
export async function putInOrder(
  records: AsyncIterable<OutgoingRecord> | Iterable<OutgoingRecord>,
  options: PutOptions,
): Promise<number> {
  const { putRecords, concurrency = 4, maxAttempts = 20, random = Math.random } = options;
  const sleep = options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  const queues = new KeyQueues();
  let put = 0;

  async function send(): Promise<void> {
    const batch = queues.take();
    if (batch.length === 0) return;
    const codes = await putRecords(batch.map((entry) => entry.record));
    const failed = batch.filter((_, index) => codes[index] !== undefined);
    put += batch.length - failed.length;
    options.onProgress?.(put);
    const worst = Math.max(0, ...failed.map((entry) => entry.attempts));
    if (worst + 1 >= maxAttempts) {
      throw new PutError(`a record was refused ${maxAttempts} times, at last with ${codes.find((code) => code)}`);
    }
    if (failed.length > 0) await sleep(backoffMs(worst, random));
    queues.settle(batch, failed);
  }

  const calls = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const start = () => {
    const call: Promise<void> = send()
      .catch((error: unknown) => void failures.push(error))
      .finally(() => calls.delete(call));
    calls.add(call);
  };
  async function until(hasRoom: () => boolean): Promise<void> {
    while (!hasRoom()) {
      if (failures.length > 0) throw failures[0]; // a failed call never gives its keys back
      while (calls.size < concurrency && queues.ready > 0) start();
      await Promise.race(calls);
    }
    if (failures.length > 0) throw failures[0];
  }

  try {
    for await (const record of records) {
      if (queues.waiting >= READ_AHEAD) await until(() => queues.waiting <= READ_AHEAD - 500);
      if (queues.ahead(record) > MAX_AHEAD_MS) await until(() => queues.ahead(record) <= MAX_AHEAD_MS);
      queues.add(record);
    }
    await until(() => queues.waiting === 0);
  } finally {
    await Promise.all(calls);
  }
  return put;
}
