import { order } from '../support/orders.ts';
import type { Random } from './random.ts';

export const SHARD = 'shardId-000000000000';

/** A record of the shard, with what is to become of it. */
export interface SimRecord {
  readonly sequenceNumber: string;
  readonly arrivalMs: number;
  readonly data: Uint8Array;
}

export interface Workload {
  readonly records: readonly SimRecord[];
  /** Event ids that must be in the lake, each once, with the sequence number of the first record that brought it. */
  readonly expected: ReadonlyMap<string, string>;
  /** Ids of the rows that large orders become. */
  readonly items: ReadonlySet<string>;
  /** Sequence numbers of the records that must be in quarantine. */
  readonly poison: ReadonlySet<string>;
}

const START_MS = Date.parse('2026-11-21T12:00:00Z');
/** Just below a power of ten, so that the numbers grow a digit on the way; far beyond what a double tells apart. */
const FIRST_SEQUENCE_NUMBER = 10n ** 55n - 40n;

/** Events of a producer that puts some of them again, the same bytes, and some that nobody can read. What a naive reader
 *  makes of it, in the order of the stream, is what must come out. */
export function makeWorkload(random: Random, size: number): Workload {
  const records: SimRecord[] = [];
  const put: Uint8Array[] = [];
  const expected = new Map<string, string>();
  const items = new Set<string>();
  const poison = new Set<string>();
  let last = FIRST_SEQUENCE_NUMBER;
  for (let n = 0; n < size; n++) {
    last += BigInt(random.between(1, 4));
    const sequenceNumber = String(last);
    const arrivalMs = START_MS + n * 500;
    const again = put.length > 0 && random.chance(0.2);
    const isPoison = !again && random.chance(0.08);
    const fresh = isPoison
      ? `poison ${n}`
      : JSON.stringify(order(`e${n}`, { amount: random.between(1, 200), items: ['a', 'b'] }));
    const data = again ? random.pick(put) : Buffer.from(fresh);
    if (isPoison) poison.add(sequenceNumber);
    else {
      put.push(data);
      const { id, data: sold } = JSON.parse(Buffer.from(data).toString());
      if (!expected.has(id)) expected.set(id, sequenceNumber);
      if (sold.amount >= 100) for (const n of sold.items.keys()) items.add(`${id}#${n}`);
    }
    records.push({ sequenceNumber, arrivalMs, data });
  }
  return { records, expected, items, poison };
}
