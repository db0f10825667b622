import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { from, lake, minutes, pipeline } from '../../core/pipeline/index.ts';
import { decode, OrderChanged, OrderPayment } from '../../pipelines/orders/events.ts';
import { FROM_MS, generateOrders } from '../../pipelines/orders/generator.ts';
import { PutError, putInOrder } from '../../producer/put.ts';
import { putInTurn } from '../../producer/put-in-turn.ts';
import { readersOf, recordOf } from '../../producer/record.ts';
import { Order, order } from '../support/orders.ts';

const records = async function* (keys: readonly string[]) {
  for (const [index, partitionKey] of keys.entries()) yield { partitionKey, data: Buffer.from(String(index)) };
};
const sleep = async () => {};

describe('putInOrder', () => {
  it('keeps the order of every key, whatever is refused', async () => {
    const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(keys, fc.infiniteStream(fc.boolean()), async (list, refuse) => {
        const stream: { key: string; n: number }[] = [];
        const putRecords = async (batch: readonly { partitionKey: string; data: Uint8Array }[]) => {
          await Promise.resolve();
          return batch.map(({ partitionKey, data }) => {
            if (refuse.next().value) return 'ProvisionedThroughputExceededException';
            stream.push({ key: partitionKey, n: Number(Buffer.from(data).toString()) });
            return undefined;
          });
        };
        const put = await putInOrder(records(list), { putRecords, sleep, maxAttempts: 1_000 });
        expect(put).toBe(list.length);
        expect(stream.map(({ n }) => n).sort((a, b) => a - b)).toEqual(list.map((_, n) => n));
        for (const key of new Set(list)) {
          const ofKey = stream.filter((each) => each.key === key).map(({ n }) => n);
          expect(ofKey).toEqual([...ofKey].sort((a, b) => a - b));
        }
      }),
    );
  });

  it('fills calls with distinct keys, at most 500 of them', async () => {
    const sizes: number[] = [];
    const list = Array.from({ length: 4_000 }, (_, i) => `key-${i % 1_200}`);
    await putInOrder(records(list), {
      putRecords: async (batch) => {
        expect(new Set(batch.map((record) => record.partitionKey)).size).toBe(batch.length);
        sizes.push(batch.length);
        return batch.map(() => undefined);
      },
    });
    expect(Math.max(...sizes)).toBe(500);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(4_000);
  });

  it('overtakes what waits for its key, or has been refused, by as much event time as that allows', async () => {
    const list = Array.from({ length: 600 }, (_, n) => ({
      partitionKey: n % 3 === 0 ? 'busy' : `key-${n}`,
      data: Buffer.from(String(n)),
      timeMs: n * 15_000,
      aheadMs: 10 * 60_000,
    }));
    const left = new Set(list.map(({ timeMs }) => timeMs));
    let ahead = 0;
    let calls = 0;
    await putInOrder(list, {
      sleep,
      putRecords: async (batch) => {
        calls += 1;
        await Promise.resolve();
        const codes = batch.map((_, n) => ((n + calls) % 11 === 0 ? 'InternalFailure' : undefined));
        for (const [n, { timeMs }] of (batch as typeof list).entries()) {
          if (codes[n]) continue;
          left.delete(timeMs);
          ahead = Math.max(ahead, timeMs - Math.min(...left));
        }
        return codes;
      },
    });
    expect(left.size).toBe(0);
    expect(ahead).toBeGreaterThan(5 * 60_000);
    expect(ahead).toBeLessThanOrEqual(10 * 60_000);
    expect(calls).toBeLessThan(1.5 * (600 / 3)); // one for each of the busy key and what goes with it
  });

  it('says how often a record was refused, and with what', async () => {
    const refusing = putInOrder(records(['a', 'b']), {
      putRecords: async (batch) => batch.map((r) => (r.partitionKey === 'a' ? 'InternalFailure' : undefined)),
      sleep,
      maxAttempts: 3,
    });
    await expect(refusing).rejects.toThrow(new PutError('a record was refused 3 times, at last with InternalFailure'));
  });

  it('ends when a call fails whose key all other records wait for', async () => {
    const list = Array.from({ length: 6_000 }, (_, i) => (i < 500 ? `key-${i}` : 'hot'));
    const putting = putInOrder(records(list), {
      putRecords: async (batch) => {
        if (batch.some((record) => record.partitionKey === 'hot')) throw new Error('expired token');
        return batch.map(() => undefined);
      },
    });
    await expect(putting).rejects.toThrow('expired token');
  });

  it('passes on the failure of a call, even while it waits for more records', async () => {
    let fail = () => {};
    const slow = async function* () {
      for (let i = 0; i < 6_000; i++) yield { partitionKey: `k${i}`, data: Buffer.from('x') };
      await new Promise<void>((resolve) => {
        fail = resolve;
      });
    };
    const putting = putInOrder(slow(), {
      putRecords: async () => {
        setTimeout(() => fail());
        throw new Error('no such stream');
      },
    });
    await expect(putting).rejects.toThrow('no such stream');
  });
});

