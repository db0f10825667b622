import { memoryCommitLog } from '../../adapters/memory/commit-log.ts';
import { memoryLake, memoryPayloadStore } from '../../adapters/memory/lake.ts';
import { type EnginePorts, processBatch } from '../../core/engine/batch.ts';
import { compile } from '../../core/engine/program.ts';
import { ShardCache } from '../../core/engine/shard-cache.ts';
import type { StreamRecord } from '../../core/engine/step.ts';
import type { Plan } from '../../core/pipeline/index.ts';

export const SHARD = 'shardId-000000000000';
export const ARRIVAL_MS = Date.parse('2026-11-21T12:00:00Z');

/** A record of the shard: the n-th sequence number, 56 digits as Kinesis has them. */
export function recordAt(n: number, data: string | Uint8Array | object, arrivalMs = ARRIVAL_MS): StreamRecord {
  const bytes =
    typeof data === 'string'
      ? Buffer.from(data)
      : data instanceof Uint8Array
        ? data
        : Buffer.from(JSON.stringify(data));
  return { sequenceNumber: `49${String(n).padStart(54, '0')}`, partitionKey: 'key', arrivalMs, data: bytes };
}

/** A pipeline on memory, with ports that a test may replace. */
export function engineInMemory(plan: Plan, overrides: Partial<EnginePorts> = {}, stage: readonly Plan[] = [plan]) {
  const log = overrides.log ?? memoryCommitLog();
  const lake = memoryLake();
  const payloads = memoryPayloadStore();
  const clock = overrides.clock ?? { now: () => ARRIVAL_MS };
  let tokens = 0;
  const newCache = () => new ShardCache(log, clock, plan.idempotencyMinutes * 60_000);
  const ports = { log, lake, payloads, clock, newToken: () => `token-${++tokens}`, cache: newCache(), ...overrides };
  const program = compile(plan, stage);
  return {
    lake,
    payloads,
    log,
    run: (records: readonly StreamRecord[], stopAtMs = Number.POSITIVE_INFINITY) =>
      processBatch(program, { shardId: SHARD, records, stopAtMs }, ports),
    /** An execution environment begins anew: nothing warm. */
    restart: () => {
      ports.cache = newCache();
    },
  };
}
