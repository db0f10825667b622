import { ast as polyglot } from '@polyglot-sql/sdk';
import { quoteName } from '../hive-type.ts';
import { type ColumnsOf, checkAliases, type Outputs, outputsOf, type Scope } from './aliases.ts';
import { notEmulated, QueryFailure } from './failure.ts';
import { FOR_AGGREGATES, NILADIC, SAME_FORMS, SAME_SCALARS, SCALAR_MACROS } from './functions.ts';
import { type Pins, pinsOf } from './pins.ts';
import { QUOTED_MARK, SAME } from './prepare.ts';
import { fromJodaFormat, fromMysqlFormat } from './time-format.ts';
import { unnestedColumns } from './unnest.ts';
import { inItsZone, LOCAL } from './zones.ts';

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
  intersect interval is_false is_null is_true join_on lag lambda list_agg last_value lead like literal logical_and logical_or lt lte max min
  mod mul n_tile neg neq not nth_value null null_safe_eq null_safe_neq or ordered paren parse_json percent_rank rank row_number select star
  stddev stddev_pop stddev_samp str_position sub subquery subscript substring sum table trim try_cast tuple union unnest values var_pop var_samp
  variance window_function with within_group cte from where having group_by order_by limit offset`.split(/\s+/),
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
const AGGREGATE_CALLS = new Set([
  ...`max min trino_average geomean quantile_disc arg_min_null arg_max_null corr covar_pop covar_samp regr_slope regr_intercept
    histogram list string_agg bit_and bit_or bit_xor any_value`.split(/\s+/),
]);

function holdsAggregate(tree: Tree): boolean {
  if (Array.isArray(tree)) return tree.some(holdsAggregate);
  if (typeof tree !== 'object' || tree === null) return false;
  const [kind = ''] = Object.keys(tree);
  if (kind === 'subquery') return false;
  if (polyglot.isExpressionValue(tree) && (AGGREGATES.has(kind) || AGGREGATE_CALLS.has((tree as Tree).function?.name)))
    return true;
  return Object.values(tree).some(holdsAggregate);
}

/** Functions that choose their overload by a sample of their first argument's kind of number. */
const BY_NUMBER = new Set([
  'ceil',
  'ceiling',
  'floor',
  'truncate',
  'round',
  'sign',
  'bitwise_left_shift',
  'bitwise_right_shift',
  'bitwise_right_shift_arithmetic',
]);

/** Calls `trino_<name>`, or what stands for it when an operand is an aggregate. */
function trino(name: string, ...args: Tree[]): Tree {
  if (Object.hasOwn(FOR_AGGREGATES, name) && holdsAggregate(args)) return call(`trino_any_${name}`, ...args);
  return call(`trino_${name}`, ...(BY_NUMBER.has(name) ? [call('trino_number', args[0])] : []), ...args);
}

/** The overload goes by the operands' kinds of number, which aggregates do not tell. */
const divide = (left: Tree, right: Tree): Tree =>
  holdsAggregate([left, right])
    ? call('trino_any_divide', left, right)
    : call('trino_divide', call('trino_number', left), call('trino_number', right), left, right);

/** `avg` keeps the scale of decimals; any value of them tells it. */
const average = (data: Tree, wrap: (inner: Tree) => Tree): Tree =>
  call('trino_average', wrap({ avg: data }), wrap({ any_value: { ...data, distinct: false, name: 'any_value' } }));

const CAST = { trailing_comments: [], double_colon_syntax: false, format: null, default: null };
const NESTED = new Set(['array', 'list', 'map', 'struct']);
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
  if (to === 'json') return call('trino_to_json', data.this);
  if (to === 'boolean') return again(call('trino_before_boolean', data.this));
  if (NESTED.has(to)) return again(call('trino_before_nested', data.this));
  if (to === 'timestamp' && data.to.timezone) return again(call('trino_before_zoned', data.this));
  if (to === 'var_char' || to === 'text') {
    const text = again(call('trino_before_text', data.this), { data_type: 'text' });
    return length ? call('left', text, literal('number', String(length))) : text;
  }
  return again(data.this);
}

const textOf = (node: Tree): string | undefined =>
  node?.literal?.literal_type === 'string' ? node.literal.value : undefined;

const LAMBDAS = new Set([`${SAME}transform`, `${SAME}filter`]);

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
  const form = FORMS[name];
  if (form) return form(data.args, kind, data);
  if (data.args.some(isLambda) && !LAMBDAS.has(name))
    throw notEmulated(`${name.replace(/^(?:trino_|same_)/, '')} with a lambda expression`);
  if (name.startsWith('trino_')) return trino(name.slice('trino_'.length), ...data.args);
  if (Object.hasOwn(NILADIC, name)) return call(`trino_${name}`);
  if (name === 'approx_distinct')
    return {
      count: { this: data.args[0], star: false, distinct: true, filter: data.filter ?? null, original_name: 'count' },
    };
  if (name === 'approx_percentile' && data.args.length !== 2) throw notEmulated('approx_percentile with weights');
  if ((name === 'min_by' || name === 'max_by') && data.args.length !== 2) throw notEmulated(`${name} with a count`);
  const counterpart = name.startsWith(SAME)
    ? SAME_SCALARS[name.slice(SAME.length)]
    : Object.hasOwn(SAME_FORMS, name) && SAME_FORMS[name];
  if (!counterpart) throw unknownFunction(name);
  return { [kind]: { ...data, name: counterpart } };
}

const ROW = identifier('\u0002row');
const field = (key: Tree): Tree => call('struct_extract', { column: { name: ROW } }, key);
const KEY = field(literal('string', 'key'));
const VALUE = field(literal('string', 'value'));
const PAIR = [1, 2].map((index) => field(literal('number', String(index))));

/** A lambda of one parameter, a row, for one of a parameter for each of its fields. `change` makes the body of it. */
function overFields(lambda: Tree, fields: readonly Tree[], change = (body: Tree): Tree => body): Tree {
  const { parameters, body } = lambda?.lambda ?? {};
  if (parameters?.length !== fields.length)
    throw notEmulated(`A lambda expression of other than ${fields.length} parameters`);
  const by = new Map<string, Tree>(
    parameters.map(({ name }: Tree, index: number) => [unmarked(name).toLowerCase(), fields[index]]),
  );
  return { lambda: { ...lambda.lambda, parameters: [ROW], body: change(substituted(body, by)) } };
}

/** A tree with other trees in the places of columns of some names. */
function substituted(tree: Tree, by: ReadonlyMap<string, Tree>): Tree {
  if (Array.isArray(tree)) return tree.map((item) => substituted(item, by));
  if (typeof tree !== 'object' || tree === null) return tree;
  const name = !tree.column?.table && tree.column?.name?.name;
  const replacement = name && by.get(unmarked(name).toLowerCase());
  if (replacement) return replacement;
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, substituted(value, by)]));
}

const struct = (...fields: Tree[]): Tree => call('row', ...fields);
const listOf = (kind: string, data: Tree, item: Tree): Tree => ({ [kind]: { ...data, name: 'list', args: [item] } });
/** Functions that take lambdas, and aggregates that make maps, by what stands for them. */
const FORMS: Readonly<Record<string, (args: Tree[], kind: string, data: Tree) => Tree>> = {
  all_match: ([list, test]) => call('trino_all_true', call('list_transform', list, test)),
  any_match: ([list, test]) => call('trino_any_true', call('list_transform', list, test)),
  none_match: ([list, test]) => ({ not: { this: call('trino_any_true', call('list_transform', list, test)) } }),
  map_agg: ([key, value], kind, data) => call('trino_map_of', listOf(kind, data, struct(key, value))),
  map_filter: ([map, test]) =>
    call('map_from_entries', call('list_filter', call('map_entries', map), overFields(test, [KEY, VALUE]))),
  transform_values: ([map, change]) =>
    changedMap(
      map,
      overFields(change, [KEY, VALUE], (body) => struct(KEY, body)),
    ),
  transform_keys: ([map, change]) =>
    changedMap(
      map,
      overFields(change, [KEY, VALUE], (body) => struct(body, VALUE)),
    ),
  reduce: ([list, initial, step, output]) => {
    const reduced = call('list_reduce', list, step, initial);
    return {
      subscript: { this: call('list_transform', call('list_value', reduced), output), index: literal('number', '1') },
    };
  },
  zip_with: ([left, right, join]) => call('list_transform', call('list_zip', left, right), overFields(join, PAIR)),
};

const changedMap = (map: Tree, change: Tree): Tree =>
  call('map_from_entries', call('list_transform', call('map_entries', map), change));

const isLambda = (tree: Tree): boolean => tree?.lambda !== undefined;

const UTC = /^(?:UTC|Z|Etc\/UTC|[+-]00:?00)$/;

function timestampLiteral(data: Tree): Tree {
  const zoned = data.literal_type === 'timestamp' && /(?:[+-]\d\d:?\d\d|UTC|Z|[A-Za-z]+\/[A-Za-z_]+)$/.test(data.value);
  if (!zoned) return { literal: data };
  const [, time = '', zone = ''] = /^(.*?)\s*([+-]\d\d:?\d\d|UTC|Z|[A-Za-z]+\/[A-Za-z_]+)$/.exec(data.value) ?? [];
  if (!UTC.test(zone)) throw notEmulated('A timestamp literal with a zone other than UTC');
  return {
    cast: {
      ...CAST,
      this: literal('string', `${/:\d\d:/.test(time) || !time.includes(':') ? time : `${time}:00`}+00`),
      to: { data_type: 'timestamp', precision: null, timezone: true },
    },
  };
}

const ZONED =
  'A time with a zone other than UTC, other than for its parts, its text in a format or as date or timestamp,';
const EXTRACTED: Readonly<Record<string, string>> = { dayofyear: 'doy', dayofweek: 'dow' };
const TRIMS: Readonly<Record<string, string>> = { Both: 'trim', Leading: 'ltrim', Trailing: 'rtrim' };
const NUMERIC = new Set(['literal', 'mul', 'div', 'mod', 'neg', 'count', 'sum', 'avg']);

/** Numbers that are plainly such are subtracted as they are. */
const mayBeDates = ({ left, right }: Tree): boolean =>
  [left, right].every((side) => {
    const [kind = ''] = Object.keys(side);
    const text = side.literal?.literal_type;
    return !NUMERIC.has(kind) || (kind === 'literal' && text !== 'number');
  });

/** A comparison of a column with text, which fails when the column is no text: DuckDB would convert the text. */
function textually(comparison: Tree, column: Tree, values: readonly Tree[]): Tree | undefined {
  if (!column?.column || values.length === 0 || !values.every((value) => textOf(value) !== undefined)) return undefined;
  return {
    paren: { this: { and: { left: comparison, right: call('trino_textual', column) } }, trailing_comments: [] },
  };
}

/** `listagg`, which DuckDB calls `string_agg` and orders inside. */
function listAggregate({ this: aggregate, order_by }: Tree): Tree {
  const { list_agg: data } = aggregate;
  if (!data || data.on_overflow) throw notEmulated('WITHIN GROUP of this aggregate');
  const args = [data.this, data.separator ?? literal('string', '')];
  return {
    aggregate_function: {
      name: 'string_agg',
      args,
      distinct: data.distinct ?? false,
      filter: data.filter ?? null,
      order_by,
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
      if (data.left.array_func && data.right.literal) return call('list_append', data.left, data.right);
      if (data.left.literal && data.right.array_func) return call('list_prepend', data.left, data.right);
      return trino('join_text', data.left, data.right);
    case 'add':
    case 'sub': {
      if (data.right.interval) return trino(kind === 'add' ? 'plus_interval' : 'minus_interval', data.left, data.right);
      if (kind === 'sub') return mayBeDates(data) ? trino('minus', data.left, data.right) : { sub: data };
      return data.left.interval ? trino('plus_interval', data.right, data.left) : { add: data };
    }
    case 'subscript':
      return caseWhen(trino('item', data.this, data.index), { subscript: data }, null);
    case 'cast':
    case 'try_cast':
      return cast(kind, data);
    case 'extract': {
      const given = String(data.field.Custom ?? data.field).toLowerCase();
      const field = EXTRACTED[given] ?? given;
      if (!Object.hasOwn(SCALAR_MACROS, field)) throw notEmulated(`EXTRACT(${field})`);
      return call(`trino_${field}`, data.this);
    }
    case 'at_time_zone':
      if (!UTC.test(textOf(data.zone) ?? '')) throw notEmulated(ZONED);
      return { cast: { ...CAST, this: data.this, to: { data_type: 'timestamp', precision: null, timezone: true } } };
    case 'if_func':
      return caseWhen(data.condition, data.true_value, data.false_value);
    case 'str_position':
      return call('trino_strpos', data.this, data.substr);
    case 'parse_json':
      return call('trino_json_parse', data.this);
    case 'trim':
      return call(`trino_${TRIMS[data.position]}_of`, data.this, data.characters ?? literal('string', ' '));
    case 'substring':
      return call('trino_substr', data.this, data.start, ...(data.length ? [data.length] : []));
    case 'within_group':
      return listAggregate(data);
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
      if (data.expressions?.length > 0) throw notEmulated('UNNEST of several arrays without names of their columns');
      return { unnest: data };
    case 'eq':
    case 'neq':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return (
        textually({ [kind]: data }, data.left, [data.right]) ??
        textually({ [kind]: data }, data.right, [data.left]) ?? { [kind]: data }
      );
    case 'in':
      return textually({ in: data }, data.this, data.expressions ?? []) ?? { in: data };
    case 'between':
      return textually({ between: data }, data.this, [data.low, data.high]) ?? { between: data };
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

/** A select with names for all of its columns, and without what means nothing. */
function selectOf(data: Tree): Tree {
  if (data.fetch?.with_ties) throw notEmulated('FETCH FIRST … WITH TIES');
  const isAll = data.limit?.this?.column?.name.name.toUpperCase() === 'ALL';
  return { ...data, expressions: data.expressions.map(named), limit: isAll ? null : data.limit };
}

type Names = ReadonlyMap<string, Outputs>;

/** Rewrites a parsed Trino query for DuckDB, noting the tables it reads. */
export class Rewriter {
  readonly tables: TableRead[] = [];
  private readonly database: string;
  private readonly columnsOf: ColumnsOf;
  /** By the table's node. */
  private readonly pins = new Map<Tree, Pins>();

  constructor(database: string, columnsOf: ColumnsOf) {
    this.database = database;
    this.columnsOf = columnsOf;
  }

  /** @param names common table expressions in scope, with their columns */
  rewrite(tree: Tree, names: Names): Tree {
    if (Array.isArray(tree)) return tree.map((item) => this.rewrite(item, names));
    if (typeof tree !== 'object' || tree === null) return tree;
    if (isIdentifier(tree)) return quotedIdentifier(tree);
    const [kind = ''] = Object.keys(tree);
    if (!polyglot.isExpressionValue(tree)) return this.children(tree, names);
    if (!KNOWN_KINDS.has(kind)) throw unknownFunction(kind.replaceAll('_', ' '));
    const data: Tree = (tree as Tree)[kind];
    if (kind === 'select') {
      this.pin(data);
      checkAliases(data, this.scopeOf(names));
    }
    if (kind === 'alias' && data.this?.unnest) {
      const unnested = unnestedColumns(data, (inner) => this.rewrite(inner, names));
      if (unnested) return unnested;
    }
    const local = inItsZone(kind, data);
    if (local) return this.rewrite(local, names);
    if (kind === LOCAL) return call('trino_local_time', this.rewrite(data.this, names), data.zone);
    if (kind === 'table') return this.table(data, names);
    if (kind === 'window_function' && data.this?.avg) return this.windowedAverage(data, names);
    if (data === null || typeof data !== 'object') return tree;
    return rewriteNode(kind, this.children(kind === 'select' ? selectOf(data) : data, names));
  }

  private children(data: Tree, names: Names): Tree {
    const scope = new Map(names);
    const rewritten: Tree = {};
    if (data.with?.ctes) rewritten.with = this.commonTables(data.with, scope);
    for (const [key, value] of Object.entries(data))
      if (!(key in rewritten)) rewritten[key] = this.rewrite(value, scope);
    return rewritten;
  }

  /** A common table is known to those after it. Trino ends recursion at a depth, DuckDB never does. */
  private commonTables(given: Tree, scope: Map<string, Outputs>): Tree {
    if (given.recursive) throw notEmulated('WITH RECURSIVE');
    const ctes = given.ctes.map((cte: Tree) => {
      const rewritten = this.children(cte, scope);
      scope.set(rewritten.alias.name.toLowerCase(), this.columnsOfCommon(cte, scope));
      return rewritten;
    });
    return { ...given, ctes };
  }

  private table(given: Tree, names: Names): Tree {
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

  private columnsOfCommon({ columns = [], this: query }: Tree, names: Names): Outputs {
    return columns.length > 0
      ? new Set(columns.map((column: Tree) => unmarked(column.name).toLowerCase()))
      : outputsOf(query, this.scopeOf(names));
  }

  private scopeOf(names: Names): Scope {
    const columnsOfTable = ({ name, schema }: Tree): Outputs => {
      const table = unmarked(name.name).toLowerCase();
      if (!schema && names.has(table)) return names.get(table);
      return this.columnsOf({ database: schema ? unmarked(schema.name).toLowerCase() : this.database, name: table });
    };
    return { plain: unmarked, outputsOf: columnsOfTable };
  }

  /** Notes what a select's condition says of the tables it reads. */
  private pin({ from, joins = [], where_clause: where }: Tree): void {
    const sources = [...(from?.expressions ?? []), ...joins.map((join: Tree) => join.this)];
    for (const { table } of sources.filter((source) => source?.table))
      this.pins.set(table, pinsOf(where, unmarked((table.alias ?? table.name).name).toLowerCase(), unmarked));
  }

  private windowedAverage(data: Tree, names: Names): Tree {
    const { this: aggregate, ...window } = this.children({ ...data, this: null, argument: data.this.avg }, names);
    const inner = window.argument;
    const over = (node: Tree): Tree => ({ window_function: { ...window, argument: undefined, this: node } });
    return average(inner, over);
  }
}
