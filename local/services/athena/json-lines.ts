import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Coerce, coercion, exactJson, structOf } from '../firehose/coerce.ts';
import { DocumentError, parseExact } from '../firehose/documents.ts';
import type { GlueTable } from '../glue.ts';
import { type HiveType, parseHiveType } from '../hive-type.ts';
import { notEmulated, QueryFailure } from './failure.ts';

export const OPENX = 'org.openx.data.jsonserde.JsonSerDe';
export const HCATALOG = 'org.apache.hive.hcatalog.data.JsonSerDe';

const WHITE_SPACE = /^\s*/;
const SPACED_TIMESTAMP = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(?:\.\d+)?$/;
const NUMBERS = new Set(['tinyint', 'smallint', 'int', 'integer', 'bigint', 'float', 'double']);

/** Makes of a line the row's columns. */
type ReadLine = (line: string) => unknown;

/** How a SerDe reads lines; the properties are the table's.
 *  Source: Athena User Guide, "OpenX JSON SerDe"; trinodb/trino, `hive/formats/line/openxjson/README.md`. */
interface JsonRules {
  readonly caseInsensitive: boolean;
  readonly dotsToUnderscores: boolean;
  /** Column → key. */
  readonly mapping: ReadonlyMap<string, string>;
  /** A line that is no JSON is a row of nulls. */
  readonly ignoreMalformed: boolean;
  /** A value that does not fit its column is null. */
  readonly nullForInvalid: boolean;
}

const OPENX_PROPERTIES = new Set([
  'serialization.format',
  'case.insensitive',
  'dots.in.keys',
  'ignore.malformed.json',
  'use.null.for.invalid.data',
  // What a crawler found; the SerDe does not read it
  'paths',
]);

function rulesOf({ serde }: GlueTable): JsonRules {
  const isOpenx = serde.library === OPENX;
  for (const name of Object.keys(serde.parameters)) {
    const known = isOpenx ? OPENX_PROPERTIES.has(name) || name.startsWith('mapping.') : name === 'serialization.format';
    if (!known && name !== 'paths') throw notEmulated(`The property ${name} of ${serde.library}`);
  }
  const isOn = (name: string, otherwise = false) =>
    (serde.parameters[name] ?? String(otherwise)).toLowerCase() === 'true';
  const mapped = Object.entries(serde.parameters).filter(([name]) => name.startsWith('mapping.'));
  const caseInsensitive = isOn('case.insensitive', true);
  return {
    caseInsensitive,
    dotsToUnderscores: isOn('dots.in.keys'),
    mapping: new Map(
      mapped.map(([name, key]) => [name.slice('mapping.'.length), caseInsensitive ? key.toLowerCase() : key]),
    ),
    ignoreMalformed: isOn('ignore.malformed.json'),
    nullForInvalid: isOn('use.null.for.invalid.data'),
  };
}

const misfit = (type: HiveType): never => {
  throw new DocumentError('MalformedData', `a value of another kind where ${type.kind} is expected`);
};

/** Hive's own SerDe takes no text for a number, nothing nested for a scalar and one form of timestamps. */
function strictly(type: HiveType, coerce: Coerce): Coerce {
  const nested = type.kind === 'array' || type.kind === 'map' || type.kind === 'struct';
  if (nested) return coerce;
  return (value) => {
    const isNested = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
    if (isNested || (NUMBERS.has(type.kind) && typeof value === 'string')) misfit(type);
    if (type.kind === 'timestamp' && !SPACED_TIMESTAMP.test(String(value))) misfit(type);
    if (type.kind === 'boolean') return String(value).toLowerCase() === 'true';
    return coerce(value);
  };
}

const orNull =
  (coerce: Coerce): Coerce =>
  (value) => {
    try {
      return coerce(value);
    } catch (error) {
      if (error instanceof DocumentError) return null;
      throw error;
    }
  };

/** @throws QueryFailure when the table's SerDe or one of its properties is not emulated. */
function lineReader(table: GlueTable): ReadLine {
  const rules = rulesOf(table);
  const columnOf = new Map<string, string>();
  const fields = table.columns.map(({ name, type: text }) => {
    const type = parseHiveType(text);
    if (type.kind === 'binary') throw notEmulated('A binary column of JSON lines');
    const key = rules.mapping.get(name) ?? name;
    columnOf.set(key, name);
    const coerce = table.serde.library === HCATALOG ? strictly(type, coercion(type, rules)) : coercion(type, rules);
    return [key, rules.nullForInvalid ? orNull(coerce) : coerce] as const;
  });
  const read = structOf(fields, rules);
  const parsed = (line: string): unknown => {
    try {
      return parseExact(line);
    } catch {
      if (rules.ignoreMalformed) return {};
      throw new QueryFailure('HIVE_CURSOR_ERROR', 'Row is not a valid JSON Object');
    }
  };
  return (line) => {
    const first = line.charAt(WHITE_SPACE.exec(line)?.[0].length ?? 0);
    if (first === '[') throw notEmulated('A row that is a JSON array');
    if (first !== '{') return {};
    const row = read(parsed(line)) as Record<string, unknown>;
    return Object.fromEntries(Object.entries(row).map(([key, value]) => [columnOf.get(key), value]));
  };
}

/** The lines of each chunk; a last one without an end counts. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield [rest];
}

/** How the lines of a table's objects become a file that DuckDB reads as they are: a JSON object a line, of the table's
 *  columns, each value of its column's type.
 *  @throws QueryFailure when the table's SerDe or one of its properties is not emulated */
export function jsonLines(table: GlueTable) {
  const read = lineReader(table);
  /** @throws QueryFailure for a line that Athena does not read. Line numbers are told, contents never. */
  return async (body: Readable, key: string, path: string, signal: AbortSignal): Promise<void> => {
    const source = key.endsWith('.gz') ? body.compose(createGunzip()) : body;
    let number = 0;
    const rows = async function* () {
      for await (const lines of linesOf(source as AsyncIterable<Buffer>)) {
        let text = '';
        for (const line of lines) {
          number++;
          text += `${exactJson(read(line))}\n`;
        }
        yield text;
      }
    };
    try {
      await pipeline(Readable.from(rows()), createWriteStream(path), { signal });
    } catch (cause) {
      const where = `line ${number} of s3 object ${key}`;
      if (cause instanceof QueryFailure) throw new QueryFailure(cause.code, `${cause.message} (${where})`);
      if (cause instanceof DocumentError)
        throw new QueryFailure('HIVE_BAD_DATA', `Error Parsing a column in the table: ${cause.message} (${where})`);
      if ((cause as { code?: string }).code?.startsWith('Z_'))
        throw new QueryFailure('HIVE_CURSOR_ERROR', `Failed to read ${key}: it is not gzip`);
      throw cause;
    }
  };
}
