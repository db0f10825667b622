import { firstHashKey } from '../core/engine/hash-range.ts';
import { heartbeatRecord } from '../core/event/control.ts';
import type { CloudEvent } from '../core/event/index.ts';
import { inParallel } from '../core/in-parallel.ts';
import type { Shard } from '../core/ports.ts';
import { CliError } from './errors.ts';
import { CONCURRENT_READS } from './parked-keys.ts';
import { type Placed, type TakenPorts, untilTaken } from './taken.ts';

/** A part of a pipeline, with what it reads. */
export interface DrainedPart extends TakenPorts {
  readonly name: string;
  readonly listOpenShards: () => Promise<readonly Shard[]>;
  readonly put: (record: CloudEvent, to: { readonly key: string; readonly hashKey: string }) => Promise<Placed>;
}

const POLL_MS = 100;
/** How long nothing may move before waiting is given up. */
const PATIENCE_MS = 60_000;

/** Waits until the parts of a pipeline, in the order of their hops, have done all that comes of what is in their streams,
 *  as far as event time goes now.
 *
 *  It puts heartbeats into every shard, round by round, the next when the parts are past those before. The first moves
 *  event time on; when a part is past the second, all that was in the outboxes has left it. Behind each hop come three
 *  more: the time that a part tells is that of the batch before, in an outbox that leaves with the next.
 *  @param onBeats hears how many heartbeats the pipeline's own stream took.
 *  @param onCaughtUp is called when the parts have taken what there was when the first came.
 *  @throws CliError when a part stands still. */
export async function drain(
  parts: readonly DrainedPart[],
  onBeats: (count: number) => Promise<void>,
  onCaughtUp: () => void = () => {},
): Promise<void> {
  const rounds = 3 * parts.length - 1;
  for (let round = 1; round <= rounds; round++) {
    const placed = await Promise.all(parts.map((part) => beat(part, round)));
    await onBeats(placed[0]?.length ?? 0);
    await Promise.all(parts.map((part, n) => taken(part, placed[n] ?? [])));
    if (round === 1) onCaughtUp();
  }
}

/** One heartbeat into each shard. To a part behind a hop, to which time comes over it, it is no more than a place. */
async function beat({ name, listOpenShards, put }: DrainedPart, round: number): Promise<readonly Placed[]> {
  const shards = await listOpenShards();
  const shardIds = shards.map(({ shardId }) => shardId);
  return inParallel(CONCURRENT_READS, shards, ({ shardId, range }) => {
    const record = heartbeatRecord(`${name}/${shardId}/${round}`, shardIds);
    return put(record, { key: `millrace.heartbeat/${shardId}`, hashKey: firstHashKey(range) });
  });
}

async function taken(part: DrainedPart, records: readonly Placed[]): Promise<void> {
  let waiting = new Set(records.map(({ shardId }) => shardId)) as ReadonlySet<string>;
  while (waiting.size > 0) {
    const before = await placesOf(part, waiting);
    waiting = await untilTaken(records, part, { timeoutMs: PATIENCE_MS, pollMs: POLL_MS });
    if (waiting.size === 0 || before !== (await placesOf(part, waiting))) continue;
    throw new CliError(`'${part.name}' has stood still for a minute: \`npx millrace status\` and its log may say why`);
  }
}

/** Where the logs of these shards are. */
async function placesOf({ logs }: DrainedPart, shardIds: ReadonlySet<string>): Promise<string> {
  const positions = await inParallel(CONCURRENT_READS, [...shardIds], (shardId) => logs.position(shardId));
  return JSON.stringify(positions);
}
