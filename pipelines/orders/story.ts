import type * as z from 'zod';
import type { Random } from '../random.ts';
import type { Order, OrderPayment } from './events.ts';

export type OrderRow = z.output<typeof Order>;
type PaymentData = z.output<typeof OrderPayment.schema>;

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;

/** A row from a time on; undefined once it is removed. */
export type State = readonly [atMs: number, row: OrderRow | undefined];

export interface PaymentTold {
  readonly atMs: number;
  readonly amountCents: number;
  readonly method: PaymentData['method'];
  readonly outcome: PaymentData['outcome'];
}

/** What becomes of an order. */
export interface Story {
  readonly orderId: string;
  readonly states: readonly State[];
  readonly payments: readonly PaymentTold[];
}

/** An order from the moment it is placed. One in ten is changed before it is paid; one in ten is refused its money at
 *  first. Of 100, some 8 are never paid and cancelled, some 4 are cancelled after they were paid. */
export function storyOf(random: Random, orderId: string, atMs: number): Story {
  const first = placed(random, orderId, atMs);
  const row = random.chance(0.1) ? withOneMore(first) : first;
  const edit: readonly State[] = row === first ? [] : [[atMs + random.between(10, 25) * SECOND_MS, row]];
  const states: readonly State[] = [[atMs, first], ...edit];
  const capture = captureOf(random, row, atMs);
  const failed: PaymentTold = { ...capture, atMs: atMs + random.between(26, 29) * SECOND_MS, outcome: 'failed' };
  const tried = random.chance(0.1) ? [failed] : [];
  if (random.chance(0.08)) {
    const end = cancelled(random, row, atMs + random.between(30, 60) * MINUTE_MS);
    return { orderId, payments: tried, states: [...states, ...end] };
  }
  const paidMs = capture.atMs + random.between(1_000, 8_000);
  const paid: OrderRow = { ...row, status: 'paid' };
  const payments = [...tried, capture];
  if (random.chance(0.04)) {
    const stoppedMs = paidMs + random.between(5, 60) * MINUTE_MS;
    const refund: PaymentTold = {
      ...capture,
      atMs: stoppedMs + random.between(1, 10) * MINUTE_MS,
      outcome: 'refunded',
    };
    const end = cancelled(random, paid, stoppedMs);
    return { orderId, payments: [...payments, refund], states: [...states, [paidMs, paid], ...end] };
  }
  return { orderId, payments, states: [...states, [paidMs, paid], ...sent(random, paid, paidMs)] };
}

const PRICES_CENTS = [390, 499, 790, 995, 1_250, 1_499, 1_990, 2_495, 2_990, 3_995, 4_990, 7_900, 12_900, 24_900];

function placed(random: Random, orderId: string, atMs: number): OrderRow {
  const lines = Array.from({ length: random.between(1, 4) }, () => {
    const article = random.between(0, PRICES_CENTS.length - 1);
    const priceCents = PRICES_CENTS[article] as number;
    return { sku: `sku-${article + 1}`, quantity: random.weighted([0, 6, 2, 1]), priceCents };
  });
  const tags = ['express', 'gift'].filter(() => random.chance(0.1));
  return {
    orderId,
    customer: `customer-${random.between(1, 1_200)}`,
    status: 'placed',
    placedAt: new Date(atMs).toISOString(),
    lines,
    totalCents: sumOf(lines),
    currency: 'EUR',
    ...(tags.length > 0 && { tags }),
  };
}

const sumOf = (lines: OrderRow['lines']): number =>
  lines.reduce((sum, { quantity, priceCents }) => sum + quantity * priceCents, 0);

function withOneMore(row: OrderRow): OrderRow {
  const lines = row.lines.map((line, i) => (i === 0 ? { ...line, quantity: line.quantity + 1 } : line));
  return { ...row, lines, totalCents: sumOf(lines) };
}

/** Within twenty minutes; one in a hundred pays another amount. */
function captureOf(random: Random, { totalCents }: OrderRow, placedMs: number): PaymentTold {
  const atMs = placedMs + random.between(30_000, 20 * MINUTE_MS);
  const amountCents = random.chance(0.01) ? totalCents - random.between(1, 300) : totalCents;
  return { atMs, amountCents, method: random.pick(['card', 'card', 'transfer', 'wallet']), outcome: 'captured' };
}

/** Six in ten cancelled orders are removed by their time to live. */
function cancelled(random: Random, row: OrderRow, atMs: number): readonly State[] {
  const removal: State = [atMs + random.between(2 * HOUR_MS, 10 * HOUR_MS), undefined];
  return [[atMs, { ...row, status: 'cancelled' }], ...(random.chance(0.6) ? [removal] : [])];
}

/** Packed, shipped, delivered; one in ten is handed out at the counter, seconds after it was packed. */
function sent(random: Random, row: OrderRow, paidMs: number): readonly State[] {
  const packedMs = paidMs + random.between(20 * MINUTE_MS, 4 * HOUR_MS);
  if (random.chance(0.1)) {
    const handedMs = packedMs + random.between(1_000, 10_000);
    return [
      [packedMs, { ...row, status: 'packed' }],
      [handedMs, { ...row, status: 'delivered' }],
    ];
  }
  const shippedMs = packedMs + random.between(HOUR_MS, 12 * HOUR_MS);
  const deliveredMs = shippedMs + random.between(12 * HOUR_MS, 40 * HOUR_MS);
  return [
    [packedMs, { ...row, status: 'packed' }],
    [shippedMs, { ...row, status: 'shipped' }],
    [deliveredMs, { ...row, status: 'delivered' }],
  ];
}
