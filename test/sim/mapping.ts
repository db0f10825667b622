import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { Environment } from './environment.ts';
import type { Faults } from './faults.ts';
import { SHARD, type SimRecord } from './workload.ts';
import type { World } from './world.ts';

type Outcome = KinesisStreamBatchResponse | 'failed';

/** How long the mapping waits for an invocation; a frozen one may outlive that. */
const TIMEOUT_MS = 60_000;

/** An event source mapping of one shard: in order, at least once, and at times once more than that. */
export class Mapping {
  readonly #world: World;
  readonly #faults: Faults;
  readonly #records: readonly SimRecord[];
  readonly #environments: Environment[] = [];
  readonly #reuse: number;
  #made = 0;

  /** `reuse` is how likely an idle environment is used again. */
  constructor(world: World, faults: Faults, records: readonly SimRecord[], reuse: number) {
    this.#world = world;
    this.#faults = faults;
    this.#records = records;
    this.#reuse = reuse;
  }

  /** Delivers every record until all are finished. */
  async drain(): Promise<void> {
    const { random } = this.#world;
    let next = 0;
    while (next < this.#records.length) {
      if (this.#faults.chance(0.1)) void this.#redeliver(next);
      const size = random.between(1, 10);
      const batch = this.#records.slice(next, next + size);
      const outcome = await this.#invoke(batch);
      if (outcome !== 'failed') next += finished(batch, outcome);
      await this.#world.sleep(random.between(1, outcome === 'failed' ? 2_000 : 50));
    }
  }

  /** Records that have been delivered before, or are under way, come again beside what is going on. */
  async #redeliver(next: number): Promise<void> {
    const { random } = this.#world;
    const from = random.between(0, next);
    await this.#world.sleep(random.between(0, 200));
    await this.#invoke(this.#records.slice(from, from + random.between(1, 10)));
  }

  async #invoke(batch: readonly SimRecord[]): Promise<Outcome> {
    const { random } = this.#world;
    const environment = this.#environment();
    const remainingMs = this.#faults.chance(0.1) ? random.between(0, 10) : TIMEOUT_MS;
    const context = { getRemainingTimeInMillis: () => remainingMs } as Context;
    const last = batch.at(-1)?.sequenceNumber.slice(-4);
    this.#world.note(`${environment.name} gets ${batch.length} records up to …${last}`);
    environment.isBusy = true;
    const handled = environment.handle(eventOf(batch), context).then(
      (response): Outcome => response,
      (error: unknown): Outcome => {
        this.#world.note(`${environment.name} fails: ${error}`);
        return 'failed';
      },
    );
    const settled = handled.then((outcome) => {
      environment.isBusy = false;
      return outcome;
    });
    const outcome = await Promise.race([settled, this.#world.sleep(TIMEOUT_MS).then((): Outcome => 'failed')]);
    // Lambda kills what has timed out; sometimes it goes on for a while before it is dead.
    if (outcome === 'failed' && !this.#faults.chance(0.5)) environment.isDead = environment.isBusy;
    return outcome;
  }

  /** One that is idle, with whatever its memory holds, or a new one. */
  #environment(): Environment {
    const idle = this.#environments.filter(({ isBusy, isDead }) => !isBusy && !isDead);
    if (idle.length > 0 && this.#world.random.chance(this.#reuse)) return this.#world.random.pick(idle);
    const made = new Environment(`env${++this.#made}`, this.#world, this.#faults);
    this.#environments.push(made);
    return made;
  }
}

/** How many of the batch's records are finished by what the function reported. */
function finished(batch: readonly SimRecord[], { batchItemFailures }: KinesisStreamBatchResponse): number {
  const failed = batchItemFailures.map(({ itemIdentifier }) =>
    batch.findIndex(({ sequenceNumber }) => sequenceNumber === itemIdentifier),
  );
  return failed.includes(-1) ? 0 : Math.min(batch.length, ...failed);
}

function eventOf(batch: readonly SimRecord[]): KinesisStreamEvent {
  const records = batch.map(({ sequenceNumber, arrivalMs, data }) => ({
    eventID: `${SHARD}:${sequenceNumber}`,
    kinesis: {
      sequenceNumber,
      partitionKey: 'k',
      data: Buffer.from(data).toString('base64'),
      approximateArrivalTimestamp: arrivalMs / 1000,
    },
  }));
  return { Records: records } as KinesisStreamEvent;
}
