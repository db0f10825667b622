import type { Plan } from '../pipeline/plan.ts';
import type { Clock, CommitLog, NewToken, ObjectStore, Shards, Sinks } from '../ports.ts';
import type { EnginePorts } from './batch.ts';
import { openShard } from './genesis.ts';
import { Outbox } from './outbox.ts';
import { ShardCache } from './shard-cache.ts';
import { ShardLogs, type SnapshotPolicy } from './shard-log.ts';

/** What an execution environment runs on. */
export interface Services extends Sinks {
  readonly log: CommitLog;
  readonly objects: ObjectStore;
  readonly shards: Shards;
  readonly clock: Clock;
  readonly newToken: NewToken;
}

/** The engine of a plan's epoch on its services, with nothing warm. */
export function engineOn(services: Services, plan: Plan, epoch: string, policy?: SnapshotPolicy): EnginePorts {
  const { lake, objects, clock, newToken } = services;
  const ranks = new Map(plan.nodes.map(({ id }, rank) => [id, rank]));
  const rankOf = (step: string) => ranks.get(step) ?? 0; // 0: a step that the plan has no more
  const logs = new ShardLogs(services, `${plan.name}/${epoch}`, plan.idempotencyMinutes * 60_000, { rankOf, policy });
  const outbox = new Outbox(plan, services);
  const cache = new ShardCache((shardId) => openShard(shardId, logs, { ...services, outbox }), clock);
  return { logs, cache, lake, outbox, objects, clock, newToken };
}
