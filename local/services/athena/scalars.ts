import { createHash, createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBListValue,
  DuckDBScalarFunction,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  LIST,
  VARCHAR,
} from '@duckdb/node-api';
import { ExactNumber } from '../firehose/documents.ts';
import { javaFormat } from './java-format.ts';
import { javaPattern, javaReplacement } from './java-pattern.ts';
import { atPath, printJson, readJson, scalarText } from './json-text.ts';
import { urlEncoded, urlParameter, urlParts } from './url-parts.ts';

type Value = string | bigint | number | boolean | Uint8Array | readonly (string | null)[];
type Result = Value | null | undefined;

/** A function of DuckDB's that is run here: null when an argument is, and may throw. */
interface Scalar {
  readonly takes: readonly DuckDBType[];
  readonly gives: DuckDBType;
  // biome-ignore lint/suspicious/noExplicitAny: each function states its own arguments
  readonly run: (...args: any[]) => Result;
}

const TEXTS = LIST(VARCHAR);
const scalar = (takes: readonly DuckDBType[], gives: DuckDBType, run: Scalar['run']): Scalar => ({ takes, gives, run });

function group(match: RegExpMatchArray, number: number): string | undefined {
  if (number < 0 || number >= match.length)
    throw new Error(`Pattern has ${match.length - 1} groups. Cannot access group ${number}`);
  return match[number];
}

/** The pattern, so that what it says of groups can be checked where nothing matches. */
function firstMatch(text: string, pattern: string, number: number): string | undefined {
  const expression = javaPattern(pattern);
  expression.lastIndex = 0;
  const found = expression.exec(text);
  return found ? group(found, number) : undefined;
}

const lengthOf = (text: string) => Array.from(text).length;

function positionOf(text: string, pattern: string, start: number, occurrence: number): number {
  const characters = Array.from(text);
  if (start < 1 || occurrence < 1) throw new Error('start and occurrence must be positive');
  const from = characters.slice(0, start - 1).join('').length;
  const expression = javaPattern(pattern);
  let seen = 0;
  for (const match of text.matchAll(expression)) {
    if (match.index < from) continue;
    if (++seen === occurrence) return lengthOf(text.slice(0, match.index)) + 1;
  }
  return -1;
}

function splitBy(text: string, pattern: string): string[] {
  const parts: string[] = [];
  let at = 0;
  for (const match of text.matchAll(javaPattern(pattern))) {
    parts.push(text.slice(at, match.index));
    at = match.index + match[0].length;
  }
  return [...parts, text.slice(at)];
}

function instanceOf(text: string, part: string, instance: number): number {
  if (instance === 0) throw new Error("'instance' must not be a positive or negative number.");
  if (part === '') return 1;
  let at = instance > 0 ? -1 : text.length;
  for (let left = Math.abs(instance); left > 0; left--) {
    if (instance < 0 && at === 0) return 0;
    at = instance > 0 ? text.indexOf(part, at + 1) : text.lastIndexOf(part, at - 1);
    if (at < 0) return 0;
  }
  return lengthOf(text.slice(0, at)) + 1;
}

function splitAtMost(text: string, delimiter: string, limit: number): string[] {
  if (limit < 1) throw new Error('Limit must be positive');
  if (delimiter === '') throw new Error('The delimiter may not be the empty string');
  const parts = text.split(delimiter);
  return parts.length <= limit ? parts : [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(delimiter)];
}

/** One-to-one mappings only, as Java's of a single character. */
const mapped = (text: string, map: (character: string) => string) =>
  Array.from(text, (character) => (lengthOf(map(character)) === 1 ? map(character) : character)).join('');

function splitPairs(text: string, between: string, within: string): [string, string][] {
  if (between === '' || within === '' || between === within)
    throw new Error('entryDelimiter and keyValueDelimiter must differ and not be empty');
  const entries = text.split(between);
  if (entries.at(-1) === '') entries.pop();
  return entries.map((entry) => {
    const parts = entry.split(within);
    if (parts.length !== 2) throw new Error('Key-value delimiter must appear exactly once in each entry');
    return parts as [string, string];
  });
}

function uniqueKeys(pairs: readonly (readonly [string, string])[]): string[] {
  const keys = pairs.map(([key]) => key);
  if (new Set(keys).size < keys.length) throw new Error('Duplicate keys are not allowed');
  return keys;
}

