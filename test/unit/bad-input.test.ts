import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { event } from '../../core/event/index.ts';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { engineInMemory, recordAt, SHARD } from '../support/engine.ts';
import { order, shop } from '../support/orders.ts';

const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const json = (value: unknown) => JSON.stringify(value);
const without = (attribute: string) => json({ ...order('x'), [attribute]: undefined });

/** What comes in, the reason and step it is quarantined with, and what the row says was found. */
const CASES: readonly (readonly [string, string | Uint8Array, string, string, RegExp])[] = [
  ['an empty record', '', 'empty', 'decode', /0 bytes/],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 'not-utf8', 'decode', /4 bytes/],
  ['a truncated UTF-8 sequence', Buffer.from([0x22, 0xe2, 0x82, 0x22]), 'not-utf8', 'decode', /4 bytes/],
  ['text that is not JSON', 'hello', 'not-json', 'decode', /hello/],
  ['JSON cut short', json(order('x')).slice(0, -1), 'not-json', 'decode', /specversion/],
  ['JSON of another shape: a number', '42', 'not-a-cloudevent', 'envelope', /a number/],
  ['JSON of another shape: null', 'null', 'not-a-cloudevent', 'envelope', /null/],
  ['JSON of another shape: an array', json([order('x')]), 'not-a-cloudevent', 'envelope', /an array/],
  ['JSON of another shape: an object', json({ user: 1 }), 'not-a-cloudevent', 'envelope', /specversion/],
  [
    'another version of CloudEvents',
    json({ ...order('x'), specversion: '0.3' }),
    'not-a-cloudevent',
    'envelope',
    /specversion: "0.3"/,
  ],
  ['a missing id', without('id'), 'not-a-cloudevent', 'envelope', /id: undefined/],
  ['an empty id', json({ ...order('x'), id: '' }), 'not-a-cloudevent', 'envelope', /id: ""/],
  ['an id that is a number', json({ ...order('x'), id: 7 }), 'not-a-cloudevent', 'envelope', /id: 7/],
  ['an id of 513 characters', json({ ...order('x'), id: 'i'.repeat(513) }), 'not-a-cloudevent', 'envelope', /id: "iii/],
  ['a missing source', without('source'), 'not-a-cloudevent', 'envelope', /source/],
  ['missing data', without('data'), 'not-a-cloudevent', 'envelope', /data/],
  ['an unknown type', json({ ...order('x'), type: 'shop.refund' }), 'unknown-type', 'envelope', /"shop.refund"/],
  [
    'a type that names a property of every object',
    json({ ...order('x'), type: 'constructor' }),
    'unknown-type',
    'envelope',
    /constructor/,
  ],
  ['a field of the wrong type', json(order('x', { amount: '10' })), 'schema', 'shop.order', /amount/],
  ['a missing field', json(order('x', { customer: undefined })), 'schema', 'shop.order', /customer/],
  [
    'a number too large for a double',
    json(order('x')).replace('"amount":10', '"amount":1e999'),
    'schema',
    'shop.order',
    /amount/,
  ],
  ['a timestamp that does not parse', json(order('x', { at: 'yesterday' })), 'schema', 'shop.order', /at/],
  ['a day that does not exist', json(order('x', { at: '2026-02-30T00:00:00Z' })), 'schema', 'shop.order', /at/],
  ['the year 0001', json(order('x', { at: '0001-01-01T00:00:00Z' })), 'event-time', 'shop.order', /0001-01-01/],
  ['the year 9999', json(order('x', { at: '9999-12-31T23:59:59Z' })), 'event-time', 'shop.order', /9999-12-31/],
  [
    '1970, a clock that was never set',
    json(order('x', { at: '1970-01-01T00:00:00Z' })),
    'event-time',
    'shop.order',
    /1970/,
  ],
  ['10,000 levels of nesting', nested(10_000), 'too-deep', 'decode', /64 levels/],
  ['10,000 levels in a field', `{"specversion":"1.0","data":${nested(10_000)}}`, 'too-deep', 'decode', /64 levels/],
  ['100,000 brackets that never close', '['.repeat(100_000), 'too-deep', 'decode', /64 levels/],
  [
    'a __proto__ key',
    json(order('x')).replace('"amount"', '"__proto__":{"admin":true},"amount"'),
    'forbidden-key',
    'decode',
    /__proto__/,
  ],
  [
    'a __proto__ key spelt with escapes',
    json(order('x')).replace('"amount"', '"\\u005f_proto__":{"admin":true},"amount"'),
    'forbidden-key',
    'decode',
    /__proto__/,
  ],
  [
    'a broken KPL aggregate',
    Buffer.from('84mawgoGaG9zdC1hCgZob3N0LWIaCwgAGgd7Im4iOjF9', 'base64'),
    'broken-aggregate',
    'aggregate',
    /MD5/,
  ],
  [
    'nothing but the magic number of an aggregate',
    Buffer.from('84mawg==', 'base64'),
    'broken-aggregate',
    'aggregate',
    /MD5/,
  ],
  [
    'a row that no Firehose record can hold',
    json(order('x', { customer: 'c'.repeat(1024 * 1024) })),
    'too-large',
    'orders',
    /a row of 10\d{5} bytes/,
  ],
];

