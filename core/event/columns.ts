import type * as z from 'zod';
import type { ObjectSchema } from './event.ts';
import { valueDef } from './value-def.ts';

/** A column of a lake table. */
export interface Column {
  /** Lower-case letters, digits and underscores, as Glue and Athena want them. */
  readonly name: string;
  /** Hive type as Glue writes it: `string`, `bigint`, `double`, `boolean`, `timestamp`, `date`, `array<…>`,
   *  `map<string,…>`, `struct<a:string,…>`. */
  readonly type: string;
  readonly comment: string;
}

/** A schema holds something that a table of the lake cannot. */
export class ColumnError extends Error {
  override readonly name = 'ColumnError';
}

/** Names of columns every table begins with; a schema cannot use them, nor the partition columns. */
const RESERVED = new Set([
  'event_id',
  'event_source',
  'event_time',
  'shard_id',
  'sequence_number',
  'delivery_hour',
  'event_day',
]);

const COLUMN = /^[a-z_][a-z0-9_]*$/;

/** The Glue column name of a field: Athena knows lower case only. */
export const columnName = (field: string): string => field.toLowerCase();

/** Columns of a schema, in the order of its fields.
 *  @throws ColumnError naming the field, what it is and what it could be. */
export function columnsOf(schema: ObjectSchema): readonly Column[] {
  const seen = new Map<string, string>();
  return Object.entries(schema._zod.def.shape).map(([field, fieldSchema]) => {
    const name = checkedName(field, seen);
    if (RESERVED.has(name)) throw new ColumnError(`field '${field}': the name is taken by Millrace's own column`);
    return { name, type: hiveType(fieldSchema, field), comment: '' };
  });
}

function checkedName(field: string, seen: Map<string, string>): string {
  const name = columnName(field);
  if (!COLUMN.test(name)) {
    throw new ColumnError(`field '${field}': expected letters, digits and underscores, beginning with no digit`);
  }
  const other = seen.get(name);
  if (other !== undefined)
    throw new ColumnError(`fields '${other}' and '${field}' are one column, '${name}', to Athena`);
  seen.set(name, field);
  return name;
}

function hiveType(schema: z.core.$ZodType, path: string): string {
  const def = valueDef(schema);
  switch (def.type) {
    case 'string':
      return stringType(def, path);
    case 'number':
      return numberType(def);
    case 'boolean':
      return 'boolean';
    case 'enum':
    case 'template_literal':
      return 'string';
    case 'literal':
      return literalType(def.values, path);
    case 'object':
      return structType(def.shape, path);
    case 'array':
      return `array<${hiveType(def.element, `${path}[]`)}>`;
    case 'record':
      return `map<string,${hiveType(def.valueType, `${path}{}`)}>`;
    default:
      throw new ColumnError(
        `field '${path}' is of Zod's kind '${def.type}', which no column can hold; expected a string, number, boolean, ` +
          'enum, literal, object, array or record of these (a union, say, as a string or as optional fields)',
      );
  }
}

function stringType(def: z.core.$ZodStringDef, path: string): string {
  if ('local' in def && def.local === true) {
    throw new ColumnError(
      `field '${path}' takes times without a zone; expected z.iso.datetime() with 'Z' or an offset`,
    );
  }
  const format = 'format' in def ? def.format : undefined;
  return format === 'datetime' ? 'timestamp' : format === 'date' ? 'date' : 'string';
}

function numberType(def: z.core.$ZodNumberDef): string {
  const format = ('format' in def ? def.format : undefined) ?? checkFormat(def);
  if (format === 'int32') return 'int';
  return format === 'safeint' || format === 'uint32' ? 'bigint' : 'double';
}

/** `z.number().int()` says its format in a check, `z.int()` in the def itself. */
function checkFormat(def: z.core.$ZodNumberDef): unknown {
  const check = def.checks?.find((each) => each._zod.def.check === 'number_format');
  return check && 'format' in check._zod.def ? check._zod.def.format : undefined;
}

function literalType(values: readonly unknown[], path: string): string {
  const kinds = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  if (kinds.size === 1) {
    if (kinds.has('string')) return 'string';
    if (kinds.has('boolean')) return 'boolean';
    if (kinds.has('number'))
      return values.every((value) => value === null || Number.isSafeInteger(value)) ? 'bigint' : 'double';
  }
  throw new ColumnError(
    `field '${path}' has literals of kinds ${[...kinds].join(', ')}; expected one of string, number, boolean`,
  );
}

function structType(shape: z.core.$ZodShape, path: string): string {
  const seen = new Map<string, string>();
  const members = Object.entries(shape).map(
    ([field, schema]) => `${checkedName(field, seen)}:${hiveType(schema, `${path}.${field}`)}`,
  );
  if (members.length === 0) throw new ColumnError(`field '${path}' is an object without fields; expected at least one`);
  return `struct<${members.join(',')}>`;
}
