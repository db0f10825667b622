import type { DuckDBConnection } from '@duckdb/node-api';
import type { Catalogue, GlueTable } from '../glue.ts';
import { duckType, parseHiveType, quoteName } from '../hive-type.ts';
import { QueryFailure, ScanLimitExceeded } from './failure.ts';
import type { Listing, ObjectCache } from './objects.ts';
import type { Pins } from './pins.ts';
import { CATALOG, relationName, type TableName, type TableRead } from './rewrite.ts';
import { sourceOf } from './storage.ts';
import { catalogued, type Translated, translate } from './translate.ts';
import { prestoView } from './views.ts';

/** Views may be built on views this deep. */
const MAX_VIEW_DEPTH = 16;

const notFound = ({ database, name }: TableName) =>
  new QueryFailure('TABLE_NOT_FOUND', `Table '${CATALOG}.${database}.${name}' does not exist`);

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
  paths: readonly string[],
): Promise<string> {
  const source = sourceOf(table, paths);
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
  /** What a query may scan. */
  readonly maxBytes: number | undefined;
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
    const query = view && translate(view.originalSql, view.schema ?? table.database, catalogued(glue));
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

async function tableRelation(connection: DuckDBConnection, { relation, table }: Needed, listing: Listing) {
  const paths = await listing.fetch();
  const body = paths.length === 0 ? emptyRelation(table) : await filledRelation(connection, table, paths);
  return `CREATE TEMP VIEW ${quoteName(relation)} AS ${body}`;
}

/** Makes a temporary view of a connection for each table a query reads, and for those behind its views.
 *  @returns bytes of the objects behind them
 *  @throws QueryFailure when a table is not there or a view cannot be translated
 *  @throws ScanLimitExceeded before anything is fetched */
export async function makeRelations(
  connection: DuckDBConnection,
  tables: readonly TableRead[],
  { glue, cache, nowMs, maxBytes }: RelationPorts,
  signal: AbortSignal,
): Promise<number> {
  const ordered = neededBy(tables, glue);
  const listings = new Map<Needed, Listing>();
  let bytes = 0;
  for (const needed of ordered) {
    if (needed.query) continue;
    const listing = await cache.list(needed.table, { reads: needed.reads, nowMs, signal });
    listings.set(needed, listing);
    bytes += listing.bytes;
  }
  if (maxBytes !== undefined && bytes > maxBytes) throw new ScanLimitExceeded(maxBytes);
  for (const needed of ordered) {
    const listing = listings.get(needed);
    await connection.run(listing ? await tableRelation(connection, needed, listing) : viewRelation(needed));
  }
  return bytes;
}
