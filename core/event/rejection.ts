/** Why a record cannot be processed. The names are permanent: people query the quarantine table by them. */
export type Reason =
  | 'empty'
  | 'broken-aggregate'
  | 'not-utf8'
  | 'not-json'
  | 'too-deep'
  | 'forbidden-key'
  | 'decode-failed'
  | 'not-a-cloudevent'
  | 'unknown-type'
  | 'schema'
  | 'event-time'
  | 'too-large'
  | 'partition-key'
  | 'wrong-shard';

/** A record's way into quarantine: which step refused it, what it found and what it expected. */
export interface Rejection {
  readonly reason: Reason;
  /** Id of the step of the plan, or the part of the way in: `aggregate`, `decode`, `envelope`. */
  readonly step: string;
  readonly found: string;
  readonly expected: string;
}

/** Longest description kept of a value: enough to recognise it, since the payload itself is kept whole beside it. */
const MAX_FOUND_CHARS = 200;

/** Describes a value found, cut to a bounded length. */
export function show(value: unknown): string {
  return cut(typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_FOUND_CHARS)) : plain(value));
}

/** Whatever a user's code may throw; some of it has no text of its own. */
function plain(value: unknown): string {
  try {
    return String(value);
  } catch {
    return `a value of type ${typeof value} without text`;
  }
}

const cut = (text: string): string => (text.length > MAX_FOUND_CHARS ? `${text.slice(0, MAX_FOUND_CHARS)}…` : text);

/** Thrown by a stage of decoding and caught where the record is decoded; never leaves the engine. */
export class Rejected extends Error {
  override readonly name = 'Rejected';
  readonly rejection: Rejection;
  constructor(reason: Reason, step: string, found: string, expected: string) {
    super(`${step}: ${reason}`);
    // Cut here, whoever describes: a path or a validator's message can be as long as the payload.
    this.rejection = { reason, step, found: cut(found), expected: cut(expected) };
  }
}
