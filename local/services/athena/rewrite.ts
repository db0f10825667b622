import { ast as polyglot } from '@polyglot-sql/sdk';
import { quoteName } from '../hive-type.ts';
import { notEmulated, QueryFailure } from './failure.ts';
import { FOR_AGGREGATES, NILADIC, SAME_FORMS, SAME_SCALARS, SCALAR_MACROS } from './functions.ts';
import { type Pins, pinsOf } from './pins.ts';
import { QUOTED_MARK, SAME } from './prepare.ts';
import { fromJodaFormat, fromMysqlFormat } from './time-format.ts';

/** A table as a query names it, resolved to its database. */
export interface TableName {
  readonly database: string;
  readonly name: string;
}

export const CATALOG = 'awsdatacatalog';

/** A table a query reads, once for each place that names it. */
export interface TableRead extends TableName {
  readonly pins: Pins;
}

/** The DuckDB view that stands for a table. */
export const relationName = ({ database, name }: TableName): string => `${database}.${name}`;

// biome-ignore lint/suspicious/noExplicitAny: polyglot's tree has some hundred shapes
export type Tree = any;

/** Kinds of nodes that mean the same to DuckDB, or are rewritten below. Whatever else a query holds is refused. */
const KNOWN_KINDS = new Set(
  `add aggregate_function alias all and any any_value approx_distinct array_agg array_func at_time_zone avg between boolean case cast
  coalesce column concat count count_if cume_dist dense_rank div dot eq except exists extract first_value function gt gte if_func in
  intersect interval is_false is_null is_true join_on lag lambda last_value lead like literal logical_and logical_or lt lte max min
  mod mul n_tile neg neq not nth_value null null_safe_eq null_safe_neq or ordered paren percent_rank rank row_number select star
  stddev stddev_pop stddev_samp str_position sub subquery subscript sum table try_cast tuple union unnest values var_pop var_samp
  variance window_function with cte from where having group_by order_by limit offset`.split(/\s+/),
);

const literal = (kind: 'string' | 'number', value: string): Tree => ({ literal: { literal_type: kind, value } });
const call = (name: string, ...args: Tree[]): Tree => ({
  function: {
    name,
    args,
    distinct: false,
    trailing_comments: [],
    use_bracket_syntax: false,
    no_parens: false,
    quoted: false,
  },
});
const identifier = (name: string): Tree => ({ name, quoted: true, trailing_comments: [] });

const unmarked = (name: string): string => (name.startsWith(QUOTED_MARK) ? name.slice(QUOTED_MARK.length) : name);
const isIdentifier = (tree: Tree): boolean =>
  typeof tree.name === 'string' && typeof tree.quoted === 'boolean' && !('args' in tree);
/** Quoted, because DuckDB reserves words that Trino does not, as `at`. Its quoted names are as blind to case as others. */
const quotedIdentifier = (given: Tree): Tree =>
  given.name === '' ? given : { ...given, name: unmarked(given.name), quoted: true };
const caseWhen = (condition: Tree, then: Tree, otherwise: Tree): Tree => ({
  case: { operand: null, whens: [[condition, then]], else_: otherwise, comments: [] },
});

/** Nodes whose type DuckDB does not know yet when it chooses a macro's overload. */
const AGGREGATES = new Set(
  `aggregate_function any_value array_agg avg count count_if logical_and logical_or max min stddev stddev_pop stddev_samp sum var_pop
  var_samp variance window_function`.split(/\s+/),
);
const AGGREGATE_CALLS = new Set(['max', 'min', 'trino_average']);

function holdsAggregate(tree: Tree): boolean {
  if (Array.isArray(tree)) return tree.some(holdsAggregate);
  if (typeof tree !== 'object' || tree === null) return false;
  const [kind = ''] = Object.keys(tree);
  if (kind === 'subquery') return false;
  if (polyglot.isExpressionValue(tree) && (AGGREGATES.has(kind) || AGGREGATE_CALLS.has((tree as Tree).function?.name)))
    return true;
  return Object.values(tree).some(holdsAggregate);
}

