import { Dialect, generate, parse } from '@polyglot-sql/sdk';
import type { Catalogue } from '../glue.ts';
import type { ColumnsOf } from './aliases.ts';
import { MalformedQuery, notEmulated } from './failure.ts';
import { prepare, QUOTED_MARK } from './prepare.ts';
import { Rewriter, type TableRead, type Tree } from './rewrite.ts';

/** A query in DuckDB's SQL, and its reads of tables, each by the name {@link relationName} gives. */
export interface Translated {
  readonly sql: string;
  readonly tables: readonly TableRead[];
}

/** Athena takes queries up to so many bytes. */
const MAX_QUERY_BYTES = 262_144;
/** Rewriting copies operands of a division; nested deep, it would never end. */
const MAX_SQL_CHARACTERS = 16 * 1024 * 1024;

const QUERIES = new Set(['select', 'union', 'intersect', 'except', 'values', 'subquery', 'paren']);

const unreadable = ({ error, errorLine = 1, errorColumn = 1 }: ReturnType<typeof parse>) =>
  `line ${errorLine}:${errorColumn}: ${(error ?? 'the query cannot be read').replace(/^Parse error at line \d+, column \d+: /, '').replaceAll(QUOTED_MARK, '')}`;

/** What the catalogue knows of tables' columns. A view without any tells nothing. */
export const catalogued =
  (glue: Catalogue): ColumnsOf =>
  ({ database, name }) => {
    const table = glue.table(database, name);
    const columns = table ? [...table.columns, ...table.partitionKeys] : [];
    return columns.length === 0 ? undefined : new Set(columns.map((column) => column.name));
  };

/** Translates one Trino query. `database` is where names without a database are looked for, `columnsOf` what the
 *  catalogue knows of a table.
 *  @throws MalformedQuery when it is not one readable query
 *  @throws QueryFailure when something in it has no faithful counterpart here */
export function translate(sql: string, database: string, columnsOf: ColumnsOf): Translated {
  if (Buffer.byteLength(sql) > MAX_QUERY_BYTES)
    throw new MalformedQuery(`Query is longer than ${MAX_QUERY_BYTES} bytes`);
  const parsed = parse(prepare(sql), Dialect.Trino);
  if (!parsed.success) throw new MalformedQuery(unreadable(parsed));
  const trees = parsed.ast as Tree[];
  if (trees.length !== 1) throw new MalformedQuery(`Only one sql statement is allowed. Got: ${sql}`);
  const [tree] = trees;
  if (!QUERIES.has(Object.keys(tree)[0] ?? '')) throw new MalformedQuery('Queries of this type are not supported');
  const rewriter = new Rewriter(database.toLowerCase(), columnsOf);
  const rewritten = rewriter.rewrite(tree, new Map());
  const generated = generate([rewritten], Dialect.DuckDB);
  const text = generated.sql?.[0];
  if (!generated.success || text === undefined) throw notEmulated(`This query (${generated.error})`);
  if (text.length > MAX_SQL_CHARACTERS) throw notEmulated('A query of divisions nested so deep');
  const { tables } = rewriter;
  const width: number = tree.values?.expressions[0]?.expressions.length ?? 0;
  if (width === 0) return { sql: text, tables };
  const names = Array.from({ length: width }, (_, index) => `_col${index}`).join(', ');
  return { sql: `SELECT * FROM (${text}) AS listed (${names})`, tables };
}