describe('bad input', () => {
  it.each(CASES)('%s goes whole to quarantine and its batch-mates go on', async (_, data, reason, step, found) => {
    const { run, lake, objects } = engineInMemory(shop);
    const bad = recordAt(2, data);
    const result = await run([recordAt(1, order('a')), bad, recordAt(3, order('b'))]);
    expect(result).toMatchObject({ events: 2, quarantined: 1, commits: 1, unfinished: undefined });
    expect(lake.rows('orders').map((row) => row.event_id)).toEqual(['a', 'b']);
    const [row] = lake.rows('quarantine');
    expect(row).toMatchObject({
      reason,
      step,
      pipeline: 'shop',
      shard_id: SHARD,
      sequence_number: bad.sequenceNumber,
      sub_sequence: 0,
      partition_key: 'key',
      payload_bytes: bad.data.length,
    });
    expect(row?.found).toMatch(found);
    expect(String(row?.found).length).toBeLessThan(400);
    expect(row?.expected).not.toBe('');
    const kept = row?.payload
      ? Buffer.from(String(row.payload), 'base64')
      : objects.objects.get(String(row?.payload_location).replace('memory:', ''));
    expect(Buffer.compare(Buffer.from(kept ?? []), bad.data)).toBe(0);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('keeps 1 MiB of binary beside the row', async () => {
    const { run, lake, objects } = engineInMemory(shop);
    const bytes = Buffer.alloc(1024 * 1024, 0xff);
    await run([recordAt(1, bytes)]);
    const [row] = lake.rows('quarantine');
    expect(row).toMatchObject({ payload: null, payload_bytes: bytes.length, reason: 'not-utf8' });
    expect(objects.objects.get(String(row?.payload_location).replace('memory:', ''))).toEqual(bytes);
  });

  it('takes what only looks bad: nesting inside a string, the word __proto__ as a value, unknown attributes', async () => {
    const { run, lake } = engineInMemory(shop);
    const odd = order('odd', { customer: `${'['.repeat(500)} "__proto__" \\u005f`, extra: { deep: [[[1]]] } });
    expect(await run([recordAt(1, { ...odd, traceparent: '00-x' })])).toMatchObject({ events: 1, quarantined: 0 });
    expect(lake.rows('orders')[0]).not.toHaveProperty('extra');
  });

  it('lets a mended event through under the id of a quarantined one', async () => {
    const { run, lake } = engineInMemory(shop);
    await run([recordAt(1, order('a', { amount: 'ten' }))]);
    expect(await run([recordAt(2, order('a'))])).toMatchObject({ events: 1, duplicates: 0 });
    expect(lake.rows('orders')).toHaveLength(1);
  });

  it.each([[undefined], ['2026'], ['yesterday'], ['2026-11-21 12:00:00'], ['2026-11-21T12:00:00']])(
    "refuses the envelope's time %s where the event has no time of its own",
    async (time) => {
      const Ping = event('ping', { version: 1, key: 'host', schema: z.object({ host: z.string() }) });
      const { run, lake: tables } = engineInMemory(pipeline('pings', [from(Ping).to(lake('pings'))]));
      const ping = { specversion: '1.0', id: '1', source: '/s', type: 'ping', data: { host: 'a' } };
      await run([recordAt(1, { ...ping, time }), recordAt(2, { ...ping, id: '2', time: '2026-11-21T13:00:00+01:00' })]);
      expect(tables.rows('quarantine')).toMatchObject([{ reason: 'event-time', step: 'ping' }]);
      expect(tables.rows('pings')).toMatchObject([{ event_id: '2', event_time: '2026-11-21T12:00:00.000Z' }]);
    },
  );

  const Odd = event('odd', {
    version: 1,
    key: 'host',
    schema: z.object({
      host: z.string(),
      link: z.optional(z.string().refine((text) => new URL(text).host !== '')),
      counts: z.optional(z.record(z.string(), z.int())),
      until: z.optional(z.iso.datetime({ offset: true })),
    }),
  });
  const odds = pipeline('odds', [from(Odd).to(lake('odds'))]);
  const odd = (data: object) => ({
    specversion: '1.0',
    id: '1',
    source: '/s',
    type: 'odd',
    time: '2026-11-21T12:00:00Z',
    data: { host: 'a', ...data },
  });

  it.each([
    ['a validator that throws', { link: 'no url' }, 'schema', /TypeError/],
    ['a key as long as a payload', { counts: { ['k'.repeat(500_000)]: 'x' } }, 'schema', /^counts\.kkk/],
    ['half of a surrogate pair', { host: 'a\ud83d' }, 'schema', /surrogate/],
    ['a time whose year in UTC is 0', { until: '0001-01-01T00:00:00+01:00' }, 'schema', /0000-12-31/],
    ['a time whose year in UTC is 10000', { until: '9999-12-31T23:59:59-05:00' }, 'schema', /\+010000/],
  ])('quarantines %s within the bounds of a row', async (_, data, reason, found) => {
    const { run, lake: tables } = engineInMemory(odds);
    expect(await run([recordAt(1, odd(data)), recordAt(2, { ...odd({}), id: '2' })])).toMatchObject({ events: 1 });
    const [row] = tables.rows('quarantine');
    expect(row).toMatchObject({ reason, found: expect.stringMatching(found) });
    expect(JSON.stringify({ ...row, payload: '' }).length).toBeLessThan(2_000);
  });

  it('takes text that only looks like half of a surrogate pair', async () => {
    const { run, lake: tables } = engineInMemory(odds);
    const host = 'back\\\\ud800 slash \\ud800 😀';
    expect(await run([recordAt(1, odd({ host }))])).toMatchObject({ events: 1, quarantined: 0 });
    expect(tables.rows('odds')).toMatchObject([{ host }]);
  });

  it('refuses ids with half of a surrogate pair, which would be one id to a hash', async () => {
    const { run, lake: tables } = engineInMemory(shop);
    const halves = ['\ud800', '\ud801'].map((id, n) => recordAt(n + 1, { ...order('x'), id }));
    expect(await run(halves)).toMatchObject({ events: 0, duplicates: 0, quarantined: 2 });
    expect(tables.rows('quarantine')).toMatchObject([{ reason: 'not-a-cloudevent' }, { reason: 'not-a-cloudevent' }]);
  });
});
