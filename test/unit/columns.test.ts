import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import * as mini from 'zod/mini';
import { columnsOf } from '../../core/event/columns.ts';
import { encoderOf } from '../../core/event/encode.ts';

const typesOf = (schema: z.core.$ZodObject) =>
  Object.fromEntries(columnsOf(schema).map(({ name, type }) => [name, type]));

const all = z.object({
  text: z.string().min(1),
  email: z.email(),
  whole: z.int(),
  checked: z.number().int(),
  small: z.int32(),
  unsigned: z.uint32(),
  real: z.number(),
  flag: z.boolean(),
  at: z.iso.datetime({ offset: true }),
  day: z.iso.date(),
  kind: z.enum(['a', 'b']),
  one: z.literal('x'),
  zero: z.literal([0, 1]),
  maybe: z.nullish(z.int()),
  withDefault: z.string().default('d'),
  length: z
    .string()
    .transform((s) => s.length)
    .pipe(z.int()),
  tags: z.array(z.string()),
  counts: z.record(z.string(), z.number()),
  place: z.object({ City: z.string(), seenAt: z.array(z.iso.datetime({ offset: true })) }),
});

describe('columnsOf', () => {
  it("gives Glue's type of every kind a column can hold", () => {
    expect(typesOf(all)).toEqual({
      text: 'string',
      email: 'string',
      whole: 'bigint',
      checked: 'bigint',
      small: 'int',
      unsigned: 'bigint',
      real: 'double',
      flag: 'boolean',
      at: 'timestamp',
      day: 'date',
      kind: 'string',
      one: 'string',
      zero: 'bigint',
      maybe: 'bigint',
      withdefault: 'string',
      length: 'bigint',
      tags: 'array<string>',
      counts: 'map<string,double>',
      place: 'struct<city:string,seenat:array<timestamp>>',
    });
  });

  it('reads zod/mini alike', () => {
    const schema = mini.object({ at: mini.iso.datetime(), n: mini.optional(mini.int()) });
    expect(typesOf(schema)).toEqual({ at: 'timestamp', n: 'bigint' });
  });

  it.each([
    ['a bare transform', z.string().transform((s) => s.length), /'f' is of Zod's kind 'transform'/],
    ['unknown', z.unknown(), /'unknown'/],
    ['a time without a zone', z.iso.datetime({ local: true }), /'f' takes times without a zone/],
    ['a date object', z.date(), /'date'/],
    ['a bigint', z.bigint(), /'bigint'/],
    ['literals of two kinds', z.literal(['a', 1]), /kinds string, number/],
    ['an object without fields', z.object({}), /without fields/],
    ['a union in an array', z.array(z.union([z.string(), z.int()])), /'f\[\]' is of Zod's kind 'union'/],
    ['a name in a struct that is no column', z.object({ 'a b': z.string() }), /'a b': expected letters/],
  ])('refuses %s', (_, field, message) => {
    expect(() => columnsOf(z.object({ f: field }))).toThrow(message);
  });
});

describe('encoderOf', () => {
  it('names keys as columns, writes times in UTC and leaves out what the schema does not name', () => {
    const row = {
      withDefault: 'w',
      at: '2026-11-21T14:00:00+02:00',
      maybe: null,
      extra: 1,
      place: { City: 'Ulm', seenAt: ['2026-01-01T00:00:00.123456Z'], more: true },
      counts: { A: 1 },
    };
    expect(JSON.parse(`{"first":0${encoderOf(all, 't')(row)}}`)).toEqual({
      first: 0,
      withdefault: 'w',
      at: '2026-11-21T12:00:00.000Z',
      place: { city: 'Ulm', seenat: ['2026-01-01T00:00:00.123Z'] },
      counts: { A: 1 },
    });
  });

  it('writes what JSON.stringify would', () => {
    const schema = z.object({
      text: z.string(),
      number: z.number(),
      is: z.boolean(),
      texts: z.array(z.nullable(z.string())),
      by: z.record(z.string(), z.number()),
    });
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', '"', '\\', '\n', '\u0000', '\u007f', 'é', '\u2028', '𝄞', '\ud834'),
    });
    const number = fc.double({ noNaN: true, noDefaultInfinity: true });
    const row = fc.record({
      text,
      number,
      is: fc.boolean(),
      texts: fc.array(fc.option(text)),
      by: fc.dictionary(
        text.filter((key) => key !== '__proto__'),
        number,
      ),
    });
    fc.assert(
      fc.property(row, (value) => expect(encoderOf(schema, 't')(value)).toBe(`,${JSON.stringify(value).slice(1, -1)}`)),
    );
  });
});
