import type { Random } from '../random.ts';
import { distanceKm } from './distance.ts';
import { type Draft, type Holder, MINUTE_MS, payment, SECOND_MS, type Stay } from './people.ts';
import { CITIES, type City, ONLINE, OVERSEAS, someShop } from './places.ts';

/** Something out of the ordinary that happens to a card at a time. */
export type Scene = (random: Random, holder: Holder, atMs: number) => SceneResult;

export interface SceneResult {
  /** The payments that make it what it is. */
  readonly payments: readonly Draft[];
  /** The holder's own payments around it, if it needs some. */
  readonly around?: readonly Draft[];
  /** Where the holder is, if not at home all the time. */
  readonly stays?: readonly Stay[];
}

/** One in four of each pattern is done with care: fewer payments, more slowly, less far. */
const CAREFUL = 0.25;

/** Whether a list of numbers works is tried with small amounts; then something large is bought. */
export const cardTesting: Scene = (random, holder, atMs) => {
  const careful = random.chance(CAREFUL);
  const count = careful ? random.between(3, 4) : random.between(6, 14);
  const refused = random
    .shuffled(Array.from({ length: count }, (_, i) => i))
    .slice(0, Math.max(1, Math.floor(count * 0.4)));
  let nowMs = atMs;
  const trials = Array.from({ length: count }, (_, i) => {
    nowMs += careful ? random.between(120, 360) * SECOND_MS + random.between(0, 999) : random.between(8_000, 50_000);
    const amountCents = careful ? random.between(50, 500) : random.between(0, 199);
    const outcome = refused.includes(i) ? 'declined' : 'approved';
    return payment(random, holder, nowMs, random.pick(ONLINE), { amountCents, outcome });
  });
  nowMs += (careful ? random.between(10, 25) : random.between(1, 8)) * MINUTE_MS;
  const shops = ONLINE.filter(({ category }) => category === 'electronics' || category === 'travel');
  const outcome = random.chance(0.85) ? 'approved' : 'declined';
  const amountCents = random.between(25_000, 180_000);
  return { payments: [...trials, payment(random, holder, nowMs, random.pick(shops), { amountCents, outcome })] };
};

/** A card is emptied quickly, on the net or in shops side by side, until its limit stops it. */
export const velocity: Scene = (random, holder, atMs) => {
  const careful = random.chance(CAREFUL);
  const count = careful ? random.between(7, 9) : random.between(12, 25);
  const lengthMs = (careful ? random.between(15, 25) : random.between(5, 14)) * MINUTE_MS;
  const approved = count - random.between(0, 3);
  const inShops = random.chance(0.4);
  return {
    payments: Array.from({ length: count }, (_, i) => {
      const jitterMs = random.between(0, 10 * SECOND_MS);
      const merchant = inShops ? someShop(random, holder.home, 'electronics', 'clothing', 'cash') : random.pick(ONLINE);
      const outcome = i < approved ? 'approved' : 'declined';
      const amountCents = random.between(1_500, 12_000);
      return payment(random, holder, atMs + (i * lengthMs) / count + jitterMs, merchant, { amountCents, outcome });
    }),
  };
};

/** A copy of the card is used far away while its holder pays at home. */
export const impossibleTravel: Scene = (random, holder, atMs) => {
  const near = citiesWithin(holder.home, 120, 450);
  const careful = near.length > 0 && random.chance(CAREFUL);
  const city = random.pick(careful ? near : [...citiesWithin(holder.home, 700, 4_000), ...OVERSEAS]);
  const minutes = careful ? (distanceKm(holder.home, city) / random.between(250, 700)) * 60 : random.between(8, 40);
  let nowMs = atMs + minutes * MINUTE_MS;
  const payments = Array.from({ length: random.between(1, 3) }, () => {
    const draft = payment(random, holder, nowMs, someShop(random, city, 'electronics', 'clothing', 'cash'), {
      amountCents: random.between(5_000, 60_000),
    });
    nowMs += random.between(3, 15) * MINUTE_MS;
    return draft;
  });
  const before = payment(random, holder, atMs, someShop(random, holder.home), { outcome: 'approved' });
  const after = payment(random, holder, nowMs + random.between(20, 90) * MINUTE_MS, someShop(random, holder.home));
  return { payments, around: [before, after] };
};

export function citiesWithin(from: City, minKm: number, maxKm: number): readonly City[] {
  return CITIES.filter((city) => {
    const km = distanceKm(from, city);
    return minKm <= km && km <= maxKm;
  });
}
