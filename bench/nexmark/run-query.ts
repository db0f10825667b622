import { memoryCommitLog } from '../../adapters/memory/commit-log.ts';
import { memoryObjectStore } from '../../adapters/memory/object-store.ts';
import { memoryShards } from '../../adapters/memory/shards.ts';
import { memorySinks } from '../../adapters/memory/sinks.ts';
import { processBatch } from '../../core/engine/batch.ts';
import { engineOn } from '../../core/engine/engine.ts';
import { WHOLE_RANGE } from '../../core/engine/hash-range.ts';
import { compile } from '../../core/engine/program.ts';
import type { StreamRecord } from '../../core/engine/record.ts';
import { heartbeatRecord } from '../../core/event/control.ts';
import { days, from, lake, type Plan, pipeline } from '../../core/pipeline/index.ts';
import { Auction, Bid, Person } from './events.ts';
import type { Row } from './rows.ts';

const SHARD = 'shardId-000000000000';
const BATCH_RECORDS = 500;
/** How long nothing comes after the last event, so that whatever waits for time to pass has had it. */
const SILENCE_MS = days(400);

/** Another pipeline of the stage, which reads all events: those that a query does not read are known to it. */
const everything = pipeline('everything', [
  from(Person).to(lake('person')),
  from(Auction).to(lake('auction')),
  from(Bid).to(lake('bid')),
]);

/** Runs a plan over the records of a shard, in memory and in batches, and lets time pass until every window has closed.
 *  Rows by table, in the order they were delivered.
 *  @throws Error when a record did not get through. */
export async function runQuery(
  plan: Plan,
  records: readonly StreamRecord[],
): Promise<ReadonlyMap<string, readonly Row[]>> {
  const sinks = memorySinks();
  let tokens = 0;
  const services = {
    log: memoryCommitLog(),
    ...sinks,
    objects: memoryObjectStore(),
    shards: memoryShards([{ shardId: SHARD, parents: [], range: WHOLE_RANGE }]),
    clock: { now: () => 0 },
    newToken: () => `token-${++tokens}`,
  };
  const ports = engineOn(services, plan, 'v1');
  const program = compile(plan, [everything, plan]);
  const all = [...records, silence(records)];
  for (let at = 0; at < all.length; ) {
    const batch = { shardId: SHARD, records: all.slice(at, at + BATCH_RECORDS), stopAtMs: Number.POSITIVE_INFINITY };
    const { unfinished, stopped, quarantined, parked } = await processBatch(program, batch, ports);
    if (stopped !== undefined || quarantined + parked > 0) {
      throw new Error(`${plan.name}: ${stopped ?? `${quarantined} quarantined and ${parked} parked`}; expected none`);
    }
    const done = batch.records.findIndex(({ sequenceNumber }) => sequenceNumber === unfinished);
    at += done === -1 ? batch.records.length : done;
  }
  return new Map(plan.tables.map(({ name }) => [name, sinks.lake.rows(name)]));
}

/** A heartbeat long after the last record. */
function silence(records: readonly StreamRecord[]): StreamRecord {
  const arrivalMs = (records.at(-1)?.arrivalMs ?? 0) + SILENCE_MS;
  const data = Buffer.from(JSON.stringify(heartbeatRecord('silence')));
  return { sequenceNumber: `49${'9'.repeat(54)}`, partitionKey: 'silence', arrivalMs, data };
}
