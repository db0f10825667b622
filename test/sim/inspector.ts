import { type ParkedKeys, readParkedKeys } from '../../cli/parked-keys.ts';
import { decodeEntry, type Entry } from '../../core/engine/entry.ts';
import { decodeParked } from '../../core/engine/parking.ts';
import type { Position } from '../../core/engine/position.ts';
import type { EventRecord } from '../../core/engine/record.ts';
import { ShardLogs } from '../../core/engine/shard-log.ts';
import { ShardState } from '../../core/engine/shard-state.ts';
import type { Plan } from '../../core/pipeline/plan.ts';
import type { Shard } from '../../core/ports.ts';
import type { Item } from './dynamodb.ts';
import { EPOCH, servicesOn } from './environment.ts';
import type { Random } from './random.ts';
import type { Services } from './services.ts';
import type { SimShard, SimStream } from './stream.ts';
import { HORIZON_MINUTES } from './workload.ts';
import { START_MS, type World } from './world.ts';

/** First byte of an item's body that names an object. */
const SPILLED = 0xff;

type PartName = Pick<Plan, 'name' | 'hop'>;

/** Looks at what a part's logs say, by the engine's own code on services that do not fail. */
export class Inspector {
  readonly pipeline: string;
  readonly #services: Services;
  readonly #stream: SimStream;
  readonly #logs: ShardLogs;
  readonly #entries = new Map<SimShard, Map<number, Entry>>();
  readonly #states = new Map<string, { readonly slots: number; readonly state: ShardState | undefined }>();

  constructor(services: Services, stream: SimStream, plan: PartName, world: World, random: Random) {
    this.pipeline = plan.name;
    this.#services = services;
    this.#stream = stream;
    const clock = { now: () => START_MS + world.nowMs };
    const send = async (command: object) => services.handle(command, { refused: () => false, delivery: () => 'taken' });
    const ports = { ...servicesOn(send, plan, world, random, clock), clock };
    this.#logs = new ShardLogs(ports, `${plan.name}/${EPOCH}`, HORIZON_MINUTES * 60_000);
  }

  /** What a cold start would see; not to be changed, since it is read once for each length of the log. */
  async read(shardId: string): Promise<ShardState | undefined> {
    const slots = this.#logOf(shardId).size;
    const known = this.#states.get(shardId);
    if (known?.slots === slots) return known.state;
    const state = await this.#logs.read(shardId);
    this.#states.set(shardId, { slots, state });
    return state;
  }

  async position(shardId: string): Promise<Position | undefined> {
    return (await this.read(shardId))?.position;
  }

  #logOf(shardId: string): ReadonlyMap<number, Item> {
    return this.#services.dynamodb.logs.get(`${this.pipeline}#${EPOCH}#${shardId}`) ?? new Map();
  }

  listShards(): readonly Shard[] {
    return this.#stream.shards.map(({ id, parents, from, to }) => ({
      shardId: id,
      parents: parents.map((parent) => parent.id),
      range: { from: hex(from), to: hex(to) },
    }));
  }

  /** The log's entries from the first. */
  entriesOf(shard: SimShard): readonly Entry[] {
    const known = this.#entries.get(shard) ?? new Map<number, Entry>();
    this.#entries.set(shard, known);
    const slots = [...this.#logOf(shard.id)].sort(([a], [b]) => a - b);
    return slots.map(([slot, { body }]) => {
      const entry = known.get(slot) ?? decodeEntry(slot, this.#unspilled(body?.B ?? new Uint8Array()));
      known.set(slot, entry);
      return entry;
    });
  }

  #unspilled(body: Uint8Array): Uint8Array {
    if (body[0] !== SPILLED) return body;
    return this.#object(Buffer.from(body.subarray(1)).toString());
  }

  #object(name: string): Uint8Array {
    return this.#services.s3.objects.get(name)?.bytes ?? new Uint8Array();
  }

  /** The log folded entry by entry, as if there were no snapshots. */
  foldOf(shard: SimShard): ShardState {
    const state = new ShardState(shard.id, HORIZON_MINUTES * 60_000);
    for (const entry of this.entriesOf(shard)) state.apply(entry);
    return state;
  }

  /** The parked keys, as the command line finds them. */
  parkedKeys(): Promise<ParkedKeys> {
    return readParkedKeys(this, this.listShards());
  }

  /** The parked records, in order, by key. */
  async parkedRecords(): Promise<ReadonlyMap<string, readonly EventRecord[]>> {
    const records = [...(await this.parkedKeys())].map(([key, places]): [string, EventRecord[]] => [
      key,
      places.flatMap(({ parts }) =>
        parts.flatMap(({ object, from, count }) => this.#parkedIn(object, key).slice(from, from + count)),
      ),
    ]);
    return new Map(records);
  }

  #parkedIn(object: string, key: string): readonly EventRecord[] {
    return decodeParked(this.#object(object), key);
  }
}

/** Hash keys as the engine writes them. */
const hex = (hash: bigint): string => hash.toString(16).padStart(32, '0');
