import type { StreamRecord } from '../../core/engine/record.ts';
import { type CloudEvent, createEvent } from '../../core/event/index.ts';
import { Random } from '../../pipelines/random.ts';
import { Auction, Bid, Person } from './events.ts';
import { letters, words } from './texts.ts';

/** Events as the reference generators make them (https://github.com/nexmark/nexmark, `nexmark-flink`, and before that
 *  Apache Beam's): proportions, ids, hot ones, prices, texts and sizes. Two things are different. Time goes slower, one
 *  event every ten seconds and not ten thousand a second, so that some thousand events fill days and windows can have the
 *  lengths of the paper. And a bidder is a person: nexmark-flink adds the first id twice.
 *
 *  Deterministic: the same options give the same events. */
export interface GeneratorOptions {
  readonly events: number;
  readonly seed: number;
  /** By how many places an event may come late: after at most so many that happened later. Default: `MAX_SHUFFLE`. */
  readonly shuffle?: number;
}

/** The most that events can be out of order. */
export const MAX_SHUFFLE = 200;

/** Of 50 events the first is a person, the next three are auctions and all others bids. */
const [ROUND, AUCTIONS] = [50, 3];
/** At noon, so that few events are enough for two days. */
const START_MS = Date.parse('2015-07-15T12:00:00Z');
const EVENT_MS = 10_000;
/** So many events happen at the same time, as ten share a millisecond in the reference. */
const TIED = 3;

/** By how much an event can be older than one that came before it. */
export const DISORDER_MS = (MAX_SHUFFLE + TIED) * EVENT_MS;

const FIRST_ID = 1_000;
const FIRST_CATEGORY = 10;
const CATEGORIES = 5;
const ACTIVE_PEOPLE = 1_000;
const OPEN_AUCTIONS = 100;
/** Ids that bids and auctions name before their person or auction has come. */
const LEAD = 10;
/** All but one in so many bids are for a hot auction or of a hot bidder, or auctions of a hot seller. */
const HOT = { auction: 2, bidder: 4, seller: 4, channel: 2 };
/** Of so many people or auctions one is hot. */
const HOT_OF = 100;
const BYTES = { person: 200, auction: 500, bid: 100 };

const STATES = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'];
const CITIES = 'Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne'.split(',');
const FIRST_NAMES = 'Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter'.split(',');
const LAST_NAMES = 'Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris'.split(',');
const HOT_CHANNELS = ['Google', 'Facebook', 'Baidu', 'Apple'];
const CHANNELS = 10_000;

/** The events in the order they come to the stream. Their ids are in the order in which they happened.
 *  @throws RangeError when the shuffle is wider than `MAX_SHUFFLE`. */
export function generate({ events, seed, shuffle = MAX_SHUFFLE }: GeneratorOptions): readonly CloudEvent[] {
  if (shuffle > MAX_SHUFFLE) throw new RangeError(`shuffle ${shuffle}; expected at most ${MAX_SHUFFLE}`);
  const random = new Random(seed);
  const delays = random.fork('delays');
  const urls = new Urls(random.fork('urls'));
  const made = Array.from({ length: events }, (_, n) => ({
    event: eventAt(n, random, urls, `/nexmark/${seed}`),
    comes: n + delays.next() * shuffle,
  }));
  return made.sort((a, b) => a.comes - b.comes).map(({ event }) => event);
}

/** The events as records of a stream's only shard. Each arrives after it happened. */
export function recordsOf(events: readonly CloudEvent[]): readonly StreamRecord[] {
  return events.map((event, i) => ({
    sequenceNumber: `49${String(i + 1).padStart(54, '0')}`,
    partitionKey: keyOf(event),
    arrivalMs: START_MS + (MAX_SHUFFLE + i) * EVENT_MS,
    data: Buffer.from(JSON.stringify(event)),
  }));
}

function keyOf({ type, data }: CloudEvent): string {
  const found = [Person, Auction, Bid].find((each) => each.type === type);
  return (data as Record<string, string>)[found?.key as string] as string;
}

function eventAt(n: number, random: Random, urls: Urls, source: string): CloudEvent {
  const envelope = { id: `e${String(n).padStart(9, '0')}`, source };
  const place = n % ROUND;
  if (place === 0) return createEvent(Person, { ...envelope, data: person(n, random) });
  if (place <= AUCTIONS) return createEvent(Auction, { ...envelope, data: auction(n, random) });
  return createEvent(Bid, { ...envelope, data: bid(n, random, urls) });
}

