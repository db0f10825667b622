import { describe, expect, it } from '@jest/globals';
import type { Change, CloudEvent, DataOf } from '../../core/event/index.ts';
import { from, hours, lake, minutes, pipeline } from '../../core/pipeline/index.ts';
import { decode, Order, OrderChanged, OrderPayment } from '../../pipelines/orders/events.ts';
import { FROM_MS, generateOrders, MAX_DELAY_MS, TO_MS } from '../../pipelines/orders/generator.ts';
import { shopOrders } from '../../pipelines/orders/pipeline.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { shownTable, tutorial } from '../support/tutorial.ts';

const { documents, rows, unpaid, mispaid, orphans } = generateOrders();
const origin = { partitionKey: '', position: '', arrivalMs: 0 };
const events = documents.map((json) => decode(json, origin) as CloudEvent);
const ofType = <Data>(type: string) => events.flatMap((each) => (each.type === type ? [each.data as Data] : []));
const changes = ofType<Change>(OrderChanged.type);
const payments = ofType<DataOf<typeof OrderPayment>>(OrderPayment.type);

/** The table that the changes make, one after the other in order of their times. */
function fold(all: readonly Change[]): ReadonlyMap<string, unknown> {
  const table = new Map<string, unknown>();
  for (const { op, key, after } of all.toSorted((a, b) => (a.at < b.at ? -1 : 1))) {
    if (op === 'delete') table.delete(key);
    else table.set(key, after);
  }
  return table;
}

/** An order's total at a time. */
const totalAt = (order: string, at: string): number => {
  const known = changes.filter(({ key, at: changed }) => key === order && Date.parse(changed) <= Date.parse(at));
  const { after } = known.toSorted((a, b) => (a.at < b.at ? -1 : 1)).at(-1) ?? {};
  return Number((after as { totalCents?: number })?.totalCents);
};

const lastMs = Math.max(...[...changes, ...payments].map(({ at }) => Date.parse(at)));

const captures = payments.filter(({ outcome }) => outcome === 'captured');

