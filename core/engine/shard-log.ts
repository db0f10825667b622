import { type Clock, type CommitLog, ENTRY_TTL_MS, type LogItem, MAX_BODY_BYTES, type ObjectStore } from '../ports.ts';
import { decodeEntry, type Entry, encodeEntry } from './entry.ts';
import type { Position } from './position.ts';
import { LogError, type RankOf, ShardState } from './shard-state.ts';

export interface LogPorts {
  readonly log: CommitLog;
  readonly objects: ObjectStore;
  readonly clock: Clock;
}

/** When a snapshot is due: as soon as what a cold start would have to read comes to one of these. */
export interface SnapshotPolicy {
  readonly bytes: number;
  readonly commits: number;
}

export const SNAPSHOT_POLICY: SnapshotPolicy = { bytes: 4 * 1024 * 1024, commits: 1_000 };

/** By arrival, so that a slow shard has a snapshot long before its entries expire. */
const SNAPSHOT_AGE_MS = 24 * 3_600_000;

/** First byte of a body that stands for one in the object store, whose name follows. Entries begin with their version. */
const SPILLED = 0xff;

/** Reads and writes the logs of one pipeline's epoch: entries, large ones in the object store, and snapshots. */
export class ShardLogs {
  readonly #ports: LogPorts;
  /** `<pipeline>/<epoch>`, part of every object's name. */
  readonly #place: string;
  readonly horizonMs: number;
  readonly #rankOf: RankOf | undefined;
  readonly #policy: SnapshotPolicy;
  /** What lies behind the newest snapshot, by state. */
  readonly #tails = new WeakMap<
    ShardState,
    { bytes: number; commits: number; snapshotBytes: number; sinceMs: number }
  >();

  constructor(
    ports: LogPorts,
    place: string,
    horizonMs: number,
    {
      rankOf,
      policy = SNAPSHOT_POLICY,
    }: { readonly rankOf?: RankOf; readonly policy?: SnapshotPolicy | undefined } = {},
  ) {
    this.#ports = ports;
    this.#place = place;
    this.horizonMs = horizonMs;
    this.#rankOf = rankOf;
    this.#policy = policy;
  }

  /** The state of a shard before the first entry of its log. */
  blank(shardId: string): ShardState {
    return new ShardState(shardId, this.horizonMs, this.#rankOf);
  }

  /** Where the batch's parked records go. */
  parkedName(shardId: string, slot: number, token: string): string {
    return `parked/${this.#place}/${shardId}/${slot}-${token}`;
  }

  /** The state that the shard's log comes to; undefined when there is no log.
   *  @throws LogError when a part of the log is gone. */
  async read(shardId: string): Promise<ShardState | undefined> {
    const { log, objects, clock } = this.#ports;
    const tail: { readonly entry: Entry; readonly bytes: number }[] = [];
    let from: number | undefined;
    for await (const item of log.newest(shardId)) {
      const read = await this.#entryOf(shardId, item);
      from ??= read.entry.details.snapshot ?? 0;
      if (from > 0 && item.slot <= from) break;
      tail.push(read);
    }
    if (from === undefined) return undefined;
    const state = this.blank(shardId);
    let snapshotBytes = 0;
    if (from > 0) {
      const name = this.#snapshotName(shardId, from);
      const bytes = await objects.get(name);
      if (!bytes) throw new LogError(`${shardId}: found no snapshot ${name}; expected the one its newest entry names`);
      state.apply(decodeEntry(from, bytes));
      snapshotBytes = bytes.length;
    }
    this.#tails.set(state, { bytes: 0, commits: 0, snapshotBytes, sinceMs: state.arrivalMs });
    for (const { entry, bytes } of tail.reverse()) this.#apply(state, entry, bytes);
    this.#refuseExpired(state, clock.now());
    return state;
  }

  /** How far the shard has come, by its log's newest entry alone; undefined before its first record. */
  async position(shardId: string): Promise<Position | undefined> {
    for await (const item of this.#ports.log.newest(shardId, 1))
      return (await this.#entryOf(shardId, item)).entry.position;
    return undefined;
  }

  /** A log that was begun long ago and holds nothing but its beginning had entries, which have expired. */
  #refuseExpired(state: ShardState, nowMs: number): void {
    const { slot, genesis, shardId } = state;
    if (slot > 0 || nowMs - genesis.atMs < ENTRY_TTL_MS) return;
    const begun = new Date(genesis.atMs).toISOString();
    throw new LogError(
      `${shardId}: found a log begun on ${begun} whose entries have expired; expected one written in the last 30 days`,
    );
  }

  async #entryOf(shardId: string, { slot, body }: LogItem): Promise<{ entry: Entry; bytes: number }> {
    if (body[0] !== SPILLED) return { entry: decodeEntry(slot, body), bytes: body.length };
    const name = Buffer.from(body.subarray(1)).toString();
    const spilled = await this.#ports.objects.get(name);
    if (!spilled) throw new LogError(`${shardId}: found no object ${name}; expected the entry of slot ${slot}`);
    return { entry: decodeEntry(slot, spilled), bytes: spilled.length };
  }

  /** Puts the entry in its slot and into the state. When the slot is taken, or may be, the state is behind the log.
   *  @throws TransientError when it is not known whether the entry stands. */
  async append(state: ShardState, entry: Entry, token: string): Promise<'committed' | 'taken'> {
    const { log, objects } = this.#ports;
    const { shardId } = state;
    const encoded = encodeEntry(entry);
    let body = encoded;
    if (encoded.length > MAX_BODY_BYTES) {
      const name = `spill/${this.#place}/${shardId}/${entry.slot}-${token}`;
      await objects.put(name, encoded);
      body = Buffer.concat([Buffer.from([SPILLED]), Buffer.from(name)]);
    }
    const outcome = await log.append(shardId, { slot: entry.slot, token, body });
    if (outcome === 'committed') this.#apply(state, entry, encoded.length);
    return outcome;
  }

  #apply(state: ShardState, entry: Entry, bytes: number): void {
    state.apply(entry);
    const tail = this.#tails.get(state) ?? { bytes: 0, commits: 0, snapshotBytes: 0, sinceMs: state.arrivalMs };
    const sinceMs = tail.sinceMs || state.arrivalMs; // before its first record a shard has no clock
    this.#tails.set(state, { ...tail, sinceMs, bytes: tail.bytes + bytes, commits: tail.commits + 1 });
  }

  /** Whether a cold start would have enough to read that a snapshot pays. */
  isSnapshotDue(state: ShardState): boolean {
    const tail = this.#tails.get(state);
    if (!tail) return false;
    return (
      tail.bytes >= Math.max(this.#policy.bytes, tail.snapshotBytes) ||
      tail.commits >= this.#policy.commits ||
      state.arrivalMs - tail.sinceMs >= SNAPSHOT_AGE_MS
    );
  }

  /** Stores a snapshot; the next entry names it, and until then it is as if there were none. To be taken by whoever writes
   *  that entry, for nobody else learns of it. The state's outbox has been delivered.
   *  @throws TransientError when it could not be stored. */
  async snapshot(state: ShardState): Promise<void> {
    const { slot, shardId, arrivalMs } = state;
    const bytes = encodeEntry(state.snapshotEntry());
    await this.#ports.objects.put(this.#snapshotName(shardId, slot), bytes);
    state.snapshotStored(slot);
    this.#tails.set(state, { bytes: 0, commits: 0, snapshotBytes: bytes.length, sinceMs: arrivalMs });
  }

  #snapshotName(shardId: string, slot: number): string {
    return `snapshots/${this.#place}/${shardId}/${slot}`;
  }
}
