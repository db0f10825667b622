import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { MAX_EVENTS_PER_COMMIT } from '../../core/engine/step.ts';
import { aggregate, deaggregate } from '../../core/event/aggregate.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { order, shop } from '../support/orders.ts';

/** Made by aws-kinesis-agg 4.2.8, the AWS Labs library: keys host-a, host-b, host-a. */
const STORED =
  '84mawgoGaG9zdC1hCgZob3N0LWIaCwgAGgd7Im4iOjF9GgsIARoHeyJuIjoyfRocCAAaGHsibiI6MywidGV4dCI6Ikdyw7zDn2UifUHHC5zIXGMkjwB/qvDFukw=';

const broken = (found: string) =>
  expect.objectContaining({ rejection: expect.objectContaining({ reason: 'broken-aggregate', found }) });

describe('deaggregate', () => {
  it("takes a KPL aggregate apart, as the AWS Labs library's bytes have it", () => {
    const records = deaggregate('outer', Buffer.from(STORED, 'base64'));
    expect(records.map((r) => [r.subSequence, r.partitionKey, Buffer.from(r.data).toString()])).toEqual([
      [0, 'host-a', '{"n":1}'],
      [1, 'host-b', '{"n":2}'],
      [2, 'host-a', '{"n":3,"text":"Grüße"}'],
    ]);
    expect(aggregate(records)).toEqual(Buffer.from(STORED, 'base64'));
  });

  it('leaves any other record as it is', () => {
    const data = Buffer.from('{"n":1}');
    expect(deaggregate('key', data)).toEqual([{ subSequence: 0, partitionKey: 'key', data }]);
  });

  it('refuses every aggregate with one byte changed', () => {
    const whole = Buffer.from(STORED, 'base64');
    for (let i = 4; i < whole.length; i++) {
      const changed = Buffer.from(whole);
      changed[i] = (changed[i] as number) ^ 0x01;
      expect(() => deaggregate('key', changed)).toThrow(/broken-aggregate/);
    }
  });

  it('refuses a sound digest over a message that is none, or over a record without key', () => {
    expect(() => deaggregate('key', aggregate([]))).toThrow(broken('no record in it'));
    const message = Buffer.from([0x1a, 5, 0x08, 99, 0x1a, 1, 0x78]); // a record under the 99th key
    const digest = createHash('md5').update(message).digest();
    const keyless = Buffer.concat([Buffer.from(STORED, 'base64').subarray(0, 4), message, digest]);
    expect(() => deaggregate('key', keyless)).toThrow(broken('record 0 without key or data'));
  });

  it('commits by sub-sequence: one bad event in an aggregate harms no other, and none counts twice', async () => {
    const { run, lake } = engineInMemory(shop);
    const bytes = (value: object) => Buffer.from(JSON.stringify(value));
    const record = recordAt(
      1,
      aggregate([
        { partitionKey: 'ada', data: bytes(order('a')) },
        { partitionKey: 'eve', data: Buffer.from('bad') },
        { partitionKey: 'bob', data: bytes(order('b')) },
      ]),
    );
    expect(await run([record])).toMatchObject({ events: 2, quarantined: 1 });
    expect(await run([record, recordAt(2, order('c'))])).toMatchObject({ events: 1, quarantined: 0 });
    expect(lake.rows('quarantine')).toMatchObject([{ sub_sequence: 1, partition_key: 'eve' }]);
    expect(lake.rows('orders')).toHaveLength(3);
  });

  it('ends a commit in the middle of an aggregate when it is full, and goes on there', async () => {
    const { run, lake } = engineInMemory(shop);
    const record = (n: number) =>
      recordAt(
        n,
        aggregate(
          Array.from({ length: 12_000 }, (_, i) => ({
            partitionKey: 'k',
            data: Buffer.from(JSON.stringify(order(`${n}-${i}`))),
          })),
        ),
      );
    const records = [record(1), record(2), record(3)];
    const unfinished = records[2]?.sequenceNumber;
    expect(await run(records)).toMatchObject({ events: MAX_EVENTS_PER_COMMIT, unfinished });
    expect(await run(records.slice(2))).toMatchObject({
      events: 36_000 - MAX_EVENTS_PER_COMMIT,
      unfinished: undefined,
    });
    expect(new Set(lake.rows('orders').map((row) => row.event_id)).size).toBe(36_000);
  });
});
