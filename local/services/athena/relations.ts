import type { DuckDBConnection } from '@duckdb/node-api';
import type { Catalogue, GlueTable } from '../glue.ts';
import { duckType, parseHiveType, quoteName, quoteText } from '../hive-type.ts';
import { QueryFailure } from './failure.ts';
import type { CachedObject, ObjectCache } from './objects.ts';
import { CATALOG, relationName, type TableName } from './rewrite.ts';
import { translate } from './translate.ts';

/** Views may be built on views this deep. */
const MAX_VIEW_DEPTH = 16;

/** What a view's text holds, once decoded. */
interface PrestoView {
  readonly originalSql: string;
  readonly schema?: string;
}

const notFound = ({ database, name }: TableName) =>
  new QueryFailure('TABLE_NOT_FOUND', `Table '${CATALOG}.${database}.${name}' does not exist`);

/** Reads the JSON out of a Presto view's comment. @throws QueryFailure when it is none. */
export function prestoView(view: GlueTable): PrestoView {
  const encoded = /^\/\*\s*Presto View:\s*([A-Za-z0-9+/=]+)\s*\*\/$/.exec(view.viewText.trim());
  try {
    const decoded = JSON.parse(Buffer.from(encoded?.[1] ?? '', 'base64').toString('utf8'));
    if (typeof decoded.originalSql === 'string') return decoded;
  } catch (cause) {
    throw Object.assign(new QueryFailure('INVALID_VIEW', `View '${view.database}.${view.name}' is not a Presto view`), {
      cause,
    });
  }
  throw new QueryFailure('INVALID_VIEW', `View '${view.database}.${view.name}' has no originalSql`);
}

const columnsOf = (table: GlueTable) =>
  [...table.columns, ...table.partitionKeys].map(({ name, type }) => ({ name, type: duckType(parseHiveType(type)) }));

const emptyRelation = (table: GlueTable): string =>
  `SELECT ${columnsOf(table)
    .map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoteName(name)}`)
    .join(', ')} WHERE false`;

/** The table's columns in its order, each of its type; a column no file has is null. */
async function parquetRelation(
  connection: DuckDBConnection,
  table: GlueTable,
  objects: readonly CachedObject[],
): Promise<string> {
  const paths = objects.map(({ path }) => quoteText(path)).join(', ');
  const hive = table.partitionKeys
    .map(({ name, type }) => `${quoteText(name)}: ${duckType(parseHiveType(type))}`)
    .join(', ');
  const partitions = hive === '' ? 'hive_partitioning = false' : `hive_partitioning = true, hive_types = {${hive}}`;
  const source = `read_parquet([${paths}], union_by_name = true, ${partitions})`;
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
  const present = new Set(described.getRows().map(([name]) => String(name).toLowerCase()));
  const selected = columnsOf(table).map(({ name, type }) => {
    const value = present.has(name) ? quoteName(name) : 'NULL';
    return `CAST(${value} AS ${type}) AS ${quoteName(name)}`;
  });
  return `SELECT ${selected.join(', ')} FROM ${source}`;
}

export interface RelationPorts {
  readonly glue: Catalogue;
  readonly cache: ObjectCache;
  readonly nowMs: number;
}

/** Makes a temporary view of a connection for each table a query names, and for those behind its views.
 *  @returns bytes of the objects behind them
 *  @throws QueryFailure when a table is not there or a view cannot be translated */
export async function makeRelations(
  connection: DuckDBConnection,
  tables: readonly TableName[],
  ports: RelationPorts,
): Promise<number> {
  const made = new Set<string>();
  const make = async (named: TableName, depth: number): Promise<number> => {
    const relation = relationName(named);
    if (made.has(relation)) return 0;
    if (depth > MAX_VIEW_DEPTH)
      throw new QueryFailure('VIEW_IS_RECURSIVE', `Statement would create a recursive view: ${relation}`);
    const table = ports.glue.table(named.database, named.name);
    if (!table) throw notFound(named);
    let bytes = 0;
    let sql: string;
    if (table.kind === 'view') {
      const { originalSql, schema } = prestoView(table);
      const translated = translate(originalSql, schema ?? table.database);
      for (const behind of translated.tables) bytes += await make(behind, depth + 1);
      const names = table.columns.map(({ name }) => quoteName(name)).join(', ');
      sql = `CREATE TEMP VIEW ${quoteName(relation)}${names === '' ? '' : ` (${names})`} AS ${translated.sql}`;
    } else {
      const objects = await ports.cache.objectsOf(table, ports.nowMs);
      bytes = objects.reduce((sum, object) => sum + object.bytes, 0);
      const body = objects.length === 0 ? emptyRelation(table) : await parquetRelation(connection, table, objects);
      sql = `CREATE TEMP VIEW ${quoteName(relation)} AS ${body}`;
    }
    await connection.run(sql);
    made.add(relation);
    return bytes;
  };
  let bytes = 0;
  for (const table of tables) bytes += await make(table, 0);
  return bytes;
}
