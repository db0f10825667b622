import type { KinesisStreamEvent } from 'aws-lambda';
import { recordsOf } from '../../adapters/kinesis/lambda-event.ts';
import { memoryObjectStore } from '../../adapters/memory/object-store.ts';
import { memoryShards } from '../../adapters/memory/shards.ts';
import { memoryStreams } from '../../adapters/memory/streams.ts';
import { processBatch } from '../../core/engine/batch.ts';
import { engineOn } from '../../core/engine/engine.ts';
import { WHOLE_RANGE } from '../../core/engine/hash-range.ts';
import { compile } from '../../core/engine/program.ts';
import type { ShardState } from '../../core/engine/shard-state.ts';
import type { Plan } from '../../core/pipeline/index.ts';
import { type CommitLog, NEXT_HOP } from '../../core/ports.ts';
import { BATCH_RECORDS, lambdaEvents, type Put, SHARD } from './lambda-events.ts';

/** A pipeline at work in this process, all its parts one after the other. What leaves it is counted and dropped. */
export interface Engine {
  /** Takes what a mapping hands over, and what that sends over hops.
   *  @throws Error when a record did not get through. */
  take(event: KinesisStreamEvent): Promise<void>;
  /** Takes what has been sent over hops and still waits for a batch to be full. */
  drain(): Promise<void>;
  /** Processor time of this process in it, in microseconds: from the invocation's records to the encoded output. */
  readonly cpuMicros: number;
  readonly counts: Readonly<Counts>;
  /** What each part has of its shard. */
  states(): Promise<readonly ShardState[]>;
}

interface Counts {
  /** Bytes of rows, messages and records. */
  outputBytes: number;
  /** Bytes of the log's entries. */
  logBytes: number;
}

interface Part {
  /** Processes the records, and gives what it has put to the next part's stream. */
  readonly take: (event: KinesisStreamEvent) => Promise<readonly Put[]>;
  readonly state: () => Promise<ShardState>;
  readonly waiting: Put[];
  records: number;
}

export function engineOf(plan: Plan, stage: readonly Plan[]): Engine {
  const counts: Counts = { outputBytes: 0, logBytes: 0 };
  const parts = [plan, ...plan.hops].map((each) => partOf(each, each === plan ? stage : [each], counts));
  let cpuMicros = 0;

  async function takeAt(n: number, event: KinesisStreamEvent): Promise<void> {
    const before = process.cpuUsage();
    const puts = await (parts[n] as Part).take(event);
    const { user, system } = process.cpuUsage(before);
    cpuMicros += user + system;
    const next = parts[n + 1];
    if (!next) return;
    for (const put of puts) next.waiting.push(put);
    while (next.waiting.length >= BATCH_RECORDS) await takeWaiting(n + 1);
  }

  async function takeWaiting(n: number): Promise<void> {
    const part = parts[n] as Part;
    const puts = part.waiting.splice(0, BATCH_RECORDS);
    const [event] = lambdaEvents(puts, part.records);
    part.records += puts.length;
    if (event) await takeAt(n, event);
  }

  return {
    take: (event) => takeAt(0, event),
    async drain() {
      for (const n of parts.keys()) while (n > 0 && parts[n]?.waiting.length) await takeWaiting(n);
    },
    get cpuMicros() {
      return cpuMicros;
    },
    counts,
    states: () => Promise.all(parts.map(({ state }) => state())),
  };
}

function partOf(plan: Plan, stage: readonly Plan[], counts: Counts): Part {
  const program = compile(plan, stage);
  const count = (bytes: number) => {
    counts.outputBytes += bytes;
  };
  const streams = memoryStreams();
  let tokens = 0;
  const services = {
    lake: {
      async deliver(rows: ReadonlyMap<string, readonly string[]>) {
        for (const ofTable of rows.values()) for (const row of ofTable) count(Buffer.byteLength(row));
      },
    },
    alerts: { publish: async (alerts: readonly object[]) => count(jsonBytes(alerts)) },
    views: { put: async (_: string, rows: readonly object[]) => count(jsonBytes(rows)) },
    streams,
    log: countingLog((bytes) => {
      counts.logBytes += bytes;
    }),
    objects: memoryObjectStore(),
    shards: memoryShards([{ shardId: SHARD, parents: [], range: WHOLE_RANGE }]),
    clock: Date,
    newToken: () => `token-${++tokens}`,
  };
  const ports = engineOn(services, plan, 'bench');
  return {
    async take(event) {
      const { shardId, records } = recordsOf(event);
      const arrivalMs = records[0]?.arrivalMs ?? 0;
      for (let left = records; left.length > 0; ) {
        const batch = { shardId, records: left, stopAtMs: Number.POSITIVE_INFINITY };
        const { unfinished, stopped, quarantined, parked } = await processBatch(program, batch, ports);
        if (stopped !== undefined || quarantined + parked > 0)
          throw new Error(`${plan.name}: ${stopped ?? `${quarantined} quarantined and ${parked} parked`}`);
        left = unfinished === undefined ? [] : left.slice(left.findIndex((each) => each.sequenceNumber === unfinished));
      }
      const puts = streams.take(NEXT_HOP).map(({ partitionKey, data }) => ({ partitionKey, data, arrivalMs }));
      for (const { data } of puts) count(data.length);
      return puts;
    },
    state: () => ports.cache.get(SHARD),
    waiting: [],
    records: 0,
  };
}

const jsonBytes = (value: object) => Buffer.byteLength(JSON.stringify(value));

/** A log that nobody reads: it holds nothing. */
function countingLog(count: (bytes: number) => void): CommitLog {
  return {
    async *newest() {},
    async append(_, { body }) {
      count(body.length);
      return 'committed';
    },
  };
}