/** Calls `trino_<name>`, or what stands for it when an operand is an aggregate. */
const trino = (name: string, ...args: Tree[]): Tree =>
  call(Object.hasOwn(FOR_AGGREGATES, name) && holdsAggregate(args) ? `trino_any_${name}` : `trino_${name}`, ...args);

/** The overload goes by the operands' kinds of number, which aggregates do not tell. */
const divide = (left: Tree, right: Tree): Tree =>
  holdsAggregate([left, right])
    ? call('trino_any_divide', left, right)
    : call('trino_divide', call('trino_number', left), call('trino_number', right), left, right);

/** `avg` keeps the scale of decimals; any value of them tells it. */
const average = (data: Tree, wrap: (inner: Tree) => Tree): Tree =>
  call('trino_average', wrap({ avg: data }), wrap({ any_value: { ...data, distinct: false, name: 'any_value' } }));

const CAST = { trailing_comments: [], double_colon_syntax: false, format: null, default: null };
const WHOLE = new Set(['tiny_int', 'small_int', 'int', 'big_int']);

/** A field of a row, whose name the generator takes as it is. */
const rowField = (field: Tree): Tree => {
  const name = unmarked(
    String(field.name ?? '')
      .replace(/^"(.*)"$/s, '$1')
      .replaceAll('""', '"'),
  );
  if (name === '') throw notEmulated('A row without names of its fields');
  return { ...field, name: quoteName(name), data_type: dataType(field.data_type) };
};

/** A type as DuckDB reads it, with Trino's defaults. */
function dataType(type: Tree): Tree {
  if (type.fields) return { ...type, fields: type.fields.map(rowField) };
  if (type.element_type) return { ...type, element_type: dataType(type.element_type) };
  if (type.key_type) return { ...type, key_type: dataType(type.key_type), value_type: dataType(type.value_type) };
  if (type.data_type === 'decimal') return { ...type, precision: type.precision ?? 38, scale: type.scale ?? 0 };
  if (type.data_type === 'char') throw notEmulated('The type char(n)');
  if (type.data_type === 'timestamp') return { ...type, precision: null };
  return type;
}

function cast(kind: string, data: Tree): Tree {
  const { data_type: to, length } = data.to;
  const again = (inner: Tree, type = dataType(data.to)): Tree => ({ [kind]: { ...data, this: inner, to: type } });
  if (WHOLE.has(to)) return again(call('trino_before_integer', data.this));
  if (to === 'var_char' || to === 'text') {
    const text = again(call('trino_before_text', data.this), { data_type: 'text' });
    return length ? call('left', text, literal('number', String(length))) : text;
  }
  return again(data.this);
}

const textOf = (node: Tree): string | undefined =>
  node?.literal?.literal_type === 'string' ? node.literal.value : undefined;

/** Functions whose last argument is a format, which must be plain text for it to be translated. */
const FORMATS: Readonly<Record<string, (format: string) => string>> = {
  trino_date_format: fromMysqlFormat,
  trino_date_parse: fromMysqlFormat,
  trino_format_datetime: fromJodaFormat,
  trino_parse_datetime: fromJodaFormat,
};

const unknownFunction = (name: string) =>
  new QueryFailure('FUNCTION_NOT_FOUND', `Function '${name.toLowerCase()}' is not registered, or not emulated locally`);

function functionCall(kind: string, data: Tree): Tree {
  const name: string = data.name.toLowerCase();
  const translate = FORMATS[name];
  if (translate) {
    const format = textOf(data.args.at(-1));
    if (format === undefined) throw notEmulated('A time format that is not a literal');
    return { [kind]: { ...data, args: [...data.args.slice(0, -1), literal('string', translate(format))] } };
  }
  if (name.startsWith('trino_')) return trino(name.slice('trino_'.length), ...data.args);
  if (Object.hasOwn(NILADIC, name)) return call(`trino_${name}`);
  if (name === 'approx_percentile' && data.args.length !== 2) throw notEmulated('approx_percentile with weights');
  if ((name === 'min_by' || name === 'max_by') && data.args.length !== 2) throw notEmulated(`${name} with a count`);
  const counterpart = name.startsWith(SAME)
    ? SAME_SCALARS[name.slice(SAME.length)]
    : Object.hasOwn(SAME_FORMS, name) && SAME_FORMS[name];
  if (!counterpart) throw unknownFunction(name);
  return { [kind]: { ...data, name: counterpart } };
}

