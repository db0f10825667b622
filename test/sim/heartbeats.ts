import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { putRecordsTo } from '../../adapters/kinesis/put-records.ts';
import { listOpenShards } from '../../adapters/kinesis/shards.ts';
import { heartbeat } from '../../functions/heartbeat/heartbeat.ts';
import type { Faults } from './faults.ts';
import { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Pace } from './scenario.ts';
import { EVENTS } from './stream.ts';
import { START_MS, type World } from './world.ts';

/** Milliseconds between two calls of the schedule, few enough that a run is not all heartbeats. */
const EVERY_MS: Readonly<Record<Pace, number>> = { seconds: 3_000, minutes: 400_000, days: 60 * 3_600_000 };

const quiet = { addMetric: () => {} };

/** The heartbeat function as it is deployed, on its schedule. */
export class Heartbeats {
  readonly #world: World;
  readonly #faults: Faults;
  readonly #random: Random;
  #isOver = false;

  constructor(world: World, faults: Faults, random: Random) {
    this.#world = world;
    this.#faults = faults;
    this.#random = random;
  }

  /** Calls the function again and again until `end`. */
  async run(pace: Pace): Promise<void> {
    for (;;) {
      await this.#world.sleep(EVERY_MS[pace]);
      if (this.#isOver) return;
      void this.beat();
    }
  }

  end(): void {
    this.#isOver = true;
  }

  /** One call. The schedule lets it fail or die. */
  async beat(): Promise<void> {
    const process = new Process('heartbeat');
    const client = { send: (command: object) => this.#faults.send(process, command) } as unknown as KinesisClient;
    const ports = {
      listOpenShards: () => listOpenShards(client, { StreamName: EVENTS }),
      putRecords: putRecordsTo(client, EVENTS),
      clock: { now: () => START_MS + this.#world.nowMs },
      sleep: (ms: number) => this.#world.sleep(ms),
      random: () => this.#random.next(),
    };
    try {
      await Promise.race([heartbeat(ports, quiet as never)(), process.death]);
    } catch (error) {
      this.#world.note(`heartbeat fails: ${error}`);
    }
  }
}
