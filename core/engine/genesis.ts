import { type Clock, type NewToken, type Shard, type Shards, TransientError } from '../ports.ts';
import type { Details, Entry } from './entry.ts';
import type { HashRange } from './hash-range.ts';
import { mergeLanes } from './lanes.ts';
import type { Outbox } from './outbox.ts';
import type { SeenKey } from './recent-keys.ts';
import type { ShardLogs } from './shard-log.ts';
import { LogError, type ShardState, stateName } from './shard-state.ts';

export interface OpenPorts {
  readonly outbox: Outbox;
  readonly shards: Shards;
  readonly clock: Clock;
  readonly newToken: NewToken;
}

/** The state of a shard: what its log says, or, for a shard that has none, what its parents leave to it.
 *  @throws TransientError when a parent has records that are not processed: the child has come too early. */
export async function openShard(shardId: string, logs: ShardLogs, ports: OpenPorts): Promise<ShardState> {
  const known = await logs.read(shardId);
  if (known) return known;
  const shard = await ports.shards.describe(shardId);
  if (!shard) throw new TransientError(`the stream does not list ${shardId}`);
  return begin(shard, logs, ports);
}

/** Writes the shard's first entry: its range and what it takes over. Whoever else begins it writes the same. */
async function begin(shard: Shard, logs: ShardLogs, ports: OpenPorts): Promise<ShardState> {
  const { shardId, range, parents } = shard;
  const states: ShardState[] = [];
  for (const parent of parents) states.push(...(await finalState(parent, shardId, logs, ports)));
  const genesis = { range, parents: states.map((state) => state.shardId), atMs: ports.clock.now() };
  const inherited = inherit(states, range);
  const state = logs.blank(shardId);
  const entry: Entry = { ...inherited, slot: 0, position: undefined, details: { ...inherited.details, genesis } };
  if ((await logs.append(state, entry, ports.newToken())) === 'committed') return state;
  throw new TransientError(`the log of ${shardId} was begun by another writer at the same time`);
}

/** The state that a drained parent ends with, its log sealed; none when the pipeline never saw the parent and the stream
 *  has forgotten it. */
async function finalState(
  shardId: string,
  child: string,
  logs: ShardLogs,
  ports: OpenPorts,
): Promise<readonly ShardState[]> {
  const known = await logs.read(shardId);
  if (known?.isSealed) return [known];
  const shard = await ports.shards.describe(shardId);
  if (!known && !shard) return [];
  if (shard && (await ports.shards.hasRecordsAfter(shardId, known?.position))) {
    throw new TransientError(`${child} waits for its parent ${shardId}, which has records left`);
  }
  const state = known ?? (await begin(shard as Shard, logs, ports));
  await ports.outbox.deliver(state);
  if ((await logs.append(state, sealOf(state), ports.newToken())) === 'committed') return [state];
  throw new TransientError(`${child} waits for its parent ${shardId}, whose log another writer goes on with`);
}

function sealOf(state: ShardState): Entry {
  const entry = state.restEntry();
  return { ...entry, details: { ...entry.details, sealed: true } };
}

/** What a shard begins with: of each parent what lies in its range, the latest clock and the earliest watermark. */
function inherit(parents: readonly ShardState[], range: HashRange): Omit<Entry, 'slot' | 'position'> {
  const parts = parents.map((parent) => parent.inheritance(range));
  const names = parts.flatMap(({ details }) => details.states ?? []).map(([step, key]) => stateName(step, key));
  if (new Set(names).size !== names.length) {
    const shards = parents.map(({ shardId }) => shardId).join(' and ');
    throw new LogError(`${shards}: found states of one key in both; expected each key in one shard`);
  }
  const watermarks = parts.flatMap(({ watermarkMs }) => watermarkMs ?? []);
  return {
    arrivalMs: Math.max(0, ...parts.map(({ arrivalMs }) => arrivalMs)),
    watermarkMs: watermarks.length > 0 ? Math.min(...watermarks) : undefined,
    lagMs: Math.max(0, ...parts.map(({ lagMs }) => lagMs)),
    keys: once(parts.flatMap(({ keys }) => keys).sort((a, b) => a.arrivalMs - b.arrivalMs)),
    details: {
      floors: parts.flatMap(({ details }) => details.floors ?? []),
      shapes: [...new Map(parts.flatMap(({ details }) => details.shapes ?? []))],
      ...lanesOf(parts.map(({ details }) => details)),
      states: parts.flatMap(({ details }) => details.states ?? []),
      parked: parts.flatMap(({ details }) => details.parked ?? []),
      failures: parts.flatMap(({ details }) => details.failures ?? []),
    },
  };
}

function lanesOf(parts: readonly Details[]): Pick<Details, 'lanes' | 'lanesOf'> {
  const lanes = mergeLanes(parts.map((each) => each.lanes ?? []));
  const of = parts.findLast((each) => each.lanesOf)?.lanesOf;
  return { ...(lanes.length > 0 && { lanes }), ...(of && { lanesOf: of }) };
}

/** Both children of a split have every id: merged again, they bring each twice. */
function once(keys: readonly SeenKey[]): readonly SeenKey[] {
  return [...new Map(keys.map((each) => [`${each.key}${each.arrivalMs}`, each])).values()];
}
