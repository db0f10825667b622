import * as z from 'zod';
import type { Control } from './control.ts';
import type { RecordOrigin } from './envelope.ts';
import type { EventType } from './event.ts';
import { parseIsoTime } from './iso-time.ts';
import { NOT_OURS, type Readers, readRecord } from './readers.ts';
import { Rejected, type Rejection, show } from './rejection.ts';
import { upcast } from './upcast.ts';
import { validated } from './validate.ts';

/** An event as the steps of a pipeline see it: valid, with its time and its identity. */
export interface DecodedEvent {
  readonly type: EventType;
  readonly id: string;
  readonly source: string;
  /** The value of the type's key field. */
  readonly key: string;
  /** Event time in milliseconds since 1970. */
  readonly timeMs: number;
  readonly data: unknown;
}

const DAY_MS = 86_400_000;

/** Decodes one record: bytes → JSON → CloudEvent → event of a known type with a plausible time. */
export function decodeEvent(
  bytes: Uint8Array,
  origin: RecordOrigin,
  readers: Readers,
): DecodedEvent | Control | { readonly rejection: Rejection } | typeof NOT_OURS {
  try {
    const envelope = readRecord(bytes, origin, readers);
    if (envelope === NOT_OURS || 'control' in envelope) return envelope;
    const type = readers.own.types.get(envelope.type) as EventType;
    const data = validData(type, upcast(type, envelope));
    const timeMs = eventTime(type, data, envelope.time, origin.arrivalMs);
    const key = String(data[type.key]);
    return { type, id: envelope.id, source: envelope.source, key, timeMs, data };
  } catch (error) {
    if (error instanceof Rejected) return { rejection: error.rejection };
    throw error;
  }
}

function validData(type: EventType, data: unknown): Record<string, unknown> {
  return deepFreeze(validated(type.schema, data, type.type, () => `${type.type} version ${type.version}`));
}

/** Events are immutable: a step that changed its item would change it for the steps beside it. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const name in value) deepFreeze(value[name]);
  }
  return value;
}

function eventTime(
  type: EventType,
  data: Record<string, unknown>,
  time: string | undefined,
  arrivalMs: number,
): number {
  const name = type.time ?? 'time';
  const found = type.time === undefined ? time : data[type.time];
  // The type's own field is a z.iso.datetime() that has been checked.
  const isTime = typeof found === 'string' && (type.time !== undefined || rfc3339.safeParse(found).success);
  const timeMs = isTime ? parseIsoTime(found) : Number.NaN;
  if (Number.isNaN(timeMs)) throw new Rejected('event-time', type.type, `${name}: ${show(found)}`, 'an RFC 3339 time');
  const { behindDays, aheadDays } = type.accept;
  if (timeMs < arrivalMs - behindDays * DAY_MS || timeMs > arrivalMs + aheadDays * DAY_MS) {
    const expected = `at most ${behindDays} days before or ${aheadDays} after the arrival`;
    throw new Rejected('event-time', type.type, `${name}: ${show(found)}`, expected);
  }
  return timeMs;
}

/** `Date.parse` alone takes '2026', 'Sat' and 30 February too. */
const rfc3339 = z.iso.datetime({ offset: true });
