import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeEntry, type Entry, EntryVersionError, encodeEntry } from '../../core/engine/entry.ts';
import { idempotencyKey } from '../../core/engine/idempotency-key.ts';
import { compareSequenceNumbers } from '../../core/engine/position.ts';
import type { SeenKey } from '../../core/engine/recent-keys.ts';

describe('compareSequenceNumbers', () => {
  it('orders as big integers do', () => {
    const digits = fc.bigInt({ min: 0n, max: 10n ** 129n - 1n });
    const padded = fc.tuple(digits, fc.nat(3)).map(([n, zeros]) => ({ n, text: '0'.repeat(zeros) + n }));
    fc.assert(
      fc.property(padded, padded, (a, b) => {
        expect(Math.sign(compareSequenceNumbers(a.text, b.text))).toBe(a.n < b.n ? -1 : a.n > b.n ? 1 : 0);
      }),
    );
  });
});

describe('entry', () => {
  const position = { sequenceNumber: '49590338271490256608559692538361571095921575989136588898', subSequence: 3 };
  const arrivalMs = 1_545_084_650_987;
  const keys = ['a', 'b'].map((id) => ({ key: idempotencyKey('/shop', id), arrivalMs }));
  /** As they were first written; they must stay readable for as long as a log may hold them. */
  const VERSION_1 =
    'ATgAAAADQnZ744xesAAAAAACNDk1OTAzMzgyNzE0OTAyNTY2MDg1NTk2OTI1MzgzNjE1NzEwOTU5MjE1NzU5ODkxMzY1ODg4OTg1lsCa1KEz1hfK3rQitTh3Bz2gkDcM7fw=';
  const VERSION_2 =
    'Ago4NDk1OTAzMzgyNzE0OTAyNTY2MDg1NTk2OTI1MzgzNjE1NzEwOTU5MjE1NzU5ODkxMzY1ODg4OTgQAxkAsF6M43t2QiEAMCCM43t2QkEAAAAAAECPQCoYNZbAmtShM9YXyt60IrU4dwc9oJA3DO38Mgfri+Px+ywoOtECnVFNT8JAEP0r5p1XWxQE9u7Ri1dozJQOUCi7dXZbNE0Tf40/zF9idktiiCQkznHn7Zv30cF58uygFwusbGM8FKggqG7YQHcw0A+9wpH2/OygR5PxJJ2NHyfpfDbtM/X7Mbc5skxhXVkrgbODkNlEkrXYAzTSKwMFb6ExvTKIgjzLgWR/SRVs43P7HkV4yiuGHnQ6KOycNdDoluCWjX8tiyX0EpRExF26RI/AUZPsuYjhcMshFJvveOWhT6vEbW2dtKPEJdPbEMFgM1WnTPR9HwIRLqRs2USmA1WVlQ+oScyKyqqRUwOnI85zDY2ibMuCA6ltTAGNlxDmk4gVffP9+QUFV5rVpVIyhbeGhIwvTTDQQXhlpQjIdDganke9gt8KH88Q83OAM1S7rfXQY4UNG3ali/h/Vru+MqHamoRDVXoBlyJTIP/XpYJjijK9NNz/AA==';
  const full: Entry = {
    slot: 7,
    position,
    arrivalMs,
    watermarkMs: arrivalMs - 1_000,
    lagMs: 1_000,
    keys: [keys[0] as SeenKey, { key: idempotencyKey('/shop', 'b'), arrivalMs: arrivalMs + 40 }],
    details: {
      states: [
        ['count', 'ada', { state: { n: 3 }, wakeMs: arrivalMs }],
        ['count', 'bob'],
      ],
      floors: [{ range: { from: '0'.repeat(32), to: '7'.repeat(32) }, watermarkMs: arrivalMs }],
      outbox: [{ table: 'counts', json: '{"event_id":"a/count.0"}' }],
      parked: [['eve', { object: 'parked/shop/v1/s/7-t', from: 0, count: 2 }]],
      redriven: [['mallory', 5]],
      failures: [['eve', { step: 'divide', found: 'RangeError: …', sinceMs: arrivalMs }]],
      quarantined: { records: 10, failed: 1 },
      threw: { records: 9, failed: 1 },
      snapshot: 4,
      genesis: { range: { from: '0'.repeat(32), to: 'f'.repeat(32) }, parents: ['s0'], atMs: arrivalMs },
      sealed: true,
    },
  };

  it('reads what version 1 wrote', () => {
    const whole = { from: '0'.repeat(32), to: 'f'.repeat(32) };
    const details = { genesis: { range: whole, parents: [], atMs: 0 } };
    expect(decodeEntry(7, Buffer.from(VERSION_1, 'base64'))).toEqual({
      slot: 7,
      position,
      arrivalMs,
      watermarkMs: undefined,
      lagMs: 0,
      keys,
      details,
    });
  });

  it('reads what version 2 wrote', () => {
    expect(decodeEntry(7, Buffer.from(VERSION_2, 'base64'))).toEqual(full);
    expect(decodeEntry(7, encodeEntry(full))).toEqual(full);
  });

  it('comes back as it was', () => {
    const seen = fc
      .array(fc.tuple(fc.string(), fc.nat(10_000_000)))
      .map((all) =>
        all
          .map(([id, ms]) => ({ key: idempotencyKey('/s', id), arrivalMs: ms }))
          .sort((a, b) => a.arrivalMs - b.arrivalMs),
      );
    const any = fc.record({
      slot: fc.nat(),
      position: fc.option(
        fc.record({ sequenceNumber: fc.bigInt({ min: 0n, max: 10n ** 129n - 1n }).map(String), subSequence: fc.nat() }),
        { nil: undefined },
      ),
      arrivalMs: fc.nat(),
      watermarkMs: fc.option(fc.integer(), { nil: undefined }),
      lagMs: fc.integer(),
      keys: seen,
      details: fc.record({ states: fc.array(fc.tuple(fc.string(), fc.string(), fc.jsonValue())) }),
    });
    const sameJson = (value: unknown) => JSON.parse(JSON.stringify(value));
    fc.assert(
      fc.property(any, (each) => {
        const { details, ...rest } = decodeEntry(each.slot, encodeEntry(each as unknown as Entry));
        const { details: before, ...other } = each;
        expect(rest).toEqual(other);
        expect(details).toEqual(sameJson(before));
      }),
    );
  });

  it('refuses a version or a field that it does not know', () => {
    expect(() => decodeEntry(1, Buffer.from([3]))).toThrow(EntryVersionError);
    expect(() => decodeEntry(1, Buffer.from([2, 9 << 3, 1]))).toThrow(/field 9/);
  });

  it('takes 13 bytes an event and at most 200 besides', () => {
    const many = Array.from({ length: 500 }, (_, i) => ({
      key: idempotencyKey('/s', String(i)),
      arrivalMs: arrivalMs + i,
    }));
    const entry = { slot: 1, position, arrivalMs, watermarkMs: arrivalMs, lagMs: 0, keys: many, details: {} };
    expect(encodeEntry(entry).length).toBeLessThan(500 * 13 + 200);
  });
});

describe('idempotencyKey', () => {
  it('tells source and id apart', () => {
    expect(idempotencyKey('a', 'bc')).not.toBe(idempotencyKey('ab', 'c'));
    expect(idempotencyKey('1:a', 'b')).not.toBe(idempotencyKey('1', ':ab'));
  });
});
