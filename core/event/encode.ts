import type * as z from 'zod';
import { columnName } from './columns.ts';
import type { ObjectSchema } from './event.ts';
import { Rejected } from './rejection.ts';
import { valueDef } from './value-def.ts';

/** Turns a valid value into what Firehose's JSON reader takes for its column. */
type Encode = (value: unknown) => unknown;

const asIs: Encode = (value) => value;

/** Encoder of a schema's rows: keys become column names, times `yyyy-MM-ddTHH:mm:ss.SSSZ`; fields that the schema does
 *  not name are left out. */
export function encoderOf(schema: ObjectSchema, table: string): Encode {
  const encode = objectEncoder(schema._zod.def.shape);
  return (value) => {
    try {
      return encode(value);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Rejected('schema', table, error.message, 'times from the year 0001 to 9999 in UTC');
    }
  };
}

function objectEncoder(shape: z.core.$ZodShape): Encode {
  const fields = Object.entries(shape).map(([field, schema]) => [field, columnName(field), encoder(schema)] as const);
  return (value) => {
    const row: Record<string, unknown> = {};
    for (const [field, name, encode] of fields) {
      const found = (value as Record<string, unknown>)[field];
      if (found !== undefined && found !== null) row[name] = encode(found);
    }
    return row;
  };
}

function encoder(schema: z.core.$ZodType): Encode {
  const def = valueDef(schema);
  switch (def.type) {
    case 'string':
      return 'format' in def && def.format === 'datetime' ? time : asIs;
    case 'object':
      return objectEncoder(def.shape);
    case 'array':
      return arrayEncoder(nullable(encoder(def.element)));
    case 'record':
      return recordEncoder(nullable(encoder(def.valueType)));
    default:
      return asIs;
  }
}

const arrayEncoder =
  (element: Encode): Encode =>
  (value) =>
    (value as unknown[]).map(element);

const recordEncoder =
  (member: Encode): Encode =>
  (value) =>
    Object.fromEntries(Object.entries(value as object).map(([key, each]) => [key, member(each)]));

const nullable =
  (encode: Encode): Encode =>
  (value) =>
    value === null || value === undefined ? null : encode(value);

/** Athena keeps milliseconds and no zone. In UTC the last hours of the year 9999 can be of a year it does not have.
 *  @throws RangeError for such a time. */
function time(value: unknown): string {
  const text = value as string;
  const utc = text.length === 24 && text.endsWith('Z') ? text : new Date(text).toISOString();
  if (utc.length !== 24 || utc.startsWith('0000')) throw new RangeError(`the time ${text} in UTC is ${utc}`);
  return utc;
}