function jsonOf(text: string): string {
  const value = readJson(text);
  if (value === undefined) throw new Error('Cannot convert value to JSON');
  return printJson(value, true);
}

function sizeAt(text: string, path: string): number | undefined {
  const value = atPath(text, path);
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null && !(value instanceof ExactNumber) ? Object.keys(value).length : 0;
}

const itemsOf = (text: string) => {
  const value = readJson(text);
  return Array.isArray(value) ? value : undefined;
};

const digest = (name: string) => scalar([BLOB], BLOB, (bytes) => createHash(name).update(bytes).digest());
const keyed = (name: string) =>
  scalar([BLOB, BLOB], BLOB, (bytes, key) => createHmac(name, key).update(bytes).digest());

function shifted(value: bigint, by: bigint, bits: number, direction: string): bigint {
  if (by < 0n) throw new Error('Specified shift must be positive');
  if (direction === 'left') return by >= bits ? 0n : BigInt.asIntN(bits, value << by);
  if (direction === 'right') return by >= bits ? 0n : BigInt.asIntN(bits, BigInt.asUintN(bits, value) >> by);
  return value >> (by >= bits ? BigInt(bits) : by);
}

function inBase(value: bigint, radix: number): string {
  if (radix < 2 || radix > 36) throw new Error('Radix must be between 2 and 36');
  return value.toString(radix);
}

function fromBase(text: string, radix: number): bigint {
  if (radix < 2 || radix > 36) throw new Error('Radix must be between 2 and 36');
  const [, sign = '', digits = ''] = /^([+-]?)([0-9a-z]+)$/i.exec(text) ?? [];
  const values = Array.from(digits, (digit) => Number.parseInt(digit, 36));
  if (values.length === 0 || values.some((digit) => digit >= radix))
    throw new Error(`Not a valid base-${radix} number: ${text}`);
  const value = values.reduce((sum, digit) => sum * BigInt(radix) + BigInt(digit), 0n) * (sign === '-' ? -1n : 1n);
  if (BigInt.asIntN(64, value) !== value) throw new Error(`Not a valid base-${radix} number: ${text}`);
  return value;
}

function bitCount(value: bigint, bits: number): number {
  if (bits < 2 || bits > 64) throw new Error('Bits specified in bit_count must be between 2 and 64');
  if (BigInt.asIntN(bits, value) !== value)
    throw new Error(
      `Number must be representable with the bits specified. ${value} can not be represented with ${bits} bits`,
    );
  return BigInt.asUintN(bits, value).toString(2).replaceAll('0', '').length;
}

