import type * as z from 'zod';
import { columnName } from './columns.ts';
import type { ObjectSchema } from './event.ts';

/** Turns a valid value into what Firehose's JSON reader takes for its column. */
type Encode = (value: unknown) => unknown;

const asIs: Encode = (value) => value;

/** Encoder of a schema's rows: keys become column names, times `yyyy-MM-ddTHH:mm:ss.SSSZ`; fields that the schema does
 *  not name are left out. */
export function encoderOf(schema: ObjectSchema): Encode {
  return objectEncoder(schema._zod.def.shape);
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
  const def = schema._zod.def as z.core.$ZodTypes['_zod']['def'];
  switch (def.type) {
    case 'string':
      return 'format' in def && def.format === 'datetime' ? time : asIs;
    case 'object':
      return objectEncoder(def.shape);
    case 'array': {
      const element = encoder(def.element);
      return (value) => (value as unknown[]).map((each) => (each === null ? null : element(each)));
    }
    case 'record': {
      const member = encoder(def.valueType);
      return (value) => Object.fromEntries(Object.entries(value as object).map(([key, each]) => [key, member(each)]));
    }
    case 'pipe':
      return encoder(def.out);
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch': {
      const inner = encoder(def.innerType);
      return (value) => (value === null || value === undefined ? null : inner(value));
    }
    default:
      return asIs;
  }
}

/** Athena keeps milliseconds and no zone. */
function time(value: unknown): string {
  const text = value as string;
  return text.length === 24 && text.endsWith('Z') ? text : new Date(text).toISOString();
}
