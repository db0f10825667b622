import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { checkSchemas, releaseSchemas } from '../../cli/schema.ts';
import { checkSchema, narrowings, schemaOf } from '../../core/event/evolution.ts';
import { createEvent, type EventType, event } from '../../core/event/index.ts';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { pipelines } from '../../pipelines/index.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { ROOT } from '../support/imports.ts';

const V1 = z.object({ who: z.string(), at: z.iso.datetime(), price: z.number() });
const V2 = z.object({ who: z.string(), at: z.iso.datetime(), cents: z.int() });
const V3 = z.object({ who: z.string(), at: z.iso.datetime(), cents: z.int(), currency: z.string().length(3) });
const own = { key: 'who', time: 'at' } as const;
const First = event('shop.sale', { version: 1, ...own, schema: V1 });
const Second = event('shop.sale', {
  version: 2,
  ...own,
  upcast: { 1: ({ price, ...data }) => ({ ...data, cents: Math.round((price as number) * 100) }) },
  schema: V2,
});
const Third = event('shop.sale', {
  version: 3,
  ...own,
  upcast: { ...Second.upcasters, 2: (data) => ({ ...data, currency: 'EUR' }) },
  schema: V3,
});
const at = '2026-11-21T10:00:00Z';
const made = [
  createEvent(First, { id: 'e1', source: '/shop', data: { who: 'ada', at, price: 12.5 } }),
  createEvent(Second, { id: 'e2', source: '/shop', data: { who: 'ada', at, cents: 1300 } }),
  createEvent(Third, { id: 'e3', source: '/shop', data: { who: 'ada', at, cents: 1400, currency: 'USD' } }),
];

async function readBy(type: EventType, events: readonly object[]) {
  const { run, lake: rows } = engineInMemory(pipeline('sales', [from(type).to(lake('sales'))]));
  await run(events.map((each, n) => recordAt(n + 1, each, Date.parse(at), 'ada')));
  return {
    sales: rows.rows('sales').map(({ event_id, cents, currency }) => [event_id, cents, currency]),
    quarantine: rows.rows('quarantine').map(({ reason, step, found, expected }) => [reason, step, found, expected]),
  };
}

describe('upcasters', () => {
  it('make events of every version what the present one is', async () => {
    expect(made.map(({ schemaversion }) => schemaversion)).toEqual([undefined, 2, 3]);
    expect(await readBy(Third, made)).toEqual({
      sales: [
        ['e1', 1250, 'EUR'],
        ['e2', 1300, 'EUR'],
        ['e3', 1400, 'USD'],
      ],
      quarantine: [],
    });
  });

  it('leave events of a later version to quarantine, and those that they throw on or make wrong', async () => {
    const { sales, quarantine } = await readBy(Second, made);
    expect(sales.map(([id]) => id)).toEqual(['e1', 'e2']);
    expect(quarantine).toEqual([['schema', 'shop.sale', 'version 3', 'a version up to 2: deploy what knows more']]);
    const broken = event('shop.sale', {
      version: 2,
      ...own,
      upcast: {
        1: ({ price }) => {
          if (price === 12.5) throw new Error('no such price');
          return { price };
        },
      },
      schema: V2,
    });
    const other = createEvent(First, { id: 'e4', source: '/shop', data: { who: 'ada', at, price: 1 } });
    const found = await readBy(broken, [made[0] as object, other, { ...other, id: 'e5', schemaversion: 1.5 }]);
    expect(found.quarantine.map(([reason, , what]) => [reason, String(what).slice(0, 20)])).toEqual([
      ['schema', expect.stringContaining('no such price')],
      ['schema', expect.stringMatching(/^who: /)],
      ['not-a-cloudevent', expect.stringMatching(/^schemaversion: 1.5/)],
    ]);
  });

  it('are there for each version before, and no other', () => {
    const define = (version: number, upcast: object) => () =>
      event('shop.sale', { version, ...own, schema: V1, upcast: upcast as never });
    const keep = (data: object) => data;
    expect(define(1, {})).not.toThrow();
    expect(define(2, {})).toThrow(/upcast is \[\], expected an upcaster from each version before, \["1"\]/);
    expect(define(3, { 1: keep, 3: keep })).toThrow(/expected an upcaster from each version before, \["1","2"\]/);
    expect(define(1, { 1: keep })).toThrow(/expected an upcaster/);
  });
});

