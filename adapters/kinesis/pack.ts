import { aggregate } from '../../core/event/aggregate.ts';
import type { OutgoingRecord } from '../../core/ports.ts';

/** Largest aggregate: a call of many of them stays well below the 10 MiB that Kinesis takes, and Lambda's batches are no
 *  coarser than they need to be. */
const MAX_AGGREGATE_BYTES = 200 * 1024;

/** Packs the records of each partition key, in their order, into KPL aggregates where there are several: to keep a key in
 *  order it can have one record only in each call. A record that is alone stays as it is. */
export function packByKey(records: readonly OutgoingRecord[]): readonly OutgoingRecord[] {
  const byKey = Map.groupBy(records, ({ partitionKey }) => partitionKey);
  return [...byKey].flatMap(([partitionKey, ofKey]) =>
    packs(ofKey).map((pack) => {
      const [only] = pack as [OutgoingRecord];
      return pack.length === 1 ? only : { partitionKey, data: aggregate(pack) };
    }),
  );
}

function packs(records: readonly OutgoingRecord[]): readonly (readonly OutgoingRecord[])[] {
  const packs: OutgoingRecord[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const record of records) {
    const { length } = record.data;
    const pack = packs.at(-1);
    if (pack && bytes + length <= MAX_AGGREGATE_BYTES) pack.push(record);
    else {
      packs.push([record]);
      bytes = 0;
    }
    bytes += length;
  }
  return packs;
}
