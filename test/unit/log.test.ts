import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeBody, EntryVersionError, encodeBody } from '../../core/engine/entry.ts';
import { idempotencyKey } from '../../core/engine/idempotency-key.ts';
import { compareSequenceNumbers } from '../../core/engine/position.ts';

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
  const entry = {
    slot: 7,
    token: 't',
    position: { sequenceNumber: '49590338271490256608559692538361571095921575989136588898', subSequence: 3 },
    arrivalMs: 1_545_084_650_987,
    keys: [idempotencyKey('/shop', 'a'), idempotencyKey('/shop', 'b')],
  };
  /** Version 1 as it was first written; it must stay readable for as long as a log may hold it. */
  const VERSION_1 =
    'ATgAAAADQnZ744xesAAAAAACNDk1OTAzMzgyNzE0OTAyNTY2MDg1NTk2OTI1MzgzNjE1NzEwOTU5MjE1NzU5ODkxMzY1ODg4OTg1lsCa1KEz1hfK3rQitTh3Bz2gkDcM7fw=';

  it('reads what version 1 wrote', () => {
    expect(decodeBody(7, 't', Buffer.from(VERSION_1, 'base64'))).toEqual(entry);
    expect(Buffer.from(encodeBody(entry)).toString('base64')).toBe(VERSION_1);
  });

  it('comes back as it was', () => {
    const key = fc.tuple(fc.string(), fc.string()).map(([source, id]) => idempotencyKey(source, id));
    const any = fc.record({
      slot: fc.nat(),
      token: fc.string(),
      position: fc.record({
        sequenceNumber: fc.bigInt({ min: 0n, max: 10n ** 129n - 1n }).map(String),
        subSequence: fc.nat(),
      }),
      arrivalMs: fc.nat(),
      keys: fc.array(key),
    });
    fc.assert(fc.property(any, (each) => expect(decodeBody(each.slot, each.token, encodeBody(each))).toEqual(each)));
  });

  it('refuses a version it does not know', () => {
    expect(() => decodeBody(1, 't', Buffer.from([2]))).toThrow(EntryVersionError);
  });

  it('takes 12 bytes an event and at most 200 besides', () => {
    const keys = Array.from({ length: 500 }, (_, i) => idempotencyKey('/s', String(i)));
    expect(encodeBody({ ...entry, keys }).length).toBeLessThan(500 * 12 + 200);
  });
});

describe('idempotencyKey', () => {
  it('tells source and id apart', () => {
    expect(idempotencyKey('a', 'bc')).not.toBe(idempotencyKey('ab', 'c'));
    expect(idempotencyKey('1:a', 'b')).not.toBe(idempotencyKey('1', ':ab'));
  });
});
