import { FirehoseClient } from '@aws-sdk/client-firehose';
import { describe, expect, it } from '@jest/globals';
import { firehoseLake } from '../../adapters/firehose/lake.ts';
import { packCalls, packRows } from '../../adapters/firehose/pack.ts';
import { TransientError } from '../../core/ports.ts';

type Answer = (records: readonly string[], call: number) => readonly (string | undefined)[];

/** A client whose calls are answered in process: for each record an error's code, or undefined when it is taken. */
function fakeFirehose(answer: Answer) {
  const calls: string[][] = [];
  const client = new FirehoseClient({ region: 'us-east-1' });
  client.send = async (command: unknown) => {
    const { Records } = (command as { input: { Records: { Data: Uint8Array }[] } }).input;
    const records = Records.map(({ Data }) => Buffer.from(Data).toString());
    calls.push(records);
    const codes = answer(records, calls.length);
    return {
      FailedPutCount: codes.filter(Boolean).length,
      RequestResponses: codes.map((code) => (code ? { ErrorCode: code, ErrorMessage: 'x' } : { RecordId: 'r' })),
    };
  };
  const waits: number[] = [];
  const clock = { now: () => waits.reduce((sum, ms) => sum + ms, 0) };
  const sleep = async (ms: number) => void waits.push(ms);
  const lake = firehoseLake({ client, streams: { t: 'stream-t', u: 'stream-u' }, clock, sleep, random: () => 1 });
  return { lake, calls, waits };
}

const big = (letter: string) => JSON.stringify(letter.repeat(600 * 1024));
const taken: Answer = (records) => records.map(() => undefined);

describe('firehoseLake', () => {
  it('packs rows into newline-delimited records', async () => {
    const { lake, calls } = fakeFirehose(taken);
    await lake.deliver(new Map([['t', ['{"a":1}', '{"a":2}']]]));
    expect(calls).toEqual([['{"a":1}\n{"a":2}\n']]);
  });

  it('sends again only what failed, later each time', async () => {
    const [a, b, c] = [big('a'), big('b'), big('c')];
    const { lake, calls, waits } = fakeFirehose((records, call) =>
      records.map((record) => (call < 4 && record.startsWith('"b') ? 'ServiceUnavailableException' : undefined)),
    );
    await lake.deliver(new Map([['t', [a, b, c]]]));
    expect(calls.map((records) => records.map((record) => record[1]).join(''))).toEqual(['abc', 'b', 'b', 'b']);
    expect(waits).toEqual([50, 100, 200]);
  });

  it('gives the batch back when a record is refused for good', async () => {
    const { lake, calls } = fakeFirehose((records) => records.map(() => 'ServiceUnavailableException'));
    const failure = await lake.deliver(new Map([['t', ['1']]])).catch((caught: unknown) => caught);
    expect(failure).toBeInstanceOf(TransientError);
    expect(String(failure)).toContain('refused 8 times, last ServiceUnavailableException');
    expect(calls).toHaveLength(8);
  });

  it('tries a call again that was throttled whole', async () => {
    const { lake, calls } = fakeFirehose((records, call) => {
      if (call < 3) throw Object.assign(new Error('Slow down.'), { name: 'ServiceUnavailableException' });
      return taken(records, call);
    });
    await lake.deliver(new Map([['t', ['1']]]));
    expect(calls).toEqual([['1\n'], ['1\n'], ['1\n']]);
  });

  it.each([
    ['a throttled call', { name: 'ServiceUnavailableException' }, true],
    ['a call without answer', { name: 'TimeoutError' }, true],
    ['a refused connection', { name: 'Error', code: 'ECONNREFUSED' }, true],
    ["the service's own failure", { name: 'Odd', $metadata: { httpStatusCode: 500 } }, true],
    ['a denied action', { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } }, false],
    ['a stream that does not exist', { name: 'ResourceNotFoundException' }, false],
  ])('tells apart what passes and what does not: %s', async (_, error, transient) => {
    const { lake } = fakeFirehose(() => {
      throw Object.assign(new Error('x'), error);
    });
    const failure = await lake.deliver(new Map([['t', ['1']]])).catch((caught: unknown) => caught);
    expect(failure instanceof TransientError).toBe(transient);
  });

  it('waits for every table before it fails, and names a table without stream', async () => {
    const { lake, calls } = fakeFirehose(taken);
    await expect(
      lake.deliver(
        new Map([
          ['nowhere', ['1']],
          ['u', ['2']],
        ]),
      ),
    ).rejects.toThrow("table 'nowhere' has no delivery stream");
    expect(calls).toEqual([['2\n']]);
  });
});

describe('packing', () => {
  it("keeps within a record's bytes and rows, and loses nothing", () => {
    const rows = [...Array.from({ length: 1_200 }, (_, i) => `{"i":${i}}`), big('a'), big('b'), '"ü"'.repeat(300)];
    const records = packRows(rows).map((record) => Buffer.from(record));
    for (const record of records) {
      expect(record.length).toBeLessThanOrEqual(1_000 * 1024);
      expect(record.toString().split('\n').length - 1).toBeLessThanOrEqual(500);
    }
    expect(records.map(String).join('')).toBe(`${rows.join('\n')}\n`);
  });

  it('takes a row of the largest size', () => {
    const [record] = packRows(['x'.repeat(1_000 * 1024 - 1)]);
    expect(record?.length).toBe(1_000 * 1024);
  });

  it('refuses a row that no record holds, rather than a call that cannot succeed', () => {
    expect(() => packRows(['x'.repeat(1_000 * 1024)])).toThrow('a row of 1024001 bytes');
  });

  it('splits calls at 500 records and at 4 MiB', () => {
    const small = Array.from({ length: 1_001 }, () => Buffer.alloc(1));
    expect(packCalls(small).map((call) => call.length)).toEqual([500, 500, 1]);
    const large = Array.from({ length: 9 }, () => Buffer.alloc(1_000 * 1024));
    expect(packCalls(large).map((call) => call.length)).toEqual([4, 4, 1]);
    expect(packCalls([])).toEqual([]);
  });
});