const ISO_TIME =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T(?:(\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** The text of a time with every part. @throws Error when Trino does not take it, or its zone is kept and is not UTC */
function isoTime(text: string): string {
  const found = ISO_TIME.exec(text);
  if (!found) throw new Error(`Invalid format: "${text}"`);
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', fraction = '0', zone = 'Z'] =
    found;
  if (!/^(?:Z|[+-]00(?::?00)?)$/.test(zone))
    throw new Error('A time with an offset other than UTC is not emulated locally');
  return `${year}-${month}-${day} ${hour}:${minute}:${second}.${fraction.slice(0, 3)}+00`;
}

/** A day by its date, its week or its number in the year. */
function isoDate(text: string): string {
  const [, year = '', week, weekday = '1', ordinal] = /^(\d{4})-?(?:W(\d{2})(?:-?([1-7]))?|(\d{3}))$/.exec(text) ?? [];
  if (week) {
    const fourth = new Date(Date.UTC(Number(year), 0, 4));
    const monday = 4 - (fourth.getUTCDay() || 7) + 1 + (Number(week) - 1) * 7;
    return new Date(Date.UTC(Number(year), 0, monday + Number(weekday) - 1)).toISOString().slice(0, 10);
  }
  if (ordinal) return new Date(Date.UTC(Number(year), 0, Number(ordinal))).toISOString().slice(0, 10);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) throw new Error(`Invalid format: "${text}"`);
  return text;
}

/** Functions that DuckDB has not, or has otherwise, by the name the macros call them. */
const SCALARS: Readonly<Record<string, Scalar>> = {
  js_regexp_like: scalar([VARCHAR, VARCHAR], BOOLEAN, (text, pattern) => {
    const expression = javaPattern(pattern);
    expression.lastIndex = 0;
    return expression.test(text);
  }),
  js_regexp_extract: scalar([VARCHAR, VARCHAR, BIGINT], VARCHAR, (text, pattern, number) =>
    firstMatch(text, pattern, Number(number)),
  ),
  js_regexp_extract_all: scalar([VARCHAR, VARCHAR, BIGINT], TEXTS, (text: string, pattern, number) =>
    Array.from(text.matchAll(javaPattern(pattern)), (match) => group(match, Number(number)) ?? null),
  ),
  js_regexp_count: scalar(
    [VARCHAR, VARCHAR],
    BIGINT,
    (text: string, pattern) => Array.from(text.matchAll(javaPattern(pattern))).length,
  ),
  js_regexp_split: scalar([VARCHAR, VARCHAR], TEXTS, splitBy),
  js_regexp_position: scalar([VARCHAR, VARCHAR, BIGINT, BIGINT], BIGINT, (text, pattern, start, occurrence) =>
    positionOf(text, pattern, Number(start), Number(occurrence)),
  ),
  js_regexp_replace: scalar([VARCHAR, VARCHAR, VARCHAR], VARCHAR, (text: string, pattern, replacement) => {
    let replaced = '';
    let at = 0;
    for (const match of text.matchAll(javaPattern(pattern))) {
      replaced += text.slice(at, match.index) + javaReplacement(match, replacement);
      at = match.index + match[0].length;
    }
    return replaced + text.slice(at);
  }),
  js_strpos: scalar([VARCHAR, VARCHAR, BIGINT], BIGINT, (text, part, instance) =>
    instanceOf(text, part, Number(instance)),
  ),
  js_split: scalar([VARCHAR, VARCHAR, BIGINT], TEXTS, (text, delimiter, limit) =>
    splitAtMost(text, delimiter, Number(limit)),
  ),
  js_upper: scalar([VARCHAR], VARCHAR, (text) => mapped(text, (character) => character.toUpperCase())),
  js_lower: scalar([VARCHAR], VARCHAR, (text) => mapped(text, (character) => character.toLowerCase())),
  js_split_keys: scalar([VARCHAR, VARCHAR, VARCHAR], TEXTS, (text, between, within) =>
    uniqueKeys(splitPairs(text, between, within)),
  ),
  js_split_values: scalar([VARCHAR, VARCHAR, VARCHAR], TEXTS, (text, between, within) =>
    splitPairs(text, between, within).map(([, value]) => value),
  ),
  js_hamming: scalar([VARCHAR, VARCHAR], BIGINT, (left: string, right: string) => {
    const [a, b] = [Array.from(left), Array.from(right)];
    if (a.length !== b.length)
      throw new Error('The input strings to hamming_distance function must have the same length');
    return a.filter((character, index) => character !== b[index]).length;
  }),
  js_format: scalar([VARCHAR, TEXTS, TEXTS], VARCHAR, (pattern, texts: string[], types: string[]) =>
    javaFormat(
      pattern,
      texts.map((text, index) => ({ text, type: types[index] ?? '' })),
    ),
  ),
  js_iso_time: scalar([VARCHAR], VARCHAR, isoTime),
  js_iso_date: scalar([VARCHAR], VARCHAR, isoDate),
  js_json_parse: scalar([VARCHAR], VARCHAR, jsonOf),
  js_json_extract: scalar([VARCHAR, VARCHAR], VARCHAR, (text, path) => {
    const value = atPath(text, path);
    return value === undefined ? undefined : printJson(value);
  }),
  js_json_scalar: scalar([VARCHAR, VARCHAR], VARCHAR, (text, path) => scalarText(atPath(text, path))),
  js_json_size: scalar([VARCHAR, VARCHAR], BIGINT, sizeAt),
  js_json_length: scalar([VARCHAR], BIGINT, (text) => itemsOf(text)?.length),
  js_json_get: scalar([VARCHAR, BIGINT], VARCHAR, (text, index) => {
    const value = itemsOf(text)?.at(Number(index));
    return value === undefined || value === null ? undefined : (scalarText(value) ?? printJson(value));
  }),
  js_json_contains: scalar([VARCHAR, VARCHAR, VARCHAR], BOOLEAN, (text, value, kind) =>
    itemsOf(text)?.some((item) => {
      if (kind === 'text') return item === value;
      if (kind === 'boolean') return typeof item === 'boolean' && String(item) === value;
      return item instanceof ExactNumber && Number(item.source) === Number(value);
    }),
  ),
  js_json_is_scalar: scalar([VARCHAR], BOOLEAN, (text) => {
    const value = readJson(text);
    if (value === undefined) throw new Error('Invalid JSON value');
    return value === null || scalarText(value) !== undefined;
  }),
  js_url_protocol: scalar([VARCHAR], VARCHAR, (url) => urlParts(url)?.protocol),
  js_url_host: scalar([VARCHAR], VARCHAR, (url) => urlParts(url)?.host),
  js_url_port: scalar([VARCHAR], BIGINT, (url) => urlParts(url)?.port),
  js_url_path: scalar([VARCHAR], VARCHAR, (url) => urlParts(url)?.path),
  js_url_query: scalar([VARCHAR], VARCHAR, (url) => urlParts(url)?.query),
  js_url_fragment: scalar([VARCHAR], VARCHAR, (url) => urlParts(url)?.fragment),
  js_url_parameter: scalar([VARCHAR, VARCHAR], VARCHAR, urlParameter),
  js_url_encode: scalar([VARCHAR], VARCHAR, urlEncoded),
  js_from_utf8: scalar([BLOB], VARCHAR, (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)),
  js_from_base64: scalar([VARCHAR], BLOB, (text: string) => {
    if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw new Error('Illegal base64 character');
    return Buffer.from(text, 'base64');
  }),
  js_from_hex: scalar([VARCHAR], BLOB, (text: string) => {
    if (!/^(?:[0-9A-Fa-f]{2})*$/.test(text)) throw new Error('Invalid hexadecimal text');
    return Buffer.from(text, 'hex');
  }),
  js_to_base64url: scalar([BLOB], VARCHAR, (bytes) =>
    Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
  ),
  js_sha512: digest('sha512'),
  js_crc32: scalar([BLOB], BIGINT, (bytes) => crc32(bytes)),
  js_hmac_md5: keyed('md5'),
  js_hmac_sha1: keyed('sha1'),
  js_hmac_sha256: keyed('sha256'),
  js_hmac_sha512: keyed('sha512'),
  js_shift: scalar([BIGINT, BIGINT, INTEGER, VARCHAR], BIGINT, shifted),
  js_bit_count: scalar([BIGINT, BIGINT], BIGINT, (value, bits) => bitCount(value, Number(bits))),
  js_to_base: scalar([BIGINT, BIGINT], VARCHAR, (value, radix) => inBase(value, Number(radix))),
  js_from_base: scalar([VARCHAR, BIGINT], BIGINT, (text, radix) => fromBase(text, Number(radix))),
};

function argument(value: DuckDBValue): unknown {
  if (value instanceof DuckDBBlobValue) return value.bytes;
  if (value instanceof DuckDBListValue) return value.items;
  return value;
}

function result(value: Result, type: DuckDBType): DuckDBValue {
  if (value === undefined || value === null) return null;
  if (value instanceof Uint8Array) return new DuckDBBlobValue(value);
  if (Array.isArray(value)) return new DuckDBListValue(value);
  return type === BIGINT ? BigInt(value as bigint) : (value as DuckDBValue);
}

/** Makes the functions known to all connections of a connection's database. */
export function registerScalars(connection: DuckDBConnection): void {
  for (const [name, { takes, gives, run }] of Object.entries(SCALARS)) {
    const made = DuckDBScalarFunction.create({
      name,
      parameterTypes: takes,
      returnType: gives,
      mainFunction: (_info, input, output) => {
        const columns = takes.map((_, index) => input.getColumnVector(index));
        for (let row = 0; row < input.rowCount; row++) {
          const args = columns.map((column) => column.getItem(row) as DuckDBValue);
          output.setItem(row, args.includes(null) ? null : result(run(...args.map(argument)), gives));
        }
        output.flush();
      },
    });
    connection.registerScalarFunction(made);
  }
}