function timestampLiteral(data: Tree): Tree {
  const zoned = data.literal_type === 'timestamp' && /(?:[+-]\d\d:?\d\d|UTC|Z|[A-Za-z]+\/[A-Za-z_]+)$/.test(data.value);
  if (!zoned) return { literal: data };
  return {
    cast: {
      ...CAST,
      this: literal('string', data.value),
      to: { data_type: 'timestamp', precision: null, timezone: true },
    },
  };
}

/** What stands for a node once its children are rewritten. */
function rewriteNode(kind: string, data: Tree): Tree {
  switch (kind) {
    case 'div':
      return divide(data.left, data.right);
    case 'mod':
      return trino('modulus', data.left, data.right);
    case 'concat':
      return trino('join_text', data.left, data.right);
    case 'add':
    case 'sub': {
      if (data.right.interval) return trino(kind === 'add' ? 'plus_interval' : 'minus_interval', data.left, data.right);
      return kind === 'add' && data.left.interval ? trino('plus_interval', data.right, data.left) : { [kind]: data };
    }
    case 'subscript':
      return caseWhen(call('trino_item', data.this, data.index), { subscript: data }, null);
    case 'cast':
    case 'try_cast':
      return cast(kind, data);
    case 'extract': {
      const field = String(data.field).toLowerCase();
      if (!Object.hasOwn(SCALAR_MACROS, field)) throw notEmulated(`EXTRACT(${field})`);
      return call(`trino_${field}`, data.this);
    }
    case 'at_time_zone':
      if (textOf(data.zone) !== 'UTC') throw notEmulated('AT TIME ZONE with a zone other than UTC');
      return { cast: { ...CAST, this: data.this, to: { data_type: 'timestamp', precision: null, timezone: true } } };
    case 'if_func':
      return caseWhen(data.condition, data.true_value, data.false_value);
    case 'str_position':
      return call('trino_strpos', data.this, data.substr);
    case 'approx_distinct':
      // The exact count is within the error Trino allows itself; DuckDB's estimate is not always
      return { count: { this: data.this, star: false, distinct: true, filter: data.filter, original_name: 'count' } };
    case 'avg':
      return average(data, (inner) => inner);
    case 'literal':
      if (data.literal_type === 'hex_string') return call('unhex', literal('string', data.value));
      return timestampLiteral(data);
    case 'count':
      // The generator would leave out rows with a null in the tuple
      if (data.distinct && data.this?.tuple) throw notEmulated('count(DISTINCT (a, b))');
      return { count: data };
    case 'star':
      if (data.except || data.replace || data.rename) throw notEmulated('* EXCEPT, REPLACE or RENAME');
      return { star: data };
    case 'unnest':
      if (data.expressions?.length > 0) throw notEmulated('UNNEST of several arrays');
      return { unnest: data };
    case 'function':
    case 'aggregate_function':
      return functionCall(kind, data);
    default:
      return { [kind]: data };
  }
}

/** Expressions that have a name, or cannot take one. A set operation stands here where the parser takes the scalar query
 *  at a select's end for its left side: `SELECT 1, (SELECT 2) UNION ALL …`; its text comes out as it went in. */
const UNNAMEABLE = new Set(['alias', 'column', 'star', 'dot', 'union', 'intersect', 'except']);

/** Trino names a column without a name by its place. */
const named = (expression: Tree, index: number): Tree => {
  const [kind = ''] = Object.keys(expression);
  if (UNNAMEABLE.has(kind)) return expression;
  return {
    alias: {
      this: expression,
      alias: identifier(`_col${index}`),
      column_aliases: [],
      alias_explicit_as: true,
      pre_alias_comments: [],
      trailing_comments: [],
    },
  };
};

