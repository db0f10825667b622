import { type Control, readControl } from './control.ts';
import { type CloudEvent, type Decode, type RecordOrigin, readEnvelope } from './envelope.ts';
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

/** An event of another pipeline, or a record that another pipeline keeps. */
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
    const event = attempt(() => readAs(own, json, origin));
    if (!(event instanceof Rejected)) return event;
    if (others.some((other) => !(attempt(() => readAs(other, json, origin)) instanceof Rejected))) return NOT_OURS;
    throw event;
  } catch (error) {
    if (error instanceof Rejected && !keepsStrays) return NOT_OURS;
    throw error;
  }
}

function attempt(read: () => CloudEvent): CloudEvent | Rejected {
  try {
    return read();
  } catch (error) {
    if (error instanceof Rejected) return error;
    throw error;
  }
}

function readAs({ types, decode }: Reader, json: unknown, origin: RecordOrigin): CloudEvent {
  const event = readEnvelope(decode ? custom(decode, json, origin) : json);
  if (types.has(event.type)) return event;
  throw new Rejected('unknown-type', 'envelope', show(event.type), [...types.keys()].join(' or '));
}

function custom(decode: Decode, json: unknown, origin: RecordOrigin): unknown {
  try {
    return decode(json, origin);
  } catch (error) {
    throw new Rejected('decode-failed', 'decode', show(error), "JSON that the pipeline's decode function takes");
  }
}
