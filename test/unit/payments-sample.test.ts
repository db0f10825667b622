import { describe, expect, it } from '@jest/globals';
import type { CloudEvent, DataOf } from '../../core/event/index.ts';
import { distanceKm } from '../../pipelines/payments/distance.ts';
import { Payment } from '../../pipelines/payments/events.ts';
import {
  FROM_MS,
  generatePayments,
  MAX_DELAY_MS,
  type Pattern,
  type Planted,
} from '../../pipelines/payments/generator.ts';

const MINUTE_MS = 60_000;

type Made = DataOf<typeof Payment> & { readonly id: string; readonly atMs: number };

const made = ({ id, data }: CloudEvent): Made => {
  const payment = data as DataOf<typeof Payment>;
  return { ...payment, id, atMs: Date.parse(payment.at) };
};

const { events, frauds, lookalikes } = generatePayments();
const payments = events.map(made);
const inTime = payments.toSorted((a, b) => a.atMs - b.atMs);
const byId = new Map(payments.map((payment) => [payment.id, payment]));
const of = ({ payments: ids }: Planted): readonly Made[] => ids.map((id) => byId.get(id) as Made);
const fraudsOf = (kind: string) => frauds.filter((each) => each.kind === kind);

describe('the payments sample', () => {
  it('is the same for the same seed, and another for another', () => {
    const [first, again, other] = [7, 7, 8].map((seed) => generatePayments({ seed, cards: 100 }));
    expect(again).toEqual(first);
    expect(other?.events).not.toEqual(first?.events);
  });

  it('has some 20,000 payments in three days, each with an id of its own', () => {
    expect(events.length).toBeGreaterThan(20_000);
    expect(events.length).toBeLessThan(23_000);
    expect(byId.size).toBe(events.length);
    const times = payments.map(({ atMs }) => atMs);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(FROM_MS);
    expect(Math.max(...times)).toBeLessThan(FROM_MS + 3.2 * 24 * 60 * MINUTE_MS);
  });

  it('has ordinary proportions', () => {
    const share = (is: (payment: Made) => boolean) => payments.filter(is).length / payments.length;
    expect(share(({ channel }) => channel === 'online')).toBeGreaterThan(0.15);
    expect(share(({ channel }) => channel === 'online')).toBeLessThan(0.3);
    expect(share(({ outcome }) => outcome === 'declined')).toBeGreaterThan(0.02);
    expect(share(({ outcome }) => outcome === 'declined')).toBeLessThan(0.05);
    expect(share(({ atMs }) => new Date(atMs).getUTCHours() < 5)).toBeLessThan(0.05);
  });

  it('arrives out of order, within its bound', () => {
    let latestMs = 0;
    const behind = payments.map(({ atMs }) => {
      latestMs = Math.max(latestMs, atMs);
      return latestMs - atMs;
    });
    expect(Math.max(...behind)).toBeGreaterThan(MINUTE_MS);
    expect(Math.max(...behind)).toBeLessThanOrEqual(MAX_DELAY_MS);
    expect(behind.filter((ms) => ms > 0).length / behind.length).toBeGreaterThan(0.05);
  });
});

