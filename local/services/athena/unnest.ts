import { Dialect, parse } from '@polyglot-sql/sdk';
import { notEmulated } from './failure.ts';
import type { Tree } from './rewrite.ts';

/** The tree of a subquery in a FROM, to be filled in. */
const subqueryTree = (): Tree => {
  const [tree] = parse('SELECT * FROM (SELECT 1) AS t (c)', Dialect.Trino).ast as Tree[];
  return tree.select.from.expressions[0].subquery;
};

const call = (name: string, ...args: Tree[]): Tree => ({
  function: { name, args, distinct: false, trailing_comments: [], use_bracket_syntax: false, no_parens: false },
});
const number = (value: number): Tree => ({ literal: { literal_type: 'number', value: String(value) } });

function fieldOf(rows: Tree, index: number): Tree {
  const name = { name: 'row', quoted: true, trailing_comments: [] };
  const body = call(
    'struct_extract',
    call('struct_values', { column: { name, table: null, trailing_comments: [] } }),
    number(index + 1),
  );
  return call('list_transform', rows, { lambda: { parameters: [name], body, colon: false, parameter_types: [] } });
}

/** The lists whose items are an UNNEST's columns: the arrays themselves, a map's keys and values, or rows' fields. */
function listsOf(arrays: readonly Tree[], columns: number): Tree[] {
  const [first] = arrays;
  if (arrays.length > 1 && arrays.length === columns) return [...arrays];
  if (arrays.length > 1) throw notEmulated('UNNEST of several arrays with another number of columns');
  if (columns > 2) return Array.from({ length: columns }, (_, index) => fieldOf(first, index));
  const shape = call('trino_shape', first);
  return [call('trino_first_of', shape, first), call('trino_second_of', shape, first)];
}

/** What stands for `UNNEST(…) AS t (a, b)` of more than one column, which DuckDB's own has not; undefined for one of a
 *  single column. `rewrite` is for the trees inside. */
export function unnestedColumns(aliased: Tree, rewrite: (tree: Tree) => Tree): Tree | undefined {
  const { this: data, expressions = [], with_ordinality: isNumbered } = aliased.this.unnest;
  const columns = aliased.column_aliases.length - (isNumbered ? 1 : 0);
  if (columns < 2) return undefined;
  const lists = listsOf([data, ...expressions].map(rewrite), columns);
  const items = lists.map((list) => call('unnest', list));
  const longest = call('greatest', number(0), ...lists.map((list) => call('len', list)));
  const numbers = isNumbered ? [call('unnest', call('generate_series', number(1), longest))] : [];
  const subquery = subqueryTree();
  subquery.this.select.expressions = [...items, ...numbers];
  return { subquery: { ...subquery, alias: rewrite(aliased.alias), column_aliases: rewrite(aliased.column_aliases) } };
}
