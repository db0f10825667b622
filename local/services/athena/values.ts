import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api';
import { notEmulated, QueryFailure } from './failure.ts';

/** A column of a result as `GetQueryResults` describes it. */
export interface ResultColumn {
  readonly name: string;
  /** Athena's name of the type: `varchar`, `bigint`, `array` … */
  readonly type: string;
  readonly precision: number;
  readonly scale: number;
  /** The type as the catalogue writes it: `array<string>`. */
  readonly hiveType: string;
}

/** Precision as Athena reports it, by its name of the type. */
const PRECISIONS: Readonly<Record<string, number>> = {
  tinyint: 3,
  smallint: 5,
  integer: 10,
  bigint: 19,
  float: 17,
  double: 17,
  varchar: 2147483647,
  varbinary: 1073741824,
  timestamp: 3,
  'timestamp with time zone': 3,
};

const NAMES: Partial<Record<DuckDBTypeId, string>> = {
  [DuckDBTypeId.BOOLEAN]: 'boolean',
  [DuckDBTypeId.TINYINT]: 'tinyint',
  [DuckDBTypeId.SMALLINT]: 'smallint',
  [DuckDBTypeId.INTEGER]: 'integer',
  [DuckDBTypeId.BIGINT]: 'bigint',
  [DuckDBTypeId.HUGEINT]: 'bigint',
  [DuckDBTypeId.UTINYINT]: 'bigint',
  [DuckDBTypeId.USMALLINT]: 'bigint',
  [DuckDBTypeId.UINTEGER]: 'bigint',
  [DuckDBTypeId.UBIGINT]: 'bigint',
  [DuckDBTypeId.FLOAT]: 'float',
  [DuckDBTypeId.DOUBLE]: 'double',
  [DuckDBTypeId.DECIMAL]: 'decimal',
  [DuckDBTypeId.VARCHAR]: 'varchar',
  [DuckDBTypeId.BLOB]: 'varbinary',
  [DuckDBTypeId.DATE]: 'date',
  [DuckDBTypeId.TIME]: 'time',
  [DuckDBTypeId.TIMESTAMP]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_S]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_MS]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_NS]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_TZ]: 'timestamp with time zone',
  [DuckDBTypeId.INTERVAL]: 'interval day to second',
  [DuckDBTypeId.LIST]: 'array',
  [DuckDBTypeId.MAP]: 'map',
  [DuckDBTypeId.STRUCT]: 'row',
  [DuckDBTypeId.SQLNULL]: 'unknown',
};

/** Types inside of a type: of items, keys, values and fields. */
const innerTypes = (type: DuckDBType): readonly DuckDBType[] => {
  const {
    valueType,
    keyType,
    entryTypes = [],
  } = type as Partial<Record<'valueType' | 'keyType', DuckDBType>> & {
    entryTypes?: readonly DuckDBType[];
  };
  return [valueType, keyType, ...entryTypes].filter((inner) => inner !== undefined);
};

/** The client keeps a row's fields by their names, so that of fields without names it keeps the last. */
const losesFields = (type: DuckDBType): boolean =>
  (type as { entryNames?: readonly string[] }).entryNames?.includes('') || innerTypes(type).some(losesFields);

const HIVE_NAMES: Readonly<Record<string, string>> = {
  integer: 'int',
  varchar: 'string',
  varbinary: 'binary',
  'timestamp with time zone': 'timestamp',
};

function hiveTypeOf(type: DuckDBType): string {
  const { valueType, keyType, width, scale } = type as {
    valueType?: DuckDBType;
    keyType?: DuckDBType;
    width?: number;
    scale?: number;
  };
  const inner = innerTypes(type).map(hiveTypeOf);
  const name = NAMES[type.typeId] ?? 'string';
  if (name === 'decimal') return `decimal(${width},${scale})`;
  if (name === 'array' && valueType) return `array<${hiveTypeOf(valueType)}>`;
  if (name === 'map' && keyType && valueType) return `map<${hiveTypeOf(keyType)},${hiveTypeOf(valueType)}>`;
  if (name !== 'row') return HIVE_NAMES[name] ?? name;
  const { entryNames = [] } = type as { entryNames?: readonly string[] };
  return `struct<${inner.map((field, index) => `${entryNames[index]}:${field}`).join(',')}>`;
}

/** @throws QueryFailure for a type that Athena does not have, or that cannot be printed whole. */
export function resultColumn(name: string, type: DuckDBType): ResultColumn {
  if (losesFields(type)) throw notEmulated('A result of a row without names of its fields');
  const found = type.alias === 'JSON' ? 'json' : NAMES[type.typeId];
  if (found === undefined)
    throw new QueryFailure('NOT_SUPPORTED', `A column of the type ${String(type)} is not emulated locally`);
  const { width, scale } = type as { width?: number; scale?: number };
  const hiveType = hiveTypeOf(type);
  if (found === 'decimal') return { name, type: found, precision: width ?? 0, scale: scale ?? 0, hiveType };
  return { name, type: found, precision: PRECISIONS[found] ?? 0, scale: 0, hiveType };
}

