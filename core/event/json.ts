/** What a step may keep: values that JSON gives back as they were. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** What a step keeps of a key. Times are event time, in milliseconds since 1970. */
export interface Cell {
  readonly state: Json;
  /** When the step wants to be woken for the key. */
  readonly wakeMs?: number;
  /** When the key is forgotten, unless it is seen again before. */
  readonly expiresMs?: number;
}

/** Largest state of one key in one step, as JSON characters. */
export const MAX_STATE_CHARS = 256 * 1024;

/** A step's state is not one that can be kept. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

/** Gives what it constructs another class's private fields. */
class Same {
  constructor(value: object) {
    // biome-ignore lint/correctness/noConstructorReturn: so that a class can mark an object that is not of its own
    return value;
  }
}

/** Marks objects and arrays that have been through `keep`, with their size: a private field, which nobody else sees. A weak
 *  map would do the same at many times the cost: each new state is marked, and each mark would be the collector's. */
class Kept extends Same {
  readonly #chars: number;

  constructor(value: object, chars: number) {
    super(value);
    this.#chars = chars;
  }

  /** Undefined for what has not been through `keep`. */
  static charsOf(value: object): number | undefined {
    return #chars in value ? value.#chars : undefined;
  }
}

/** A frozen copy of a state, the same as one that was stored and read again: a warm environment must not see what a cold
 *  one would not. Parts that were kept before are taken over. Undefined fields are left out.
 *  @throws StateError for what JSON cannot hold, or above `MAX_STATE_CHARS`. */
export function keep(step: string, value: unknown): Json {
  const json = keepPart(step, value, 0);
  const chars = sizeOf(json);
  if (chars > MAX_STATE_CHARS) {
    throw new StateError(
      `state of step '${step}': found ${chars} characters of JSON; expected at most ${MAX_STATE_CHARS}`,
    );
  }
  return json;
}

/** A frozen copy of a value, the same as one that was stored and read again.
 *  @throws StateError for what JSON cannot hold. */
export const toJson = (step: string, value: unknown): Json => keepPart(step, value, 0);

/** Deepest nesting, as in events. */
const MAX_DEPTH = 64;

function keepPart(step: string, value: unknown, depth: number): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value; // JSON has no -0
  if (typeof value !== 'object') throw refused(step, typeof value === 'number' ? String(value) : `a ${typeof value}`);
  if (Kept.charsOf(value) !== undefined) return value as Json;
  if (depth === MAX_DEPTH) throw refused(step, `more than ${MAX_DEPTH} levels`);
  return Array.isArray(value) ? keepArray(step, value, depth) : keepObject(step, value, depth);
}

function keepArray(step: string, value: readonly unknown[], depth: number): Json {
  const copy = new Array<Json>(value.length);
  let chars = 2;
  for (let n = 0; n < value.length; n++) {
    const part = keepPart(step, value[n], depth + 1);
    copy[n] = part;
    chars += sizeOf(part) + 1;
  }
  new Kept(copy, chars);
  return Object.freeze(copy);
}

function keepObject(step: string, value: object, depth: number): Json {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype && Object.getPrototypeOf(prototype) !== null) {
    throw refused(step, `a ${prototype.constructor?.name ?? 'class instance'}`);
  }
  const copy: Record<string, Json> = {};
  let chars = 2;
  for (const name of Object.keys(value)) {
    const found = (value as Record<string, unknown>)[name];
    if (found === undefined) continue;
    if (name === '__proto__') throw refused(step, "a key '__proto__'");
    const part = keepPart(step, found, depth + 1);
    copy[name] = part;
    chars += sizeOf(part) + name.length + 4;
  }
  new Kept(copy, chars);
  return Object.freeze(copy);
}

/** Characters as JSON, escapes not counted. */
export function sizeOf(value: Json): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value === 'number') return digitsOf(value);
  return typeof value === 'object' && value !== null ? (Kept.charsOf(value) ?? 0) : String(value).length;
}

/** Characters of a number; of an integer without making them. */
function digitsOf(value: number): number {
  if (!Number.isSafeInteger(value)) return String(value).length;
  let digits = value < 0 ? 2 : 1;
  for (let power = 10; power <= Math.abs(value); power *= 10) digits += 1;
  return digits;
}

const refused = (step: string, found: string) =>
  new StateError(`state of step '${step}': found ${found}; expected what JSON can hold`);
