import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { Random } from '../sim/random.ts';
import { produce } from './producer.ts';
import { follow } from './schedule.ts';
import { reshard } from './shards.ts';
import type { Stack } from './stack.ts';
import type { Stopwatch } from './stopwatch.ts';
import { type Tally, Weather } from './weather.ts';
import { createWorkload, type Workload } from './workload.ts';

export interface LoadOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Takes what was put; exists. */
  readonly directory: string;
  readonly stack: Stack;
  readonly kinesis: KinesisClient;
  readonly streamName: string;
  readonly stopwatch: Stopwatch;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** What was done to a stack. */
export interface Loaded {
  readonly workload: Workload;
  readonly injected: Tally;
  readonly stackKills: number;
}

/** What two cores take, with the stack, its functions and the queries at the end. */
const EVENTS_PER_SECOND = 1_600;
/** Keeps the files within two gigabytes or so, and the views within what the local Athena gives out. */
const MAX_DOCUMENTS = 900_000;
/** From the last fault on, the producer has so long to get rid of what it has read. */
const PRODUCER_MS = 3 * 60_000;
/** Pauses between what happens, from the least to the most. */
const EVERY_MS = {
  weather: [2_000, 6_000],
  reshard: [3_000, 10_000],
  crash: [10_000, 30_000],
  line: [5_000, 5_000],
} as const;

/** Puts events for some minutes while everything goes wrong that can, and lets the producer finish without. */
export async function load(options: LoadOptions): Promise<Loaded> {
  const random = new Random(options.seed);
  const endsAtMs = performance.now() + options.minutes * 60_000;
  const misfortunes = new Misfortunes(options, random);
  const giveUp = new AbortController();
  const workload = createWorkload({
    directory: options.directory,
    random: random.fork('workload'),
    maxDocuments: MAX_DOCUMENTS,
    endsAtMs,
  });
  const producing = produce({
    kinesis: options.kinesis,
    streamName: options.streamName,
    documents: workload.documents(),
    perSecond: Math.min(EVENTS_PER_SECOND, MAX_DOCUMENTS / (options.minutes * 60)),
    onProgress: (put) => misfortunes.told(put),
    signal: giveUp.signal,
  });
  const calm = misfortunes.until(endsAtMs, giveUp.signal).then(() => {
    const late = new Error('the producer could not put everything');
    setTimeout(() => giveUp.abort(late), PRODUCER_MS).unref();
  });
  try {
    // Whichever fails ends all; a producer that is done early waits for the end of the faults.
    await Promise.all([producing, calm]);
    return { workload, injected: misfortunes.weather.injected, stackKills: misfortunes.stackKills };
  } finally {
    giveUp.abort();
  }
}

/** What happens to a stack that has work to do. */
class Misfortunes {
  readonly weather: Weather;
  stackKills = 0;
  readonly #options: LoadOptions;
  readonly #random: Random;
  #put = 0;
  #open = 0;

  constructor(options: LoadOptions, random: Random) {
    this.#options = options;
    this.#random = random.fork('misfortunes');
    this.weather = new Weather(random.fork('weather'), () => options.stack.endpoint);
  }

  /** So many records are put by now. */
  told(put: number): void {
    this.#put = put;
  }

  /** Ends in fair weather; rejects when `giveUp` aborts. */
  async until(endsAtMs: number, giveUp: AbortSignal): Promise<void> {
    await this.weather.change();
    const acts = [
      { everyMs: EVERY_MS.weather, run: () => this.weather.change() },
      { everyMs: EVERY_MS.reshard, run: () => this.#reshard() },
      { everyMs: EVERY_MS.crash, run: () => this.#crash() },
      { everyMs: EVERY_MS.line, run: () => this.#tell() },
    ];
    await follow(acts, this.#random, endsAtMs, AbortSignal.any([this.#options.signal, giveUp]));
    await this.weather.clear();
  }

  /** The call may be refused on purpose, like any other; the next one makes up for it. */
  async #reshard(): Promise<void> {
    const { kinesis, streamName } = this.#options;
    this.#open = await reshard(kinesis, streamName, this.#random).catch(() => this.#open);
  }

  async #crash(): Promise<void> {
    await this.weather.note();
    // Now and then it is killed again while it recovers.
    const falseStartMs = this.#random.chance(0.25) ? this.#random.between(200, 2_000) : undefined;
    await this.#options.stack.crash(falseStartMs);
    this.stackKills += 1;
    await this.weather.change();
  }

  #tell(): void {
    const put = this.#put.toLocaleString('en-US').padStart(9);
    const injected = this.weather.total.toLocaleString('en-US').padStart(6);
    const { stopwatch, log } = this.#options;
    log(`${stopwatch}  put ${put}  faults ${injected}  stack killed ${this.stackKills}×  shards ${this.#open || '–'}`);
  }
}
