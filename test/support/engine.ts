import { memoryCommitLog } from '../../adapters/memory/commit-log.ts';
import { memoryObjectStore } from '../../adapters/memory/object-store.ts';
import { memoryShards } from '../../adapters/memory/shards.ts';
import { memorySinks } from '../../adapters/memory/sinks.ts';
import { processBatch } from '../../core/engine/batch.ts';
import { engineOn } from '../../core/engine/engine.ts';
import { WHOLE_RANGE } from '../../core/engine/hash-range.ts';
import { compile } from '../../core/engine/program.ts';
import type { StreamRecord } from '../../core/engine/record.ts';
import type { SnapshotPolicy } from '../../core/engine/shard-log.ts';
import type { Plan } from '../../core/pipeline/index.ts';
import type { Alerts, Clock, CommitLog, Lake, ObjectStore, Shard, Shards, Streams } from '../../core/ports.ts';

export const SHARD = 'shardId-000000000000';
export const ARRIVAL_MS = Date.parse('2026-11-21T12:00:00Z');

/** The only shard of a stream. */
export const WHOLE: Shard = { shardId: SHARD, parents: [], range: WHOLE_RANGE };

/** The n-th sequence number, 56 digits as Kinesis has them. */
export const sequenceNumber = (n: number): string => `49${String(n).padStart(54, '0')}`;

/** A record of the shard: the n-th sequence number. */
export function recordAt(
  n: number,
  data: string | Uint8Array | object,
  arrivalMs = ARRIVAL_MS,
  partitionKey = 'key',
): StreamRecord {
  const bytes =
    typeof data === 'string'
      ? Buffer.from(data)
      : data instanceof Uint8Array
        ? data
        : Buffer.from(JSON.stringify(data));
  return { sequenceNumber: sequenceNumber(n), partitionKey, arrivalMs, data: bytes };
}

export interface EngineOptions {
  readonly log?: CommitLog;
  readonly lake?: Lake;
  readonly alerts?: Alerts;
  readonly streams?: Streams;
  readonly objects?: ObjectStore;
  readonly shards?: Shards;
  readonly clock?: Clock;
  readonly stage?: readonly Plan[];
  readonly policy?: SnapshotPolicy;
}

/** A pipeline on memory, with ports that a test may replace. */
export function engineInMemory(plan: Plan, options: EngineOptions = {}) {
  const { log = memoryCommitLog(), clock = { now: () => ARRIVAL_MS }, stage = [plan], policy } = options;
  const memory = { ...memorySinks(), objects: memoryObjectStore() };
  const { lake = memory.lake, alerts = memory.alerts, streams = memory.streams } = options;
  const { objects = memory.objects, shards = memoryShards([WHOLE]) } = options;
  let tokens = 0;
  const newToken = () => `token-${++tokens}`;
  const start = () =>
    engineOn({ ...memory, log, lake, alerts, streams, objects, shards, clock, newToken }, plan, 'v1', policy);
  let ports = start();
  const program = compile(plan, stage);
  return {
    ...memory,
    log,
    run: (records: readonly StreamRecord[], stopAtMs = Number.POSITIVE_INFINITY, shardId = SHARD) =>
      processBatch(program, { shardId, records, stopAtMs }, ports),
    /** What a batch would begin with. */
    state: (shardId = SHARD) => ports.cache.get(shardId),
    /** An execution environment begins anew: nothing warm. */
    restart: () => {
      ports = start();
    },
  };
}
