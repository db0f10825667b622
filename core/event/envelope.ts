import * as z from 'zod';
import { Rejected, show } from './rejection.ts';

/** CloudEvents 1.0, structured JSON (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md). `source` and
 *  `id` together are the idempotency key. Attributes Millrace does not use are let through. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** RFC 3339; needed where the event type names no time field of its own. */
  readonly time?: string | undefined;
  /** Version of the type's schema that the data follow; 1 unless it says so. */
  readonly schemaversion?: number | undefined;
  readonly data: unknown;
}

/** What a `Decode` answers for a record that tells of no event and is nobody's fault, such as the tombstones and control
 *  records of change streams: the record is counted as skipped. No JSON is ever equal to it. */
export const IGNORED = Symbol('ignored');

/** Turns any other JSON into a CloudEvent. `json` is undefined for a record of 0 bytes; `record` says where it came from,
 *  for sources without ids of their own. What it throws quarantines the record. */
export type Decode = (json: unknown, record: RecordOrigin) => CloudEvent | typeof IGNORED;

export interface RecordOrigin {
  readonly partitionKey: string;
  /** `<shard id>:<sequence number>.<sub-sequence>`: unique in the stream, the same at every redelivery, so good for an
   *  id. */
  readonly position: string;
  /** Arrival at the stream, in milliseconds since 1970. */
  readonly arrivalMs: number;
}

/** Half of a surrogate pair has no UTF-8: two such ids would be one to a hash. */
const bounded = (limit: number) =>
  z
    .string()
    .min(1)
    .max(limit)
    .refine((text) => text.isWellFormed(), 'expected well-formed Unicode');

const cloudEvent = z.object({
  specversion: z.literal('1.0'),
  id: bounded(512),
  source: bounded(1024),
  type: bounded(256),
  time: z.optional(z.string().max(64)),
  schemaversion: z.optional(z.int().min(1)),
  data: z.unknown(),
});

/** @throws Rejected naming the first attribute that is missing or wrong. */
export function readEnvelope(json: unknown): CloudEvent {
  if (isPlain(json)) return json;
  const result = cloudEvent.safeParse(json);
  if (result.success && result.data.data !== undefined) return result.data;
  const issue = result.error?.issues[0];
  const attribute = issue ? issue.path.join('.') : 'data';
  const found = attribute === '' ? kindOf(json) : attributeOf(json, attribute);
  throw new Rejected(
    'not-a-cloudevent',
    'envelope',
    attribute === '' ? found : `${attribute}: ${found}`,
    issue?.message ?? 'CloudEvents 1.0 JSON with specversion, id, source, type and data',
  );
}

/** Whether it is an event as nearly all are, which is told without the schema. */
function isPlain(json: unknown): json is CloudEvent {
  if (typeof json !== 'object' || json === null) return false;
  const { specversion, id, source, type, time, schemaversion, data } = json as Record<string, unknown>;
  return (
    specversion === '1.0' &&
    isBounded(id, 512) &&
    isBounded(source, 1024) &&
    isBounded(type, 256) &&
    (time === undefined || (typeof time === 'string' && time.length <= 64)) &&
    schemaversion === undefined &&
    data !== undefined
  );
}

const isBounded = (text: unknown, limit: number) =>
  typeof text === 'string' && text.length > 0 && text.length <= limit && text.isWellFormed();

function attributeOf(json: unknown, attribute: string): string {
  const value = (json as Record<string, unknown>)[attribute];
  return typeof value === 'object' && value !== null ? kindOf(value) : show(value);
}

/** The JSON kind of a value, for messages. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
