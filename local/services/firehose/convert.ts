import type { Catalogue, GlueTable } from '../glue.ts';
import { parseHiveType } from '../hive-type.ts';
import { type Coerce, coercion, structOf } from './coerce.ts';
import { DocumentError, parseDocuments } from './documents.ts';
import type { Failure } from './failure.ts';
import type { ParquetColumn, ParquetWriter } from './parquet.ts';
import type { Conversion } from './settings.ts';

/** A record, or a part of one, on its way to S3. */
export interface Arrived {
  readonly data: Buffer;
  readonly arrivalMs: number;
}

export interface Converted<R extends Arrived> {
  /** The Parquet file; undefined when no record could be read. */
  readonly body: Buffer | undefined;
  readonly succeeded: readonly R[];
  readonly failures: readonly Failure[];
}

interface Schema {
  readonly columns: readonly ParquetColumn[];
  readonly read: Coerce;
}

const failed = (record: Arrived, code: string, message: string): Failure => ({
  type: 'format-conversion-failed',
  code: `DataFormatConversion.${code}`,
  message,
  data: record.data,
  arrivalMs: record.arrivalMs,
});

function schemaOf(table: GlueTable, conversion: Conversion): Schema {
  const columns = table.columns.map(({ name, type }) => ({ name, type: parseHiveType(type) }));
  const mapped = new Set(Object.values(conversion.columnToKey));
  const fields = columns.map(
    ({ name, type }) => [conversion.columnToKey[name] ?? name, coercion(type, conversion)] as const,
  );
  const inner = structOf(fields, conversion);
  if (mapped.size === 0) return { columns, read: inner };
  const byKey = new Map(Object.entries(conversion.columnToKey).map(([column, key]) => [key, column]));
  const rename = (row: object) =>
    Object.fromEntries(Object.entries(row).map(([key, value]) => [byKey.get(key) ?? key, value]));
  return { columns, read: (value) => rename(inner(value) as object) };
}

/** Turns records of JSON into one Parquet file by the Glue table's columns as they are now.
 *  The record is the unit of failure, as its error object is: one document that does not fit takes the record's other
 *  documents along, and the record goes whole to the error output. */
export async function convertRecords<R extends Arrived>(
  records: readonly R[],
  conversion: Conversion,
  glue: Catalogue,
  writer: ParquetWriter,
): Promise<Converted<R>> {
  const all = (code: string, message: string): Converted<R> => ({
    body: undefined,
    succeeded: [],
    failures: records.map((record) => failed(record, code, message)),
  });
  const table = glue.table(conversion.database, conversion.table);
  if (!table) return all('EntityNotFound', `Table ${conversion.table} not found in database ${conversion.database}`);
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
