import * as z from 'zod';
import { type Decode, type RecordOrigin, readEnvelope } from './envelope.ts';
import type { EventType } from './event.ts';
import { parseJson } from './parse.ts';
import { Rejected, type Rejection, show } from './rejection.ts';

/** An event as the steps of a pipeline see it: valid, with its time and its identity. */
export interface DecodedEvent {
  readonly type: EventType;
  readonly id: string;
  readonly source: string;
  /** Event time in milliseconds since 1970. */
  readonly timeMs: number;
  readonly data: unknown;
}

const DAY_MS = 86_400_000;

/** Decodes one record: bytes → JSON → CloudEvent → event of a known type with a plausible time. */
export function decodeEvent(
  bytes: Uint8Array,
  origin: RecordOrigin,
  types: ReadonlyMap<string, EventType>,
  decode: Decode | undefined,
): DecodedEvent | { readonly rejection: Rejection } {
  try {
    const json = parseJson(bytes);
    const envelope = readEnvelope(decode ? custom(decode, json, origin) : json);
    const type = types.get(envelope.type);
    if (!type) throw new Rejected('unknown-type', 'envelope', show(envelope.type), [...types.keys()].join(' or '));
    const data = validData(type, envelope.data);
    const timeMs = eventTime(type, data, envelope.time, origin.arrivalMs);
    return { type, id: envelope.id, source: envelope.source, timeMs, data };
  } catch (error) {
    if (error instanceof Rejected) return { rejection: error.rejection };
    throw error;
  }
}

function custom(decode: Decode, json: unknown, origin: RecordOrigin): unknown {
  try {
    return decode(json, origin);
  } catch (error) {
    throw new Rejected('decode-failed', 'decode', show(error), "JSON that the pipeline's decode function takes");
  }
}

function validData(type: EventType, data: unknown): Record<string, unknown> {
  const result = z.safeParse(type.schema, data);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.join('.') || 'data';
  throw new Rejected(
    'schema',
    type.type,
    `${path}: ${issue?.message ?? 'invalid'}`,
    `${type.type} version ${type.version}`,
  );
}

function eventTime(
  type: EventType,
  data: Record<string, unknown>,
  time: string | undefined,
  arrivalMs: number,
): number {
  const name = type.time ?? 'time';
  const found = type.time === undefined ? time : data[type.time];
  const timeMs = typeof found === 'string' && ISO_TIME.test(found) ? Date.parse(found) : Number.NaN;
  if (Number.isNaN(timeMs)) throw new Rejected('event-time', type.type, `${name}: ${show(found)}`, 'an RFC 3339 time');
  const { behindDays, aheadDays } = type.accept;
  if (timeMs < arrivalMs - behindDays * DAY_MS || timeMs > arrivalMs + aheadDays * DAY_MS) {
    const expected = `at most ${behindDays} days before or ${aheadDays} after the arrival`;
    throw new Rejected('event-time', type.type, `${name}: ${show(found)}`, expected);
  }
  return timeMs;
}

/** RFC 3339, which `Date.parse` alone does not insist on: it takes '2026' and 'Sat' too. */
const ISO_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
