import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type CloudEvent, type IGNORED, kindOf } from '../envelope.ts';
import { Rejected, show } from '../rejection.ts';

/** A row or item, by the names of its columns or attributes. */
export type Row = Readonly<Record<string, unknown>>;

/** A change of one row, whatever it was captured with: the data of the events that the decoders make. */
export interface Change {
  /** A row that is read for a first copy counts as inserted. */
  readonly op: 'insert' | 'update' | 'delete';
  /** When the database took the change, in UTC. */
  readonly at: string;
  /** The table, by the name its database gives it. */
  readonly table: string;
  /** What tells the row from the others of its table: see `ChangedTable.key`. */
  readonly key: string;
  /** What is known of the row as it was; a source may tell its key only, or nothing. */
  readonly before?: Row | undefined;
  /** The row as it is now; there in all but deletions. */
  readonly after?: Row | undefined;
}

/** What becomes of a table's changes. */
export interface ChangedTable {
  /** CloudEvents type of the events. */
  readonly type: string;
  /** Fields that tell rows apart, usually the primary key. One is the event's key as it is; several are joined, as in
   *  `acme/42`, with '%' and '/' of their own as '%25' and '%2F'. */
  readonly key: readonly [string, ...string[]];
}

export interface ChangeOptions {
  /** By table; `*` is any table not named. Changes of a table that nobody named are quarantined: say `IGNORED` for one
   *  that is of no interest. */
  readonly tables: Readonly<Record<string, ChangedTable | typeof IGNORED>>;
}

/** What becomes of the changes of the table that goes by these names, the most exact first.
 *  @throws Rejected when the options do not name it. */
export function tableOf({ tables }: ChangeOptions, names: readonly string[]): ChangedTable | typeof IGNORED {
  const name = [...names, '*'].find((each) => Object.hasOwn(tables, each));
  if (name !== undefined) return tables[name] as ChangedTable | typeof IGNORED;
  throw refused(`a change of table ${show(names[0])}`, `a change of ${Object.keys(tables).join(' or ')}`);
}

/** @throws Rejected when a key field is missing or no text, number or boolean. */
export function keyOf({ key }: ChangedTable, row: Row): string {
  const parts = key.map((field) => keyPart(field, Object.hasOwn(row, field) ? row[field] : undefined));
  return parts.length === 1 ? (parts[0] as string) : parts.map(escaped).join('/');
}

const escaped = (part: string): string => part.replaceAll('%', '%25').replaceAll('/', '%2F');

function keyPart(field: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'boolean') return String(value);
  // A larger integer has lost digits on its way through JSON: two rows would be one.
  if (typeof value === 'number' && (Number.isSafeInteger(value) || !Number.isInteger(value))) return String(value);
  throw refused(
    `key field '${field}': ${described(value)}`,
    'a text that is not empty, a boolean or a number up to 2^53',
  );
}

/** Longest id of a CloudEvent that Millrace takes. */
const MAX_ID_CHARS = 512;

/** The same id for the same change, however often it is captured. */
export function changeId(parts: readonly unknown[]): string {
  const id = parts.join('/');
  return id.length <= MAX_ID_CHARS ? id : createHash('sha256').update(id).digest('hex');
}

export function changeEvent(type: string, source: string, id: string, data: Change): CloudEvent {
  return { specversion: '1.0', id, source, type, time: data.at, data };
}

/** @throws Rejected naming the first field that is missing or wrong. */
export function checked<Schema extends z.core.$ZodType>(schema: Schema, json: unknown): z.output<Schema> {
  const result = z.safeParse(schema, json);
  if (result.success) return result.data;
  const { path = [], message = '' } = result.error.issues[0] ?? {};
  const value = path.reduce<unknown>((part, name) => (part as Record<PropertyKey, unknown>)[name], json);
  throw refused(`${path.join('.')}: ${described(value)}`, message);
}

export const refused = (found: string, expected: string) => new Rejected('decode-failed', 'decode', found, expected);

export const described = (value: unknown): string => (typeof value === 'object' ? kindOf(value) : show(value));

export const isObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json);
