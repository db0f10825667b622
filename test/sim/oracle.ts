import { isBehind, type Kind, numberOf, type OrderData } from './plan.ts';
import type { Scenario } from './scenario.ts';
import { holds, type SimRecord, type SimShard } from './stream.ts';
import { nextTrail, OUT_OF_ORDER_MS } from './timed.ts';
import { HORIZON_MINUTES, type Put, type User } from './workload.ts';

/** A row as it must be: its table, its id, and the columns that the event decides. */
export interface Row {
  readonly table: string;
  readonly id: string;
  readonly columns: Readonly<Record<string, unknown>>;
}

/** What comes to the steps that go by event time. */
export interface Line {
  readonly id: string;
  readonly key: string;
  readonly number: number;
  readonly timeMs: number;
  /** As far as event time may have come by then: a line before that may be late. */
  readonly boundMs: number;
}

/** An event that is not a repetition, where it was accepted first. */
export interface Taken {
  readonly id: string;
  readonly source: string;
  /** Source and id of the record, by which it is known when it is parked. */
  readonly identity: string;
  readonly partitionKey: string;
  readonly record: SimRecord;
  /** Whether a step throws on it until it is mended. */
  readonly isFaulty: boolean;
  readonly rows: readonly Row[];
  /** What it brings to the steps that go by event time, here or behind the hop. */
  readonly lines: readonly Line[];
  readonly order: OrderData | undefined;
  /** Whether it was put in a record of its own. */
  readonly isAlone: boolean;
}

/** What must come of the records that a stream accepted. */
export interface Expected {
  /** The events of each partition key in order. */
  readonly taken: ReadonlyMap<string, readonly Taken[]>;
  /** Id of the quarantine row → reason. */
  readonly quarantined: ReadonlyMap<string, string>;
  /** Rows of their own of events that the stream dropped: they may have left before. */
  readonly dropped: readonly Row[];
}

/** Whether a part of a record was never taken in, since the stream has dropped it. */
export type IsDropped = (record: SimRecord, sub: number, user: User) => boolean;

/** Reads the stream naively: every record in the order of its acceptance, repetitions left out, and counts. Records whose
 *  bytes are not among the puts are Millrace's own. */
export function expectationOf(
  accepted: readonly SimRecord[],
  puts: ReadonlyMap<Uint8Array, Put>,
  scenario: Scenario,
  isDropped: IsDropped,
): Expected {
  const taken = new Map<string, Taken[]>();
  const quarantined = new Map<string, string>();
  const dropped: Row[] = [];
  const firsts = new Map<string, SimRecord>();
  const steps = new Steps(scenario.kind);
  const bound = new Bound(scenario.on.has('heartbeats'));
  for (const record of accepted) {
    const users = puts.get(record.data)?.users ?? [];
    for (const [sub, user] of users.entries()) {
      if (user.is === 'control') continue;
      if (isDropped(record, sub, user)) {
        if (user.is !== 'junk') dropped.push(...ownRows(user));
        continue;
      }
      const identity = user.is === 'junk' ? undefined : `${user.is} ${user.id}`;
      const first = identity === undefined ? undefined : firsts.get(identity);
      if (first) {
        mustBeWithinHorizon(first, record);
        continue;
      }
      const reason = reasonAgainst(user, record);
      if (reason !== undefined) quarantined.set(`${record.shard.id}:${record.sequenceNumber}:${sub}`, reason);
      else if (user.is !== 'junk') {
        firsts.set(String(identity), record);
        const ofKey = taken.get(user.partitionKey) ?? [];
        taken.set(user.partitionKey, ofKey);
        const boundMs = bound.at(record, user.partitionKey);
        const { partitionKey } = user;
        ofKey.push({ ...steps.takenOf(user, boundMs), partitionKey, record, isAlone: users.length === 1 });
        bound.add(record, timeOf(user));
      }
    }
  }
  return { taken, quarantined, dropped };
}

const timeOf = (user: EventUser): number => Date.parse(user.is === 'order' ? user.order.at : user.visit.at);

/** The oracle knows no horizon, so nothing may be put again after it. */
function mustBeWithinHorizon(first: SimRecord, again: SimRecord): void {
  if (again.arrivalMs - first.arrivalMs < HORIZON_MINUTES * 60_000 * 0.9) return;
  throw new Error(`the simulator puts a record again ${again.arrivalMs - first.arrivalMs} ms after the first`);
}

function reasonAgainst(user: User, { shard }: SimRecord): string | undefined {
  if (user.is === 'junk') return user.reason;
  if (user.is !== 'order') return undefined;
  if (user.partitionKey.startsWith('not ')) return 'partition-key';
  return holds(shard, user.partitionKey) ? undefined : 'wrong-shard';
}

/** Arrivals are not in the order of acceptance: by how much at most. */
const ARRIVAL_SLACK_MS = 100;

