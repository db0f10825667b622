import { JSON_DEPTH_MAX, JSON_KEY_MAX } from './limits.ts';

/** What is wrong with a record's bytes; `code` is the part after `DataFormatConversion.`. */
export class DocumentError extends Error {
  readonly code: 'ParseError' | 'MalformedData' | 'InvalidRecord';
  constructor(code: DocumentError['code'], message: string) {
    super(message);
    this.name = 'DocumentError';
    this.code = code;
  }
}

/** Runs of digits that a JavaScript number may not hold exactly. */
const LONG_NUMBER = /\d[\d.]{14,}/;

/** A JSON number kept as it was written, because a JavaScript number cannot hold it. */
export class ExactNumber {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

const keepExact = (_key: string, value: unknown, context?: { source?: string }): unknown => {
  const source = context?.source;
  return typeof value === 'number' && source !== undefined && String(value) !== source && LONG_NUMBER.test(source)
    ? new ExactNumber(source)
    : value;
};

/** `JSON.parse` that keeps long numbers exact. */
export const parseExact = (text: string): unknown =>
  LONG_NUMBER.test(text) ? JSON.parse(text, keepExact as (key: string, value: unknown) => unknown) : JSON.parse(text);

/** A record cannot have a long key unless it is long itself. @throws DocumentError */
function checkKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key.length > JSON_KEY_MAX)
      throw new DocumentError('MalformedData', `A JSON key is longer than ${JSON_KEY_MAX} characters`);
    checkKeys(inner);
  }
}

/** Index after the JSON value that starts at `start` (an object or array); undefined when it does not end. */
function endOfValue(text: string, start: number): number | undefined {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '{' || char === '[') {
      if (++depth > JSON_DEPTH_MAX)
        throw new DocumentError('MalformedData', `JSON is nested deeper than ${JSON_DEPTH_MAX} levels`);
    } else if ((char === '}' || char === ']') && --depth === 0) return at + 1;
  }
  return undefined;
}

const BLANK = /^\s*$/;

function decode(data: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(data);
  } catch (cause) {
    throw new DocumentError('MalformedData', `Record is not valid UTF-8: ${String(cause)}`);
  }
}

/** Cuts a record into the texts of its top-level JSON documents, on lines of their own or simply one after another.
 *  @throws DocumentError when something between them is not an object or does not end. */
export function splitDocuments(data: Buffer): string[] {
  const text = decode(data);
  if (BLANK.test(text)) throw new DocumentError('MalformedData', 'Record is empty');
  const found: string[] = [];
  for (let at = 0; at < text.length; ) {
    const char = text[at] as string;
    if (/\s/.test(char)) {
      at++;
      continue;
    }
    if (char !== '{') {
      const primitive = /[["\dtfn-]/.test(char);
      throw new DocumentError(
        primitive ? 'MalformedData' : 'ParseError',
        'Record holds something other than a JSON object at its top level',
      );
    }
    const end = endOfValue(text, at);
    if (end === undefined) throw new DocumentError('ParseError', 'Unexpected end of the JSON object');
    found.push(text.slice(at, end));
    at = end;
  }
  return found;
}

/** The JSON objects of a record, in order. @throws DocumentError when any of it is no JSON object. */
export function parseDocuments(data: Buffer): Record<string, unknown>[] {
  return splitDocuments(data).map((text) => {
    try {
      const parsed = parseExact(text) as Record<string, unknown>;
      if (text.length > JSON_KEY_MAX) checkKeys(parsed);
      return parsed;
    } catch (cause) {
      if (cause instanceof DocumentError) throw cause;
      // The parser's message quotes the text; the place is enough, the record itself is kept beside it
      const place = /position \d+/.exec(String(cause))?.[0] ?? 'an unknown position';
      throw new DocumentError('ParseError', `Encountered malformed JSON at ${place} of a document`);
    }
  });
}
