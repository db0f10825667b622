import type { HiveType } from '../hive-type.ts';
import { DocumentError, ExactNumber } from './documents.ts';

/** Makes of a parsed JSON value what DuckDB's JSON reader turns into exactly the column's value; null for null. */
export type Coerce = (value: unknown) => unknown;

/** Keys are compared as OpenX's SerDe does when it is told to ignore case and dots. */
export interface KeyRules {
  readonly caseInsensitive: boolean;
  readonly dotsToUnderscores: boolean;
}

const INTEGERS: Readonly<Record<string, bigint>> = {
  tinyint: 2n ** 7n,
  smallint: 2n ** 15n,
  int: 2n ** 31n,
  integer: 2n ** 31n,
  bigint: 2n ** 63n,
};
/** Strict with a `T`, lenient with a space, as Firehose was seen to read them. */
const TIMESTAMP = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?Z?$/;
const SPACED_TIMESTAMP = /^(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,9})?$/;
const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
/** From here on a whole number is milliseconds, below it seconds: OpenX goes by the thirteen digits. */
const FIRST_MILLISECONDS = 1e12;

function misfit(value: unknown, type: string): never {
  const found =
    value === null ? 'null' : Array.isArray(value) ? 'array' : value instanceof ExactNumber ? 'number' : typeof value;
  throw new DocumentError(
    'MalformedData',
    `Data does not match the schema: a JSON ${found} does not fit the type ${type}`,
  );
}

const sourceOf = (value: unknown): string | undefined => {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value.trim();
  return value instanceof ExactNumber ? value.source : undefined;
};

function integer(kind: string): Coerce {
  const bound = INTEGERS[kind] as bigint;
  return (value) => {
    if (Number.isSafeInteger(value) && kind === 'bigint') return value;
    const source = sourceOf(value);
    if (source === undefined || !/^[+-]?\d{1,19}$/.test(source)) return misfit(value, kind);
    const exact = BigInt(source.replace('+', ''));
    return exact >= -bound && exact < bound ? String(exact) : misfit(value, kind);
  };
}

const floating =
  (kind: string): Coerce =>
  (value) => {
    if (typeof value === 'number') return value;
    const number = Number(sourceOf(value) || Number.NaN);
    return Number.isNaN(number) ? misfit(value, kind) : number;
  };

function decimal(precision: number, scale: number): Coerce {
  const name = `decimal(${precision},${scale})`;
  return (value) => {
    const source = sourceOf(value);
    const digits = source === undefined ? null : /^[+-]?0*(\d*)(?:\.\d*)?$/.exec(source);
    return digits?.[1] !== undefined && digits[1].length <= precision - scale ? source : misfit(value, name);
  };
}

const boolean: Coerce = (value) => {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value.toLowerCase() : '';
  return text === 'true' ? true : text === 'false' ? false : misfit(value, 'boolean');
};

const pad = (text: string | undefined) => String(text).padStart(2, '0');

function timestamp(value: unknown): unknown {
  if (typeof value === 'string') {
    const found = TIMESTAMP.exec(value) ?? SPACED_TIMESTAMP.exec(value);
    if (found) {
      const [, year, month, day, hour, minute, second, fraction = ''] = found;
      const text = `${year}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}`;
      const parsed = Date.parse(`${text}Z`);
      // A day that does not exist comes back as another
      if (Number.isFinite(parsed) && new Date(parsed).toISOString().startsWith(text))
        return `${text}${fraction.slice(0, 7)}`;
    }
    return /^-?\d+(\.\d+)?$/.test(value) ? timestamp(Number(value)) : misfit(value, 'timestamp');
  }
  const number = value instanceof ExactNumber ? Number(value.source) : value;
  if (typeof number !== 'number') return misfit(value, 'timestamp');
  const epochMs =
    Number.isInteger(number) && Math.abs(number) >= FIRST_MILLISECONDS ? number : Math.round(number * 1000);
  return Number.isSafeInteger(epochMs)
    ? new Date(wrapped(epochMs)).toISOString().replace('Z', '')
    : misfit(value, 'timestamp');
}

