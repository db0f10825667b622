import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { firstHashKey } from '../../core/engine/hash-range.ts';
import { heartbeatRecord } from '../../core/event/control.ts';
import type { Clock, Shard } from '../../core/ports.ts';
import { type PutOptions, putInOrder } from '../../producer/put.ts';
import type { OutgoingRecord } from '../../producer/record.ts';

export interface HeartbeatPorts extends Pick<PutOptions, 'putRecords' | 'sleep' | 'random'> {
  readonly listOpenShards: () => Promise<readonly Shard[]>;
  readonly clock: Clock;
}

/** About three seconds of throttling. A shard that turns records away for longer has events, and needs no heartbeat to
 *  know how late it is; the next comes in any case. */
const MAX_ATTEMPTS = 8;

/** Answers an invocation by the schedule: puts one heartbeat into each open shard of the stream. What it puts again after
 *  a lost answer, or when the schedule calls twice, does no harm: a shard that has heard the time hears it once more.
 *  @throws PutError when a shard goes on refusing; TransientError when the stream does not answer. */
export function heartbeat({ listOpenShards, clock, ...ports }: HeartbeatPorts, metrics: Metrics) {
  return async (): Promise<void> => {
    let count = 0;
    const onProgress = (put: number) => {
      count = put;
    };
    try {
      const records = recordsFor(await listOpenShards(), clock.now());
      await putInOrder(records, { ...ports, maxAttempts: MAX_ATTEMPTS, onProgress });
    } finally {
      metrics.addMetric('Heartbeats', MetricUnit.Count, count);
    }
  };
}

/** One record for each shard, led there by a hash of its range. The partition keys are no more than labels, one a shard,
 *  so that a call takes all of them; a pipeline takes a heartbeat before it looks at keys, so one that is parked under a
 *  user's key of that very name holds back no heartbeat. */
async function* recordsFor(shards: readonly Shard[], nowMs: number): AsyncGenerator<OutgoingRecord> {
  const minute = new Date(nowMs).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length);
  const shardIds = shards.map(({ shardId }) => shardId);
  for (const { shardId, range } of shards) {
    const data = Buffer.from(JSON.stringify(heartbeatRecord(`${shardId}/${minute}`, shardIds)));
    yield { partitionKey: `millrace.heartbeat/${shardId}`, explicitHashKey: firstHashKey(range), data };
  }
}
