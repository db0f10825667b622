import { type CloudEvent, createEvent } from '../../core/event/index.ts';
import { Random } from '../random.ts';
import { changeRecord } from './change-record.ts';
import { OrderPayment } from './events.ts';
import { HOUR_MS, MINUTE_MS, type OrderRow, type PaymentTold, type Story, storyOf } from './story.ts';

/** The sample's two days. What comes later is not told: some orders are under way in the end. */
export const FROM_MS = Date.parse('2025-03-03T00:00:00Z');
export const TO_MS = FROM_MS + 48 * HOUR_MS;

/** Documents arrive in the order of their times, but for this much; those of one order, too. */
export const MAX_DELAY_MS = MINUTE_MS;

export interface OrdersSample {
  /** Change records of DynamoDB, and payments as CloudEvents, in order of arrival. */
  readonly documents: readonly object[];
  /** The table as it is in the end, by order. */
  readonly rows: readonly OrderRow[];
  /** Orders for which nothing was ever captured. */
  readonly unpaid: readonly string[];
  /** Orders for which another amount was captured than their total. */
  readonly mispaid: readonly string[];
  /** Ids of the captured payments of orders that there are not. */
  readonly orphans: readonly string[];
}

/** Two days of a shop's orders; the same for the same seed. */
export function generateOrders({ seed = 1, orders = 3_000 } = {}): OrdersSample {
  const random = new Random(seed);
  const stories = Array.from({ length: orders }, (_, i) => {
    const own = random.fork(`order ${i}`);
    return untilTheEnd(storyOf(own, nameOf(i), own.between(FROM_MS, TO_MS - 1)));
  });
  const strays = Array.from({ length: Math.ceil(orders / 200) }, (_, i) =>
    strayOf(random.fork(`stray ${i}`), orders + i),
  );
  const told = [...stories, ...strays].flatMap((each) => documentsOf(random.fork(each.orderId), each));
  told.sort((a, b) => a.arrivalMs - b.arrivalMs);
  return {
    documents: told.map(({ document }) => document),
    rows: stories.flatMap(({ states }) => states.at(-1)?.[1] ?? []),
    unpaid: stories.filter((each) => !captureOf(each)).map(({ orderId }) => orderId),
    mispaid: stories.filter(isMispaid).map(({ orderId }) => orderId),
    orphans: strays.map(({ orderId }) => paymentId(orderId, 0)),
  };
}

const nameOf = (number: number): string => `order-${String(number + 1).padStart(5, '0')}`;
const paymentId = (orderId: string, index: number): string => `${orderId}/payment/${index + 1}`;

/** Somebody mistyped the order's number. */
function strayOf(random: Random, number: number): Story {
  const [atMs, amountCents] = [random.between(FROM_MS, TO_MS - 1), random.between(4, 400) * 100 - 10];
  return {
    orderId: nameOf(number),
    states: [],
    payments: [{ atMs, amountCents, method: 'transfer', outcome: 'captured' }],
  };
}

function untilTheEnd({ orderId, states, payments }: Story): Story {
  return {
    orderId,
    states: states.filter(([atMs]) => atMs < TO_MS),
    payments: payments.filter(({ atMs }) => atMs < TO_MS),
  };
}

const isCapture = ({ outcome }: PaymentTold): boolean => outcome === 'captured';
const captureOf = ({ payments }: Story): PaymentTold | undefined => payments.find(isCapture);

function isMispaid(story: Story): boolean {
  const capture = captureOf(story);
  const row = story.states.findLast(([atMs]) => atMs <= (capture?.atMs ?? 0))?.[1];
  return capture !== undefined && capture.amountCents !== row?.totalCents;
}

interface Told {
  readonly arrivalMs: number;
  readonly document: object;
}

/** The documents of an order, each with its time of arrival: most within two seconds, one in a hundred up to
 *  `MAX_DELAY_MS` late. */
function documentsOf(random: Random, { orderId, states, payments }: Story): readonly Told[] {
  const longest = [2_000, 20_000, MAX_DELAY_MS];
  const told = (atMs: number, document: object): Told => {
    const delayMs = random.between(0, longest[random.weighted([0.9, 0.09, 0.01])] as number);
    return { arrivalMs: atMs + delayMs, document };
  };
  const changes = states.map(([atMs, row], i) => {
    const atMicros = atMs * 1000 + random.between(0, 999);
    return told(atMs, changeRecord(uuid(random), atMicros, states[i - 1]?.[1], row));
  });
  return [
    ...changes,
    ...payments.map((each, i) => told(each.atMs, paymentEvent(paymentId(orderId, i), orderId, each))),
  ];
}

function paymentEvent(id: string, order: string, { atMs, ...payment }: PaymentTold): CloudEvent {
  return createEvent(OrderPayment, {
    id,
    source: '/payments',
    data: { order, at: new Date(atMs).toISOString(), currency: 'EUR', ...payment },
  });
}

function uuid(random: Random): string {
  const hex = Array.from({ length: 8 }, () => random.between(0, 0xffff).toString(16).padStart(4, '0'));
  return [`${hex[0]}${hex[1]}`, hex[2], hex[3], hex[4], `${hex[5]}${hex[6]}${hex[7]}`].join('-');
}
