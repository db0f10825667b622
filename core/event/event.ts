import type * as z from 'zod';
import { CONTROL_PREFIX } from './control.ts';
import type { Upcasters } from './upcast.ts';

/** Any Zod 4 object schema, made by `zod` or `zod/mini`. */
export type ObjectSchema = z.core.$ZodObject;

type Shape<Schema extends ObjectSchema> = Schema['_zod']['def']['shape'];

export interface EventOptions<Schema extends ObjectSchema> {
  /** Version of the schema, from 1. Events say theirs by the attribute `schemaversion`; without it they are of version 1. */
  readonly version: number;
  /** For each version before this one, what makes its data those of the next: `{ 1: ({ name, ...data }) => … }`. The value
   *  of the key must stay, since the records lie in its shard. */
  readonly upcast?: Upcasters;
  /** Field by which events are ordered and streams are keyed, one of the schema's required strings; its value is the
   *  Kinesis partition key. (Spelt out here, since the compiler's message shows an alias by its name only.) */
  readonly key: {
    [Field in keyof z.output<Schema> & string]: z.output<Schema>[Field] extends string ? Field : never;
  }[keyof z.output<Schema> & string];
  /** Field that says when the event happened, one of the schema's required `z.iso.datetime()`; without it, the
   *  envelope's `time` does. */
  readonly time?: {
    [Field in keyof Shape<Schema> & string]: Shape<Schema>[Field] extends z.core.$ZodISODateTime ? Field : never;
  }[keyof Shape<Schema> & string];
  /** How far the event time may lie from the arrival at the stream; an event outside is quarantined, since a clock
   *  that wrong (year 0001, 1970, 9999) says nothing. Default: 50 years behind, 1 day ahead. */
  readonly accept?: { readonly behindDays: number; readonly aheadDays: number };
  readonly description?: string;
  readonly schema: Schema;
}

/** A type of event: one definition gives TypeScript's type, the validator and the lake's columns. */
export interface EventType<Schema extends ObjectSchema = ObjectSchema> {
  /** CloudEvents `type`, e.g. `page.request`. */
  readonly type: string;
  readonly version: number;
  readonly upcasters: Upcasters;
  readonly key: string;
  readonly time: string | undefined;
  readonly accept: { readonly behindDays: number; readonly aheadDays: number };
  readonly description: string;
  readonly schema: Schema;
}

/** The data of events of a type. */
export type DataOf<Event extends EventType> = z.output<Event['schema']>;

/** An event type is not well-formed. */
export class EventDefinitionError extends Error {
  override readonly name = 'EventDefinitionError';
}

const TYPE = /^[a-z][a-z0-9]*([.-][a-z0-9]+)*$/;

/** Defines a type of event. `type` is permanent: producers send it and the pipeline routes by it.
 *  @throws EventDefinitionError when type, version, upcasters, key or time are not usable. */
export function event<const Schema extends ObjectSchema>(
  type: string,
  options: EventOptions<Schema>,
): EventType<Schema> {
  const refuse = (what: string, found: unknown, expected: string): never => {
    throw new EventDefinitionError(`event '${type}': ${what} is ${JSON.stringify(found)}, expected ${expected}`);
  };
  if (!TYPE.test(type)) refuse('its type', type, "lower-case words joined by '.' or '-', such as 'page.request'");
  if (type.startsWith(CONTROL_PREFIX)) refuse('its type', type, `another beginning than '${CONTROL_PREFIX}'`);
  if (!Number.isInteger(options.version) || options.version < 1)
    refuse('version', options.version, 'an integer from 1');
  const from = Object.keys(options.upcast ?? {});
  const before = Array.from({ length: options.version - 1 }, (_, n) => String(n + 1));
  if (from.join() !== before.join())
    refuse('upcast', from, `an upcaster from each version before, ${JSON.stringify(before)}`);
  const fields = Object.keys(options.schema._zod.def.shape);
  if (!fields.includes(options.key)) refuse('key', options.key, `a field of the schema: ${fields.join(', ')}`);
  const keySchema = options.schema._zod.def.shape[options.key];
  if (keySchema && changesValues(keySchema)) {
    refuse(
      'key',
      options.key,
      'a field whose schema takes its value as it is: producers put the record under that value',
    );
  }
  if (options.time !== undefined && !fields.includes(options.time)) {
    refuse('time', options.time, `a z.iso.datetime() field of the schema: ${fields.join(', ')}`);
  }
  return Object.freeze({
    type,
    version: options.version,
    upcasters: Object.freeze({ ...options.upcast }),
    key: options.key,
    time: options.time,
    accept: Object.freeze(options.accept ?? { behindDays: 50 * 365, aheadDays: 1 }),
    description: options.description ?? '',
    schema: options.schema,
  });
}

/** Whether what comes out of a schema may be another value than went in: a transformation, a default, `toLowerCase()`. */
function changesValues({ _zod: { def } }: z.core.$ZodType): boolean {
  const overwrites = def.checks?.some((check) => check._zod.def.check === 'overwrite') ?? false;
  return overwrites || ['pipe', 'default', 'prefault', 'catch'].includes(def.type);
}
