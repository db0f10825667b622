import { nextTrail, type OrderData } from './plan.ts';
import { holds, type SimRecord } from './stream.ts';
import { HORIZON_MINUTES, type Put, type User } from './workload.ts';

/** A row as it must be: its table, its id, and the columns that the event decides. */
export interface Row {
  readonly table: string;
  readonly id: string;
  readonly columns: Readonly<Record<string, unknown>>;
}

/** An event that is not a repetition, where it was accepted first. */
export interface Taken {
  readonly user: Extract<User, { is: 'order' | 'visit' }>;
  readonly record: SimRecord;
  readonly rows: readonly Row[];
  /** Whether it was put in a record of its own. */
  readonly isAlone: boolean;
}

/** What must come of the records that the stream accepted. */
export interface Expected {
  /** The events of each partition key in order. */
  readonly taken: ReadonlyMap<string, readonly Taken[]>;
  /** Id of the quarantine row → reason. */
  readonly quarantined: ReadonlyMap<string, string>;
}

/** Reads the stream naively: every record in the order of its acceptance, repetitions left out, and counts. */
export function expectationOf(accepted: readonly SimRecord[], puts: ReadonlyMap<Uint8Array, Put>): Expected {
  const taken = new Map<string, Taken[]>();
  const quarantined = new Map<string, string>();
  const firsts = new Map<string, SimRecord>();
  const steps = new Steps();
  for (const record of accepted) {
    const { users } = puts.get(record.data) as Put;
    for (const [sub, user] of users.entries()) {
      if (user.is === 'control') continue;
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
        ofKey.push({ user, record, rows: steps.rowsOf(user), isAlone: users.length === 1 });
      }
    }
  }
  return { taken, quarantined };
}

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

/** A customer's tale is kept apart from the engine's: plainly, in a map. */
class Steps {
  readonly #tales = new Map<string, { orders: number; trail: number }>();
  readonly #thirds = new Map<string, number>();

  rowsOf(user: Taken['user']): readonly Row[] {
    if (user.is === 'visit') return [{ table: 'visits', id: user.id, columns: user.visit }];
    const { id, order } = user;
    return [{ table: 'orders', id, columns: order }, ...this.#counts(id, order), ...items(id, order)];
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

function items(id: string, { amount, items: sold, customer }: OrderData): readonly Row[] {
  if (amount < 100) return [];
  return sold.map((item, n) => ({ table: 'large_items', id: `${id}#${n}`, columns: { customer, item } }));
}
