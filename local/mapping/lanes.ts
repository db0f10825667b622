import { hashKeyOf } from '../services/kinesis/hash-key.ts';

/** The lane of a shard that takes the records of a partition key, from 0 to below `lanes`. AWS does not publish how it
 *  spreads keys; this is the same for a key in every run. The low digits of the hash serve, since the high ones have
 *  chosen the shard. */
export function laneOf(partitionKey: string, lanes: number): number {
  return lanes === 1 ? 0 : Number.parseInt(hashKeyOf(partitionKey).slice(-8), 16) % lanes;
}
