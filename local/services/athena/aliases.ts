import { QueryFailure } from './failure.ts';
import type { TableName, Tree } from './rewrite.ts';

/** Names of columns; undefined when they are not known before the query runs. */
export type Outputs = ReadonlySet<string> | undefined;

/** What a select's names can stand for. */
export interface Scope {
  readonly plain: (name: string) => string;
  /** Columns of a common table or one of the catalogue. */
  readonly outputsOf: (table: Tree) => Outputs;
}

/** The columns of a table by its name; undefined when it is not there, or its columns are not known. */
export type ColumnsOf = (table: TableName) => Outputs;

const INNER = new Set(['select', 'subquery', 'union', 'intersect', 'except', 'exists', 'lambda']);

const namesOf = (identifiers: readonly Tree[], { plain }: Scope): Outputs =>
  new Set(identifiers.map(({ name }) => plain(name).toLowerCase()));

/** The columns a query gives. */
export function outputsOf(query: Tree, scope: Scope): Outputs {
  if (query?.subquery)
    return query.subquery.column_aliases?.length
      ? namesOf(query.subquery.column_aliases, scope)
      : outputsOf(query.subquery.this, scope);
  if (query?.paren) return outputsOf(query.paren.this, scope);
  const set = query?.union ?? query?.intersect ?? query?.except;
  if (set) return outputsOf(set.left, scope);
  const names = new Set<string>();
  for (const expression of query?.select?.expressions ?? [{}]) {
    const identifier = expression.alias?.alias ?? expression.column?.name;
    if (expression.star || (!identifier && query?.select === undefined)) return undefined;
    if (identifier) names.add(scope.plain(identifier.name).toLowerCase());
  }
  return names;
}

function sourceOutputs(source: Tree, scope: Scope): Outputs {
  const aliased = source?.alias ?? source?.table ?? source?.subquery ?? source?.values;
  if (aliased?.column_aliases?.length) return namesOf(aliased.column_aliases, scope);
  if (source?.table) return scope.outputsOf(source.table);
  return source?.subquery ? outputsOf(source, scope) : undefined;
}

/** Columns without a table that an expression names, those of queries inside left out. */
function namedIn(tree: Tree, scope: Scope): string[] {
  if (Array.isArray(tree)) return tree.flatMap((item) => namedIn(item, scope));
  if (typeof tree !== 'object' || tree === null) return [];
  if (tree.column) return tree.column.table ? [] : [scope.plain(tree.column.name.name).toLowerCase()];
  return Object.entries(tree).flatMap(([key, inner]) => (INNER.has(key) ? [] : namedIn(inner, scope)));
}

/** Trino knows a select's own names in its ORDER BY only; DuckDB knows them everywhere.
 *  @throws QueryFailure when one is used elsewhere and no source has a column of the name */
export function checkAliases(select: Tree, scope: Scope): void {
  const aliases = new Set(
    select.expressions
      .filter((expression: Tree) => expression.alias)
      .map(({ alias }: Tree) => scope.plain(alias.alias.name).toLowerCase()),
  );
  if (aliases.size === 0) return;
  const sources = [...(select.from?.expressions ?? []), ...(select.joins ?? []).map((join: Tree) => join.this)];
  const outputs = sources.map((source) => sourceOutputs(source, scope));
  if (outputs.includes(undefined)) return;
  for (const name of namedIn([select.where_clause, select.group_by, select.having], scope)) {
    if (aliases.has(name) && !outputs.some((names) => names?.has(name)))
      throw new QueryFailure('COLUMN_NOT_FOUND', `Column '${name}' cannot be resolved`);
  }
}
