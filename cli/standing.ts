import { compile } from '../core/engine/program.ts';
import type { ShardState } from '../core/engine/shard-state.ts';
import { waitingKeys } from '../core/engine/waiting.ts';
import { inParallel } from '../core/in-parallel.ts';
import type { Plan } from '../core/pipeline/index.ts';
import { partsOf } from '../core/pipeline/plan.ts';
import type { PartOutputs, StageOutputs } from './outputs.ts';
import { CONCURRENT_READS } from './parked-keys.ts';
import type { StageServices } from './stage-services.ts';

/** What the logs of a pipeline's parts say. */
export interface Standing {
  /** Events taken in, each once; parked ones among them, quarantined ones not. */
  readonly taken: number;
  /** Records that wait since a step threw, in all parts. */
  readonly parked: number;
  /** By step: keys for which it has something to tell when event time goes on, such as open windows. */
  readonly waiting: Readonly<Record<string, number>>;
}

/** Reads the logs of all shards. Of events taken in, those of the pipeline's idempotency horizon are counted. */
export async function readStanding(plan: Plan, outputs: StageOutputs, services: StageServices): Promise<Standing> {
  const ids = new Set<string>();
  const waiting = new Map<string, number>();
  let parked = 0;
  for (const part of partsOf(plan)) {
    const program = compile(part);
    const found = outputs.parts.find(({ name }) => name === part.name);
    for (const state of found ? await statesOf(part, found, outputs, services) : []) {
      if (part.hop === 0) for (const { key } of state.recent.all()) ids.add(key);
      parked += state.lot.size;
      for (const [step, keys] of waitingKeys(program, state)) waiting.set(step, (waiting.get(step) ?? 0) + keys);
    }
  }
  return { taken: ids.size, parked, waiting: Object.fromEntries(waiting) };
}

async function statesOf(
  { idempotencyMinutes }: Plan,
  part: PartOutputs,
  { bucketName }: StageOutputs,
  services: StageServices,
): Promise<readonly ShardState[]> {
  const logs = services.logsOf(part, bucketName, idempotencyMinutes * 60_000);
  const shards = await services.listShards(part.streamName);
  const states = await inParallel(CONCURRENT_READS, shards, ({ shardId }) => logs.read(shardId));
  return states.filter((state) => state !== undefined && !state.isSealed) as readonly ShardState[];
}
