import { TokenBucket } from './bucket.ts';
import type { Quotas } from './limits.ts';

/** A stream's quotas of direct puts. */
export interface Throttle {
  /** Whether one more request may come. */
  request(): boolean;
  /** Of records of so many bytes each, in their order: which are let through. */
  records(bytes: readonly number[]): readonly boolean[];
}

/** Holds direct puts to the quotas. What passes is told record by record: the others of a batch are refused alone. */
export function createThrottle(quotas: Quotas, now: () => number): Throttle {
  const requests = new TokenBucket(quotas.requestsPerSecond, now);
  const records = new TokenBucket(quotas.recordsPerSecond, now);
  const bytes = new TokenBucket(quotas.bytesPerSecond, now);
  return {
    request() {
      const passes = requests.has(1);
      if (passes) requests.take(1);
      return passes;
    },
    records: (sizes) =>
      sizes.map((size) => {
        const passes = records.has(1) && bytes.has(size);
        if (passes) {
          records.take(1);
          bytes.take(size);
        }
        return passes;
      }),
  };
}

/** Lets everything through. */
export const noThrottle: Throttle = { request: () => true, records: (sizes) => sizes.map(() => true) };