const Base = z.object({
  text: z.string().min(2).max(5),
  kind: z.enum(['a', 'b']),
  count: z.int().min(0).max(10),
  maybe: z.optional(z.string()),
  list: z.array(z.string()).max(3),
  by: z.record(z.string(), z.int()),
  inner: z.object({ x: z.number(), y: z.nullable(z.string()) }),
  either: z.union([z.object({ a: z.string() }), z.object({ b: z.int() })]),
});
const jsonOf = (schema: z.ZodObject) => schemaOf({ ...First, schema, key: 'text' } as EventType).schema;
const inner = Base.shape.inner;

describe('a changed schema', () => {
  it.each<[string, z.ZodObject]>([
    ['one more field that may be missing', Base.extend({ more: z.optional(z.int()) })],
    ['a field less', Base.omit({ count: true })],
    ['a field that may be missing now', Base.partial({ count: true })],
    ['wider bounds', Base.extend({ text: z.string().min(1).max(6), count: z.int().max(11) })],
    ['no bound', Base.extend({ list: z.array(z.string()) })],
    ['one more value', Base.extend({ kind: z.enum(['a', 'b', 'c']) })],
    ['any text', Base.extend({ kind: z.string() })],
    ['any number', Base.extend({ count: z.number() })],
    ['null too', Base.extend({ text: z.nullable(z.string()) })],
    [
      'one more alternative',
      Base.extend({ either: z.union([...Base.shape.either.options, z.object({ c: z.int() })]) }),
    ],
    ['wider inside', Base.extend({ inner: inner.extend({ z: z.optional(z.int()) }) })],
  ])('is compatible with %s', (_, schema) => {
    expect(narrowings(jsonOf(Base), jsonOf(schema), 'data')).toEqual([]);
  });

  it.each<[string, z.ZodObject, string]>([
    ['a new field that must be there', Base.extend({ more: z.int() }), 'data.more: must be there, and was not known'],
    ['a field that must be there now', Base.required({ maybe: true }), 'data.maybe: must be there, and was optional'],
    ['narrower text', Base.extend({ text: z.string().min(2).max(4) }), 'data.text: maxLength was 5, is 4'],
    ['a narrower number', Base.extend({ count: z.int().min(1).max(10) }), 'data.count: minimum was 0, is 1'],
    ['a value less', Base.extend({ kind: z.enum(['a']) }), 'data.kind: ["b"] was taken, and is not any more'],
    ['a list of values', Base.extend({ text: z.enum(['aa']) }), 'data.text: took any value, takes ["aa"]'],
    ['another type', Base.extend({ count: z.string() }), 'data.count: was integer, is string'],
    ['whole numbers', Base.extend({ inner: inner.extend({ x: z.int() }) }), 'data.inner.x: was number, is integer'],
    ['no null', Base.extend({ inner: inner.extend({ y: z.string() }) }), 'data.inner.y: was string or null, is string'],
    ['other members', Base.extend({ list: z.array(z.int()).max(3) }), 'data.list[]: was string, is integer'],
    ['other values', Base.extend({ by: z.record(z.string(), z.string()) }), 'data.by{}: was integer, is string'],
    ['a shorter list', Base.extend({ list: z.array(z.string()).max(2) }), 'data.list: maxItems was 3, is 2'],
    ['a pattern', Base.extend({ text: z.string().min(2).max(5).regex(/^x/) }), 'data.text: pattern was not given'],
    ['no unknown fields', Base.strict() as never, 'data{}: was not given, is false'],
    ['an alternative less', Base.extend({ either: Base.shape.either.options[0] }), 'data.either: {"type":"object"'],
  ])('is not with %s', (_, schema, said) => {
    expect(narrowings(jsonOf(Base), jsonOf(schema), 'data').join('\n')).toContain(said);
  });

  it('that is called compatible takes all that was taken', () => {
    const bound = fc.integer({ min: 0, max: 4 });
    const text = fc.tuple(bound, bound).map(([min, more]) =>
      z
        .string()
        .min(min)
        .max(min + more),
    );
    const number = fc
      .tuple(bound, bound, fc.boolean())
      .map(([min, more, whole]) => (whole ? z.int() : z.number()).min(min).max(min + more));
    const words = fc.subarray(['a', 'b', 'cc'], { minLength: 1 }).map((values) => z.enum(values as [string]));
    const leaf = fc.oneof(
      text,
      number,
      words,
      text.map((each) => z.nullable(each)),
      number.map((each) => z.array(each).max(2)),
    );
    const field = fc.oneof(
      leaf,
      leaf.map((each) => z.optional(each)),
    );
    const schema = fc
      .record({ a: field, b: field }, { requiredKeys: [] })
      .map((shape) => z.object(shape as z.ZodRawShape));
    const scalar = fc.oneof(
      fc.integer({ min: -1, max: 8 }),
      fc.double({ min: 0, max: 8, noNaN: true }),
      fc.constantFrom('', 'a', 'b', 'cc', 'dddd', null),
    );
    const data = fc.record(
      { a: fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })), b: scalar },
      { requiredKeys: [] },
    );
    let compatible = 0;
    fc.assert(
      fc.property(schema, schema, fc.array(data, { minLength: 20, maxLength: 20 }), (before, after, all) => {
        if (narrowings(jsonOf(before), jsonOf(after), 'data').length > 0) return;
        compatible += 1;
        // What was not known before was let through with any value, and is no part of the promise.
        const known = all.map((each) =>
          Object.fromEntries(Object.entries(each).filter(([name]) => name in before.shape)),
        );
        for (const each of known)
          if (before.safeParse(each).success) expect([each, after.safeParse(each).success]).toEqual([each, true]);
      }),
      { numRuns: 1_000 },
    );
    expect(compatible).toBeGreaterThan(30);
  });

  it('keeps the columns of rows that lie there', () => {
    const released = [schemaOf(First), schemaOf(Second)];
    expect(checkSchema(First, [])).toMatchObject({ is: 'new', findings: [] });
    expect(checkSchema(Third, released)).toMatchObject({ is: 'new', findings: [] });
    expect(checkSchema(Second, released)).toMatchObject({ is: 'released' });
    const priced = event('shop.sale', {
      version: 3,
      ...own,
      upcast: Third.upcasters,
      schema: V2.extend({ price: z.string() }),
    });
    expect(checkSchema(priced, released)).toMatchObject({
      is: 'incompatible',
      findings: [expect.stringMatching(/^column 'price' is string, and double in rows of version 1/)],
    });
    expect(checkSchema(First, released).findings[0]).toBe(
      'version 1 is older than the released version 2: go on from there',
    );
    expect(checkSchema(Third, [schemaOf(First)]).findings).toEqual(['version 3 skips some: the next after 1 is 2']);
    const narrowed = event('shop.sale', { ...own, version: 1, schema: V1.extend({ more: z.string() }) });
    expect(checkSchema(narrowed, [schemaOf(First)]).findings.at(-1)).toBe(
      'make it version 2, with an upcaster from 1, or take the change back',
    );
  });
});

describe('released schemas', () => {
  const folder = mkdtempSync(join(tmpdir(), 'schemas-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const plansOf = (type: EventType) => [pipeline('sales', [from(type).to(lake('sales'))])];

  it('are written down, version by version', () => {
    expect(checkSchemas(plansOf(First), folder)).toMatchObject([{ is: 'new' }]);
    const [file = ''] = releaseSchemas(plansOf(First), folder);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(schemaOf(First));
    expect(checkSchemas(plansOf(First), folder)).toMatchObject([{ is: 'released' }]);
    expect(releaseSchemas(plansOf(First), folder)).toEqual([]);
    expect(releaseSchemas(plansOf(Second), folder)).toEqual([join(folder, 'shop.sale', '2.json')]);
    expect(checkSchemas(plansOf(First), folder)).toMatchObject([{ is: 'incompatible' }]);
  });

  it('are kept by every event type of the project', () => {
    const verdicts = checkSchemas(pipelines, join(ROOT, 'schemas'));
    expect(verdicts.length).toBeGreaterThan(4);
    expect(verdicts.filter(({ is }) => is === 'incompatible')).toEqual([]);
  });
});
