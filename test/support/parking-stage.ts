import * as z from 'zod';
import type { PipelinePorts } from '../../cli/redrive-pipelines.ts';
import { hashOf } from '../../core/engine/hash-range.ts';
import { comparePositions, type Position, RECORD_END } from '../../core/engine/position.ts';
import type { StreamRecord } from '../../core/engine/record.ts';
import { ShardLogs } from '../../core/engine/shard-log.ts';
import { redriveRecord, rekeyedRecord } from '../../core/event/control.ts';
import { from, lake, type Plan, pipeline } from '../../core/pipeline/index.ts';
import { partsOf } from '../../core/pipeline/plan.ts';
import { type Shard, TransientError } from '../../core/ports.ts';
import { ARRIVAL_MS, engineInMemory, recordAt, sequenceNumber, WHOLE } from './engine.ts';
import { Order, order } from './orders.ts';

/** A stream whose records the engine takes whenever somebody sleeps, with a step that throws on orders of some amounts:
 *  the events of a pipeline, or what its part behind a hop reads. */
export class ParkingStage {
  /** Amounts on which the step throws. */
  readonly broken = new Set<number>();
  /** Records that the engine takes at a time; while somebody sleeps it takes `batches` times as many of each shard. */
  batch = 500;
  batches = Number.POSITIVE_INFINITY;
  /** Shards whose records nobody takes. */
  readonly stopped = new Set<string>();
  shards: readonly Shard[] = [WHOLE];
  /** What redrives put, by the sleep they were put before. */
  readonly asked: { readonly key: string; readonly hashKey: string | undefined; readonly shardId: string }[][] = [[]];
  /** Called before each sleep. */
  onSleep = () => {};
  nowMs = ARRIVAL_MS;
  readonly #closed = new Set<string>();
  readonly #records = new Map<string, StreamRecord[]>();
  readonly #taken = new Map<string, number>();
  readonly #engine: ReturnType<typeof engineInMemory>;
  readonly logs: ShardLogs;
  readonly #plan: Plan;
  #count = 0;

  constructor({ isBehindHop = false } = {}) {
    const clock = { now: () => this.nowMs };
    const orders = isBehindHop ? from(Order).rekey('again', ({ customer }) => customer) : from(Order);
    const checked = orders.map('check', ({ customer, amount }) => {
      if (this.broken.has(amount)) throw new RangeError(`no order of ${amount}`);
      return { customer, amount };
    });
    const schema = z.object({ customer: z.string(), amount: z.number() });
    const whole = pipeline('shop', [checked.to(lake('checked', { schema }))], { parkingBudget: 1 });
    this.#plan = partsOf(whole).at(-1) as Plan;
    const shards = {
      describe: async (shardId: string) => this.shards.find((shard) => shard.shardId === shardId),
      hasRecordsAfter: async (shardId: string, after?: Position) =>
        this.#of(shardId).some(
          (record) => !after || comparePositions({ ...record, subSequence: RECORD_END }, after) > 0,
        ),
    };
    this.#engine = engineInMemory(this.#plan, { clock, shards });
    const { log, objects } = this.#engine;
    this.logs = new ShardLogs({ log, objects, clock }, `${this.#plan.name}/v1`, 0);
  }

  get pipeline(): PipelinePorts {
    const ports = {
      logs: this.logs,
      listShards: async () => this.shards,
      put: async (key: string, hashKey: string | undefined) => {
        const data = redriveRecord(`redrive-${this.#count}`, this.#plan.name, key);
        const placed = this.#put(key, data, hashKey);
        this.asked.at(-1)?.push({ key, hashKey, shardId: placed.shardId });
        return placed;
      },
      clock: { now: () => this.nowMs },
      sleep: (milliseconds: number) => this.#sleep(milliseconds),
    };
    return { name: this.#plan.name, ports };
  }

  /** Amounts of the key's orders that are in the lake, in their order. */
  amounts(customer: string): readonly unknown[] {
    const rows = this.#engine.lake.rows('checked').filter((row) => row.customer === customer);
    return rows.map(({ amount }) => amount);
  }

  order(customer: string, amount: number, hashKey?: string): void {
    const id = `order-${this.#count}`;
    this.#put(
      customer,
      this.#plan.hop > 0 ? this.#rekeyed(id, customer, amount) : order(id, { customer, amount }),
      hashKey,
    );
  }

  #rekeyed(id: string, key: string, amount: number): object {
    const item = { customer: key, amount };
    const at = { source: '/shop', timeMs: ARRIVAL_MS, watermarkMs: ARRIVAL_MS, clockMs: ARRIVAL_MS, form: null };
    return rekeyedRecord({ from: ['shard-before', this.#count, 0], step: 'again', id, key, item, ...at });
  }

  /** Cuts a shard in the middle; the halves are `<id>0` and `<id>1`. */
  split(shardId: string): void {
    const shard = this.shards.find((each) => each.shardId === shardId) as Shard;
    const middle = (BigInt(`0x${shard.range.from}`) + BigInt(`0x${shard.range.to}`)) / 2n;
    const hex = (hash: bigint) => hash.toString(16).padStart(32, '0');
    const low = { shardId: `${shardId}0`, parents: [shardId], range: { from: shard.range.from, to: hex(middle) } };
    const high = { shardId: `${shardId}1`, parents: [shardId], range: { from: hex(middle + 1n), to: shard.range.to } };
    this.#closed.add(shardId);
    this.shards = [...this.shards, low, high];
  }

  /** The open shard of a hash. */
  shardOf(hash: string): Shard {
    const found = this.shards.find(
      ({ shardId, range }) => !this.#closed.has(shardId) && range.from <= hash && hash <= range.to,
    );
    return found as Shard;
  }

  /** Has the engine take what there is, in shards that are not stopped. */
  async process(): Promise<void> {
    for (const { shardId } of this.shards) {
      for (let i = 0; i < this.batches && (await this.#takeBatch(shardId)); i++) {}
    }
  }

  async #takeBatch(shardId: string): Promise<boolean> {
    const taken = this.#taken.get(shardId) ?? 0;
    const batch = this.#of(shardId).slice(taken, taken + this.batch);
    if (batch.length === 0 || this.stopped.has(shardId)) return false;
    try {
      const { unfinished } = await this.#engine.run(batch, Number.POSITIVE_INFINITY, shardId);
      const done = batch.findIndex((record) => record.sequenceNumber === unfinished);
      this.#taken.set(shardId, taken + (done < 0 ? batch.length : done));
      return true;
    } catch (error) {
      if (error instanceof TransientError) return false; // a child that comes too early
      throw error;
    }
  }

  async #sleep(milliseconds: number): Promise<void> {
    this.nowMs += milliseconds;
    this.onSleep();
    await this.process();
    this.asked.push([]);
  }

  #put(key: string, data: object, hashKey?: string) {
    const hash = hashKey === undefined ? hashOf(key) : BigInt(hashKey).toString(16).padStart(32, '0');
    const { shardId } = this.shardOf(hash);
    this.#count += 1;
    this.#of(shardId).push(recordAt(this.#count, data, this.nowMs, key));
    return { shardId, sequenceNumber: sequenceNumber(this.#count) };
  }

  #of(shardId: string): StreamRecord[] {
    const records = this.#records.get(shardId) ?? [];
    this.#records.set(shardId, records);
    return records;
  }
}
