import { expect } from '@jest/globals';
import { heartbeatRecord } from '../../core/event/control.ts';
import { days, minutes, type Plan } from '../../core/pipeline/index.ts';
import { distinct } from './counting.ts';
import { engineInMemory, recordAt } from './engine.ts';
import { order } from './orders.ts';

/** Minute 0. */
export const START = Date.parse('2026-11-21T10:00:00Z');

/** When the first record comes: its event may be from two days after the start. */
const ARRIVED = START + days(1);

/** An order of a customer at a minute, the n-th being `e<n>`; or so many minutes that pass without any. */
export type Happening = readonly [customer: string, minute: number, amount: number] | number;

/** How the records come: in batches of so many, each perhaps in a new environment. */
interface Delivery {
  readonly batch: number;
  readonly cold: boolean;
}

export type Rows = Readonly<Record<string, readonly (readonly unknown[])[]>>;

/** What a pipeline of orders makes of what happens. */
export async function rowsOf(plan: Plan, events: readonly Happening[], { batch, cold }: Delivery): Promise<Rows> {
  const { run, restart, lake } = engineInMemory(plan, { policy: { bytes: 500, commits: 3 } });
  const records = events.map((happening, index) => {
    if (typeof happening === 'number')
      return recordAt(index + 1, heartbeatRecord(`h${index}`), ARRIVED + passed(events, index + 1), `h${index}`);
    const [customer, minute, amount] = happening;
    const data = { customer, amount, at: new Date(START + minutes(minute)).toISOString() };
    return recordAt(index + 1, order(`e${index + 1}`, data), ARRIVED + passed(events, index), customer);
  });
  for (let index = 0; index < records.length; index += batch) {
    if (cold) restart();
    const result = await run(records.slice(index, index + batch));
    expect(result).toMatchObject({ parked: 0, quarantined: 0, stopped: undefined, unfinished: undefined });
  }
  const rowsIn = (table: string) => distinct(lake.rows(table)).map(shown);
  return Object.fromEntries(plan.tables.map(({ name }) => [name, rowsIn(name)]));
}

/** By how much the clock has moved on before the n-th. */
const passed = (events: readonly Happening[], n: number) =>
  minutes(events.slice(0, n).reduce<number>((sum, each) => sum + (typeof each === 'number' ? each : 0), 0));

const MINUTES = 60_000;
const TIME = /^\d{4}-\d\d-\d\dT/;

const shown = (row: Record<string, unknown>) =>
  Object.entries(row)
    .filter(([column]) => !column.startsWith('event_') && !UNSHOWN.has(column))
    .map(([, value]) => (TIME.test(String(value)) ? (Date.parse(String(value)) - START) / MINUTES : value));

/** Where a record lay, and the items of an order. */
const UNSHOWN = new Set(['items', 'shard_id', 'sequence_number']);