/** Prints the digits of a number as Java's `Double.toString` lays them out. */
function javaDigits(shortest: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(shortest) ?? [];
  const all = whole + fraction;
  const leading = all.length - all.replace(/^0+/, '').length;
  const digits = all.replace(/^0+/, '').replace(/0+$/, '');
  if (digits === '') return `${sign}0.0`;
  /** The value is 0.digits × 10^point. */
  const point = whole.length + Number(exponent) - leading;
  if (point > -3 && point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point > 0 && point <= 7)
    return `${sign}${digits.slice(0, point).padEnd(point, '0')}.${digits.slice(point) || '0'}`;
  return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${point - 1}`;
}

function shortestFloat(value: number): string {
  for (let precision = 1; precision < 9; precision++) {
    const text = value.toPrecision(precision);
    if (Math.fround(Number(text)) === value) return text;
  }
  return value.toPrecision(9);
}

/** A double as Athena prints it: as Java does. */
export function printDouble(value: number, single = false): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0.0';
  return javaDigits(single ? shortestFloat(value) : String(value));
}

const FIRST_BIGINT = -(2n ** 63n);
const AFTER_BIGINT = 2n ** 63n;

function printWhole(value: bigint): string {
  if (value >= FIRST_BIGINT && value < AFTER_BIGINT) return String(value);
  throw new QueryFailure('NUMERIC_VALUE_OUT_OF_RANGE', `${value} is out of the range of bigint`);
}

/** To the millisecond, which is all Athena keeps. */
function printMicros(micros: bigint): string {
  const ms = micros >= 0n ? micros / 1000n : (micros - 999n) / 1000n;
  return new Date(Number(ms)).toISOString().replace('T', ' ').replace('Z', '');
}

function printInterval({ months, days, micros }: DuckDBIntervalValue): string {
  if (months !== 0 && days === 0 && micros === 0n)
    return `${months < 0 ? '-' : ''}${Math.trunc(Math.abs(months) / 12)}-${Math.abs(months) % 12}`;
  const ms = BigInt(days) * 86_400_000n + micros / 1000n;
  const absolute = ms < 0n ? -ms : ms;
  const clock = new Date(Number(absolute % 86_400_000n)).toISOString().slice(11, 23);
  return `${ms < 0n ? '-' : ''}${absolute / 86_400_000n} ${clock}`;
}

const hexPairs = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** A value as the text of `VarCharValue`; undefined for null. */
export function printValue(value: DuckDBValue, type: DuckDBType): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'number') {
    if (type.typeId === DuckDBTypeId.DOUBLE || type.typeId === DuckDBTypeId.FLOAT)
      return printDouble(value, type.typeId === DuckDBTypeId.FLOAT);
    return String(value);
  }
  if (typeof value === 'bigint') return printWhole(value);
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  return printTime(value) ?? printNested(value, type) ?? String(value);
}

function printTime(value: object): string | undefined {
  if (value instanceof DuckDBTimestampValue) return printMicros(value.micros);
  if (value instanceof DuckDBTimestampTZValue) return `${printMicros(value.micros)} UTC`;
  if (value instanceof DuckDBTimestampMillisecondsValue) return printMicros(value.millis * 1000n);
  if (value instanceof DuckDBTimestampSecondsValue) return printMicros(value.seconds * 1_000_000n);
  if (value instanceof DuckDBTimestampNanosecondsValue) return printMicros(value.nanos / 1000n);
  if (value instanceof DuckDBTimeValue) return printMicros(value.micros).slice(11);
  if (value instanceof DuckDBDateValue || value instanceof DuckDBDecimalValue) return value.toString();
  if (value instanceof DuckDBIntervalValue) return printInterval(value);
  return value instanceof DuckDBBlobValue ? hexPairs(value.bytes) : undefined;
}

function printNested(value: object, type: DuckDBType): string | undefined {
  const inner = (item: DuckDBValue, of: unknown) => printValue(item, of as DuckDBType) ?? 'null';
  const {
    valueType,
    keyType,
    entryTypes = [],
    entryNames = [],
  } = type as {
    valueType?: DuckDBType;
    keyType?: DuckDBType;
    entryTypes?: readonly DuckDBType[];
    entryNames?: readonly string[];
  };
  if (value instanceof DuckDBListValue) return `[${value.items.map((item) => inner(item, valueType)).join(', ')}]`;
  if (value instanceof DuckDBMapValue)
    return `{${value.entries.map((entry) => `${inner(entry.key, keyType)}=${inner(entry.value, valueType)}`).join(', ')}}`;
  if (!(value instanceof DuckDBStructValue)) return undefined;
  const fields = Object.values(value.entries).map((item, index) => {
    const name = entryNames[index];
    return `${name ? `${name}=` : ''}${inner(item, entryTypes[index])}`;
  });
  return `{${fields.join(', ')}}`;
}