const inTime = pipeline('later', [from(Order).to(lake('orders_too'))], { outOfOrderness: minutes(9) });
const ordersOnly = pipeline('shop', [from(Order).to(lake('orders'))]);

describe('putInTurn', () => {
  const all = Array.from({ length: 1_201 }, (_, n) => `key-${n % 7}`);

  it('keeps the order of all records, whatever their keys', async () => {
    const sizes: number[] = [];
    const stream: number[] = [];
    const told: number[] = [];
    const putRecords = async (batch: readonly { data: Uint8Array }[]) => {
      sizes.push(batch.length);
      await Promise.resolve();
      stream.push(...batch.map(({ data }) => Number(Buffer.from(data).toString())));
      return batch.map(() => undefined);
    };
    expect(await putInTurn(records(all), { putRecords, onProgress: (put) => told.push(put) })).toBe(1_201);
    expect(stream).toEqual(all.map((_, n) => n));
    expect([sizes, told]).toEqual([
      [500, 500, 201],
      [500, 1_000, 1_201],
    ]);
    expect(await putInTurn(records([]), { putRecords })).toBe(0);
  });

  it('puts no more in a call than 5 MiB', async () => {
    const large = async function* () {
      for (let n = 0; n < 8; n++) yield { partitionKey: 'key', data: Buffer.alloc(1024 * 1024) };
    };
    const sizes: number[] = [];
    const putRecords = async (batch: readonly object[]) => {
      sizes.push(batch.length);
      return batch.map(() => undefined);
    };
    await putInTurn(large(), { putRecords });
    expect(sizes).toEqual([4, 4]);
  });

  it('ends when a record is refused', async () => {
    const putRecords = async (batch: readonly object[]) => batch.map((_, n) => (n === 3 ? 'Throttled' : undefined));
    await expect(putInTurn(records(all), { putRecords })).rejects.toThrow(
      new PutError('a record was refused with Throttled, and others behind it taken'),
    );
  });
});

describe('recordOf', () => {
  const types = readersOf([pipeline('other', [from(OrderPayment).to(lake('payments'))]), inTime, ordersOnly]);

  it('tells when an event happened, also of one that a pipeline decodes, and half of what all pipelines allow', () => {
    const { timeMs, aheadMs } = recordOf(Buffer.from(JSON.stringify(order('a'))), types);
    expect(timeMs).toBe(Date.parse(String(order('a').data.at)));
    expect(aheadMs).toBe(30_000);
    const change = generateOrders({ orders: 1 }).documents.find((each) => 'eventSource' in each);
    const changes = pipeline('changes', [from(OrderChanged).to(lake('order_changes'))], { decode });
    const record = recordOf(Buffer.from(JSON.stringify(change)), readersOf([changes]));
    expect(record.partitionKey).toBe('order-00001');
    expect(record.timeMs).toBeGreaterThan(FROM_MS);
  });

  it("puts an event under its key's value, and anything else under a key made from its bytes", () => {
    expect(recordOf(Buffer.from(JSON.stringify(order('a'))), types).partitionKey).toBe('ada');
    const others = [
      'not json',
      'null',
      '{}',
      JSON.stringify(order('a', { customer: 5 })),
      JSON.stringify({ ...order('a'), type: 'x' }),
    ];
    for (const other of others) {
      const record = recordOf(Buffer.from(other), types);
      expect(record.partitionKey).toMatch(/^[0-9a-f]{32}$/);
      expect(Buffer.from(record.data).toString()).toBe(other);
    }
    expect(
      recordOf(Buffer.from(JSON.stringify(order('a', { customer: 'x'.repeat(300) }))), types).partitionKey,
    ).toMatch(/^[0-9a-f]{32}$/);
  });
});
