import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { putRecordsTo } from '../../adapters/kinesis/put-records.ts';
import { firstHashKey, type HashRange } from '../../core/engine/hash-range.ts';
import { heartbeatRecord } from '../../core/event/control.ts';
import { webTraffic } from '../../pipelines/web-traffic/pipeline.ts';
import { putInOrder } from '../../producer/put.ts';
import { readersOf, recordOf } from '../../producer/record.ts';
import { type DrainOptions, drained } from './drain.ts';
import { listShards } from './shards.ts';
import type { Workload } from './workload.ts';

export interface WindUpOptions extends DrainOptions {
  readonly streamName: string;
  readonly workload: Workload;
}

/** Lets a stack do all it has to do, and event time pass all that was put: what is open then does not depend on shards.
 *  @returns what is left after so long a time, as a sentence; nothing when all is done. */
export async function windUp(options: WindUpOptions): Promise<readonly string[]> {
  const late = await drained(options);
  if (late.length > 0) return late;
  await close(options);
  for (const _ of webTraffic.hops) {
    // Behind a hop, the time is known of the batch before.
    const left = await drained(options);
    if (left.length > 0) return left;
    await beat(options);
  }
  return drained(options);
}

async function close({ kinesis, streamName, workload }: WindUpOptions): Promise<void> {
  const shards = await openShards(kinesis, streamName);
  const readers = readersOf([webTraffic]);
  const records = workload.closing(shards.map(({ range }) => range)).map((each) => recordOf(each, readers));
  await putInOrder(records, { putRecords: putRecordsTo(kinesis, streamName) });
}

async function beat({ kinesis, streamName }: WindUpOptions): Promise<void> {
  const shards = await openShards(kinesis, streamName);
  const shardIds = shards.map(({ shardId }) => shardId);
  const records = shards.map(({ shardId, range }) => {
    const record = heartbeatRecord(`${shardId}/wind-up`, shardIds);
    return { partitionKey: shardId, explicitHashKey: firstHashKey(range), data: Buffer.from(JSON.stringify(record)) };
  });
  await putInOrder(records, { putRecords: putRecordsTo(kinesis, streamName) });
}

async function openShards(kinesis: KinesisClient, StreamName: string) {
  const shards = await listShards(kinesis, { StreamName, ShardFilter: { Type: 'AT_LATEST' } });
  return shards.map(({ ShardId: shardId = '', HashKeyRange: { StartingHashKey, EndingHashKey } = {} }) => {
    const range: HashRange = { from: hex(StartingHashKey), to: hex(EndingHashKey) };
    return { shardId, range };
  });
}

const hex = (decimal = '0') => BigInt(decimal).toString(16).padStart(32, '0');
