import type { DataOf } from '../../core/event/index.ts';
import {
  alert,
  count,
  distinctCount,
  from,
  hours,
  lake,
  minutes,
  pipeline,
  sliding,
  sum,
  view,
} from '../../core/pipeline/index.ts';
import { distanceKm } from './distance.ts';
import { Payment } from './events.ts';
import { queries } from './queries.ts';
import { money, Suspicion } from './suspicion.ts';
import { hoursNeeded } from './travel.ts';

const attempts = from(Payment);

/** A stolen number is tried with small amounts, some of which fail; then something large is bought with it. */
const cardTesting = attempts
  .filter('online', ({ channel }) => channel === 'online')
  .sequence('tried-then-used', {
    pattern: (p) =>
      p.take('trials', { where: ({ amountCents }) => amountCents <= 500, times: { min: 3 } }).take('purchase', {
        where: ({ amountCents }) => amountCents >= 20_000,
        given: (_, { trials }) => trials.some(({ outcome }) => outcome === 'declined'),
      }),
    within: minutes(45),
  })
  .matched.map(
    'card-testing',
    ({ key, start, end, trials, purchase }): Suspicion => ({
      pattern: 'card-testing',
      card: key,
      began: start,
      ended: end,
      payments: trials.length + 1,
      why: `${trials.length} small payments, not all approved, then ${money(purchase.amountCents)} at ${purchase.merchant}`,
    }),
  );

/** A card is emptied: many payments at several merchants, small ones apart, in a short time. */
const velocity = attempts
  .filter('not-small', ({ amountCents }) => amountCents >= 500)
  .window('last-20-minutes', {
    over: sliding(minutes(20)),
    aggregate: { payments: count(), merchants: distinctCount('merchant'), amountCents: sum('amountCents') },
  })
  .closed.filter('many', ({ payments, merchants }) => payments >= 7 && merchants >= 4)
  .rateLimit('once-an-hour', { atMost: 1, per: hours(1) })
  .items.map(
    'velocity',
    ({ key, start, end, payments, merchants, amountCents }): Suspicion => ({
      pattern: 'velocity',
      card: key,
      began: start,
      ended: end,
      payments,
      why: `${payments} payments at ${merchants} merchants within 20 minutes, ${money(amountCents)} in all`,
    }),
  );

type Attempt = DataOf<typeof Payment>;

const hoursBetween = (here: Attempt, there: Attempt): number => (Date.parse(there.at) - Date.parse(here.at)) / hours(1);

/** The card itself pays in two places, one so soon after the other that nobody can have carried it there. */
const impossibleTravel = attempts
  .filter('present', ({ channel }) => channel === 'present')
  .sequence('here-then-there', {
    pattern: (p) =>
      p.take('here').take('there', {
        given: (there, { here }) =>
          distanceKm(here, there) > 100 && hoursBetween(here, there) < hoursNeeded(here, there),
      }),
    contiguity: 'strict',
    within: hours(12),
  })
  .matched.map(
    'impossible-travel',
    ({ key, start, end, here, there }): Suspicion => ({
      pattern: 'impossible-travel',
      card: key,
      began: start,
      ended: end,
      payments: 2,
      why:
        `${here.merchant}, and ${Math.round(hoursBetween(here, there) * 60)} minutes later ${there.merchant}, ` +
        `${Math.round(distanceKm(here, there))} km away`,
    }),
  );

const suspicions = cardTesting.union('suspicions', [velocity, impossibleTravel]);

const tell = (id: string, subject: string) =>
  alert<Suspicion>(id, { subject, text: ({ card, ended, why }) => `${card}, ${ended}: ${why}`, quiet: hours(1) });

/** Card payments, and which of them look like fraud. */
export const payments = pipeline(
  'payments',
  [
    attempts.to(lake('card_payments', { description: 'Every payment, approved or declined, as it came' })),
    suspicions.to(lake('suspicions', { description: 'What looks like fraud, by which pattern', schema: Suspicion })),
    suspicions.to(view('cards', { description: "Each card's last suspicion", row: ({ card: _, ...rest }) => rest })),
    cardTesting.to(tell('card-testing-seen', 'A card was tried and used')),
    velocity.to(tell('velocity-seen', 'A card is used very often')),
    impossibleTravel.to(tell('impossible-travel-seen', 'A card is in two places')),
  ],
  {
    description: 'Fraud among card payments',
    // Payments come up to two minutes late; put at once, as the sample is, cards fall behind each other by up to ten more.
    outOfOrderness: minutes(15),
    queries,
  },
);
