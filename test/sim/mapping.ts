import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import type { Environment } from './environment.ts';
import type { Faults } from './faults.ts';
import type { Fleet } from './fleet.ts';
import type { Random } from './random.ts';
import type { SimRecord, SimShard, SimStream } from './stream.ts';
import type { World } from './world.ts';

type Outcome = KinesisStreamBatchResponse | 'failed';

/** What an invocation has called, and whether its environment had done the shard's batch before. */
export interface Invocation {
  readonly isWarm: boolean;
  readonly calls: readonly string[];
}

/** How long the mapping waits for an invocation; a frozen one may outlive that. */
const TIMEOUT_MS = 60_000;
const MAX_BATCH = 10;
const CHANCE = { redeliver: 0.12, short: 0.08, killTimedOut: 0.5, early: 0.7, long: 0.3, behind: 0.1, lateStart: 0.3 };
/** How long a shard may be left alone, so that it is behind the others. */
const BEHIND_MS = [4_000, 20_000] as const;

/** The event source mapping: each shard in order, at least once, and at times once more than that; children after their
 *  parents, and at times before. */
export class Mapping {
  /** What the function threw, which it never should. */
  readonly errors: string[] = [];
  /** What went on in invocations that were answered. */
  readonly invocations: Invocation[] = [];
  /** Records that the stream had dropped before they were finished. */
  readonly skipped = new Set<SimRecord>();
  readonly #world: World;
  readonly #stream: SimStream;
  readonly #fleet: Fleet;
  readonly #faults: Faults;
  readonly #random: Random;
  /** Records that are finished, by shard. */
  readonly #next = new Map<SimShard, number>();
  #underWay = 0;

  constructor(world: World, stream: SimStream, fleet: Fleet, faults: Faults, random: Random) {
    this.#world = world;
    this.#stream = stream;
    this.#fleet = fleet;
    this.#faults = faults;
    this.#random = random;
  }

  /** Whether every record is finished and no invocation is under way. */
  get isDrained(): boolean {
    return this.#underWay === 0 && this.#stream.shards.every((shard) => this.#isDone(shard));
  }

  /** Records that are not finished. */
  get lag(): number {
    return this.#stream.shards.reduce((lag, shard) => lag + shard.records.length - (this.#next.get(shard) ?? 0), 0);
  }

  /** Polls shards as they come, for ever. */
  async run(): Promise<void> {
    for (;;) {
      const changed = this.#stream.changed();
      for (const shard of this.#stream.shards.filter((each) => !this.#next.has(each))) {
        this.#next.set(shard, 0);
        void this.#poll(shard);
      }
      await changed;
    }
  }

