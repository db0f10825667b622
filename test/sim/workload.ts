import { createHash } from 'node:crypto';
import { aggregate } from '../../core/event/aggregate.ts';
import { redriveRecord } from '../../core/event/control.ts';
import { isBehind, type Kind, type OrderData, type OrderFault, type VisitData } from './plan.ts';
import type { Random } from './random.ts';
import type { Pace, Scenario } from './scenario.ts';
import { OUT_OF_ORDER_MS } from './timed.ts';
import { START_MS } from './world.ts';

/** What a record says, or each record of an aggregate: what the oracle knows without decoding. */
export type User = { readonly partitionKey: string; readonly data: Uint8Array } & (
  | { readonly is: 'order'; readonly id: string; readonly order: OrderData }
  | { readonly is: 'visit'; readonly id: string; readonly visit: VisitData }
  | { readonly is: 'junk'; readonly reason: string }
  | { readonly is: 'control' }
);

/** A record as it is put, some time after the one before. */
export interface Put {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  readonly users: readonly User[];
  readonly afterMs: number;
}

/** Milliseconds between two puts. */
const GAPS_MS: Readonly<Record<Pace, readonly [number, number]>> = {
  seconds: [1, 1_000],
  minutes: [1_000, 150_000],
  days: [3_600_000, 100 * 3_600_000],
};
/** An event is put again within this time of the first, by plan; throttles may add to it. */
const RETRY_MS = 600_000;
/** What the pipeline is told: far more than `RETRY_MS`, and at the pace of minutes far less than a run takes. */
export const HORIZON_MINUTES = 30;

const CHANCE = { again: 0.2, junk: 0.08, misplaced: 0.02, visit: 0.15, aggregate: 0.12, sameKey: 0.7, leaves: 0.08 };
const MAX_AGGREGATED = 8;

/** Event times are multiples of this, so that many are the same, or lie on a window's end. */
const TICK_MS = 20_000;
/** How far some customers fall behind the others. */
const SKEW_MS = 200_000;

/** A customer whose name is longer than a partition key may be, and is put under its MD5. */
const LONG_NAME = 'x'.repeat(300);
/** What an order may be of. */
const ITEMS = [['a', 'b'], ['c'], [], ['d', 'e', 'a'], [`long ${LONG_NAME}`]];
const LONG_NAME_KEY = createHash('md5').update(LONG_NAME).digest('hex');

/** Events of a producer that puts some of them again, the same bytes, some that nobody can read, and some together. */
export function makeWorkload(random: Random, scenario: Scenario): readonly Put[] {
  const { on, records, pace } = scenario;
  const puts: (Put & { readonly atMs: number })[] = [];
  let atMs = 0;
  let number = 0;
  for (let n = 0; n < records; n++) {
    const gapMs = random.between(...GAPS_MS[pace]);
    const retried = puts.filter((put) => put.atMs > atMs - RETRY_MS);
    const isAgain = random.chance(CHANCE.again) && on.has('retries') && retried.length > 0;
    const afterMs = isAgain ? Math.min(gapMs, 2_000) : gapMs;
    atMs += afterMs;
    if (isAgain) {
      puts.push({ ...random.pick(retried), afterMs, atMs });
      continue;
    }
    const size = random.chance(CHANCE.aggregate) && on.has('aggregates') ? random.between(2, MAX_AGGREGATED) : 1;
    const customer = random.chance(CHANCE.sameKey) ? drawCustomer(random, n, scenario) : undefined;
    const users = Array.from({ length: size }, () => {
      const drawn = customer ?? drawCustomer(random, n, scenario);
      const behindMs = scenario.isSkewed && drawn % 2 === 1 && n > records / 3 ? SKEW_MS : 0;
      return userOf(random, ++number, nameOf(drawn), timeOf(random, n, atMs - behindMs), scenario);
    });
    puts.push({ ...recordOf(users), afterMs, atMs });
  }
  return puts;
}

/** When the n-th event happened: some ticks out of order, so that several events to each lie where only a part of those
 *  before them have come. */
function timeOf(random: Random, n: number, atMs: number): string {
  const inOrderMs = START_MS + Math.floor((atMs + n * TICK_MS) / TICK_MS) * TICK_MS;
  return new Date(inOrderMs - random.between(0, OUT_OF_ORDER_MS / TICK_MS) * TICK_MS).toISOString();
}

