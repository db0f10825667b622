import { describe, expect, it } from '@jest/globals';
import { type EventRecord, encodeRecord } from '../../local/mapping/event.ts';
import type { Outcome } from '../../local/mapping/response.ts';
import { backOffMs, expire, type Piece, settle } from '../../local/mapping/retry.ts';

const source = { arn: 'arn', region: 'us-east-1', roleArn: 'role' };
const records = [1000, 2000, 3000, 4000, 5000].map((arrivalMs, index) =>
  encodeRecord(source, 'shard', {
    sequenceNumber: String(index),
    partitionKey: 'k',
    data: Buffer.from('x'),
    arrivalMs,
  }),
);
const threw: Outcome = { kind: 'failed', functionError: 'Unhandled' };
const badAnswer: Outcome = { kind: 'failed', functionError: null };
const ids = (list: readonly EventRecord[]) => list.map(({ record }) => record.sequenceNumber).join('');
const shape = ({ records, invocations }: Piece) => `${ids(records)}:${invocations}`;

function settled(outcome: Outcome, retryAttemptsMax: number, bisects: boolean, invocations = 0, batch = records) {
  const { finished, discarded, next } = settle({ records: batch, invocations }, outcome, { retryAttemptsMax, bisects });
  return { finished, discarded: discarded && shape(discarded), next: next.map(shape) };
}

describe('settling a try', () => {
  it.each<[string, Outcome, number, boolean, number, number, string | undefined, string[]]>([
    // outcome, quota, bisects, invocations before → finished, discarded, next
    ['a success ends the piece', { kind: 'succeeded' }, 0, true, 3, 5, undefined, []],
    ['a failure counts', threw, 2, false, 0, 0, undefined, ['01234:1']],
    ['the last retry is still made', threw, 2, false, 1, 0, undefined, ['01234:2']],
    ['a spent quota discards', threw, 2, false, 2, 0, '01234:3', []],
    ['no retries at all', threw, 0, false, 0, 0, '01234:1', []],
    ['no limit', threw, Number.POSITIVE_INFINITY, false, 9_999, 0, undefined, ['01234:10000']],
    ['a bad answer counts like an error', badAnswer, 2, false, 2, 0, '01234:3', []],
    ['a bad answer does not split', badAnswer, 2, true, 0, 0, undefined, ['01234:1']],
    ['an error splits, the counters begin anew', threw, 2, true, 2, 0, undefined, ['012:0', '34:0']],
    ['splitting spends no retry', threw, 0, true, 0, 0, undefined, ['012:0', '34:0']],
    [
      'progress begins a new batch',
      { kind: 'partly-failed', from: 2, failures: 1 },
      0,
      false,
      0,
      2,
      undefined,
      ['234:0'],
    ],
    [
      'progress with bisecting cuts there',
      { kind: 'partly-failed', from: 4, failures: 1 },
      0,
      true,
      0,
      4,
      undefined,
      ['4:0'],
    ],
    ['no progress counts', { kind: 'partly-failed', from: 0, failures: 1 }, 2, false, 1, 0, undefined, ['01234:2']],
    ['no progress does not split', { kind: 'partly-failed', from: 0, failures: 1 }, 1, true, 1, 0, '01234:2', []],
  ])('%s', (_, outcome, quota, bisects, invocations, finished, discarded, next) => {
    expect(settled(outcome, quota, bisects, invocations)).toEqual({ finished, discarded, next });
  });

  it('does not split a single record', () => {
    const one = records.slice(0, 1);
    expect(settled(threw, 1, true, 0, one)).toEqual({ finished: 0, discarded: undefined, next: ['0:1'] });
    expect(settled(threw, 1, true, 1, one)).toEqual({ finished: 0, discarded: '0:2', next: [] });
  });
});

describe('expiring', () => {
  it('takes out what is older than the limit, to the millisecond', () => {
    const { expired, left } = expire({ records, invocations: 4 }, 60_000, 62_000);
    expect(ids(expired)).toBe('0');
    expect(shape(left)).toBe('1234:4');
  });

  it('takes out nothing without a limit', () => {
    expect(ids(expire({ records, invocations: 0 }, Number.POSITIVE_INFINITY, 1e15).expired)).toBe('');
  });
});

describe('the pause after a failure', () => {
  const constants = { baseMs: 1_000, maxMs: 60_000 };

  it('doubles up to the ceiling', () => {
    const pauses = [0, 1, 2, 3, 6, 7, 5_000].map((attempt) => backOffMs(attempt, { ...constants, random: () => 1 }));
    expect(pauses).toEqual([1_000, 1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
  });

  it('is cut by chance to no less than half', () => {
    expect(backOffMs(3, { ...constants, random: () => 0 })).toBe(2_000);
    expect(backOffMs(3, { ...constants, random: () => 0.5 })).toBe(3_000);
  });
});