  #isDone(shard: SimShard): boolean {
    return this.#next.get(shard) === shard.records.length;
  }

  async #poll(shard: SimShard): Promise<void> {
    const isEarly = this.#faults.chance('early-children', CHANCE.early);
    if (!isEarly) await this.#world.until(() => shard.parents.every((parent) => this.#isDone(parent)));
    let limit = MAX_BATCH;
    if (this.#faults.chance('freezes', CHANCE.lateStart)) await this.#world.sleep(this.#random.between(...BEHIND_MS));
    for (;;) {
      const changed = this.#stream.changed();
      const next = this.#skipDropped(shard);
      if (next === shard.records.length) {
        if (shard.isClosed) return;
        await changed;
        await this.#world.sleep(this.#random.between(0, 2_000));
        continue;
      }
      if (this.#faults.chance('redeliveries', CHANCE.redeliver)) void this.#redeliver();
      const batch = shard.records.slice(next, next + this.#random.between(1, limit));
      const outcome = await this.#invoke(shard, batch);
      if (outcome === 'failed')
        limit = Math.max(1, Math.floor(batch.length / 2)); // bisected
      else {
        limit = MAX_BATCH;
        this.#next.set(shard, next + finished(batch, outcome));
      }
      const isStuck = this.#next.get(shard) === next;
      const pauseMs = !isStuck ? 50 : this.#random.chance(CHANCE.long) ? 30_000 : 3_000;
      await this.#world.sleep(
        this.#faults.chance('freezes', CHANCE.behind)
          ? this.#random.between(...BEHIND_MS)
          : this.#random.between(1, pauseMs),
      );
    }
  }

  /** What is next, past what can be read no more. */
  #skipDropped(shard: SimShard): number {
    const next = this.#next.get(shard) as number;
    const kept = Math.max(next, this.#stream.firstKept(shard));
    for (const record of shard.records.slice(next, kept)) this.skipped.add(record);
    if (kept > next) this.#world.note(`${this.#stream.name} ${shard.id} has dropped ${kept - next} records`);
    this.#next.set(shard, kept);
    return kept;
  }

  /** Records of any shard that have been delivered before, or are under way, come again beside what is going on. */
  async #redeliver(): Promise<void> {
    const shard = this.#random.pick(this.#stream.shards);
    const from = Math.max(this.#stream.firstKept(shard), this.#random.between(0, this.#next.get(shard) ?? 0));
    const batch = shard.records.slice(from, from + this.#random.between(1, MAX_BATCH));
    if (batch.length === 0) return;
    await this.#world.sleep(this.#random.between(0, 5_000));
    await this.#invoke(shard, batch);
  }

  async #invoke(shard: SimShard, batch: readonly SimRecord[]): Promise<Outcome> {
    const environment = this.#fleet.environmentFor(shard.id);
    const isShort = this.#faults.chance('short-deadlines', CHANCE.short);
    const remainingMs = isShort ? this.#random.between(0, 12) : TIMEOUT_MS;
    const last = batch.at(-1)?.sequenceNumber.slice(-4);
    this.#world.note(
      `${environment.name} gets ${batch.length} of ${this.#stream.name} ${shard.id} up to …${last}${isShort ? ', late' : ''}`,
    );
    this.#underWay += 1;
    const handled = this.#handle(environment, shard, batch, remainingMs);
    const timeout = this.#world.sleep(TIMEOUT_MS).then((): Outcome => 'failed');
    const outcome = await Promise.race([handled, environment.death.then((): Outcome => 'failed'), timeout]);
    // Lambda kills what has timed out; sometimes it goes on for a while before it is dead.
    if (environment.isBusy && !environment.isDead && this.#faults.chance('freezes', CHANCE.killTimedOut)) {
      void Promise.race([handled, environment.death]).then(() => this.#ended());
      return outcome;
    }
    if (environment.isBusy) environment.isDead = true;
    this.#ended();
    return outcome;
  }

  #ended(): void {
    this.#underWay -= 1;
  }

  async #handle(
    environment: Environment,
    shard: SimShard,
    batch: readonly SimRecord[],
    remainingMs: number,
  ): Promise<Outcome> {
    environment.isBusy = true;
    const isWarm = environment.warm.has(shard.id);
    environment.shards.add(shard.id);
    const before = environment.calls.length;
    try {
      const context = { getRemainingTimeInMillis: () => remainingMs } as Context;
      const response = await environment.handle(eventOf(shard, batch), context);
      const failed = response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier.slice(-4));
      this.#world.note(`${environment.name} answers${failed.map((each) => `, gives back …${each}`).join('')}`);
      if (failed.length === 0) environment.warm.add(shard.id);
      this.invocations.push({ isWarm, calls: environment.calls.slice(before) });
      return response;
    } catch (error) {
      this.#world.note(`${environment.name} fails: ${error}`);
      this.errors.push(String(error));
      return 'failed';
    } finally {
      environment.isBusy = false;
    }
  }
}

/** How many of the batch's records are finished by what the function reported. */
function finished(batch: readonly SimRecord[], { batchItemFailures }: KinesisStreamBatchResponse): number {
  const failed = batchItemFailures.map(({ itemIdentifier }) =>
    batch.findIndex(({ sequenceNumber }) => sequenceNumber === itemIdentifier),
  );
  return failed.includes(-1) ? 0 : Math.min(batch.length, ...failed);
}

function eventOf(shard: SimShard, batch: readonly SimRecord[]): KinesisStreamEvent {
  const records = batch.map(({ sequenceNumber, partitionKey, arrivalMs, data }) => ({
    eventID: `${shard.id}:${sequenceNumber}`,
    kinesis: {
      sequenceNumber,
      partitionKey,
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: arrivalMs / 1000,
    },
  }));
  return { Records: records } as KinesisStreamEvent;
}
