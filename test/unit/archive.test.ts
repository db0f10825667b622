import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ArchiveStore, archive, type Head } from '../../core/archive/archive.ts';
import { type About, decodeArchived, encodeArchived, nameOf } from '../../core/archive/object.ts';
import { type Checked, checkChain, checkObject } from '../../core/archive/verify.ts';
import type { StreamRecord } from '../../core/engine/record.ts';
import type { Shard } from '../../core/ports.ts';

const SHARD = 'shardId-000000000000';
const DAY = Date.parse('2026-11-21T23:59:00Z');

/** Sequence numbers of a shard have gaps, and once in a while a digit more. */
const recordAt = (n: number): StreamRecord => ({
  sequenceNumber: String(10n ** 20n - 300n + BigInt(n) * 7n),
  partitionKey: `é${n % 5}`,
  arrivalMs: DAY + n * 1_000,
  data: Uint8Array.from([n, 0, 255]),
});
const records = Array.from({ length: 100 }, (_, n) => recordAt(n));

class Crash extends Error {}

/** A store in memory whose calls come to an end when the test lets them, and break where it says. */
class Store implements ArchiveStore {
  readonly objects = new Map<string, { readonly bytes: Uint8Array; readonly about: About }>();
  readonly heads = new Map<string, { head: Head; tag: string }>();
  readonly #turn: () => Promise<'crash before' | 'crash after' | undefined>;
  #tags = 0;

  constructor(turn: () => Promise<'crash before' | 'crash after' | undefined> = async () => undefined) {
    this.#turn = turn;
  }

  async #call<Result>(act: () => Result): Promise<Result> {
    const fate = await this.#turn();
    if (fate === 'crash before') throw new Crash();
    const result = act();
    if (fate === 'crash after') throw new Crash();
    return result;
  }

  head(shardId: string) {
    return this.#call(() => this.heads.get(shardId));
  }
  setHead(shardId: string, head: Head, tag: string | undefined) {
    return this.#call(() => {
      if (this.heads.get(shardId)?.tag !== tag) return false;
      this.heads.set(shardId, { head, tag: String(++this.#tags) });
      return true;
    });
  }
  add(name: string, bytes: Uint8Array, about: About) {
    return this.#call(() => {
      if (this.objects.has(name)) return false;
      this.objects.set(name, { bytes, about });
      return true;
    });
  }
  about(name: string) {
    return this.#call(() => this.objects.get(name)?.about);
  }

  check() {
    const checked = [...this.objects].map(([name, { bytes, about }]) => checkObject(name, bytes, about));
    const broken = checked.filter((each) => 'what' in each);
    const whole = checked.filter((each): each is Checked => !('what' in each));
    return [...broken, ...checkChain(SHARD, whole, this.heads.get(SHARD)?.head)];
  }
  numbers() {
    return [...this.objects.values()].flatMap(({ bytes }) =>
      decodeArchived(bytes).records.map(({ sequenceNumber }) => sequenceNumber),
    );
  }
}

const shard: Shard = { shardId: SHARD, parents: [], range: { from: '0'.repeat(32), to: 'f'.repeat(32) } };
const portsOf = (store: Store) => ({ store, describe: async () => shard });

