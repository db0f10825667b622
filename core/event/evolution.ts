import * as z from 'zod';
import { columnsOf } from './columns.ts';
import type { EventType } from './event.ts';

/** A version of an event's schema, as it was released. */
export interface ReleasedSchema {
  readonly version: number;
  /** JSON Schema of what producers send. */
  readonly schema: JsonSchema;
  /** Column → Hive type, in tables of the events as they are; null where a table could not hold them. */
  readonly columns: Readonly<Record<string, string>> | null;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface SchemaVerdict {
  readonly type: string;
  readonly version: number;
  readonly is: 'released' | 'compatible' | 'new' | 'incompatible';
  /** Where it is not compatible, and what to do. */
  readonly findings: readonly string[];
}

/** The present version of a type, as it is written down. */
export function schemaOf({ version, schema }: EventType): ReleasedSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return { version, schema: json as JsonSchema, columns: columnTypes(schema) };
}

function columnTypes(schema: EventType['schema']): ReleasedSchema['columns'] {
  try {
    return Object.fromEntries(columnsOf(schema).map(({ name, type }) => [name, type]));
  } catch {
    return null; // its pipelines map it, or are refused for it
  }
}

/** Holds a type against its released versions. Compatible means that events which followed a released version are still
 *  read: that version's by the schema, those before by the upcasters; and that rows of both can lie in one table. */
export function checkSchema(event: EventType, released: readonly ReleasedSchema[]): SchemaVerdict {
  const { type, version } = event;
  const present = schemaOf(event);
  const latest = Math.max(0, ...released.map((each) => each.version));
  const same = released.find((each) => each.version === version);
  const findings = [...changedColumns(present, released)];
  if (version < latest)
    findings.push(`version ${version} is older than the released version ${latest}: go on from there`);
  if (version > latest + 1) findings.push(`version ${version} skips some: the next after ${latest} is ${latest + 1}`);
  if (same) {
    const narrower = narrowings(same.schema, present.schema, 'data');
    findings.push(...narrower);
    if (narrower.length > 0)
      findings.push(`make it version ${version + 1}, with an upcaster from ${version}, or take the change back`);
  }
  const is =
    findings.length > 0 ? 'incompatible' : !same ? 'new' : jsonEqual(same, present) ? 'released' : 'compatible';
  return { type, version, is, findings };
}

function changedColumns({ columns }: ReleasedSchema, released: readonly ReleasedSchema[]): readonly string[] {
  return Object.entries(columns ?? {}).flatMap(([name, type]) => {
    const other = released.find((each) => each.columns?.[name] !== undefined && each.columns[name] !== type);
    if (!other) return [];
    return `column '${name}' is ${type}, and ${other.columns?.[name]} in rows of version ${other.version}, which lie in the same table: give the field another name`;
  });
}

const jsonEqual = (a: unknown, b: unknown): boolean => sorted(a) === sorted(b);