describe('the orders sample', () => {
  it('is the same for the same seed, and another for another', () => {
    const [first, again, other] = [7, 7, 8].map((seed) => generateOrders({ seed, orders: 50 }));
    expect(again).toEqual(first);
    expect(other?.documents).not.toEqual(first?.documents);
  });

  it('has 3,000 orders, with all that is told of them, in two days', () => {
    expect(changes.filter(({ op }) => op === 'insert')).toHaveLength(3_000);
    expect(changes.length + payments.length).toBe(documents.length);
    expect(new Set(events.map(({ id, source }) => `${source} ${id}`)).size).toBe(events.length);
    const times = [...changes, ...payments].map(({ at }) => Date.parse(at));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(FROM_MS);
    expect(Math.max(...times)).toBeLessThan(TO_MS);
  });

  it('has changes and payments in the shape of their event types', () => {
    for (const change of changes) OrderChanged.schema.parse(change);
    for (const payment of payments) OrderPayment.schema.parse(payment);
    for (const row of rows) Order.parse(row);
  });

  it('goes through every status, and removes some orders', () => {
    const share = (wanted: string) => rows.filter(({ status }) => status === wanted).length / rows.length;
    expect(share('delivered')).toBeGreaterThan(0.25);
    expect(share('shipped')).toBeGreaterThan(0.25);
    for (const status of ['packed', 'paid', 'cancelled']) {
      expect(share(status)).toBeGreaterThan(0.03);
      expect(share(status)).toBeLessThan(0.2);
    }
    expect(share('placed')).toBeGreaterThan(0);
    const removed = changes.filter(({ op }) => op === 'delete');
    expect(removed.length).toBe(3_000 - rows.length);
    expect(removed.length).toBeGreaterThan(150);
    expect(removed.length).toBeLessThan(300);
    expect(removed.every(({ before }) => before?.status === 'cancelled')).toBe(true);
  });

  it('comes to its rows by a fold over the changes in order of time, though not in order of arrival', () => {
    const table = fold(changes);
    expect([...table.values()].length).toBe(rows.length);
    expect(rows.filter((row) => JSON.stringify(table.get(row.orderId)) !== JSON.stringify(row))).toEqual([]);
    const byArrival = new Map(changes.map(({ key, after }) => [key, after]));
    expect(rows.some(({ orderId, status }) => byArrival.get(orderId)?.status !== status)).toBe(true);
  });

  it('arrives out of order, within its bound, also for one order', () => {
    let latestMs = 0;
    const behind = events.map(({ data }) => {
      const ms = Date.parse((data as Change).at);
      latestMs = Math.max(latestMs, ms);
      return latestMs - ms;
    });
    expect(Math.max(...behind)).toBeGreaterThan(20_000);
    expect(Math.max(...behind)).toBeLessThanOrEqual(MAX_DELAY_MS);
    const seen = new Set<string>();
    const early = changes.filter(({ op, key }) => (op === 'insert' ? !seen.add(key) : !seen.has(key)));
    expect(early.length).toBeGreaterThan(0);
  });

  it('has each change begin with the row that the one before left', () => {
    for (const [, own] of Map.groupBy(changes, ({ key }) => key)) {
      const inTime = own.toSorted((a, b) => (a.at < b.at ? -1 : 1));
      expect(inTime.map(({ before }) => JSON.stringify(before))).toEqual([
        undefined,
        ...inTime.slice(0, -1).map(({ after }) => JSON.stringify(after)),
      ]);
    }
  });

  it('tells which orders are not paid, paid wrong or not there', () => {
    const orders = new Map(changes.flatMap(({ op, key, after }) => (op === 'update' ? [[key, after]] : [])));
    for (const { op, key, after } of changes) if (op === 'insert' && !orders.has(key)) orders.set(key, after);
    const captured = new Map(captures.map(({ order, amountCents }) => [order, amountCents]));
    expect(unpaid).toEqual([...orders.keys()].filter((order) => !captured.has(order)).toSorted());
    const wrong = [...captured].filter(
      ([order, cents]) => orders.has(order) && orders.get(order)?.totalCents !== cents,
    );
    expect(mispaid.toSorted()).toEqual(wrong.map(([order]) => order).toSorted());
    const strange = events.filter(
      ({ type, data }) => type === OrderPayment.type && !orders.has((data as { order: string }).order),
    );
    expect(orphans.toSorted()).toEqual(strange.map(({ id }) => id).toSorted());
    expect(unpaid.length).toBeGreaterThan(200);
    expect(unpaid.length).toBeLessThan(300);
    expect(mispaid.length).toBeGreaterThan(15);
    expect(mispaid.length).toBeLessThan(45);
    expect(orphans).toHaveLength(15);
  });

  it('is what the tutorial tells of', () => {
    const text = tutorial('orders');
    const inserted = changes.filter(({ op }) => op === 'insert');
    const says = [
      `${inserted.length.toLocaleString('en-US')} orders, ${changes.length.toLocaleString('en-US')} changes`,
      `${payments.length.toLocaleString('en-US')} payments`,
    ];
    for (const each of says) expect(text).toContain(each);
    const statuses = [...Map.groupBy(rows, ({ status }) => status)].map(([status, all]) => [status, all.length]);
    const perHour = [0, 1, 2, 3].map((hour) => {
      const placed = inserted.filter(({ at }) => Date.parse(at) - FROM_MS - hours(hour) < hours(1));
      return placed.filter(({ at }) => Date.parse(at) >= FROM_MS + hours(hour)).map(({ key }) => key);
    });
    const unpaidKeys = new Set(unpaid);
    const hoursShown = perHour.map((keys, hour) => [
      `2025-03-03 0${hour}:00`,
      keys.length,
      keys.filter((key) => unpaidKeys.has(key)).length,
    ]);
    const wrong = captures
      .filter(({ order }) => mispaid.includes(order))
      .map(({ order, at, amountCents }) => [order, totalAt(order, at), amountCents] as const)
      .map(([order, total, amount]) => [order, total, amount, total - amount] as const);
    const told = [
      ...text.matchAll(/^(\S+)Z {2}wrong-payment {2}(\S+) {2}\2: (\S+) EUR were paid; it comes to (\S+) EUR$/gm),
    ];
    expect(told.length).toBeGreaterThan(0);
    for (const [, at = '', order, paid, total] of told) {
      expect(captures.filter((each) => each.order === order).map((each) => each.at)).toEqual([`${at}Z`]);
      const cents = [total, paid].map((euros) => Math.round(Number(euros) * 100));
      expect(wrong.filter(([each]) => each === order).map((each) => each.slice(1, 3))).toEqual([cents]);
    }
    const largest = wrong.toSorted((a, b) => Math.abs(b[3]) - Math.abs(a[3]) || (a[0] < b[0] ? -1 : 1)).slice(0, 4);
    const shown = [...statuses.toSorted((a, b) => Number(b[1]) - Number(a[1])), ...hoursShown, ...largest].map(
      (cells) => cells.map((cell) => cell.toLocaleString('en-US')),
    );
    const boxes = [...text.matchAll(/^│ (.*) │$/gm)].map(([, row = '']) => row.split('│').map((cell) => cell.trim()));
    expect(boxes.filter(([, cell]) => /^[\d,]+$/.test(cell ?? ''))).toEqual(shown);
    const made = shownTable('orders', 'made').map(([, made, found]) => [made, found]);
    expect(made).toEqual(
      [rows, unpaid, mispaid, orphans].map(({ length }) => Array(2).fill(length.toLocaleString('en-US'))),
    );
    const reachedMs = lastMs - minutes(30) - shopOrders.outOfOrdernessMs;
    const owed = inserted.filter(({ key, at }) => unpaidKeys.has(key) && Date.parse(at) > reachedMs);
    expect(text).toContain(`${owed.length} of the ${unpaid.length} are still owed`);
  });

  it('goes through a pipeline', async () => {
    const plan = pipeline('orders', [from(OrderChanged).to(lake('changes')), from(OrderPayment).to(lake('payments'))], {
      decode,
    });
    const { run, lake: tables } = engineInMemory(plan);
    const some = documents.slice(0, 1_000);
    expect(await run(some.map((each, n) => recordAt(n + 1, each)))).toMatchObject({ events: 1_000, quarantined: 0 });
    expect(tables.rows('changes')[0]).toMatchObject({ op: 'insert', table: 'orders', after: { status: 'placed' } });
    expect(tables.rows('changes').length + tables.rows('payments').length).toBe(1_000);
  });
});
