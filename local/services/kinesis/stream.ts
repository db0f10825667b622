import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../service.ts';
import { ServiceError } from '../json-api.ts';
import type { StreamRecord } from '../kinesis-reader.ts';
import { evenRanges, formatHashKey, type HashRange, stepHashKey } from './hash-key.ts';
import { NEW_STREAM, type StreamSettings } from './settings.ts';
import { Shard, type ShardState } from './shard.ts';

/** Everything about a stream but its records, as the journal keeps it. */
export interface StreamState {
  readonly name: string;
  readonly createdMs: number;
  readonly settings: StreamSettings;
  readonly shards: readonly ShardState[];
  readonly nextIndex: number;
}

/** A record with the shard it goes to. */
export interface Placed {
  readonly shardIndex: number;
  readonly partitionKey: string;
  readonly data: Buffer;
  readonly arrivalMs: number;
}

const HOUR_MS = 3_600_000;

export function streamArn(name: string): string {
  return `arn:aws:kinesis:${LOCAL_REGION}:${LOCAL_ACCOUNT}:stream/${name}`;
}

/** The shards of a stream. Pure: the time comes from the caller. */
export class Stream {
  readonly name: string;
  readonly arn: string;
  readonly createdMs: number;
  settings: StreamSettings;
  #shards: Shard[];
  /** Open shards by rising hash keys. */
  #open: Shard[] = [];
  #nextIndex: number;
  #newestMs: number;

  constructor(state: StreamState) {
    this.name = state.name;
    this.arn = streamArn(state.name);
    this.createdMs = state.createdMs;
    // Journals of earlier versions lack some.
    this.settings = { ...NEW_STREAM, ...state.settings };
    this.#shards = state.shards.map((shard) => new Shard(shard));
    this.#nextIndex = state.nextIndex;
    this.#newestMs = state.createdMs;
    this.#sortOpen();
  }

  /** A new stream whose shards share the hash keys evenly. */
  static create(name: string, shardCount: number, settings: StreamSettings, atMs: number): Stream {
    const shards = evenRanges(shardCount).map((range, index) => ({
      index,
      range,
      parentIds: [],
      createdMs: atMs,
      counter: 0,
    }));
    return new Stream({ name, createdMs: atMs, settings, shards, nextIndex: shardCount });
  }

  /** Open shards, and closed ones until all they held has expired; by rising number. */
  get shards(): readonly Shard[] {
    return this.#shards;
  }

  get openShardCount(): number {
    return this.#open.length;
  }

  get state(): StreamState {
    const { name, createdMs, settings } = this;
    return { name, createdMs, settings, shards: this.#shards.map((shard) => shard.state), nextIndex: this.#nextIndex };
  }

  /** A shard by its id, or by any name that ends in its number: `shardId-0`, `0`. */
  find(shardId: string): Shard | undefined {
    const index = Number(/^(?:.*-)?(\d{1,12})$/.exec(shardId)?.[1] ?? -1);
    return this.#shards.find((shard) => shard.index === index);
  }

  /** Throws ResourceNotFoundException as AWS does. */
  shard(shardId: string): Shard {
    const found = this.find(shardId);
    if (found) return found;
    const where = `in stream ${this.name} under account ${LOCAL_ACCOUNT}`;
    throw new ServiceError('ResourceNotFoundException', `Shard ${shardId} ${where} does not exist`);
  }

  childrenOf(shardId: string): readonly Shard[] {
    return this.#shards.filter((shard) => shard.parentIds.includes(shardId));
  }

  /** The open shard whose range holds the hash key: together they hold them all. */
  route(hashKey: string): Shard {
    let low = 0;
    let high = this.#open.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#open[middle] as Shard).range.start <= hashKey) low = middle;
      else high = middle - 1;
    }
    return this.#open[low] as Shard;
  }