/** The record that takes a partition key's parked records through again. */
export function redriveOf(id: string, key: string, pipeline: string): Put {
  const data = bytesOf(redriveRecord(id, pipeline, key));
  return { partitionKey: key, data, users: [{ is: 'control', partitionKey: key, data }], afterMs: 0 };
}

function recordOf(users: readonly User[]): Pick<Put, 'partitionKey' | 'data' | 'users'> {
  const [first] = users as [User];
  if (users.length === 1) return { partitionKey: first.partitionKey, data: first.data, users };
  return { partitionKey: first.partitionKey, data: aggregate(users), users };
}

/** Two customers to begin with, all of them from the middle on: a shard's first event may come late. */
function drawCustomer(random: Random, n: number, { customers, records, isFlooded }: Scenario): number {
  const known = isFlooded ? customers : 2 + Math.floor((2 * customers * n) / records);
  return random.between(0, Math.min(customers, known) - 1);
}

const nameOf = (customer: number): string => (customer === 7 ? LONG_NAME : `customer-${customer}`);
const keyOf = (name: string): string => (name === LONG_NAME ? LONG_NAME_KEY : name);

function userOf(random: Random, number: number, name: string, at: string, { on, isFlooded, kind }: Scenario): User {
  const [isJunk, isMisplaced, isVisit] = [CHANCE.junk, CHANCE.misplaced, CHANCE.visit].map((each) =>
    random.chance(each),
  );
  const fault = faultOf(random, isFlooded, kind);
  if (isJunk && on.has('bad-data')) return junkOf(random, number, name);
  if (isVisit && !isFlooded) {
    const partitionKey = random.pick(['home', keyOf(name)]);
    const faulty = random.chance(partitionKey === 'home' ? 0.6 : 0.2) && on.has('faulty-events');
    return visitOf(number, partitionKey, { page: `page-${number % 3}`, at, faulty });
  }
  const order: OrderData = {
    customer: name,
    at,
    number,
    amount: random.between(1, 200),
    items: random.pick(ITEMS),
    leaves: random.chance(CHANCE.leaves),
    fault: on.has('faulty-events') ? fault : '',
  };
  return orderOf(number, isMisplaced && on.has('bad-data') ? `not ${name}`.slice(0, 256) : keyOf(name), order);
}

function faultOf(random: Random, isFlooded: boolean, kind: Kind): OrderFault {
  const drawn = random.next();
  if (isFlooded) return drawn < 0.9 ? 'early' : '';
  if (drawn > 0.95 && isBehind(kind)) return 'behind';
  return drawn < 0.07 ? 'early' : drawn < 0.12 ? 'late' : '';
}

function orderOf(number: number, partitionKey: string, order: OrderData): User {
  const id = `e${number}`;
  const data = bytesOf({ specversion: '1.0', id, source: '/shop', type: 'shop.order', data: order });
  return { is: 'order', id, order, partitionKey, data };
}

/** A visit keeps no state, so it may come under any key. Its id is another event's, from another source. */
function visitOf(number: number, partitionKey: string, visit: VisitData): User {
  const id = `e${number - 1}`;
  const data = bytesOf({ specversion: '1.0', id, source: '/site', type: 'shop.visit', data: visit });
  return { is: 'visit', id, visit, partitionKey, data };
}

/** Also under the key of a customer who may be parked. */
function junkOf(random: Random, number: number, name: string): User {
  const partitionKey = random.pick([`junk-${number}`, keyOf(name)]);
  const [reason, data] = random.pick([
    ['not-json', Buffer.from(`junk ${number}`)],
    [
      'unknown-type',
      bytesOf({ specversion: '1.0', id: `j${number}`, source: '/shop', type: 'millrace.nothing', data: {} }),
    ],
    [
      'schema',
      bytesOf({ specversion: '1.0', id: `j${number}`, source: '/shop', type: 'shop.order', data: { number } }),
    ],
  ] as const);
  return { is: 'junk', reason, partitionKey, data };
}

const bytesOf = (json: object): Uint8Array => Buffer.from(JSON.stringify(json));