describe('the archive', () => {
  it('keeps a record as it came', () => {
    const bytes = encodeArchived({ shardId: SHARD, records });
    expect(decodeArchived(bytes)).toEqual({
      shardId: SHARD,
      records: records.map((record) => ({ ...record, data: Buffer.from(record.data) })),
    });
    expect(nameOf(SHARD, recordAt(59))).toBe(
      'records/dt=2026-11-21/shardId-000000000000/100000000000000000113.json.gz',
    );
    expect(nameOf(SHARD, recordAt(60))).toMatch(/^records\/dt=2026-11-22\//);
  });

  it('has each record once, whatever comes twice, breaks off or writes at the same time', async () => {
    const fates = fc.infiniteStream(
      fc.oneof(
        { weight: 8, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom('crash before' as const, 'crash after' as const) },
      ),
    );
    const plan = fc.record({
      fates,
      sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }),
      zombies: fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 60 })), { maxLength: 6 }),
    });
    let crashes = 0;
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), plan, async (scheduler, { fates, sizes, zombies }) => {
        const store = new Store(async () => {
          const [fate] = fates.take(1);
          await scheduler.schedule(Promise.resolve());
          return fate;
        });
        const attempt = async (from: number, count: number): Promise<boolean> => {
          try {
            await archive(SHARD, records.slice(from, from + count), portsOf(store));
            return true;
          } catch (error) {
            if (!(error instanceof Crash)) throw error;
            crashes += 1;
            return false;
          }
        };
        // As a mapping does: on from where a batch succeeded, otherwise again, in batches as they come; and beside it
        // invocations that were given up and are still at work.
        const starts = [0];
        const mapping = async () => {
          let turn = 0;
          for (let at = 0; at < records.length; ) {
            const size = sizes[turn++ % sizes.length] as number;
            if (await attempt(at, size)) at = Math.min(at + size, records.length);
            starts.push(at);
          }
        };
        const late = zombies.map(async ([turn, size]) => {
          await scheduler.schedule(Promise.resolve());
          await attempt(starts[turn % starts.length] as number, size);
        });
        await scheduler.waitFor(Promise.all([mapping(), ...late]));
        expect(store.check()).toEqual([]);
        expect(store.numbers().sort()).toEqual(records.map(({ sequenceNumber }) => sequenceNumber).sort());
        const head = store.heads.get(SHARD)?.head;
        expect(head).toEqual({
          last: records.at(-1)?.sequenceNumber,
          objects: store.objects.size,
          records: 100,
          shard,
        });
      }),
      { numRuns: 150 },
    );
    expect(crashes).toBeGreaterThan(50);
  });

  it('is found out when an object is missing, cut, changed or there twice, or the head is gone', async () => {
    const filled = async () => {
      const store = new Store();
      for (let at = 0; at < 100; at += 20) await archive(SHARD, records.slice(at, at + 20), portsOf(store));
      return { store, names: [...store.objects.keys()].sort() };
    };
    const found = async (harm: (store: Store, names: readonly string[]) => void) => {
      const { store, names } = await filled();
      harm(store, names);
      return store.check().map(({ what, object }) => [what, object === undefined ? undefined : names.indexOf(object)]);
    };
    const put = (store: Store, name: string, change: (bytes: Uint8Array) => Uint8Array, as = name) => {
      const { bytes, about } = store.objects.get(name) as { bytes: Uint8Array; about: About };
      store.objects.set(as, { bytes: change(bytes), about });
    };
    expect(await found(() => {})).toEqual([]);
    const at = (names: readonly string[], n: number) => names[n] as string;
    for (const n of [0, 2, 4]) {
      expect(await found((store, names) => store.objects.delete(at(names, n)))).toEqual([['missing', undefined]]);
    }
    expect(await found((store, names) => put(store, at(names, 1), (bytes) => bytes.subarray(0, -9)))).toEqual([
      ['damaged', 1],
      ['missing', undefined],
    ]);
    const fewer = () => encodeArchived({ shardId: SHARD, records: records.slice(20, 39) });
    expect((await found((store, names) => put(store, at(names, 1), fewer)))[0]).toEqual(['damaged', 1]);
    const swapped = () =>
      encodeArchived({
        shardId: SHARD,
        records: [20, 22, 21, ...Array.from({ length: 17 }, (_, n) => n + 23)].map(recordAt),
      });
    expect((await found((store, names) => put(store, at(names, 1), swapped)))[0]).toEqual(['damaged', 1]);
    const copied = (store: Store, names: readonly string[]) =>
      put(store, at(names, 3), (bytes) => bytes, at(names, 3).replace('11-22', '11-23'));
    expect(await found(copied)).toEqual([['twice', -1]]);
    expect(await found((store, names) => put(store, at(names, 3), (bytes) => bytes, 'records/copy'))).toEqual([
      ['not an object of the archive', -1],
    ]);
    expect(await found((store) => store.heads.clear())).toEqual([['head', undefined]]);
  });
});
