import { type Control, readControl } from './control.ts';
import { type CloudEvent, type Decode, IGNORED, type RecordOrigin, readEnvelope } from './envelope.ts';
import type { EventType } from './event.ts';
import { parseJson } from './parse.ts';
import { Rejected, show } from './rejection.ts';

/** How a pipeline reads records: the event types it takes, and how it makes CloudEvents of other JSON. */
export interface Reader {
  readonly types: ReadonlyMap<string, EventType>;
  readonly decode: Decode | undefined;
}

/** All pipelines of a stage read its one stream: each takes its own events, and one keeps what none of them can read. */
export interface Readers {
  readonly own: Reader;
  readonly others: readonly Reader[];
  readonly keepsStrays: boolean;
}

/** An event of another pipeline, a record that another pipeline keeps, or one that a `decode` function ignores. */
export const NOT_OURS = 'not ours';

/** Reads a record's bytes as a CloudEvent of one of the own types, or as a control record of whatever pipeline.
 *  @throws Rejected when neither this nor another pipeline can, and it is for this one to keep. */
export function readRecord(
  bytes: Uint8Array,
  origin: RecordOrigin,
  { own, others, keepsStrays }: Readers,
): CloudEvent | Control | typeof NOT_OURS {
  try {
    const json = parseJson(bytes);
    const control = readControl(json);
    if (control) return control;
    const event = attempt(own, json, origin);
    if (event && !(event instanceof Rejected)) return event;
    const isOther = (found: ReturnType<typeof attempt>) => found !== undefined && !(found instanceof Rejected);
    if (others.some((other) => isOther(attempt(other, json, origin)))) return NOT_OURS;
    throw event ?? unknownType(own, json, origin);
  } catch (error) {
    if (error instanceof Rejected && !keepsStrays) return NOT_OURS;
    throw error;
  }
}

function attempt(reader: Reader, json: unknown, origin: RecordOrigin): ReturnType<typeof readAs> | Rejected {
  try {
    return readAs(reader, json, origin);
  } catch (error) {
    if (error instanceof Rejected) return error;
    throw error;
  }
}

/** Undefined for an event of a type that the reader does not take: most such are another's, and an error would cost more
 *  than all else. */
function readAs(reader: Reader, json: unknown, origin: RecordOrigin): CloudEvent | typeof NOT_OURS | undefined {
  const event = envelopeOf(reader, json, origin);
  return event === NOT_OURS || reader.types.has(event.type) ? event : undefined;
}

function unknownType(reader: Reader, json: unknown, origin: RecordOrigin): Rejected {
  const { type } = envelopeOf(reader, json, origin) as CloudEvent;
  return new Rejected('unknown-type', 'envelope', show(type), [...reader.types.keys()].join(' or '));
}

function envelopeOf({ decode }: Reader, json: unknown, origin: RecordOrigin): CloudEvent | typeof NOT_OURS {
  const decoded = decode ? custom(decode, json, origin) : json;
  if (decoded === IGNORED) return NOT_OURS;
  if (decoded === undefined && json === undefined) throw empty();
  return readEnvelope(decoded);
}

const empty = () => new Rejected('empty', 'decode', 'a record of 0 bytes', 'a JSON document');

function custom(decode: Decode, json: unknown, origin: RecordOrigin): unknown {
  try {
    return decode(json, origin);
  } catch (error) {
    if (error instanceof Rejected) throw error;
    if (json === undefined) throw empty(); // most functions expect a document
    throw new Rejected('decode-failed', 'decode', show(error), "JSON that the pipeline's decode function takes");
  }
}
