import { createHash } from 'node:crypto';

/** The lane of a shard that takes the records of a partition key, from 0 to below `lanes`. AWS does not publish how it
 *  spreads keys; this is the same for a key in every run. The low bytes of the MD5 serve, since the high ones have
 *  chosen the shard. */
export function laneOf(partitionKey: string, lanes: number): number {
  if (lanes === 1) return 0;
  return createHash('md5').update(partitionKey).digest().readUInt32BE(12) % lanes;
}