  /** Arrival times never fall, though the clock may: reading from a time relies on it. */
  arrivalMs(nowMs: number): number {
    return Math.max(nowMs, this.#newestMs);
  }

  append(placed: readonly Placed[]): StreamRecord[] {
    const byIndex = new Map(this.#shards.map((shard) => [shard.index, shard]));
    return placed.map(({ shardIndex, partitionKey, data, arrivalMs }) => {
      const shard = byIndex.get(shardIndex);
      if (!shard) throw new Error(`stream ${this.name} has no shard ${shardIndex}`);
      this.#newestMs = Math.max(this.#newestMs, arrivalMs);
      return shard.append(partitionKey, data, arrivalMs);
    });
  }

  /** Closes the shard; `newStart` begins the upper of its two children. */
  split(shardId: string, newStart: string, atMs: number): void {
    const parent = this.#eligible(shardId);
    const { start, end } = parent.range;
    if (newStart <= stepHashKey(start, 1) || newStart >= end) {
      throw new ServiceError(
        'InvalidArgumentException',
        `NewStartingHashKey ${formatHashKey(newStart)} used in SplitShard() on shard ${shardId} in stream ${this.name} under account ${LOCAL_ACCOUNT} is not both greater than one plus the shard's StartingHashKey ${formatHashKey(start)} and less than the shard's EndingHashKey ${formatHashKey(end)}.`,
      );
    }
    this.#cut(parent, newStart, atMs);
  }

  /** Closes two shards, the one with the lower hash keys named first as AWS wants it; their one child has both ranges. */
  merge(shardId: string, adjacentShardId: string, atMs: number): void {
    const parents = [this.#eligible(shardId), this.#eligible(adjacentShardId)] as const;
    const [low, high] = parents;
    if (stepHashKey(low.range.end, 1) !== high.range.start) {
      throw new ServiceError(
        'InvalidArgumentException',
        `Shards ${shardId} and ${adjacentShardId} in stream ${this.name} under account ${LOCAL_ACCOUNT} are not an adjacent pair of shards eligible for merging`,
      );
    }
    this.#replace(parents, [{ start: low.range.start, end: high.range.end }], atMs);
  }

  /** Splits and merges until the shards share the hash keys evenly. A new one may have lived through some that were
   *  closed at once, as on AWS. */
  scale(count: number, atMs: number): void {
    const wanted = evenRanges(count);
    for (const { start } of wanted) {
      const shard = this.route(start);
      if (shard.range.start < start) this.#cut(shard, start, atMs);
    }
    for (const { start, end } of wanted) {
      for (let first = this.route(start); first.range.end < end; first = this.route(start)) {
        const second = this.route(stepHashKey(first.range.end, 1));
        this.#replace([first, second], [{ start, end: second.range.end }], atMs);
      }
    }
  }

  /** Lets go of what has outlived retention: records, and closed shards. */
  trim(nowMs: number): void {
    const horizonMs = nowMs - this.settings.retentionHours * HOUR_MS;
    for (const shard of this.#shards) shard.trim(horizonMs);
    const expired = (shard: Shard) => shard.closedMs !== undefined && shard.closedMs < horizonMs;
    if (this.#shards.some(expired)) this.#shards = this.#shards.filter((shard) => !expired(shard));
  }

  #cut(parent: Shard, newStart: string, atMs: number): void {
    const { start, end } = parent.range;
    const lower = { start, end: stepHashKey(newStart, -1) };
    this.#replace([parent], [lower, { start: newStart, end }], atMs);
  }

  #eligible(shardId: string): Shard {
    const shard = this.shard(shardId);
    if (shard.isOpen) return shard;
    throw new ServiceError(
      'InvalidArgumentException',
      `Shard ${shardId} in stream ${this.name} under account ${LOCAL_ACCOUNT} has already been merged or split, and thus is not eligible for merging or splitting.`,
    );
  }

  #replace(parents: readonly Shard[], ranges: readonly HashRange[], atMs: number): void {
    // Children must be younger than their parents, for their sequence numbers to be higher.
    const createdMs = Math.max(atMs, ...parents.map((parent) => parent.createdMs + 1));
    for (const parent of parents) parent.close(createdMs);
    for (const range of ranges) {
      const parentIds = parents.map((parent) => parent.id);
      this.#shards.push(new Shard({ index: this.#nextIndex, range, parentIds, createdMs, counter: 0 }));
      this.#nextIndex += 1;
    }
    this.#sortOpen();
  }

  #sortOpen(): void {
    this.#open = this.#shards.filter((shard) => shard.isOpen).sort((a, b) => (a.range.start < b.range.start ? -1 : 1));
  }
}