describe('what is planted in it', () => {
  it('is thirty of each fraud, and what looks alike, on cards of their own', () => {
    const count = (planted: readonly Planted[]) =>
      Object.fromEntries([...Map.groupBy(planted, ({ kind }) => kind)].map(([kind, all]) => [kind, all.length]));
    expect(count(frauds)).toEqual({ 'card-testing': 30, velocity: 30, 'impossible-travel': 30 });
    expect(count(lookalikes)).toEqual({
      ...{ family: 40, festival: 15, flight: 50, 'forgotten-pin': 40, 'new-device': 30 },
      ...{ renewals: 40, shopping: 50, trip: 60, 'two-cities': 3 },
    });
    const cards = [...frauds, ...lookalikes].map(({ card }) => card);
    expect(new Set(cards).size).toBe(cards.length);
  });

  it('is said of payments of the card, in order of time, from the first to the last', () => {
    for (const planted of [...frauds, ...lookalikes]) {
      const own = of(planted);
      expect(own.map(({ card }) => card)).toEqual(own.map(() => planted.card));
      expect(own.map(({ atMs }) => atMs)).toEqual(own.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
      expect([own[0]?.at, own.at(-1)?.at]).toEqual([planted.from, planted.to]);
    }
  });

  it('cannot be read from the events', () => {
    const fields = ['specversion', 'id', 'source', 'data', 'type', ...Object.keys(Payment.schema.shape)].sort();
    const found = new Set(
      events.map(({ data, ...rest }) =>
        Object.keys({ data, ...rest, ...(data as object) })
          .sort()
          .join(),
      ),
    );
    expect([...found]).toEqual([fields.join()]);
    expect(new Set(events.map(({ id, source }) => `${source} ${id.replace(/\d/g, '')}`)).size).toBe(1);
  });

  it('is of card testing: small trials, some declined, then something large', () => {
    for (const fraud of fraudsOf('card-testing')) {
      const own = of(fraud);
      const [trials, last] = [own.slice(0, -1), own.at(-1) as Made];
      expect(trials.length).toBeGreaterThanOrEqual(3);
      expect(Math.max(...trials.map(({ amountCents }) => amountCents))).toBeLessThanOrEqual(500);
      expect(trials.some(({ outcome }) => outcome === 'declined')).toBe(true);
      expect(last.amountCents).toBeGreaterThanOrEqual(25_000);
      expect(Date.parse(fraud.to) - Date.parse(fraud.from)).toBeLessThan(60 * MINUTE_MS);
    }
  });

  it('is of velocity: seven payments and more within less than half an hour', () => {
    for (const fraud of fraudsOf('velocity')) {
      expect(fraud.payments.length).toBeGreaterThanOrEqual(7);
      expect(Date.parse(fraud.to) - Date.parse(fraud.from)).toBeLessThan(30 * MINUTE_MS);
    }
  });

  it('is of impossible travel: too far from the payment at home before it', () => {
    for (const fraud of fraudsOf('impossible-travel')) {
      const [first] = of(fraud) as [Made];
      const before = inTime.findLast(
        ({ card, atMs, channel }) => card === fraud.card && channel === 'present' && atMs < first.atMs,
      ) as Made;
      expect(distanceKm(before, first)).toBeGreaterThan(100);
      expect(kmh(before, first)).toBeGreaterThan(240);
    }
  });

  it.each(['card-testing', 'velocity', 'impossible-travel'] as const)(
    'is found, if %s, by a plain rule, though neither all of it nor only it',
    (kind) => {
      const { precision, recall } = score(kind);
      expect(precision).toBeGreaterThan(0.5);
      expect(recall).toBeGreaterThan(0.5);
      expect(precision * recall).toBeLessThan(0.95);
    },
  );
});

const kmh = (from: Made, to: Made): number =>
  distanceKm(from, to) / (Math.max(1, Math.abs(to.atMs - from.atMs)) / 3_600_000);

const within = (own: readonly Made[], from: Made, minutes: number) =>
  own.filter(({ atMs }) => from.atMs <= atMs && atMs <= from.atMs + minutes * MINUTE_MS);

/** Whether a card's payments, in order of time, hold what a plain rule takes for the fraud. */
const RULES: Readonly<Record<Pattern, (own: readonly Made[]) => boolean>> = {
  'card-testing': (own) =>
    own.some((first) => {
      const trials = within(own, first, 10).filter(({ amountCents }) => amountCents < 200);
      const [last, declined] = [trials[3], trials.some(({ outcome }) => outcome === 'declined')];
      return last && declined && within(own, last, 20).some(({ amountCents }) => amountCents >= 20_000);
    }),
  velocity: (own) => {
    const large = own.filter(({ amountCents }) => amountCents >= 500);
    return large.some((first) => within(large, first, 15).length >= 8);
  },
  'impossible-travel': (own) => {
    const present = own.filter(({ channel }) => channel === 'present');
    return present.some((to, i) => {
      const from = present[i - 1];
      return from !== undefined && distanceKm(from, to) > 100 && kmh(from, to) > 900;
    });
  },
};

function score(kind: Pattern) {
  const cards = Map.groupBy(inTime, ({ card }) => card);
  const found = [...cards].filter(([, own]) => RULES[kind](own)).map(([card]) => card);
  const wanted = new Set(fraudsOf(kind).map(({ card }) => card));
  const right = found.filter((card) => wanted.has(card)).length;
  return { precision: right / found.length, recall: right / wanted.size };
}
