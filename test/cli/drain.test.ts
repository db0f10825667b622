import { setImmediate as passing } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { memoryStreams } from '../../adapters/memory/streams.ts';
import { type DrainedPart, drain } from '../../cli/drain.ts';
import { CliError } from '../../cli/errors.ts';
import type { StreamRecord } from '../../core/engine/record.ts';
import { ShardLogs } from '../../core/engine/shard-log.ts';
import { count, from, hours, lake, minutes, type Plan, pipeline, sum, tumbling } from '../../core/pipeline/index.ts';
import { partsOf } from '../../core/pipeline/plan.ts';
import type { OutgoingRecord } from '../../core/ports.ts';
import { distinct } from '../support/counting.ts';
import { ARRIVAL_MS, engineInMemory, recordAt, SHARD, sequenceNumber, WHOLE } from '../support/engine.ts';
import { Order, order } from '../support/orders.ts';

const FIRST_DAY = Date.parse('2026-11-18T00:00:00Z');

/** Parts on streams of one shard, as slow as they may be: what a batch leaves in its outbox goes out with the next batch,
 *  behind what has been put to the next part's stream meanwhile. */
class SlowParts {
  readonly beats: number[] = [];
  /** Rounds of heartbeats behind which the parts were past all that had been put. */
  readonly caughtUpAfter: number[] = [];
  /** Parts that take nothing. */
  readonly stopped = new Set<number>();
  nowMs = ARRIVAL_MS;
  readonly #plans: readonly Plan[];
  readonly #streams;
  readonly #engines;
  readonly #queues: StreamRecord[][];
  readonly #outboxes: OutgoingRecord[][];
  #shown = 0;
  #count = 0;

  constructor(plan: Plan) {
    this.#plans = partsOf(plan);
    this.#streams = this.#plans.map(() => memoryStreams());
    this.#engines = this.#plans.map((part, n) => engineInMemory(part, { streams: this.#streams[n] as never }));
    this.#queues = this.#plans.map(() => []);
    this.#outboxes = this.#plans.map(() => []);
  }

  put(data: object, key: string, part = 0): void {
    this.#queues[part]?.push(recordAt(++this.#count, data, ARRIVAL_MS, key));
  }

  /** Rows of the last part that have left it. */
  get shown() {
    return this.#rows.slice(0, this.#shown);
  }

  get #rows() {
    return distinct(this.#engines.at(-1)?.lake.rows('per_day') ?? []).map(({ hours, orders }) => [hours, orders]);
  }

  get parts(): readonly DrainedPart[] {
    return this.#plans.map((plan, n) => {
      const { log, objects } = this.#engines[n] as ReturnType<typeof engineInMemory>;
      const clock = { now: () => this.nowMs };
      return {
        name: plan.name,
        logs: new ShardLogs({ log, objects, clock }, `${plan.name}/v1`, 0),
        clock,
        sleep: (ms) => (n === this.#plans.length - 1 ? this.#work(ms) : passing()),
        listOpenShards: async () => [WHOLE],
        put: async (record, { key }) => {
          this.put(record, key, n);
          return { shardId: SHARD, sequenceNumber: sequenceNumber(this.#count) };
        },
      };
    });
  }

  /** A batch of each part. */
  async #work(ms: number): Promise<void> {
    this.nowMs += ms;
    for (const [n, engine] of [...this.#engines.entries()].reverse()) {
      const records = this.#queues[n]?.splice(0) ?? [];
      if (records.length === 0 || this.stopped.has(n)) continue;
      for (const { data, partitionKey } of this.#outboxes[n] ?? []) this.put(data, partitionKey, n + 1);
      if (n === this.#engines.length - 1) this.#shown = this.#rows.length;
      await engine.run(records);
      this.#outboxes[n] = [...(this.#streams[n]?.take('next hop') ?? [])];
    }
  }

  drain(): Promise<void> {
    return drain(
      this.parts,
      async (count) => void this.beats.push(count),
      () => this.caughtUpAfter.push(this.beats.length),
    );
  }
}

const perHour = { over: tumbling(hours(1)), aggregate: { orders: count() } };
const byCustomer = from(Order).window('per-hour', perHour).closed;
const perDay = { over: tumbling(hours(24)), aggregate: { hours: count(), orders: sum<{ orders: number }>('orders') } };
const rows = lake('per_day', { schema: z.object({ hours: z.int(), orders: z.int() }) });
/** The same figures over any number of hops. */
const plans = [
  pipeline('of-one', [byCustomer.window('per-day', perDay).closed.to(rows)]),
  pipeline('of-two', [
    byCustomer
      .rekey('all', () => 'all')
      .window('per-day', perDay)
      .closed.to(rows),
  ]),
  pipeline('of-three', [
    byCustomer
      .rekey('some', () => 'some')
      .filter('each', () => true)
      .rekey('all', () => 'all')
      .window('per-day', perDay)
      .closed.to(rows),
  ]),
];

/** Two days of an order every ten minutes, and one on the third: two days are over for minutes. */
function putDays(stage: SlowParts): void {
  const times = [...Array.from({ length: 288 }, (_, n) => n * 10), 2 * 24 * 60 + 5];
  for (const [n, minute] of times.entries()) {
    const at = new Date(FIRST_DAY + minutes(minute)).toISOString();
    stage.put(order(`e${n}`, { customer: 'ada', at }), 'ada');
  }
}

describe('draining a pipeline', () => {
  it.each(plans)('waits for all that follows, over every hop: $name', async (plan) => {
    const stage = new SlowParts(plan);
    putDays(stage);
    await stage.drain();
    expect(stage.shown).toEqual([
      [24, 144],
      [24, 144],
    ]);
    expect(stage.beats.every((count) => count === 1)).toBe(true);
    expect(stage.caughtUpAfter).toEqual([1]);
  });

  it('says which part stands still', async () => {
    const stage = new SlowParts(plans[1] as Plan);
    putDays(stage);
    stage.stopped.add(1);
    await expect(stage.drain()).rejects.toThrow(CliError);
    expect(stage.nowMs - ARRIVAL_MS).toBeLessThan(90_000);
    await expect(stage.drain()).rejects.toThrow("'of-two-hop-1' has stood still for a minute");
  });
});
