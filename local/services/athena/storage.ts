import type { GlueTable } from '../glue.ts';
import { duckType, parseHiveType, quoteText } from '../hive-type.ts';
import { notEmulated } from './failure.ts';
import { HCATALOG, OPENX } from './json-lines.ts';

const PARQUET = 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe';
/** What Hadoop unpacks by the object's name. */
const PACKED = /\.(gz|bz2|zst|snappy|lz4|lzo|deflate|zip|xz)$/;

const MAX_LINE_BYTES = 128 * 1024 * 1024;

export type Storage = 'parquet' | 'json';

/** A table without a SerDe is one of Parquet here. @throws QueryFailure for another. */
export function storageOf({ serde }: GlueTable): Storage {
  if (serde.library === '' || serde.library === PARQUET) return 'parquet';
  if (serde.library === OPENX || serde.library === HCATALOG) return 'json';
  throw notEmulated(`A table of ${serde.library}`);
}

/** @throws QueryFailure when an object's name says that it is packed in a way not known here. */
export function checkPacking(key: string): void {
  const packing = PACKED.exec(key)?.[1];
  if (packing && packing !== 'gz') throw notEmulated(`An object of JSON lines packed as .${packing}`);
}

/** DuckDB's source of the rows in copies of a table's objects. */
export function sourceOf(table: GlueTable, paths: readonly string[]): string {
  const typed = (columns: GlueTable['columns'], as: (type: string) => string) =>
    columns.map(({ name, type }) => `${quoteText(name)}: ${as(duckType(parseHiveType(type)))}`).join(', ');
  const files = `[${paths.map(quoteText).join(', ')}]`;
  const partitions =
    table.partitionKeys.length === 0
      ? 'hive_partitioning = false'
      : `hive_partitioning = true, hive_types = {${typed(table.partitionKeys, (type) => type)}}`;
  if (storageOf(table) === 'parquet') return `read_parquet(${files}, union_by_name = true, ${partitions})`;
  return `read_json(${files}, format = 'newline_delimited', maximum_object_size = ${MAX_LINE_BYTES},
    columns = {${typed(table.columns, quoteText)}}, ${partitions})`;
}
