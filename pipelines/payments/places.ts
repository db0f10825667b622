import { Random } from '../random.ts';
import type { Place } from './distance.ts';

export interface City extends Place {
  readonly name: string;
  readonly country: string;
  readonly currency: 'CHF' | 'EUR' | 'GBP' | 'USD';
}

/** Who takes a payment: a shop in a city, or one on the net with its seat somewhere. */
export interface Merchant extends Place {
  readonly name: string;
  readonly category: string;
  readonly country: string;
  /** Undefined on the net: the card's own currency. */
  readonly currency: City['currency'] | undefined;
  /** What people usually pay there, and how far that varies (as in `Random.around`). */
  readonly medianCents: number;
  readonly spread: number;
}

const city = (name: string, country: string, currency: City['currency'], lat: number, lon: number): City => ({
  ...{ name, country, currency, lat, lon },
});

/** Where the holders live, and travel. */
export const CITIES: readonly City[] = [
  city('Amsterdam', 'NL', 'EUR', 52.37, 4.9),
  city('Athens', 'GR', 'EUR', 37.98, 23.73),
  city('Barcelona', 'ES', 'EUR', 41.39, 2.17),
  city('Berlin', 'DE', 'EUR', 52.52, 13.41),
  city('Brussels', 'BE', 'EUR', 50.85, 4.35),
  city('Cologne', 'DE', 'EUR', 50.94, 6.96),
  city('Dublin', 'IE', 'EUR', 53.35, -6.26),
  city('Frankfurt', 'DE', 'EUR', 50.11, 8.68),
  city('Hamburg', 'DE', 'EUR', 53.55, 9.99),
  city('Helsinki', 'FI', 'EUR', 60.17, 24.94),
  city('Lisbon', 'PT', 'EUR', 38.72, -9.14),
  city('London', 'GB', 'GBP', 51.51, -0.13),
  city('Lyon', 'FR', 'EUR', 45.76, 4.84),
  city('Madrid', 'ES', 'EUR', 40.42, -3.7),
  city('Milan', 'IT', 'EUR', 45.46, 9.19),
  city('Munich', 'DE', 'EUR', 48.14, 11.58),
  city('Paris', 'FR', 'EUR', 48.86, 2.35),
  city('Rome', 'IT', 'EUR', 41.9, 12.5),
  city('Vienna', 'AT', 'EUR', 48.21, 16.37),
  city('Zurich', 'CH', 'CHF', 47.37, 8.54),
];

/** Where stolen cards turn up as well. */
export const OVERSEAS: readonly City[] = [
  city('Miami', 'US', 'USD', 25.76, -80.19),
  city('New York', 'US', 'USD', 40.71, -74.01),
];

/** Category, what is paid there in cents, how far that varies, how often people go there. */
const SHOPS = [
  ['grocery', 2_800, 0.7, 30],
  ['restaurant', 3_200, 0.6, 16],
  ['cafe', 520, 0.4, 18],
  ['transport', 350, 0.6, 14],
  ['fuel', 5_500, 0.4, 6],
  ['pharmacy', 1_400, 0.6, 5],
  ['clothing', 6_000, 0.7, 6],
  ['electronics', 14_000, 0.9, 3],
  ['cash', 8_000, 0.5, 2],
] as const;

export type ShopKind = (typeof SHOPS)[number][0];

const NET = [
  ['everything.example', 'marketplace', 'LU', 49.61, 6.13, 3_500, 0.9],
  ['bazaar.example', 'marketplace', 'CN', 22.54, 114.06, 900, 0.8],
  ['stream.example', 'streaming', 'US', 37.26, -121.97, 1_199, 0.2],
  ['tunes.example', 'streaming', 'SE', 59.33, 18.06, 1_099, 0.1],
  ['play.example', 'games', 'IE', 53.34, -6.24, 999, 1],
  ['cloud.example', 'software', 'US', 47.61, -122.33, 799, 0.8],
  ['fares.example', 'travel', 'IE', 53.42, -6.27, 12_000, 0.8],
  ['rooms.example', 'travel', 'NL', 52.37, 4.9, 16_000, 0.7],
  ['gadgets.example', 'electronics', 'DE', 48.76, 11.42, 9_000, 1],
  ['style.example', 'clothing', 'DE', 52.51, 13.45, 5_500, 0.6],
  ['charity.example', 'donation', 'CH', 46.2, 6.14, 2_000, 0.8],
] as const;

export const ONLINE: readonly Merchant[] = NET.map(([name, category, country, lat, lon, medianCents, spread]) => ({
  ...{ name, category, country, currency: undefined, lat, lon, medianCents, spread },
}));

/** Three shops of a kind in a city; the same in every sample, within some five kilometres of the centre. */
function shopsOf({ name, country, currency, lat, lon }: City, kind: ShopKind): readonly Merchant[] {
  const [category, medianCents, spread] = SHOPS.find(([each]) => each === kind) as (typeof SHOPS)[number];
  return [1, 2, 3].map((number) => {
    const random = new Random(number).fork(`${name}/${kind}`);
    const near = (centre: number, degrees: number) => Number((centre + (random.next() * 2 - 1) * degrees).toFixed(4));
    return {
      name: `${kind} ${number}, ${name}`,
      ...{ category, country, currency, medianCents, spread, lat: near(lat, 0.04), lon: near(lon, 0.06) },
    };
  });
}

const shopName = (city: City, kind: ShopKind): string => `${kind}, ${city.name}`;

const ALL_SHOPS: ReadonlyMap<string, readonly Merchant[]> = new Map(
  [...CITIES, ...OVERSEAS].flatMap((each) =>
    SHOPS.map(([kind]) => [shopName(each, kind), shopsOf(each, kind)] as const),
  ),
);

/** Some shop of a city: one of the kinds given, or as people use to go there. */
export function someShop(random: Random, where: City, ...kinds: readonly ShopKind[]): Merchant {
  const usual = SHOPS[random.weighted(SHOPS.map(([, , , weight]) => weight))] as (typeof SHOPS)[number];
  return random.pick(ALL_SHOPS.get(shopName(where, kinds.length > 0 ? random.pick(kinds) : usual[0])) ?? []);
}