/** Rewrites a parsed Trino query for DuckDB, noting the tables it reads. */
export class Rewriter {
  readonly tables: TableRead[] = [];
  private readonly database: string;
  /** By the table's node. */
  private readonly pins = new Map<Tree, Pins>();

  constructor(database: string) {
    this.database = database;
  }

  /** @param names common table expressions in scope */
  rewrite(tree: Tree, names: ReadonlySet<string>): Tree {
    if (Array.isArray(tree)) return tree.map((item) => this.rewrite(item, names));
    if (typeof tree !== 'object' || tree === null) return tree;
    if (isIdentifier(tree)) return quotedIdentifier(tree);
    const [kind = ''] = Object.keys(tree);
    if (!polyglot.isExpressionValue(tree)) return this.children(tree, names);
    if (!KNOWN_KINDS.has(kind)) throw unknownFunction(kind.replaceAll('_', ' '));
    const data: Tree = (tree as Tree)[kind];
    if (kind === 'select') this.pin(data);
    if (kind === 'table') return this.table(data, names);
    if (kind === 'window_function' && data.this?.avg) return this.windowedAverage(data, names);
    if (data === null || typeof data !== 'object') return tree;
    const expressions = kind === 'select' ? { ...data, expressions: data.expressions.map(named) } : data;
    return rewriteNode(kind, this.children(expressions, names));
  }

  private children(data: Tree, names: ReadonlySet<string>): Tree {
    const scope = new Set(names);
    const rewritten: Tree = {};
    if (data.with?.ctes) rewritten.with = this.commonTables(data.with, scope);
    for (const [key, value] of Object.entries(data))
      if (!(key in rewritten)) rewritten[key] = this.rewrite(value, scope);
    return rewritten;
  }

  /** A common table is known to those after it. Trino ends recursion at a depth, DuckDB never does. */
  private commonTables(given: Tree, scope: Set<string>): Tree {
    if (given.recursive) throw notEmulated('WITH RECURSIVE');
    const ctes = given.ctes.map((cte: Tree) => {
      const rewritten = this.children(cte, scope);
      scope.add(rewritten.alias.name.toLowerCase());
      return rewritten;
    });
    return { ...given, ctes };
  }

  private table(given: Tree, names: ReadonlySet<string>): Tree {
    const data = this.children(given, names);
    const name = data.name.name.toLowerCase();
    const catalog = data.catalog?.name.toLowerCase() ?? CATALOG;
    const database = data.schema?.name.toLowerCase() ?? this.database;
    if (!data.schema && names.has(name)) return { table: data };
    if (catalog !== CATALOG) throw new QueryFailure('CATALOG_NOT_FOUND', `Catalog '${catalog}' does not exist`);
    const resolved = { database, name, pins: this.pins.get(given) ?? new Map() };
    this.tables.push(resolved);
    return {
      table: {
        ...data,
        catalog: null,
        schema: null,
        name: identifier(relationName(resolved)),
        alias: data.alias ?? identifier(name),
      },
    };
  }

  /** Notes what a select's condition says of the tables it reads. */
  private pin({ from, joins = [], where_clause: where }: Tree): void {
    const sources = [...(from?.expressions ?? []), ...joins.map((join: Tree) => join.this)];
    for (const { table } of sources.filter((source) => source?.table))
      this.pins.set(table, pinsOf(where, unmarked((table.alias ?? table.name).name).toLowerCase(), unmarked));
  }

  private windowedAverage(data: Tree, names: ReadonlySet<string>): Tree {
    const { this: aggregate, ...window } = this.children({ ...data, this: null, argument: data.this.avg }, names);
    const inner = window.argument;
    const over = (node: Tree): Tree => ({ window_function: { ...window, argument: undefined, this: node } });
    return average(inner, over);
  }
}
