import { type CloudEvent, createEvent } from '../../core/event/index.ts';
import { Random } from '../random.ts';
import { Payment } from './events.ts';
import { cardTesting, impossibleTravel, type Scene, type SceneResult, velocity } from './fraud.ts';
import {
  family,
  festival,
  flight,
  forgottenPin,
  newDevice,
  renewals,
  shopping,
  trip,
  twoCities,
} from './lookalikes.ts';
import { DAY_MS, type Draft, HOUR_MS, type Holder, MINUTE_MS, ordinaryDay } from './people.ts';
import { CITIES, ONLINE } from './places.ts';

/** The first of the sample's days. */
export const FROM_MS = Date.parse('2025-03-03T00:00:00Z');
const DAYS = 3;

/** Payments arrive in the order of their times, but for this much. */
export const MAX_DELAY_MS = 2 * MINUTE_MS;

export type Pattern = 'card-testing' | 'velocity' | 'impossible-travel';

/** What no event says: what happened to which card, when. */
export interface Planted<Kind extends string = string> {
  readonly kind: Kind;
  readonly card: string;
  /** Times of the first and the last of its payments, in UTC. */
  readonly from: string;
  readonly to: string;
  /** Ids of the payments that make it, in order of time; of `impossible-travel`, those that were made far away. */
  readonly payments: readonly string[];
}

export interface PaymentsSample {
  /** In order of arrival, which is not quite that of their times. */
  readonly events: readonly CloudEvent[];
  /** Every fraud there is. */
  readonly frauds: readonly Planted<Pattern>[];
  /** What looks like fraud and is none. */
  readonly lookalikes: readonly Planted[];
}

type Part = readonly [kind: string, scene: Scene, count: number];

/** How often each is planted, in 2,000 cards; a card has one at most. */
const FRAUDS: readonly Part[] = [
  ['card-testing', cardTesting, 30],
  ['velocity', velocity, 30],
  ['impossible-travel', impossibleTravel, 30],
];
const LOOKALIKES: readonly Part[] = [
  ['family', family, 40],
  ['festival', festival, 15],
  ['flight', flight, 50],
  ['forgotten-pin', forgottenPin, 40],
  ['new-device', newDevice, 30],
  ['renewals', renewals, 40],
  ['shopping', shopping, 50],
  ['trip', trip, 60],
  ['two-cities', twoCities, 3],
];
const USUAL_CARDS = 2_000;

/** Three days of a bank's card payments with what is planted in them; the same for the same seed. */
export function generatePayments({ seed = 1, cards = USUAL_CARDS } = {}): PaymentsSample {
  const random = new Random(seed);
  const people = random.shuffled(Array.from({ length: cards }, (_, i) => holder(random.fork(`holder ${i}`), i)));
  const parts = [...FRAUDS, ...LOOKALIKES].flatMap((part) =>
    Array.from({ length: Math.ceil((part[2] * cards) / USUAL_CARDS) }, () => part),
  );
  const drafts: Draft[] = [];
  const scenes: (SceneResult & { readonly kind: string })[] = [];
  for (const [i, each] of people.entries()) {
    const own = random.fork(each.card);
    const [kind, scene] = parts[i] ?? [];
    const result = kind && scene ? { kind, ...scene(own, each, someTime(own)) } : undefined;
    if (result) scenes.push(result);
    drafts.push(...(result?.payments ?? []), ...(result?.around ?? []));
    const stays = result?.stays ?? [{ city: each.home, fromMs: 0, toMs: Number.POSITIVE_INFINITY }];
    for (let day = 0; day < DAYS; day++) drafts.push(...ordinaryDay(own, each, stays, FROM_MS + day * DAY_MS));
  }
  const ids = arrivals(random.fork('arrival'), drafts);
  const planted = (kinds: readonly Part[]) =>
    scenes.filter(({ kind }) => kinds.some(([each]) => each === kind)).flatMap((each) => plantedOf(each, ids));
  return {
    events: [...ids].map(([draft, id]) => eventOf(draft, id)),
    frauds: planted(FRAUDS) as readonly Planted<Pattern>[],
    lookalikes: planted(LOOKALIKES),
  };
}

function holder(random: Random, number: number): Holder {
  const perDay = Math.min(12, random.around(2.6, 0.6));
  const card = `card-${String(number + 1).padStart(5, '0')}`;
  return { card, home: random.pick(CITIES), perDay, onlineShare: random.next() * 0.4 };
}

const someTime = (random: Random): number =>
  FROM_MS + random.between(0, DAYS - 1) * DAY_MS + 9 * HOUR_MS + random.between(0, 10 * HOUR_MS);

/** Numbers the payments as they arrive: most within seconds, one in two hundred up to `MAX_DELAY_MS` late. */
function arrivals(random: Random, drafts: readonly Draft[]): ReadonlyMap<Draft, string> {
  const longest = [3_000, 45_000, MAX_DELAY_MS];
  const arrived = drafts.map((draft) => {
    const delayMs = random.between(0, longest[random.weighted([0.945, 0.05, 0.005])] as number);
    return { draft, arrivalMs: draft.atMs + delayMs };
  });
  arrived.sort((a, b) => a.arrivalMs - b.arrivalMs);
  return new Map(arrived.map(({ draft }, i) => [draft, `payment-${String(i + 1).padStart(6, '0')}`]));
}

function plantedOf({ kind, payments }: SceneResult & { readonly kind: string }, ids: ReadonlyMap<Draft, string>) {
  const inOrder = payments.toSorted((a, b) => a.atMs - b.atMs);
  const [first, last] = [inOrder[0], inOrder.at(-1)];
  if (!first || !last) return []; // somebody who happened to pay nothing
  const time = ({ atMs }: Draft) => new Date(atMs).toISOString();
  return [
    {
      kind,
      card: first.card,
      from: time(first),
      to: time(last),
      payments: inOrder.map((each) => ids.get(each) as string),
    },
  ];
}

function eventOf({ card, atMs, merchant, amountCents, currency, outcome }: Draft, id: string): CloudEvent {
  const { name, category, country, lat, lon } = merchant;
  return createEvent(Payment, {
    id,
    source: '/bank/authorisations',
    data: {
      card,
      at: new Date(atMs).toISOString(),
      amountCents,
      currency,
      merchant: name,
      merchantCategory: category,
      channel: ONLINE.includes(merchant) ? 'online' : 'present',
      country,
      lat,
      lon,
      outcome,
    },
  });
}