/** How far event time may have come for a key: as far as the events take it that were accepted in shards which hold the
 *  key, and heartbeats since. The engine may be behind that, never beyond. */
class Bound {
  readonly #beats: boolean;
  /** Of each shard the latest event, and the one that is furthest ahead of its arrival. */
  readonly #reached = new Map<SimShard, { readonly latestMs: number; readonly aheadMs: number }>();

  constructor(beats: boolean) {
    this.#beats = beats;
  }

  at({ arrivalMs }: SimRecord, partitionKey: string): number {
    const ofShards = [...this.#reached].filter(([shard]) => holds(shard, partitionKey));
    const bounds = ofShards.map(([, { latestMs, aheadMs }]) =>
      this.#beats ? Math.max(latestMs, aheadMs + arrivalMs + ARRIVAL_SLACK_MS) : latestMs,
    );
    return Math.max(Number.NEGATIVE_INFINITY, ...bounds) - OUT_OF_ORDER_MS;
  }

  add({ shard, arrivalMs }: SimRecord, timeMs: number): void {
    const { latestMs = timeMs, aheadMs = timeMs - arrivalMs } = this.#reached.get(shard) ?? {};
    this.#reached.set(shard, {
      latestMs: Math.max(latestMs, timeMs),
      aheadMs: Math.max(aheadMs, timeMs - arrivalMs),
    });
  }
}

type EventUser = Extract<User, { is: 'order' | 'visit' }>;

/** A customer's tale is kept apart from the engine's: plainly, in a map. */
class Steps {
  readonly #tales = new Map<string, { orders: number; trail: number }>();
  readonly #thirds = new Map<string, number>();
  readonly #kind: Kind;
  readonly #nths = new Nths();

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  takenOf(user: EventUser, boundMs: number): Omit<Taken, 'partitionKey' | 'record' | 'isAlone'> {
    const { id } = user;
    if (user.is === 'visit') {
      const { faulty: isFaulty } = user.visit;
      return {
        id,
        source: '/site',
        identity: `/site ${id}`,
        isFaulty,
        rows: ownRows(user),
        lines: [],
        order: undefined,
      };
    }
    const { order } = user;
    const lines = linesOf(this.#kind, id, order, boundMs);
    const nths = this.#kind === 'timed' ? lines.map((line) => this.#nths.rowOf(line)) : [];
    return {
      id,
      source: '/shop',
      identity: `/shop ${id}`,
      isFaulty: order.fault === 'early' || order.fault === 'late',
      rows: [...ownRows(user), ...this.#counts(id, order), ...nths],
      lines,
      order,
    };
  }

  #counts(id: string, { customer, number, leaves }: OrderData): readonly Row[] {
    const before = this.#tales.get(customer) ?? { orders: 0, trail: 0 };
    const tale = { orders: before.orders + 1, trail: nextTrail(before.trail, number) };
    if (leaves) this.#tales.delete(customer);
    else this.#tales.set(customer, tale);
    const emitted = Array.from({ length: tale.orders % 4 === 0 ? 2 : 1 }, (_, i) => `${id}/count.${i}`);
    return emitted.flatMap((emittedId) => [
      { table: 'counts', id: emittedId, columns: tale },
      ...(tale.orders % 3 === 0 ? [this.#third(emittedId, customer, tale.trail)] : []),
    ]);
  }

  #third(id: string, customer: string, trail: number): Row {
    const seen = (this.#thirds.get(customer) ?? 0) + 1;
    this.#thirds.set(customer, seen);
    return { table: 'thirds', id: `${id}/rank.0`, columns: { seen, trail } };
  }
}

/** Counts the lines of each key. */
export class Nths {
  readonly #counts = new Map<string, number>();

  rowOf({ id, key, number }: Line): Row {
    const n = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, n);
    return { table: 'nths', id: `${id}/nth.0`, columns: { n, number } };
  }
}

function linesOf(kind: Kind, id: string, order: OrderData, boundMs: number): readonly Line[] {
  const { customer, number, items, at } = order;
  const timeMs = Date.parse(at);
  if (kind === 'plain') return [];
  if (!isBehind(kind)) return [{ id, key: customer, number, timeMs, boundMs }];
  return items.map((item, n) => ({ id: `${id}#${n}`, key: item, number: numberOf(number, n), timeMs, boundMs }));
}

/** The rows that the event alone decides. */
function ownRows(user: EventUser): readonly Row[] {
  const { id } = user;
  if (user.is === 'visit') return [{ table: 'visits', id, columns: user.visit }];
  return [{ table: 'orders', id, columns: user.order }, ...items(id, user.order)];
}

function items(id: string, { amount, items: sold, customer }: OrderData): readonly Row[] {
  if (amount < 100) return [];
  return sold.map((item, n) => ({ table: 'large_items', id: `${id}#${n}`, columns: { customer, item } }));
}
