import type { GlueTable } from '../glue.ts';
import { formatJavaTime, parseJavaTime } from '../java-time.ts';
import { QueryFailure } from './failure.ts';
import type { Pins } from './pins.ts';

/** Where in a bucket a table's objects lie. */
export interface Location {
  readonly bucket: string;
  readonly prefix: string;
}

/** Tells the partition of an object: column → value in the order of the table's partition keys; undefined when no
 *  partition that Athena sees has the object. */
export type PartitionOf = (key: string) => readonly (readonly [column: string, value: string])[] | undefined;

const UNIT_MS: Readonly<Record<string, number>> = {
  SECONDS: 1000,
  MINUTES: 60_000,
  HOURS: 3_600_000,
  DAYS: 86_400_000,
  WEEKS: 604_800_000,
};
const escapeText = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** @throws QueryFailure when it is no `s3://` address. */
export function locationOf(table: GlueTable): Location {
  const found = /^s3:\/\/([^/]+)\/?(.*)$/.exec(table.location);
  if (!found) throw new QueryFailure('HIVE_METASTORE_ERROR', `Table ${table.name} has no S3 location`);
  const prefix = found[2] ?? '';
  return { bucket: found[1] as string, prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/` };
}

interface Projected {
  /** The query must say which values it reads. */
  readonly injected?: boolean;
  /** A regular expression's group for the value inside the location. */
  readonly pattern: string;
  readonly holds: (value: string) => boolean;
}

const invalid = (table: GlueTable, column: string, what: string) =>
  new QueryFailure(
    'INVALID_TABLE_PROPERTY',
    `Table ${table.database}.${table.name} is configured for partition projection, but the following partition column has an invalid projection: ${column} (${what})`,
  );

/** `NOW`, `NOW-3DAYS` or a time in the column's format, as epoch milliseconds. */
function bound(text: string, format: string, nowMs: number): number | undefined {
  const relative = /^NOW\s*(?:([+-])\s*(\d+)\s*(SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|YEAR)S?)?$/i.exec(text.trim());
  if (!relative) return parseJavaTime(format, text.trim());
  const [, sign, count, unit] = relative;
  if (!unit) return nowMs;
  const by = Number(count) * (sign === '-' ? -1 : 1);
  const step = UNIT_MS[`${unit.toUpperCase()}S`];
  if (step !== undefined) return nowMs + by * step;
  const at = new Date(nowMs);
  if (unit.toUpperCase() === 'MONTH') at.setUTCMonth(at.getUTCMonth() + by);
  else at.setUTCFullYear(at.getUTCFullYear() + by);
  return at.getTime();
}

function projectDate(
  table: GlueTable,
  column: string,
  property: (name: string) => string | undefined,
  nowMs: number,
): Projected {
  const format = property('format');
  const [from, to] = (property('range') ?? '').split(',');
  if (!format || from === undefined || to === undefined) throw invalid(table, column, 'format and range are needed');
  const first = bound(from, format, nowMs);
  const last = bound(to, format, nowMs);
  if (first === undefined || last === undefined) throw invalid(table, column, 'the range is not in the format');
  const unit = (property('interval.unit') ?? '').toUpperCase();
  const step = Number(property('interval') ?? 1) * (UNIT_MS[unit] ?? 0);
  const relative = /NOW/i.test(from);
  const slashes = formatJavaTime(format, nowMs).split('/').length - 1;
  return {
    pattern: `((?:[^/]*/){${slashes}}[^/]*)`,
    holds: (value) => {
      const at = parseJavaTime(format, value);
      return at !== undefined && at >= first && at <= last && (relative || step === 0 || (at - first) % step === 0);
    },
  };
}

function projectInteger(table: GlueTable, column: string, property: (name: string) => string | undefined): Projected {
  const [from, to] = (property('range') ?? '').split(',').map(Number);
  if (from === undefined || to === undefined || Number.isNaN(from) || Number.isNaN(to))
    throw invalid(table, column, 'range is needed');
  const digits = Number(property('digits') ?? 0);
  const step = Number(property('interval') ?? 1);
  return {
    pattern: '([^/]*)',
    holds: (value) => {
      const number = Number(value);
      return (
        /^-?\d+$/.test(value) &&
        value.padStart(digits, '0') === value &&
        number >= from &&
        number <= to &&
        (number - from) % step === 0
      );
    },
  };
}

function project(table: GlueTable, column: string, nowMs: number): Projected {
  const property = (name: string) => table.parameters[`projection.${column}.${name}`];
  const type = property('type')?.trim().toLowerCase();
  if (type === 'date') return projectDate(table, column, property, nowMs);
  if (type === 'integer') return projectInteger(table, column, property);
  if (type === 'enum') {
    // White space is part of a value
    const values = new Set((property('values') ?? '').split(','));
    return { pattern: '([^/]*)', holds: (value) => values.has(value) };
  }
  if (type === 'injected') return { pattern: '([^/]*)', holds: () => true, injected: true };
  throw new QueryFailure(
    'HIVE_METASTORE_ERROR',
    `Table ${table.name} is configured for partition projection, but the following partition columns are missing projection configuration: [${column}]`,
  );
}

const NUMBERS = new Set(['tinyint', 'smallint', 'int', 'integer', 'bigint']);

/** Whether a value in a path is one of those a query asks for. */
function asks(pinned: ReadonlySet<string>, type: string, value: string): boolean {
  if (type === 'string' || /^varchar/.test(type)) return pinned.has(value);
  return !NUMBERS.has(type) || [...pinned].some((text) => Number(text) === Number(value));
}

/** Whether a partition can hold rows that some read of the table asks for. */
const isAskedFor = (table: GlueTable, reads: readonly Pins[], values: ReadonlyMap<string, string>): boolean =>
  reads.some((pins) =>
    table.partitionKeys.every(({ name, type }) => {
      const pinned = pins.get(name);
      return !pinned || asks(pinned, type.trim().toLowerCase(), values.get(name) as string);
    }),
  );

function checkInjected(projected: ReadonlyMap<string, Projected>, reads: readonly Pins[]): void {
  for (const [name, { injected }] of projected) {
    if (injected && !reads.every((pins) => pins.has(name)))
      throw new QueryFailure(
        'CONSTRAINT_VIOLATION',
        `For the injected projected partition column ${name}, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.`,
      );
  }
}

/** How the objects of a table are assigned to its partitions, by its projection properties at a time; those that none of
 *  the query's reads asks for are left out. A table with partition keys and no projection has no partitions: nothing
 *  here adds any to the catalogue.
 *  @throws QueryFailure when the properties are not what Athena takes, or the query does not say what it must */
export function partitionsOf(table: GlueTable, nowMs: number, reads: readonly Pins[]): PartitionOf {
  const columns = table.partitionKeys.map(({ name }) => name);
  if (columns.length === 0) return () => [];
  if (table.parameters['projection.enabled']?.toLowerCase() !== 'true') return () => undefined;
  const { bucket, prefix } = locationOf(table);
  const template =
    table.parameters['storage.location.template'] ??
    `s3://${bucket}/${prefix}${columns.map((name) => `${name}=\${${name}}/`).join('')}`;
  for (const name of columns) {
    if (!template.includes(`\${${name}}`))
      throw invalid(table, name, 'the storage.location.template does not contain it');
  }
  const projected = new Map(columns.map((name) => [name, project(table, name, nowMs)]));
  const order: string[] = [];
  checkInjected(projected, reads);
  const path = template.replace(`s3://${bucket}/`, '').split(/\$\{([^}]+)\}/);
  const pattern = path.map((part, index) => {
    if (index % 2 === 0) return escapeText(part);
    order.push(part);
    return projected.get(part)?.pattern ?? '[^/]*';
  });
  const expression = new RegExp(`^${pattern.join('')}`);
  return (key) => {
    const found = expression.exec(key);
    if (!found) return undefined;
    const values = new Map(order.map((name, index) => [name, found[index + 1] as string]));
    const visible = columns.every((name) => projected.get(name)?.holds(values.get(name) as string));
    return visible && isAskedFor(table, reads, values)
      ? columns.map((name) => [name, values.get(name) as string] as const)
      : undefined;
  };
}