/** JSON with its members in order. */
function sorted(value: unknown): string {
  return JSON.stringify({ value }, (_, each) =>
    each !== null && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

/** Bounds below which, and above which, a schema takes nothing. */
const LOWER = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties'];
const UPPER = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties'];
/** Keywords that are looked at one by one, or bound nothing. */
const KNOWN = new Set([
  ...LOWER,
  ...UPPER,
  'type',
  'enum',
  'const',
  'properties',
  'required',
  'items',
  'additionalProperties',
  'anyOf',
]);
const SILENT = new Set(['title', 'description', 'examples', 'default', 'format', 'id']);

/** What `before` takes and `after` may not, each as a sentence; empty where all that follows `before` follows `after`. What
 *  cannot be told counts as narrower. */
export function narrowings(before: JsonSchema, after: JsonSchema, path: string): readonly string[] {
  if (jsonEqual(before, after)) return [];
  const [of, to] = [alternatives(before), alternatives(after)];
  if (of.length > 1 || to.length > 1) {
    const lost = of.filter((each) => !to.some((other) => narrowings(each, other, path).length === 0));
    return lost.map((each) => `${path}: ${brief(each)} was taken, and is not any more`);
  }
  return [
    ...narrowerType(before, after, path),
    ...narrowerValues(before, after, path),
    ...narrowerBounds(before, after, path),
    ...narrowerObject(before, after, path),
    ...narrowerMembers(before.items, after.items, `${path}[]`),
    ...narrowerMembers(before.additionalProperties, after.additionalProperties, `${path}{}`),
    ...changedOtherwise(before, after, path),
  ];
}

const alternatives = (schema: JsonSchema): readonly JsonSchema[] =>
  Array.isArray(schema.anyOf) && Object.keys(schema).length === 1 ? schema.anyOf : [schema];

function narrowerType(before: JsonSchema, after: JsonSchema, path: string): readonly string[] {
  const [was, is] = [before.type, after.type].map((type) => (type === undefined ? undefined : [type].flat())) as [
    string[] | undefined,
    string[] | undefined,
  ];
  const taken = (type: string) => is?.includes(type) || (type === 'integer' && is?.includes('number'));
  if (is === undefined || was?.every(taken)) return [];
  return [`${path}: was ${was?.join(' or ') ?? 'anything'}, is ${is.join(' or ')}`];
}

/** The schema of an array's items, or of a record's values. */
function narrowerMembers(before: unknown, after: unknown, path: string): readonly string[] {
  const isSchema = (value: unknown): value is JsonSchema => typeof value === 'object' && value !== null;
  if (after === undefined || after === true || jsonEqual(before, after)) return [];
  if (isSchema(before) && isSchema(after)) return narrowings(before, after, path);
  return [`${path}: was ${brief(before)}, is ${brief(after)}`];
}

/** The values that a schema lists; undefined where it lists none. */
function listed({ enum: values, const: value }: JsonSchema): readonly unknown[] | undefined {
  return Array.isArray(values) ? values : value === undefined ? undefined : [value];
}

function narrowerValues(before: JsonSchema, after: JsonSchema, path: string): readonly string[] {
  const [was, is] = [listed(before), listed(after)];
  if (is === undefined) return [];
  if (was === undefined) return [`${path}: took any value, takes ${JSON.stringify(is)}`];
  const gone = was.filter((value) => !is.includes(value));
  return gone.length > 0 ? [`${path}: ${JSON.stringify(gone)} was taken, and is not any more`] : [];
}

function narrowerBounds(before: JsonSchema, after: JsonSchema, path: string): readonly string[] {
  const narrower = (isNarrower: (was: number, is: number) => boolean) => (name: string) => {
    const [was, is] = [before[name], after[name]] as [number | undefined, number | undefined];
    if (is === undefined || (was !== undefined && !isNarrower(was, is))) return [];
    return [`${path}: ${name} was ${was ?? 'not bounded'}, is ${is}`];
  };
  return [...LOWER.flatMap(narrower((was, is) => is > was)), ...UPPER.flatMap(narrower((was, is) => is < was))];
}

function narrowerObject(before: JsonSchema, after: JsonSchema, path: string): readonly string[] {
  const [was, is] = [propertiesOf(before), propertiesOf(after)];
  const required = (after.required ?? []) as readonly string[];
  const wasRequired = (before.required ?? []) as readonly string[];
  return [
    ...required
      .filter((name) => !wasRequired.includes(name))
      .map((name) => `${path}.${name}: must be there, and ${name in was ? 'was optional' : 'was not known'}`),
    ...Object.entries(is).flatMap(([name, schema]) => {
      const other = was[name];
      return other ? narrowings(other, schema, `${path}.${name}`) : [];
    }),
  ];
}

const propertiesOf = ({ properties }: JsonSchema) => (properties ?? {}) as Readonly<Record<string, JsonSchema>>;

/** A pattern, say, or a closed object. */
function changedOtherwise(before: JsonSchema, after: JsonSchema, path: string): readonly string[] {
  return Object.keys(after)
    .filter((name) => !KNOWN.has(name) && !SILENT.has(name) && !jsonEqual(before[name], after[name]))
    .map((name) => `${path}: ${name} was ${brief(before[name])}, is ${brief(after[name])}`);
}

const brief = (value: unknown): string => (value === undefined ? 'not given' : JSON.stringify(value).slice(0, 120));
