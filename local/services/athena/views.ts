import type { Catalogue, GlueTable } from '../glue.ts';
import { QueryFailure } from './failure.ts';
import { CATALOG } from './rewrite.ts';
import type { ResultColumn } from './values.ts';

/** What a view's text holds, once decoded. */
interface PrestoView {
  readonly originalSql: string;
  readonly schema?: string;
}

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

/** A view as `CREATE VIEW` states it. */
export interface ViewStatement {
  readonly database: string;
  readonly name: string;
  readonly orReplace: boolean;
  readonly sql: string;
  /** Where the query's own names without a database are looked for. */
  readonly schema: string;
}

const nameOf = ({ database, name }: { database: string; name: string }) => `${CATALOG}.${database}.${name}`;

/** @throws QueryFailure when a column has no name, or that of another. */
function checkNames(columns: readonly ResultColumn[]): void {
  const seen = new Set<string>();
  for (const [index, { name }] of columns.entries()) {
    if (name === `_col${index}`)
      throw new QueryFailure('MISSING_COLUMN_NAME', `Column name not specified at position ${index + 1}`);
    if (seen.has(name.toLowerCase()))
      throw new QueryFailure('DUPLICATE_COLUMN_NAME', `Column name '${name}' specified more than once`);
    seen.add(name.toLowerCase());
  }
}

/** Puts a view into the catalogue, as Athena writes it: a table whose text is a comment of encoded JSON.
 *  @throws QueryFailure when there is a table or view of the name that it may not replace */
export function createView(glue: Catalogue, view: ViewStatement, columns: readonly ResultColumn[]): void {
  const { database, name, orReplace, sql, schema } = view;
  const before = glue.table(database, name);
  if (before?.kind === 'table')
    throw new QueryFailure('TABLE_ALREADY_EXISTS', `Table already exists: '${nameOf(view)}'`);
  if (before && !orReplace) throw new QueryFailure('TABLE_ALREADY_EXISTS', `View already exists: '${nameOf(view)}'`);
  checkNames(columns);
  const text = JSON.stringify({
    originalSql: sql,
    catalog: CATALOG,
    schema,
    columns: columns.map((column) => ({ name: column.name, type: column.type })),
  });
  glue.putTable(database, {
    Name: name,
    TableType: 'VIRTUAL_VIEW',
    Parameters: { presto_view: 'true', comment: 'Presto View' },
    PartitionKeys: [],
    StorageDescriptor: { Columns: columns.map((column) => ({ Name: column.name, Type: column.hiveType })) },
    ViewOriginalText: `/* Presto View: ${Buffer.from(text).toString('base64')} */`,
    ViewExpandedText: '/* Presto View */',
  });
}

/** @throws QueryFailure when there is no such view, unless that is allowed. */
export function dropView(glue: Catalogue, database: string, name: string, ifExists: boolean): void {
  const view = glue.table(database, name);
  if (view?.kind === 'table')
    throw new QueryFailure('NOT_SUPPORTED', `Relation '${nameOf({ database, name })}' is a table, not a view`);
  if (view) glue.deleteTable(database, name);
  else if (!ifExists) throw new QueryFailure('TABLE_NOT_FOUND', `View '${nameOf({ database, name })}' does not exist`);
}
