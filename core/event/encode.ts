import type * as z from 'zod';
import { columnName } from './columns.ts';
import type { ObjectSchema } from './event.ts';
import { jsonText } from './json-text.ts';
import { Rejected } from './rejection.ts';
import { valueDef } from './value-def.ts';

/** Turns a valid value into the JSON that Firehose's reader takes for its column. */
type Encode = (value: unknown) => string;

/** Encoder of a schema's rows: JSON members, each behind a comma. Keys become column names, times
 *  `yyyy-MM-ddTHH:mm:ss.SSSZ`; fields that the schema does not name are left out. Text at once and not an object for
 *  `JSON.stringify`, which would have to look at every value anew. */
export function encoderOf(schema: ObjectSchema, table: string): Encode {
  const encode = membersEncoder(schema._zod.def.shape);
  return (value) => {
    try {
      return encode(value);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Rejected('schema', table, error.message, 'times from the year 0001 to 9999 in UTC');
    }
  };
}

function membersEncoder(shape: z.core.$ZodShape): Encode {
  const fields = Object.entries(shape).map(([field, schema]) => {
    return { field, prefix: `,"${columnName(field)}":`, encode: encoder(schema) };
  });
  return (value) => {
    let members = '';
    for (const { field, prefix, encode } of fields) {
      const found = (value as Record<string, unknown>)[field];
      if (found !== undefined && found !== null) members += prefix + encode(found);
    }
    return members;
  };
}

function encoder(schema: z.core.$ZodType): Encode {
  const def = valueDef(schema);
  switch (def.type) {
    case 'string':
      return 'format' in def && def.format === 'datetime' ? time : plain;
    case 'object':
      return objectEncoder(membersEncoder(def.shape));
    case 'array':
      return arrayEncoder(nullable(encoder(def.element)));
    case 'record':
      return recordEncoder(nullable(encoder(def.valueType)));
    default:
      return plain;
  }
}

const plain: Encode = (value) => {
  if (typeof value === 'string') return jsonText(value);
  return Number.isFinite(value) ? String(value) : JSON.stringify(value);
};

const objectEncoder =
  (members: Encode): Encode =>
  (value) =>
    `{${members(value).slice(1)}}`;

const arrayEncoder =
  (element: Encode): Encode =>
  (value) =>
    `[${(value as unknown[]).map(element).join(',')}]`;

const recordEncoder =
  (member: Encode): Encode =>
  (value) =>
    `{${Object.entries(value as object)
      .map(([key, each]) => `${jsonText(key)}:${member(each)}`)
      .join(',')}}`;

const nullable =
  (encode: Encode): Encode =>
  (value) =>
    value === null || value === undefined ? 'null' : encode(value);

/** Athena keeps milliseconds and no zone. In UTC the last hours of the year 9999 can be of a year it does not have.
 *  @throws RangeError for such a time. */
function time(value: unknown): string {
  const text = value as string;
  const utc = text.length === 24 && text.endsWith('Z') ? text : new Date(text).toISOString();
  if (utc.length !== 24 || utc.startsWith('0000')) throw new RangeError(`the time ${text} in UTC is ${utc}`);
  return `"${utc}"`;
}
