import { PutRecordCommand, type PutRecordCommandOutput } from '@aws-sdk/client-kinesis';
import { redriveKeys } from '../../cli/redrive-keys.ts';
import type { Placed } from '../../cli/taken.ts';
import type { Faults } from './faults.ts';
import type { Part } from './parts.ts';
import { Process } from './process.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import type { SimShard } from './stream.ts';
import { type Put, redriveOf } from './workload.ts';
import { START_MS, type World } from './world.ts';

/** Something that an operator does while events come in. */
interface Act {
  /** Share of the records that have been put by then. */
  readonly at: number;
  readonly run: () => void;
}

const MAX_OPEN_SHARDS = 4;
/** How long the command line waits for the pipeline. */
const REDRIVE_TIMEOUT_MS = 60_000;

/** What the operator works on. */
export interface Stage {
  readonly world: World;
  readonly faults: Faults;
  readonly parts: readonly Part[];
  /** Takes what each record's bytes say. */
  readonly puts: Map<Uint8Array, Put>;
  readonly scenario: Scenario;
}

/** The operator of the pipeline: splits and merges shards, deploys fixes, and has parked records taken through again, by
 *  the code of the command line. */
export class Operator {
  /** Keys that were parked when the first fix was deployed. */
  parkedAtFix = 0;
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #acts: Act[];
  readonly #underWay: Promise<void>[] = [];
  #failure: unknown;
  #asked = 0;

  constructor(stage: Stage, random: Random) {
    const { isFixed, isFlooded, on } = stage.scenario;
    this.#stage = stage;
    this.#random = random;
    const times = (count: number, from: number, run: () => void): Act[] =>
      Array.from({ length: count }, () => ({ at: from + random.next() * (1.05 - from), run }));
    this.#acts = [
      ...times(on.has('reshards') ? random.between(1, 5) : 0, 0, this.#reshard),
      ...times(isFixed ? 2 : 0, isFlooded ? 1 : 0.2, () => this.#start(this.#deploy().then(() => this.redrive()))),
      ...times(random.between(0, 3), 0.2, () => this.#start(this.redrive())),
    ].sort((a, b) => a.at - b.at);
  }

  /** Does what is due when this share of the records has been put. */
  act(share: number): void {
    while (this.#acts[0] && this.#acts[0].at <= share) this.#acts.shift()?.run();
  }

  /** Does the next split or merge now. */
  reshardEarly(): void {
    const next = this.#acts.findIndex(({ run }) => run === this.#reshard);
    if (next >= 0) this.#acts.splice(next, 1)[0]?.run();
  }

  /** Does all that is left to do. */
  async finish(): Promise<void> {
    this.act(Number.POSITIVE_INFINITY);
    await Promise.all(this.#underWay);
    if (this.#failure) throw this.#failure;
  }

  #start(act: Promise<void>): void {
    const over = act.catch((error: unknown) => {
      this.#failure ??= error;
    });
    this.#underWay.push(over);
  }

  /** Keys that are parked anywhere. */
  async parkedKeys(): Promise<readonly string[]> {
    const ofParts = await Promise.all(this.#stage.parts.map(({ inspector }) => inspector.parkedKeys()));
    return ofParts.flatMap((keys) => [...keys.keys()]);
  }

  /** Redrives every parked key, and asks in vain: for a key that is not parked, and in another pipeline's name. */
  async redrive(): Promise<void> {
    const [first, ...behind] = this.#stage.parts as [Part, ...Part[]];
    await this.#put(first, 'customer-0', undefined);
    await this.#put(first, 'customer-1', undefined, 'another');
    for (const part of [first, ...behind]) await this.#redriveIn(part);
  }

  async #redriveIn(part: Part): Promise<void> {
    const { world } = this.#stage;
    const { inspector } = part;
    await redriveKeys(
      await inspector.parkedKeys(),
      {
        logs: inspector,
        listShards: async () => inspector.listShards(),
        put: (key, hashKey) => this.#put(part, key, hashKey),
        clock: { now: () => START_MS + world.nowMs },
        sleep: (ms) => world.sleep(ms),
      },
      { timeoutMs: REDRIVE_TIMEOUT_MS, onProgress: () => {} },
    );
  }

  async #put(
    { stream, inspector }: Part,
    key: string,
    hashKey: string | undefined,
    pipeline = inspector.pipeline,
  ): Promise<Placed> {
    const put = redriveOf(`r${++this.#asked}`, key, pipeline);
    this.#stage.puts.set(put.data, put);
    const command = new PutRecordCommand({
      StreamName: stream.name,
      PartitionKey: key,
      Data: put.data,
      ...(hashKey !== undefined && { ExplicitHashKey: hashKey }),
    });
    const { ShardId, SequenceNumber } = await this.#send(command);
    return { shardId: String(ShardId), sequenceNumber: String(SequenceNumber) };
  }

  /** People try again. */
  async #send(command: PutRecordCommand): Promise<PutRecordCommandOutput> {
    const { faults, world } = this.#stage;
    for (;;) {
      const process = new Process('operator');
      try {
        return (await Promise.race([faults.send(process, command), process.death])) as PutRecordCommandOutput;
      } catch (error) {
        world.note(`operator tries again after: ${error}`);
        await world.sleep(this.#random.between(100, 5_000));
      }
    }
  }

  async #deploy(): Promise<void> {
    this.parkedAtFix ||= (await this.parkedKeys()).length;
    for (const { fleet } of this.#stage.parts) fleet.deploy();
  }

  readonly #reshard = (): void => {
    const random = this.#random;
    const { stream } = random.pick(this.#stage.parts);
    const open = [...stream.open].sort((a, b) => (a.from < b.from ? -1 : 1));
    const isMerge = open.length > 1 && (open.length === MAX_OPEN_SHARDS || random.chance(0.5));
    const left = random.between(0, open.length - 2);
    if (isMerge) stream.merge(open[left] as SimShard, open[left + 1] as SimShard);
    else stream.split(random.pick(open));
  };
}
