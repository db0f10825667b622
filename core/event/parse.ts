import { isUtf8 } from 'node:buffer';
import { Rejected, show } from './rejection.ts';

/** Deepest nesting taken: far above what a table can hold, far below what exhausts a stack. */
export const MAX_DEPTH = 64;

/** Parses a record's bytes as JSON; undefined, which no JSON is, for none.
 *  @throws Rejected when they are not UTF-8, not JSON, nested too deeply, or set `__proto__`. */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new Rejected('not-utf8', 'decode', `${bytes.length} bytes that are not UTF-8`, 'UTF-8');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  if (isDeeperThan(text, MAX_DEPTH)) {
    throw new Rejected('too-deep', 'decode', `more than ${MAX_DEPTH} levels`, `at most ${MAX_DEPTH} levels of nesting`);
  }
  const json = parse(text);
  // A key can be spelt with escapes, so any escape of a Latin character asks for a look as well.
  if ((text.includes('__proto__') || text.includes('\\u00')) && hasProtoKey(json)) {
    throw new Rejected('forbidden-key', 'decode', "a key '__proto__'", "no key named '__proto__'");
  }
  return json;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Rejected('not-json', 'decode', show(text), 'a JSON document');
  }
}

/** Whether brackets outside of strings nest deeper than `limit`; looks at text, so that no parser has to survive it. */
function isDeeperThan(text: string, limit: number): boolean {
  if (!hasMore(text, limit)) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) i = endOfString(text, i + 1);
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}

/** Whether the text has more opening brackets, be they in strings. Nearly all have few, and are told by a quick search. */
function hasMore(text: string, limit: number): boolean {
  let left = limit;
  for (const bracket of '{[') {
    for (let i = text.indexOf(bracket); i >= 0; i = text.indexOf(bracket, i + 1)) if (--left < 0) return true;
  }
  return false;
}

/** Index of the quote that ends a string whose content begins at `from`. */
function endOfString(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c) i++;
    else if (code === 0x22) return i;
  }
  return text.length;
}

function hasProtoKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasProtoKey);
}
