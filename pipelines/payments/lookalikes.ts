import type { Random } from '../random.ts';
import { distanceKm } from './distance.ts';
import { citiesWithin, type Scene, type SceneResult } from './fraud.ts';
import { DAY_MS, type Draft, HOUR_MS, type Holder, MINUTE_MS, ordinaryDay, payment, SECOND_MS } from './people.ts';
import { type City, ONLINE, someShop } from './places.ts';

const steps = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

/** From the last payment at home to the first elsewhere: the way at a speed, and what it takes before and after. */
function journey(
  random: Random,
  holder: Holder,
  atMs: number,
  city: City,
  kmh: number,
  extraMinutes: number,
): SceneResult {
  const wayMs = (distanceKm(holder.home, city) / kmh) * HOUR_MS + extraMinutes * MINUTE_MS;
  const thereMs = atMs + wayMs;
  return {
    payments: [
      payment(random, holder, atMs, someShop(random, holder.home), { outcome: 'approved' }),
      payment(random, holder, thereMs, someShop(random, city, 'transport', 'cafe'), { outcome: 'approved' }),
    ],
    stays: [
      { city: holder.home, fromMs: 0, toMs: atMs },
      { city, fromMs: thereMs, toMs: Number.POSITIVE_INFINITY },
    ],
  };
}

/** A coffee at the gate, a taxi on arrival: up to some 650 km/h. */
export const flight: Scene = (random, holder, atMs) =>
  journey(
    random,
    holder,
    atMs,
    random.pick(citiesWithin(holder.home, 500, 4_000)),
    random.between(740, 820),
    random.between(45, 100),
  );

/** By train or car. */
export const trip: Scene = (random, holder, atMs) =>
  journey(
    random,
    holder,
    atMs,
    random.pick(citiesWithin(holder.home, 50, 1_200)),
    random.between(80, 220),
    random.between(5, 40),
  );

/** Two people pay with one card, at home. */
export const family: Scene = (random, holder, atMs) => ({
  payments: together(random, { ...holder, perDay: 7 }, holder.home, atMs),
});

/** Two people pay with one card, one of them in another city: what the pattern takes for impossible is possible. */
export const twoCities: Scene = (random, holder, atMs) => ({
  payments: together(
    random,
    { ...holder, perDay: 4, onlineShare: 0 },
    random.pick(citiesWithin(holder.home, 50, 4_000)),
    atMs,
  ),
});

function together(random: Random, holder: Holder, city: City, atMs: number): readonly Draft[] {
  const dayMs = Math.floor(atMs / DAY_MS) * DAY_MS;
  return ordinaryDay(random, holder, [{ city, fromMs: 0, toMs: Number.POSITIVE_INFINITY }], dayMs);
}

/** An hour from shop to shop. */
export const shopping: Scene = (random, holder, atMs) => ({
  payments: steps(random.between(6, 10)).map((i) =>
    payment(
      random,
      holder,
      atMs + i * 6 * MINUTE_MS + random.between(0, 4 * MINUTE_MS),
      someShop(random, holder.home, 'clothing', 'electronics', 'cafe', 'pharmacy', 'grocery'),
    ),
  ),
});

/** Round after round at the same two bars. */
export const festival: Scene = (random, holder, atMs) => {
  const bars = [someShop(random, holder.home, 'cafe'), someShop(random, holder.home, 'restaurant')];
  return {
    payments: steps(random.between(7, 10)).map((i) =>
      payment(random, holder, atMs + i * 150 * SECOND_MS + random.between(0, MINUTE_MS), random.pick(bars), {
        amountCents: random.between(400, 2_400),
      }),
    ),
  };
};

/** A new device checks the card with small amounts; then something large is bought on it. */
export const newDevice: Scene = (random, holder, atMs) => {
  const count = random.between(2, 4);
  const checks = steps(count).map((i) =>
    payment(random, holder, atMs + i * random.between(20, 60) * SECOND_MS, random.pick(ONLINE), {
      amountCents: random.between(0, 100),
      outcome: random.chance(0.3) ? 'declined' : 'approved',
    }),
  );
  const laterMs = atMs + random.between(6, 18) * MINUTE_MS;
  const amountCents = random.between(8_000, 60_000);
  return { payments: [...checks, payment(random, holder, laterMs, random.pick(ONLINE), { amountCents })] };
};

/** The same amount at the same till until the number is right. */
export const forgottenPin: Scene = (random, holder, atMs) => {
  const shop = someShop(random, holder.home);
  const amountCents = random.between(800, 20_000);
  const count = random.between(3, 4);
  return {
    payments: steps(count).map((i) =>
      payment(random, holder, atMs + i * 40 * SECOND_MS + random.between(0, 15 * SECOND_MS), shop, {
        amountCents,
        outcome: i < count - 1 ? 'declined' : 'approved',
      }),
    ),
  };
};

/** Small subscriptions are charged one after the other, and then the rent. */
export const renewals: Scene = (random, holder, atMs) => {
  const nightMs = Math.floor(atMs / DAY_MS) * DAY_MS + random.between(3, 20) * MINUTE_MS;
  const small = steps(random.between(3, 6)).map((i) =>
    payment(random, holder, nightMs + i * 20 * SECOND_MS, random.pick(ONLINE), {
      amountCents: random.between(99, 1_499),
    }),
  );
  const rentMs = nightMs + random.between(3, 12) * MINUTE_MS;
  return {
    payments: [
      ...small,
      payment(random, holder, rentMs, random.pick(ONLINE), { amountCents: random.between(30_000, 90_000) }),
    ],
  };
};
