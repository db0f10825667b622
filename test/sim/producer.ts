import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { putRecordsTo } from '../../adapters/kinesis/put-records.ts';
import { putInOrder } from '../../producer/put.ts';
import type { Faults } from './faults.ts';
import { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Put } from './workload.ts';
import type { World } from './world.ts';

/** `puts` takes what each record's bytes say.
 *  A producer that begins a batch again, from its first record, whenever it has failed or died. */
export class Producer {
  readonly #world: World;
  readonly #faults: Faults;
  readonly #random: Random;
  readonly #puts: Map<Uint8Array, Put>;

  constructor(world: World, faults: Faults, random: Random, puts: Map<Uint8Array, Put>) {
    this.#world = world;
    this.#faults = faults;
    this.#random = random;
    this.#puts = puts;
  }

  /** Puts the records, those of a key in order. */
  async put(batch: readonly Put[]): Promise<void> {
    for (const put of batch) this.#puts.set(put.data, put);
    for (;;) {
      try {
        return await this.#tryPut(batch);
      } catch (error) {
        this.#world.note(`producer begins again after: ${error}`);
        await this.#world.sleep(this.#random.between(100, 5_000));
      }
    }
  }

  async #tryPut(batch: readonly Put[]): Promise<void> {
    const process = new Process('producer');
    const client = { send: (command: object) => this.#faults.send(process, command) } as unknown as KinesisClient;
    const putting = putInOrder(each(batch), {
      putRecords: putRecordsTo(client, 'events'),
      concurrency: 2,
      maxAttempts: 6,
      sleep: (ms) => this.#world.sleep(ms),
      random: () => this.#random.next(),
    });
    await Promise.race([putting, process.death]);
  }
}

async function* each(batch: readonly Put[]): AsyncGenerator<Put> {
  yield* batch;
}
