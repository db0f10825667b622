import type { DuckDBConnection } from '@duckdb/node-api';
import type { Catalogue, GlueTable } from '../glue.ts';
import { duckType, parseHiveType, quoteName } from '../hive-type.ts';
import { QueryFailure } from './failure.ts';
import type { CachedObject, ObjectCache } from './objects.ts';
import type { Pins } from './pins.ts';
import { CATALOG, relationName, type TableName, type TableRead } from './rewrite.ts';
import { sourceOf } from './storage.ts';
import { type Translated, translate } from './translate.ts';

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
async function filledRelation(
  connection: DuckDBConnection,
  table: GlueTable,
  objects: readonly CachedObject[],
): Promise<string> {
  const source = sourceOf(
    table,
    objects.map(({ path }) => path),
  );
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

/** A table or view that a query needs, with all reads of it. */
interface Needed {
  readonly relation: string;
  readonly table: GlueTable;
  /** A view's query. */
  readonly query: Translated | undefined;
  readonly reads: Pins[];
}

/** What a query reads, views' own reads included, each after what it is made of.
 *  @throws QueryFailure when a table is not there or a view cannot be translated */
function neededBy(tables: readonly TableRead[], glue: Catalogue): Needed[] {
  const found = new Map<string, Needed>();
  const ordered: Needed[] = [];
  const visit = (read: TableRead, depth: number): void => {
    const relation = relationName(read);
    const known = found.get(relation);
    if (known && ordered.includes(known)) {
      known.reads.push(read.pins);
      return;
    }
    if (depth > MAX_VIEW_DEPTH)
      throw new QueryFailure('VIEW_IS_RECURSIVE', `Statement would create a recursive view: ${relation}`);
    const table = glue.table(read.database, read.name);
    if (!table) throw notFound(read);
    const view = table.kind === 'view' ? prestoView(table) : undefined;
    const query = view && translate(view.originalSql, view.schema ?? table.database);
    const needed: Needed = { relation, table, query, reads: [read.pins] };
    found.set(relation, needed);
    for (const behind of query?.tables ?? []) visit(behind, depth + 1);
    ordered.push(needed);
  };
  for (const read of tables) visit(read, 0);
  return ordered;
}

const viewRelation = ({ relation, table, query }: Needed): string => {
  const names = table.columns.map(({ name }) => quoteName(name)).join(', ');
  return `CREATE TEMP VIEW ${quoteName(relation)}${names === '' ? '' : ` (${names})`} AS ${query?.sql}`;
};

/** Makes a temporary view of a connection for each table a query reads, and for those behind its views.
 *  @returns bytes of the objects behind them
 *  @throws QueryFailure when a table is not there or a view cannot be translated */
export async function makeRelations(
  connection: DuckDBConnection,
  tables: readonly TableRead[],
  { glue, cache, nowMs }: RelationPorts,
): Promise<number> {
  let bytes = 0;
  for (const needed of neededBy(tables, glue)) {
    if (needed.query) {
      await connection.run(viewRelation(needed));
      continue;
    }
    const { relation, table, reads } = needed;
    const objects = await cache.objectsOf(table, reads, nowMs);
    for (const object of objects) bytes += object.bytes;
    const body = objects.length === 0 ? emptyRelation(table) : await filledRelation(connection, table, objects);
    await connection.run(`CREATE TEMP VIEW ${quoteName(relation)} AS ${body}`);
  }
  return bytes;
}
