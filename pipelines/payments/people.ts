import type { Random } from '../random.ts';
import { type City, type Merchant, ONLINE, someShop } from './places.ts';

/** A payment before it has an id. */
export interface Draft {
  readonly card: string;
  readonly atMs: number;
  readonly merchant: Merchant;
  readonly amountCents: number;
  readonly currency: City['currency'];
  readonly outcome: 'approved' | 'declined';
}

/** Who has a card, and how they use it. */
export interface Holder {
  readonly card: string;
  readonly home: City;
  /** Payments on an average day, and the share of them on the net. */
  readonly perDay: number;
  readonly onlineShare: number;
}

/** Where a holder is from when to when; between two stays they travel. */
export interface Stay {
  readonly city: City;
  readonly fromMs: number;
  readonly toMs: number;
}

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** How many payments each hour of the day sees, beside the others. */
const HOURS = [1, 0.5, 0.3, 0.2, 0.3, 1, 4, 10, 12, 9, 9, 11, 15, 12, 9, 9, 11, 15, 17, 15, 11, 8, 5, 2];

/** One payment: as given, or as people usually pay at that merchant; one in fifty is declined. */
export function payment(
  random: Random,
  { card, home }: Holder,
  atMs: number,
  merchant: Merchant,
  given: { readonly amountCents?: number; readonly outcome?: Draft['outcome'] } = {},
): Draft {
  const usual = Math.max(50, Math.round(random.around(merchant.medianCents, merchant.spread)));
  const usually = random.chance(0.02) ? 'declined' : 'approved';
  const { amountCents = usual, outcome = usually } = given;
  return { card, atMs: Math.round(atMs), merchant, amountCents, currency: merchant.currency ?? home.currency, outcome };
}

/** The ordinary payments of a day. One that is declined is mostly tried again. */
export function ordinaryDay(random: Random, holder: Holder, stays: readonly Stay[], dayMs: number): readonly Draft[] {
  return Array.from({ length: random.count(holder.perDay) }).flatMap(() => {
    const atMs = dayMs + (random.weighted(HOURS) + random.next()) * HOUR_MS;
    const stay = stays.find(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
    const merchant = random.chance(holder.onlineShare) ? random.pick(ONLINE) : stay && someShop(random, stay.city);
    if (!merchant) return []; // on the way
    const first = payment(random, holder, atMs, merchant);
    if (first.outcome === 'approved' || random.chance(0.3)) return [first];
    const laterMs = atMs + random.between(20, 120) * SECOND_MS;
    const { amountCents } = first;
    const outcome = random.chance(0.8) ? 'approved' : 'declined';
    return [first, payment(random, holder, laterMs, merchant, { amountCents, outcome })];
  });
}
