import { createHash } from 'node:crypto';
import type { Random } from './random.ts';
import { START_MS, type World } from './world.ts';

/** Names of the stream that producers put to, and of the one behind the hop. */
export const EVENTS = 'events';
export const BEHIND = 'behind';

/** A record that the stream has accepted. */
export interface SimRecord {
  readonly shard: SimShard;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly arrivalMs: number;
  readonly data: Uint8Array;
}

export interface SimShard {
  readonly id: string;
  readonly parents: readonly SimShard[];
  /** Hashes of the partition keys that come here, both ends included. */
  readonly from: bigint;
  readonly to: bigint;
  readonly firstSequenceNumber: string;
  readonly records: SimRecord[];
  isClosed: boolean;
}

const ALL_HASHES = 2n ** 128n;
/** Just below a power of ten, so that the numbers grow a digit on the way; far beyond what a double tells apart. */
const FIRST_SEQUENCE_NUMBER = 10n ** 55n - 60n;
/** Arrivals are not in the order of the sequence numbers. */
const ARRIVAL_JITTER_MS = 40;

export const hashOf = (partitionKey: string): bigint =>
  BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`);

export const holds = ({ from, to }: SimShard, partitionKey: string): boolean => {
  const hash = hashOf(partitionKey);
  return from <= hash && hash <= to;
};

/** A Kinesis stream: shards by the hash of the partition key, sequence numbers that rise over all of them. */
export class SimStream {
  readonly name: string;
  readonly shards: SimShard[] = [];
  /** Every record in the order of acceptance. */
  readonly accepted: SimRecord[] = [];
  readonly #world: World;
  readonly #random: Random;
  readonly #retentionMs: number;
  #last = FIRST_SEQUENCE_NUMBER;
  #watchers: (() => void)[] = [];

  constructor(name: string, world: World, random: Random, shards: number, retentionMs = Number.POSITIVE_INFINITY) {
    this.name = name;
    this.#world = world;
    this.#random = random;
    this.#retentionMs = retentionMs;
    const width = ALL_HASHES / BigInt(shards);
    for (let n = 0n; n < shards; n++) {
      this.#open([], n * width, n === BigInt(shards) - 1n ? ALL_HASHES - 1n : (n + 1n) * width - 1n);
    }
  }

  get open(): readonly SimShard[] {
    return this.shards.filter(({ isClosed }) => !isClosed);
  }

  /** Index of the oldest record that the stream has not dropped. */
  firstKept({ records }: SimShard): number {
    const sinceMs = START_MS + this.#world.nowMs - this.#retentionMs;
    const index = records.findIndex(({ arrivalMs }) => arrivalMs >= sinceMs);
    return index < 0 ? records.length : index;
  }

  /** Resolves when there is something new: a record, a shard, a shard's end. */
  changed(): Promise<void> {
    return new Promise((wake) => void this.#watchers.push(wake));
  }

  /** `hash` is the producer's choice of a hash key, in place of the partition key's own. */
  accept(partitionKey: string, data: Uint8Array, hash = hashOf(partitionKey)): SimRecord {
    const shard = this.open.find(({ from, to }) => from <= hash && hash <= to) as SimShard;
    const jitterMs = this.#random.between(0, ARRIVAL_JITTER_MS);
    const arrivalMs = START_MS + this.#world.nowMs + jitterMs;
    const record = { shard, sequenceNumber: this.#nextNumber(), partitionKey, arrivalMs, data };
    shard.records.push(record);
    this.accepted.push(record);
    this.#tell();
    return record;
  }

  /** Closes the shard; two others go on, with a part of its hashes each. */
  split(shard: SimShard): void {
    const percent = BigInt(this.#random.between(20, 80));
    const at = shard.from + ((shard.to - shard.from) * percent) / 100n;
    this.#close([shard]);
    this.#open([shard], shard.from, at);
    this.#open([shard], at + 1n, shard.to);
    this.#tell();
  }

  /** Closes two shards that lie beside each other; one goes on with the hashes of both. */
  merge(left: SimShard, right: SimShard): void {
    this.#close([left, right]);
    this.#open([left, right], left.from, right.to);
    this.#tell();
  }

  #open(parents: readonly SimShard[], from: bigint, to: bigint): void {
    const id = `shardId-${String(this.shards.length).padStart(12, '0')}`;
    this.shards.push({ id, parents, from, to, firstSequenceNumber: this.#nextNumber(), records: [], isClosed: false });
    this.#world.note(`${this.name} ${id} opens${parents.map((parent) => ` after ${parent.id}`).join(' and')}`);
  }

  #close(shards: readonly SimShard[]): void {
    for (const shard of shards) shard.isClosed = true;
  }

  #nextNumber(): string {
    this.#last += BigInt(this.#random.between(1, 4));
    return String(this.#last);
  }

  #tell(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const wake of watchers) wake();
  }
}
