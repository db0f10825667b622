import type { ShardPosition, ShardRead } from '../services/kinesis-reader.ts';
import { nextStep } from './batching.ts';
import { deliver } from './delivery.ts';
import { giveUp } from './destination.ts';
import { type EventRecord, encodeRecord } from './event.ts';
import { backOffMs } from './retry.ts';
import type { MappingRun } from './run.ts';

/** Reads on, however often the stream refuses. Undefined when the mapping stops. */
async function read(
  run: MappingRun,
  shardId: string,
  from: ShardPosition,
  limit: number,
): Promise<ShardRead | undefined> {
  for (let failures = 1; !run.signal.aborted; failures += 1) {
    try {
      const found = run.reader.read(run.settings.streamArn, shardId, from, limit);
      run.metrics.count('PolledEventCount', found.records.length);
      return found;
    } catch (error) {
      if (failures === 1) run.log(`${shardId}: cannot be read, trying again: ${error}`);
      await run.clock.sleep(backOffMs(failures, run.backOff), run.signal);
    }
  }
  return undefined;
}

/** A record whose event is over 6 MB cannot be delivered at all. */
async function giveUpRecord(run: MappingRun, shardId: string, record: EventRecord): Promise<void> {
  const records = [record];
  await giveUp(run, shardId, { condition: 'RetryAttemptsExhausted', records, invocations: 0, lastRun: undefined });
  run.checkpoints.save(shardId, { after: record.record.sequenceNumber });
}

/** Reads one shard from a position and delivers it batch by batch, one at a time. Resolves with true once the shard is
 *  closed and all of it is processed, with false when the mapping stops. */
export async function pollShard(run: MappingRun, shardId: string, from: ShardPosition): Promise<boolean> {
  const { settings, clock, signal } = run;
  const windowEnd = () => clock.now() + run.windowMs();
  let position: ShardPosition | null = from;
  let records: EventRecord[] = [];
  let caughtUp = false;
  let windowEndMs = windowEnd();

  while (!signal.aborted) {
    const rules = { batchSize: settings.batchSize, windowMs: run.windowMs() };
    const step = nextStep({ records, windowEndMs, caughtUp, drained: position === null }, rules, clock.now());
    if (step.do === 'finish') return true;
    if (step.do === 'read' && position !== null) {
      const found = await read(run, shardId, position, step.limit);
      if (!found) return false;
      // From here on LATEST means this place, also after a restart.
      if (position === 'LATEST' && found.next && found.records.length === 0) run.checkpoints.save(shardId, found.next);
      records.push(...found.records.map((record) => encodeRecord(run.source, shardId, record)));
      caughtUp = found.records.length === 0 || found.millisBehindLatest === 0;
      position = found.next;
    } else if (step.do === 'invoke') {
      await deliver(run, shardId, records.slice(0, step.count));
      records = records.slice(step.count);
      caughtUp = false;
      windowEndMs = windowEnd();
    } else if (step.do === 'give-up' && records[0]) {
      await giveUpRecord(run, shardId, records[0]);
      records = records.slice(1);
    } else if (step.do === 'open-window') {
      windowEndMs = windowEnd();
    } else if (step.do === 'wait') {
      await clock.sleep(Math.min(run.pollIntervalMs, step.untilMs - clock.now()), signal);
      caughtUp = false;
    }
  }
  return false;
}