/** Firehose was seen to count nanoseconds in 64 bits: a time past the year 2262 becomes another one. */
const wrapped = (epochMs: number): number => Number(BigInt.asIntN(64, BigInt(epochMs) * 1_000_000n) / 1_000_000n);

const date: Coerce = (value) => {
  const [, year, month, day] = (typeof value === 'string' && DATE.exec(value)) || misfit(value, 'date');
  const text = `${year}-${pad(month)}-${pad(day)}`;
  const parsed = Date.parse(`${text}T00:00:00Z`);
  return Number.isFinite(parsed) && new Date(parsed).toISOString().startsWith(text) ? text : misfit(value, 'date');
};

/** JSON text of a value in which long numbers keep their digits. */
export const exactJson = (value: unknown): string =>
  JSON.stringify(value, (_key, inner) =>
    inner instanceof ExactNumber
      ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(inner.source)
      : inner,
  );

const text: Coerce = (value) => {
  // A lone surrogate is no UTF-8; Java writes a replacement for it too
  if (typeof value === 'string') return value.toWellFormed();
  return value instanceof ExactNumber ? value.source : exactJson(value).toWellFormed();
};

const cut =
  (length: number): Coerce =>
  (value) =>
    Array.from(text(value) as string)
      .slice(0, length)
      .join('');

/** Reads an object's fields by the schema's names; fields the schema does not know are dropped. */
export function structOf(fields: readonly (readonly [string, Coerce])[], rules: KeyRules): Coerce {
  const folded = (key: string) => (rules.caseInsensitive ? key.toLowerCase() : key);
  const known = new Map(fields.map(([name, coerce]) => [folded(name), { name, coerce }]));
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof ExactNumber)
      return misfit(value, 'struct');
    const row: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(value)) {
      const field = known.get(folded(rules.dotsToUnderscores ? key.replaceAll('.', '_') : key));
      if (field) row[field.name] = inner === null ? null : field.coerce(inner);
    }
    return row;
  };
}

/** A key that a map's type does not take spoils the record in a way of its own. */
function mapKey(key: Coerce, name: string): string {
  try {
    return String(key(name));
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new DocumentError('InvalidRecord', error.message);
  }
}

const nullable =
  (coerce: Coerce): Coerce =>
  (value) =>
    value === null || value === undefined ? null : coerce(value);

/** How values of a Hive type are read from JSON by OpenX's SerDe. @throws Error for a type that is not emulated. */
export function coercion(type: HiveType, rules: KeyRules): Coerce {
  switch (type.kind) {
    case 'string':
      return text;
    case 'varchar':
    case 'char':
      return cut(type.length);
    case 'boolean':
      return boolean;
    case 'float':
    case 'double':
      return floating(type.kind);
    case 'decimal':
      return decimal(type.precision, type.scale);
    case 'timestamp':
      return timestamp;
    case 'date':
      return date;
    case 'binary':
      throw new Error('a binary column is not emulated in format conversion');
    case 'array': {
      const element = nullable(coercion(type.element, rules));
      // OpenX takes a lone value for an array of one
      return (value) => (Array.isArray(value) ? value : [value]).map(element);
    }
    case 'map': {
      const inner = nullable(coercion(type.value, rules));
      const key = coercion(type.key, rules);
      return (value) => {
        if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof ExactNumber)
          return misfit(value, 'map');
        return Object.fromEntries(Object.entries(value).map(([name, item]) => [mapKey(key, name), inner(item)]));
      };
    }
    case 'struct':
      return structOf(
        type.fields.map(([name, field]) => [name, coercion(field, rules)] as const),
        rules,
      );
    default:
      return integer(type.kind);
  }
}
