import type { Catalogue, GlueTable } from '../glue.ts';
import { parseHiveType } from '../hive-type.ts';
import { type Coerce, coercion, structOf } from './coerce.ts';
import type { Conversion } from './conversion-settings.ts';
import { DocumentError, parseDocuments } from './documents.ts';
import type { Failure } from './failure.ts';
import type { ParquetColumn, ParquetWriter } from './parquet.ts';
import type { Accepted } from './part.ts';

export interface Converted<R extends Accepted> {
  /** The Parquet file; undefined when no record could be read. */
  readonly body: Buffer | undefined;
  readonly succeeded: readonly R[];
  readonly failures: readonly Failure[];
}

/** The local catalogue keeps one version of a table. */
const CATALOGUE_VERSION = '0';

interface Schema {
  readonly columns: readonly ParquetColumn[];
  readonly read: Coerce;
}

const failed = (record: Accepted, code: string, message: string): Failure => ({
  type: 'format-conversion-failed',
  code: `DataFormatConversion.${code}`,
  message,
  data: record.data,
  arrivalMs: record.arrivalMs,
  origin: record.origin,
});

/** Columns are read by their JSON keys. */
function schemaOf(table: GlueTable, conversion: Conversion): Schema {
  const columns = table.columns.map(({ name, type }) => ({ name, type: parseHiveType(type) }));
  const keys = columns.map(({ name }) => conversion.columnToKey[name] ?? name);
  const fields = columns.map(({ type }, index) => [keys[index] as string, coercion(type, conversion)] as const);
  const readByKey = structOf(fields, conversion);
  if (Object.keys(conversion.columnToKey).length === 0) return { columns, read: readByKey };
  const read: Coerce = (value) => {
    const row = readByKey(value) as Record<string, unknown>;
    return Object.fromEntries(columns.map(({ name }, index) => [name, row[keys[index] as string]]));
  };
  return { columns, read };
}

/** Turns records of JSON into one Parquet file by the Glue table's columns as they are now.
 *  The record is the unit of failure, as its error object is: one document that does not fit takes the record's other
 *  documents along, and the record goes whole to the error output. */
export async function convertRecords<R extends Accepted>(
  records: readonly R[],
  conversion: Conversion,
  glue: Catalogue,
  writer: Pick<ParquetWriter, 'write'>,
): Promise<Converted<R>> {
  const all = (code: string, message: string): Converted<R> => ({
    body: undefined,
    succeeded: [],
    failures: records.map((record) => failed(record, code, message)),
  });
  const table = glue.table(conversion.database, conversion.table);
  if (!table) return all('EntityNotFound', `Table ${conversion.table} not found in database ${conversion.database}`);
  if (!['LATEST', CATALOGUE_VERSION].includes(conversion.versionId))
    return all('InvalidVersionId', `Version ${conversion.versionId} of table ${conversion.table} not found`);
  let schema: Schema;
  try {
    schema = schemaOf(table, conversion);
  } catch (error) {
    return all('InvalidSchema', error instanceof Error ? error.message : String(error));
  }
  const rows: unknown[] = [];
  const succeeded: R[] = [];
  const failures: Failure[] = [];
  for (const record of records) {
    try {
      const read = parseDocuments(record.data).map(schema.read);
      for (const row of read) rows.push(row);
      succeeded.push(record);
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      failures.push(failed(record, error.code, error.message));
    }
  }
  if (succeeded.length === 0) return { body: undefined, succeeded, failures };
  return { body: await writer.write(schema.columns, rows, conversion.compression), succeeded, failures };
}
