import { expect } from '@jest/globals';
import fc from 'fast-check';
import type { StreamRecord } from '../../core/engine/record.ts';
import { heartbeatRecord } from '../../core/event/control.ts';
import { days } from '../../core/pipeline/index.ts';
import type { Plan } from '../../core/pipeline/plan.ts';
import { distinct } from './counting.ts';
import { engineInMemory, recordAt } from './engine.ts';

/** Event time in these tests is told in minutes from here. */
export const START = Date.parse('2026-11-21T10:00:00Z');
export const timeAt = (minute: number): string => new Date(START + Math.round(minute * 60_000)).toISOString();

/** A table's rows in a line each: `<id> <text> @<minute>`, and the source behind it if it is not `/test` or Millrace's. */
export type Told = Readonly<Record<string, readonly string[]>>;

/** The n-th record; `n` is also its place in the stream. */
export type Recorded = (n: number) => StreamRecord;

/** Lets time pass for so long that nothing waits any more; rows of tables stay, as they do by default. */
const end = recordAt(99_999, heartbeatRecord('end'), START + days(300), 'end');

/** Takes the records through a plan in batches of these sizes, again and again, and lets time pass after them. */
export async function toldOf(
  plan: Plan,
  items: readonly Recorded[],
  sizes: readonly number[] = [items.length + 1],
  isCold = false,
): Promise<Told> {
  const { run, restart, lake } = engineInMemory(plan);
  const records = [...items.map((record, n) => record(n + 1)), end];
  for (let from = 0, turn = 0; from < records.length; turn++) {
    const to = from + (sizes[turn % sizes.length] as number);
    await run(records.slice(from, to));
    if (isCold) restart();
    from = to;
  }
  return shown(plan, lake);
}

function shown({ tables }: Plan, lake: ReturnType<typeof engineInMemory>['lake']): Told {
  return Object.fromEntries(tables.map(({ name }) => [name, distinct(lake.rows(name)).map(line)]));
}

function line({ event_id, event_source, text, event_time }: Readonly<Record<string, unknown>>): string {
  const minute = (Date.parse(String(event_time)) - START) / 60_000;
  const from = /^\/(test$|millrace\/)/.test(String(event_source)) ? '' : ` ${event_source}`;
  return `${event_id} ${text} @${Math.round(minute * 1_000) / 1_000}${from}`;
}

/** What comes of the records in one batch; and it must be the same in batches of 1 to 7, and with a crash after each record. */
export async function toldInEveryWay(plan: Plan, items: readonly Recorded[]): Promise<Told> {
  const whole = await toldOf(plan, items);
  for (const size of [1, 2, 3, 4, 5, 6, 7]) expect(await toldOf(plan, items, [size])).toEqual(whole);
  for (let crash = 1; crash <= items.length; crash++) {
    const { run, restart, lake } = engineInMemory(plan);
    const records = [...items.map((record, n) => record(n + 1)), end];
    await run(records.slice(0, crash));
    restart();
    await run(records);
    expect(shown(plan, lake)).toEqual(whole);
  }
  return whole;
}

/** Sizes of batches. */
export const anySizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 });

/** Shares of a bound, from 0 to less than 1. */
export const anyShares = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));

/** Items as they may arrive: each at most `bound` minutes later than it happened, by its share of that. */
export function arriving<Item extends { readonly minute: number }>(
  items: readonly Item[],
  bound: number,
  shares: Iterator<number>,
): readonly Item[] {
  return items
    .map((item) => ({ item, at: item.minute + bound * (shares.next().value as number) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