function person(n: number, random: Random) {
  const told = {
    name: `${random.pick(FIRST_NAMES)} ${random.pick(LAST_NAMES)}`,
    emailAddress: `${words(random, 7)}@${words(random, 5)}.com`,
    creditCard: Array.from({ length: 4 }, () => String(random.below(10_000)).padStart(4, '0')).join(' '),
    city: random.pick(CITIES),
    state: random.pick(STATES),
  };
  const bytes = 8 + Object.values(told).join('').length;
  return { id: idOf(lastPerson(n)), ...told, dateTime: isoAt(n), extra: extra(random, bytes, BYTES.person) };
}

function auction(n: number, random: Random) {
  const initialBid = price(random);
  const reserve = initialBid + price(random);
  const lengthMs = timeAt(n + Math.floor((OPEN_AUCTIONS * ROUND) / AUCTIONS)) - timeAt(n);
  const texts = { itemName: words(random, 20), description: words(random, 100) };
  const seller = isHot(random, HOT.seller) ? hot(lastPerson(n)) : anyone(n, random);
  const bytes = 48 + texts.itemName.length + texts.description.length;
  return {
    id: idOf(lastAuction(n)),
    ...texts,
    initialBid,
    reserve,
    dateTime: isoAt(n),
    expires: new Date(timeAt(n) + 1 + random.below(2 * lengthMs)).toISOString(),
    seller: idOf(seller),
    category: FIRST_CATEGORY + random.below(CATEGORIES),
    extra: extra(random, bytes, BYTES.auction),
  };
}

function bid(n: number, random: Random, urls: Urls) {
  const of = isHot(random, HOT.auction) ? hot(lastAuction(n)) : anyAuction(n, random);
  // The second of the hundred, so that hot bidders are not hot sellers
  const bidder = isHot(random, HOT.bidder) ? hot(lastPerson(n)) + 1 : anyone(n, random);
  const amount = price(random);
  const channel = isHot(random, HOT.channel) ? random.pick(HOT_CHANNELS) : `channel-${random.below(CHANNELS)}`;
  return {
    auction: idOf(of),
    bidder: idOf(bidder),
    price: amount,
    channel,
    url: urls.of(channel),
    dateTime: isoAt(n),
    extra: extra(random, 32, BYTES.bid),
  };
}

const timeAt = (n: number): number => START_MS + Math.floor(n / TIED) * TIED * EVENT_MS;
const isoAt = (n: number): string => new Date(timeAt(n)).toISOString();
const idOf = (nth: number): string => String(FIRST_ID + nth);

/** True in all but one of `ratio` cases. */
const isHot = (random: Random, ratio: number): boolean => random.below(ratio) > 0;

/** The newest person at event n, counted from 0; the newest auction. */
const lastPerson = (n: number): number => Math.floor(n / ROUND);
const lastAuction = (n: number): number => lastPerson(n) * AUCTIONS + Math.min(n % ROUND, AUCTIONS) - 1;

const hot = (last: number): number => Math.floor(last / HOT_OF) * HOT_OF;

function anyone(n: number, random: Random): number {
  const people = lastPerson(n) + 1;
  const active = Math.min(people, ACTIVE_PEOPLE);
  return people - active + random.below(active + LEAD);
}

function anyAuction(n: number, random: Random): number {
  const first = Math.max(lastAuction(n) - OPEN_AUCTIONS, 0);
  return first + random.below(lastAuction(n) - first + 1 + LEAD);
}

/** Cents: as many between 1 and 10 dollars as between 100,000 and a million. */
const price = (random: Random): number => Math.round(10 ** (6 * random.next()) * 100);

/** Fills an event of so many bytes up to the usual size, a fifth of it more or less. */
function extra(random: Random, bytes: number, usual: number): string {
  if (bytes > usual) return '';
  const spread = Math.round((usual - bytes) * 0.2);
  return letters(random, usual - bytes - spread + random.below(2 * spread));
}

/** Each channel has one address. */
class Urls {
  readonly #random: Random;
  readonly #known = new Map<string, string>();

  constructor(random: Random) {
    this.#random = random;
  }

  of(channel: string): string {
    const known = this.#known.get(channel) ?? this.#make(channel);
    this.#known.set(channel, known);
    return known;
  }

  #make(channel: string): string {
    const random = this.#random.fork(channel);
    const folders = Array.from({ length: 3 }, () => words(random, 5, '_'));
    const url = `https://www.nexmark.com/${folders.join('/')}/item.htm?query=1`;
    const [, number] = channel.split('-');
    return number !== undefined && isHot(random, 10) ? `${url}&channel_id=${reversed(Number(number))}` : url;
  }
}

/** The bits of a number from the last to the first, as a signed integer of 32 bits without its sign. */
function reversed(number: number): number {
  let bits = 0;
  for (let i = 0; i < 32; i++) bits = (bits << 1) | ((number >>> i) & 1);
  return Math.abs(bits);
}
