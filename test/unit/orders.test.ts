import { describe, expect, it } from '@jest/globals';
import { hours, minutes } from '../../core/pipeline/index.ts';
import { changeRecord } from '../../pipelines/orders/change-record.ts';
import { OrderPayment } from '../../pipelines/orders/events.ts';
import { FROM_MS, generateOrders } from '../../pipelines/orders/generator.ts';
import { shopOrders } from '../../pipelines/orders/pipeline.ts';
import { type Drive, drive } from '../../testing/drive.ts';
import { CRASH_POINTS } from '../../testing/fuse.ts';

const idsOf = (run: Drive, table: string) =>
  run
    .rows(table)
    .map(({ orderid }) => orderid)
    .toSorted();

/** What the pipeline has found, in the shape of the generator's truth. */
const found = (run: Drive) => ({
  rows: Object.entries(run.view('current_orders'))
    .toSorted()
    .map(([, row]) => row),
  unpaid: idsOf(run, 'unpaid'),
  mispaid: idsOf(run, 'mispaid'),
  orphans: run
    .rows('orphans', { origin: true })
    .map(({ event_id }) => String(event_id).replace('/paid-order.0', ''))
    .toSorted(),
});

describe('the orders pipeline', () => {
  it.each([1, 2, 3, 4])('finds what the generator of seed %i knows', async (seed) => {
    const { documents, ...truth } = generateOrders({ seed, orders: 120 });
    const run = drive(shopOrders, { shards: 2 });
    await run.send(documents);
    await run.advance(hours(1));
    expect(found(run)).toEqual({ ...truth, orphans: truth.orphans.toSorted() });
    expect(run.alerts('wrong-payment').map(({ key }) => key)).toEqual(expect.arrayContaining([...truth.mispaid]));
    expect(run.alerts('wrong-payment')).toHaveLength(truth.mispaid.length);
    expect(run.rows('order_changes').length + run.rows('order_payments').length).toBe(documents.length);
    for (const table of ['late_payments', 'late_orders']) expect(run.rows(table)).toEqual([]);
    expect(run.quarantined()).toEqual([]);
  });

  it('finds the same through crashes and reshards', async () => {
    const { documents, ...truth } = generateOrders({ seed: 5, orders: 60 });
    const run = drive(shopOrders, { batchSize: 50 });
    const points = [...CRASH_POINTS, undefined];
    for (let from = 0; from < documents.length; from += 100) {
      run.crash({ before: points[(from / 100) % points.length] });
      await run.send(documents.slice(from, from + 100));
      if (from === 100) await run.split();
      if (from === 200) await run.merge();
    }
    await run.advance(hours(1));
    expect(found(run)).toEqual({ ...truth, orphans: truth.orphans.toSorted() });
  });

  const iso = (ms: number) => new Date(FROM_MS + ms).toISOString();
  const order = (status: 'placed' | 'cancelled', totalCents = 4_990) => ({
    orderId: 'order-1',
    customer: 'ada',
    status,
    placedAt: iso(0),
    lines: [{ sku: 'sku-1', quantity: 1, priceCents: totalCents }],
    totalCents,
    currency: 'EUR' as const,
  });
  const change = (id: string, ms: number, before: ReturnType<typeof order> | undefined, after: typeof before) =>
    changeRecord(id, (FROM_MS + ms) * 1000, before, after);
  const payment = (ms: number, amountCents = 4_990) => ({
    order: 'order-1',
    at: iso(ms),
    amountCents,
    currency: 'EUR' as const,
    method: 'card' as const,
    outcome: 'captured' as const,
  });

  it('shows an order as it is now, and no more once it is removed', async () => {
    const run = drive(shopOrders);
    await run.send([
      change('2', 60_000, order('placed'), order('cancelled')),
      change('1', 0, undefined, order('placed')), // comes later than what came of it
    ]);
    expect(run.view('current_orders')).toMatchObject({ 'order-1': { status: 'cancelled' } });
    await run.send(change('3', 120_000, order('cancelled'), undefined));
    expect(run.view('current_orders')).toEqual({});
  });

  it('holds a payment against the order as it was then, whatever arrives first, and tells people', async () => {
    const run = drive(shopOrders);
    await run.put(OrderPayment, payment(60_000, 4_990));
    await run.send([
      change('1', 0, undefined, order('placed')),
      change('2', 30_000, order('placed'), order('placed', 9_980)),
      change('3', 90_000, order('placed', 9_980), order('placed', 4_990)),
    ]);
    expect(run.rows('mispaid')).toEqual([]);
    await run.advance(minutes(6));
    expect(run.rows('mispaid')).toEqual([{ orderid: 'order-1', amountcents: 4_990, totalcents: 9_980 }]);
    const text = 'order-1: 49.90 EUR were paid; it comes to 99.80 EUR';
    expect(run.alerts('wrong-payment')).toMatchObject([{ key: 'order-1', text }]);
    expect(run.rows('unpaid')).toEqual([]);
  });

  it('waits half an hour for the payment of an order', async () => {
    const run = drive(shopOrders);
    await run.send(change('1', 0, undefined, order('placed')));
    await run.until(iso(minutes(35)));
    expect(run.rows('unpaid')).toEqual([]);
    await run.advance(1);
    expect(run.rows('unpaid')).toEqual([{ orderid: 'order-1', customer: 'ada', placedat: iso(0) }]);
  });

  it('tells of a payment without order, and of one that comes too late to know', async () => {
    const run = drive(shopOrders);
    await run.put(OrderPayment, payment(0));
    await run.advance(hours(1));
    expect(idsOf(run, 'orphans')).toEqual(['order-1']);
    await run.put(OrderPayment, payment(minutes(5)));
    expect(run.rows('late_payments')).toHaveLength(1);
    expect(idsOf(run, 'orphans')).toHaveLength(1);
  });
});
