/** A value no cast accepts: fails only in the row that meets it, and `TRY` can catch it, unlike `error()`. */
const fail = (message: string, on: string, type = 'INTEGER') =>
  `CAST('${message}' || left(CAST(${on} AS VARCHAR), 0) AS ${type})`;
const zero = (by: string, type: string) => `CASE WHEN ${by} = 0 THEN ${fail('Division by zero', by, type)}`;
const each = (names: string, test: (name: string) => string) => `(${names.split(', ').map(test).join(' OR ')})`;
const inexact = (names: string) => each(names, (name) => `typeof(${name}) IN ('DOUBLE', 'FLOAT')`);
const decimal = (names: string) => each(names, (name) => `typeof(${name}) LIKE 'DECIMAL%'`);
/** The divisor, or the failure: only doubles may be divided by zero. */
const NONZERO = `CASE WHEN y = 0 AND NOT ${inexact('x, y')} THEN ${fail('Division by zero', 'y')} ELSE y END`;
/** What takes the scale of a decimal quotient. DuckDB's `//` divides whole numbers as Trino does, others exactly; where
 *  Trino gives a decimal this gives a double of the same value. */
const rounded = (quotient: string) => `round(${quotient}, greatest(trino_scale(x), trino_scale(y)))`;

/** `name(parameters)` of each overload, then what it stands for. A parameter with a type takes part in the choice of
 *  the overload and is converted; one without is passed as it was written. DuckDB chooses before it knows the type of an
 *  aggregate: see {@link FOR_AGGREGATES}. */
type Macro = readonly (readonly [parameters: string, body: string])[];

const same = (parameters: string, body: string): Macro => [[parameters, body]];
const nullIfAny = (names: string, call: string) =>
  `CASE WHEN ${each(names, (name) => `${name} IS NULL`)} THEN NULL ELSE ${call} END`;
const variadic = (most: number, body: (names: string) => string, type = ''): Macro =>
  Array.from({ length: most - 1 }, (_, index) => {
    const names = Array.from({ length: index + 2 }, (_, at) => `p${at}`);
    return [names.map((name) => `${name}${type}`).join(', '), body(names.join(', '))] as const;
  });

const INTERVAL_OF = `CASE lower(u) WHEN 'millisecond' THEN to_milliseconds(n) WHEN 'second' THEN to_seconds(n)
  WHEN 'minute' THEN to_minutes(n) WHEN 'hour' THEN to_hours(n) WHEN 'day' THEN to_days(CAST(n AS INTEGER))
  WHEN 'week' THEN to_weeks(CAST(n AS INTEGER)) WHEN 'month' THEN to_months(CAST(n AS INTEGER))
  WHEN 'quarter' THEN to_quarters(CAST(n AS INTEGER)) WHEN 'year' THEN to_years(CAST(n AS INTEGER))
  ELSE ${fail('Not a valid unit: ', 'u', 'INTERVAL')} END`;
const joined = (list: string) =>
  `CASE WHEN len(${list}) = 0 THEN '' ELSE list_reduce(${list}, lambda a, b: a || d || b) END`;
const ISO = "strftime(x, '%Y-%m-%dT%H:%M:%S.%g')";
const SPACED = "strftime(x, '%Y-%m-%d %H:%M:%S.%g')";
/** A format of a time that has become text on the way, because any type may. */
const asTime = (format: string) => format.replace('(x', '(TRY_CAST(CAST(x AS VARCHAR) AS TIMESTAMP)');
const HOST = '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?';

/** Trino's scalar functions in DuckDB's SQL, where DuckDB has none of the name or its own behaves otherwise. Types are
 *  checked as Trino checks them: no text where a number is wanted. */
export const SCALAR_MACROS: Readonly<Record<string, Macro>> = {
  // Operators
  /** A small value of the kind of number another is: what `divide` chooses its overload by. */
  number: [
    ['a INTEGER', 'CAST(1 AS INTEGER)'],
    ['a BIGINT', 'CAST(1 AS BIGINT)'],
    // What DuckDB's sums of whole numbers are; Trino's are bigints
    ['a HUGEINT', 'CAST(1 AS BIGINT)'],
    ['a DOUBLE', 'CAST(1 AS DOUBLE)'],
    // Takes decimals of any scale; two overloads for decimals would leave DuckDB undecided
    ['a DECIMAL(38,2)', 'CAST(1 AS DECIMAL(4,1))'],
  ],
  divide: [
    ['k INTEGER, l INTEGER, x, y', `x // ${NONZERO}`],
    ['k BIGINT, l BIGINT, x, y', `x // ${NONZERO}`],
    ['k DOUBLE, l DOUBLE, x, y', 'CAST(x AS DOUBLE) / CAST(y AS DOUBLE)'],
    ['k DECIMAL(4,1), l DECIMAL(4,1), x, y', rounded(`x // ${NONZERO}`)],
  ],
  modulus: same('x, y', `x % ${NONZERO}`),
  scale: same('x', String.raw`CAST(coalesce(nullif(regexp_extract(typeof(x), ',(\d+)', 1), ''), '0') AS INTEGER)`),
  average: same('v, sample', `CASE WHEN ${decimal('sample')} THEN round(v, trino_scale(sample)) ELSE v END`),
  join_text: [
    ['a VARCHAR, b VARCHAR', 'a || b'],
    ['a VARCHAR[], b VARCHAR[]', 'a || b'],
    ['a BIGINT[], b BIGINT[]', 'a || b'],
    ['a DOUBLE[], b DOUBLE[]', 'a || b'],
  ],
  plus_interval: [
    ['x TIMESTAMP, i', 'x + i'],
    ['x TIMESTAMP WITH TIME ZONE, i', 'x + i'],
    ['x DATE, i', 'CAST(x + i AS DATE)'],
  ],
  minus_interval: [
    ['x TIMESTAMP, i', 'x - i'],
    ['x TIMESTAMP WITH TIME ZONE, i', 'x - i'],
    ['x DATE, i', 'CAST(x - i AS DATE)'],
  ],
  /** True, or the failure Trino has for an index that is not there. */
  item: [
    [
      'x, i BIGINT',
      `CASE WHEN i < 1 OR i > json_array_length(to_json(x)) THEN ${fail('Array subscript out of bounds', 'i')} = 0 ELSE true END`,
    ],
    ['x, i VARCHAR', `CASE WHEN NOT map_contains(x, i) THEN ${fail('Key not present in map', 'i')} = 0 ELSE true END`],
  ],
  // What goes into a cast to a whole number or to varchar, so that DuckDB's cast gives what Trino's does. By way of
  // text, which every type becomes
  before_integer: same(
    'x',
    String.raw`CASE WHEN ${inexact('x')} THEN CAST(round(TRY_CAST(CAST(x AS VARCHAR) AS DOUBLE)) AS VARCHAR)
      WHEN typeof(x) = 'BOOLEAN' THEN CASE CAST(x AS VARCHAR) WHEN 'true' THEN '1' WHEN 'false' THEN '0' END
      WHEN typeof(x) = 'VARCHAR' AND NOT regexp_full_match(CAST(x AS VARCHAR), '[+-]?\d+') THEN 'Cannot cast text to a whole number'
      ELSE CAST(x AS VARCHAR) END`,
  ),
  before_text: same(
    'x',
    `CASE WHEN ${inexact('x')} THEN error('Casting a double to varchar is not emulated locally; cast it to decimal first')
      WHEN typeof(x) = 'JSON' THEN json_extract_string(CAST(x AS VARCHAR), '$')
      WHEN typeof(x) LIKE 'TIMESTAMP%' THEN ${asTime(SPACED)} || CASE WHEN typeof(x) LIKE '%TIME ZONE' THEN ' UTC' ELSE '' END
      ELSE CAST(x AS VARCHAR) END`,
  ),

  // Comparison
  greatest: variadic(6, (names) => nullIfAny(names, `greatest(${names})`)),
  least: variadic(6, (names) => nullIfAny(names, `least(${names})`)),

  // Numbers
  ceil: [
    ['x BIGINT', 'x'],
    ['x DOUBLE', 'ceil(x)'],
  ],
  ceiling: [
    ['x BIGINT', 'x'],
    ['x DOUBLE', 'ceil(x)'],
  ],
  floor: [
    ['x BIGINT', 'x'],
    ['x DOUBLE', 'floor(x)'],
  ],
  truncate: [
    ['x BIGINT', 'x'],
    ['x DOUBLE', 'trunc(x)'],
  ],
  sign: [
    ['x BIGINT', 'CAST(sign(x) AS BIGINT)'],
    ['x DOUBLE', 'CAST(sign(x) AS DOUBLE)'],
  ],
  sqrt: same('x DOUBLE', "CASE WHEN x < 0 THEN CAST('nan' AS DOUBLE) ELSE sqrt(x) END"),
  cbrt: same('x DOUBLE', 'cbrt(x)'),
  power: same('x DOUBLE, y DOUBLE', 'pow(x, y)'),
  pow: same('x DOUBLE, y DOUBLE', 'pow(x, y)'),
  exp: same('x DOUBLE', 'exp(x)'),
  ln: same('x DOUBLE', 'ln(x)'),
  log2: same('x DOUBLE', 'log2(x)'),
  log10: same('x DOUBLE', 'log10(x)'),
  log: same('b DOUBLE, x DOUBLE', 'log(b, x)'),
  mod: [
    ['a BIGINT, b BIGINT', `${zero('b', 'BIGINT')} ELSE a % b END`],
    ['a DOUBLE, b DOUBLE', 'a % b'],
  ],
  pi: same('', 'pi()'),
  e: same('', 'exp(1.0)'),
  nan: same('', "CAST('nan' AS DOUBLE)"),
  infinity: same('', "CAST('inf' AS DOUBLE)"),
  is_nan: same('x DOUBLE', 'isnan(x)'),
  is_finite: same('x DOUBLE', 'isfinite(x)'),
  is_infinite: same('x DOUBLE', 'isinf(x)'),
  rand: same('', 'random()'),
  random: same('', 'random()'),
  bitwise_and: same('a BIGINT, b BIGINT', 'a & b'),
  bitwise_or: same('a BIGINT, b BIGINT', 'a | b'),
  bitwise_xor: same('a BIGINT, b BIGINT', 'xor(a, b)'),
  bitwise_not: same('a BIGINT', '~a'),

  // Text
  length: [
    ['x VARCHAR', 'length(x)'],
    ['x BLOB', 'octet_length(x)'],
  ],
  lower: same('x VARCHAR', 'lower(x)'),
  upper: same('x VARCHAR', 'upper(x)'),
  trim: same('x VARCHAR', String.raw`regexp_replace(x, '^\s+|\s+$', '', 'g')`),
  ltrim: same('x VARCHAR', String.raw`regexp_replace(x, '^\s+', '')`),
  rtrim: same('x VARCHAR', String.raw`regexp_replace(x, '\s+$', '')`),
  substr: [
    ['x VARCHAR, s BIGINT', "CASE WHEN s = 0 OR -s > length(x) THEN '' ELSE substr(x, s) END"],
    ['x VARCHAR, s BIGINT, n BIGINT', "CASE WHEN s = 0 OR -s > length(x) OR n <= 0 THEN '' ELSE substr(x, s, n) END"],
  ],
  concat: variadic(10, (names) => names.split(', ').join(' || '), ' VARCHAR'),
  split: same('x VARCHAR, d VARCHAR', 'string_split(x, d)'),
  split_part: same(
    'x VARCHAR, d VARCHAR, n BIGINT',
    'CASE WHEN n > len(string_split(x, d)) THEN NULL ELSE split_part(x, d, n) END',
  ),
  strpos: same('x VARCHAR, s VARCHAR', 'strpos(x, s)'),
  replace: [
    ['x VARCHAR, a VARCHAR', "replace(x, a, '')"],
    ['x VARCHAR, a VARCHAR, b VARCHAR', 'replace(x, a, b)'],
  ],
  lpad: same('x VARCHAR, n BIGINT, p VARCHAR', 'lpad(x, CAST(n AS INTEGER), p)'),
  rpad: same('x VARCHAR, n BIGINT, p VARCHAR', 'rpad(x, CAST(n AS INTEGER), p)'),
  starts_with: same('x VARCHAR, p VARCHAR', 'starts_with(x, p)'),
  chr: same('n BIGINT', 'chr(CAST(n AS INTEGER))'),
  codepoint: same('x VARCHAR', 'unicode(x)'),
  levenshtein_distance: same('a VARCHAR, b VARCHAR', 'levenshtein(a, b)'),
  regexp_like: same('x VARCHAR, p VARCHAR', 'regexp_matches(x, p)'),
  regexp_extract: [
    ['x VARCHAR, p VARCHAR', 'CASE WHEN regexp_matches(x, p) THEN regexp_extract(x, p) END'],
    ['x VARCHAR, p VARCHAR, n', 'CASE WHEN regexp_matches(x, p) THEN regexp_extract(x, p, n) END'],
  ],
  regexp_extract_all: [
    ['x VARCHAR, p VARCHAR', 'regexp_extract_all(x, p)'],
    ['x VARCHAR, p VARCHAR, n', 'regexp_extract_all(x, p, n)'],
  ],
  regexp_replace: [
    ['x VARCHAR, p VARCHAR', "regexp_replace(x, p, '', 'g')"],
    [
      'x VARCHAR, p VARCHAR, r VARCHAR',
      String.raw`regexp_replace(x, p, regexp_replace(replace(r, '\', '\\'), '\$(\d)', '\\\1', 'g'), 'g')`,
    ],
  ],
  regexp_count: same('x VARCHAR, p VARCHAR', 'CAST(len(regexp_extract_all(x, p)) AS BIGINT)'),
  regexp_split: same('x VARCHAR, p VARCHAR', 'string_split_regex(x, p)'),
  url_extract_protocol: same('x VARCHAR', "nullif(regexp_extract(x, '^([A-Za-z][A-Za-z0-9+.-]*):', 1), '')"),
  url_extract_host: same('x VARCHAR', `nullif(regexp_extract(x, '${HOST}([^/?#:]+)', 1), '')`),
  url_extract_path: same('x VARCHAR', "regexp_extract(x, '^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://[^/?#]*)?([^?#]*)', 1)"),
  url_extract_query: same('x VARCHAR', String.raw`nullif(regexp_extract(x, '\?([^#]*)', 1), '')`),
  url_decode: same('x VARCHAR', "url_decode(replace(x, '+', ' '))"),

  // Bytes
  to_utf8: same('x VARCHAR', 'encode(x)'),
  from_utf8: same('x BLOB', 'decode(x)'),
  to_hex: same('x BLOB', 'hex(x)'),
  from_hex: same('x VARCHAR', 'unhex(x)'),
  to_base64: same('x BLOB', 'to_base64(x)'),
  from_base64: same('x VARCHAR', 'from_base64(x)'),
  md5: same('x BLOB', 'unhex(md5(x))'),
  sha1: same('x BLOB', 'unhex(sha1(x))'),
  sha256: same('x BLOB', 'unhex(sha256(x))'),

  // Times
  year: same('x', 'year(x)'),
  quarter: same('x', 'quarter(x)'),
  month: same('x', 'month(x)'),
  week: same('x', 'week(x)'),
  week_of_year: same('x', 'week(x)'),
  year_of_week: same('x', 'isoyear(x)'),
  yow: same('x', 'isoyear(x)'),
  day: same('x', 'day(x)'),
  day_of_month: same('x', 'day(x)'),
  day_of_week: same('x', 'isodow(x)'),
  dow: same('x', 'isodow(x)'),
  day_of_year: same('x', 'dayofyear(x)'),
  doy: same('x', 'dayofyear(x)'),
  hour: same('x', 'hour(x)'),
  minute: same('x', 'minute(x)'),
  second: same('x', 'second(x)'),
  millisecond: same('x', 'millisecond(x) % 1000'),
  date: same('x', 'CAST(x AS DATE)'),
  last_day_of_month: same('x', 'last_day(x)'),
  date_trunc: [
    ['u VARCHAR, x TIMESTAMP', 'date_trunc(u, x)'],
    ['u VARCHAR, x TIMESTAMP WITH TIME ZONE', 'date_trunc(u, x)'],
    ['u VARCHAR, x DATE', 'CAST(date_trunc(u, x) AS DATE)'],
  ],
  date_add: [
    ['u VARCHAR, n BIGINT, x TIMESTAMP', `x + ${INTERVAL_OF}`],
    ['u VARCHAR, n BIGINT, x TIMESTAMP WITH TIME ZONE', `x + ${INTERVAL_OF}`],
    ['u VARCHAR, n BIGINT, x DATE', `CAST(x + ${INTERVAL_OF} AS DATE)`],
  ],
  date_diff: same('u, a, b', 'date_sub(lower(u), a, b)'),
  date_format: same('x, f', 'strftime(x, f)'),
  date_parse: same('x VARCHAR, f', 'strptime(x, f)'),
  format_datetime: same('x, f', 'strftime(x, f)'),
  parse_datetime: same('x VARCHAR, f', 'CAST(strptime(x, f) AS TIMESTAMP WITH TIME ZONE)'),
  from_unixtime: same('x DOUBLE', 'to_timestamp(round(x, 3))'),
  to_unixtime: same('x', 'epoch(x)'),
  from_iso8601_timestamp: same('x VARCHAR', 'CAST(x AS TIMESTAMP WITH TIME ZONE)'),
  from_iso8601_date: same('x VARCHAR', 'CAST(x AS DATE)'),
  to_iso8601: same(
    'x',
    `CASE WHEN typeof(x) = 'DATE' THEN CAST(x AS VARCHAR) ELSE ${asTime(ISO)} || CASE WHEN typeof(x) LIKE '%TIME ZONE' THEN 'Z' ELSE '' END END`,
  ),

  // Arrays and maps. JSON knows the size of both, whatever they hold
  cardinality: same(
    'x',
    "CAST(CASE WHEN typeof(x) LIKE 'MAP(%' THEN len(json_keys(to_json(x))) ELSE json_array_length(to_json(x)) END AS BIGINT)",
  ),
  element_at: same('x, i', 'x[i]'),
  array_join: [
    ['x, d VARCHAR', joined('list_filter(CAST(x AS VARCHAR[]), lambda v: v IS NOT NULL)')],
    ['x, d VARCHAR, n VARCHAR', joined('list_transform(CAST(x AS VARCHAR[]), lambda v: coalesce(v, n))')],
  ],
  array_max: same(
    'x',
    'CASE WHEN list_contains(list_transform(x, lambda v: v IS NULL), true) THEN NULL ELSE list_max(x) END',
  ),
  array_min: same(
    'x',
    'CASE WHEN list_contains(list_transform(x, lambda v: v IS NULL), true) THEN NULL ELSE list_min(x) END',
  ),
  array_position: same(
    'x, v',
    'CAST(CASE WHEN x IS NULL OR v IS NULL THEN NULL ELSE coalesce(list_position(x, v), 0) END AS BIGINT)',
  ),
  slice: same(
    'x, s BIGINT, n BIGINT',
    'CASE WHEN s < 0 THEN x[len(x) + s + 1 : len(x) + s + n] ELSE x[s : s + n - 1] END',
  ),
  sequence: [
    ['a BIGINT, b BIGINT', 'generate_series(a, b, CASE WHEN a <= b THEN 1 ELSE -1 END)'],
    ['a BIGINT, b BIGINT, s BIGINT', 'generate_series(a, b, s)'],
  ],

  // JSON
  json_parse: same('x VARCHAR', 'CAST(x AS JSON)'),
  json_format: same('x', 'CAST(x AS VARCHAR)'),
  json_extract: same('x VARCHAR, p VARCHAR', 'CASE WHEN json_valid(x) THEN json_extract(x, p) END'),
  json_extract_scalar: same(
    'x VARCHAR, p VARCHAR',
    "CASE WHEN NOT json_valid(x) OR json_type(x, p) IN ('OBJECT', 'ARRAY') THEN NULL ELSE json_extract_string(x, p) END",
  ),
  json_array_length: same(
    'x VARCHAR',
    "CASE WHEN json_valid(x) AND json_type(x) = 'ARRAY' THEN CAST(json_array_length(x) AS BIGINT) END",
  ),
};

const notDate = (body: string) =>
  `CASE WHEN typeof(x) = 'DATE' THEN error('Date arithmetic on an aggregate of dates is not emulated locally; put the aggregate into a subquery') ELSE ${body} END`;
const notWhole = (body: string) =>
  `CASE WHEN ${inexact('x')} OR ${decimal('x')} THEN ${body} ELSE error('Rounding an aggregate of whole numbers is not emulated locally; it changes nothing') END`;

/** DuckDB's `//` gives null for a double divided by zero, Trino infinity. */
const ANY_QUOTIENT = `(x // CASE WHEN y = 0 THEN CAST(CASE WHEN ${inexact('x, y')}
  THEN 'Dividing an aggregate by a double that is zero is not emulated locally' ELSE 'Division by zero' END
  || left(CAST(y AS VARCHAR), 0) AS INTEGER) ELSE y END)`;

/** What stands for a macro of several overloads when an operand is an aggregate or a window function. */
export const FOR_AGGREGATES: Readonly<Record<string, Macro>> = {
  divide: same(
    'x, y',
    `CASE WHEN ${inexact('x, y')} OR NOT ${decimal('x, y')} THEN ${ANY_QUOTIENT} ELSE ${rounded(ANY_QUOTIENT)} END`,
  ),
  join_text: same('a, b', 'a || b'),
  plus_interval: same('x, i', notDate('x + i')),
  minus_interval: same('x, i', notDate('x - i')),
  date_trunc: same('u, x', notDate('date_trunc(u, x)')),
  date_add: same('u, n, x', notDate(`x + ${INTERVAL_OF}`)),
  length: same('x', 'length(x)'),
  ceil: same('x', notWhole('ceil(x)')),
  ceiling: same('x', notWhole('ceil(x)')),
  floor: same('x', notWhole('floor(x)')),
  truncate: same('x', notWhole('trunc(x)')),
  sign: same('x', notWhole('sign(x)')),
  mod: same('x, y', `x % ${NONZERO}`),
};

/** Other names of the same. */
export const ALIASES: Readonly<Record<string, string>> = { substring: 'substr' };

/** Scalar functions that DuckDB has as Trino has them, by Trino's name: DuckDB's. */
export const SAME_SCALARS: Readonly<Record<string, string>> = {
  abs: 'abs',
  round: 'round',
  degrees: 'degrees',
  radians: 'radians',
  sin: 'sin',
  cos: 'cos',
  tan: 'tan',
  asin: 'asin',
  acos: 'acos',
  atan: 'atan',
  atan2: 'atan2',
  reverse: 'reverse',
  now: 'now',
  contains: 'list_contains',
  array_distinct: 'list_distinct',
  array_sort: 'list_sort',
  array_intersect: 'list_intersect',
  arrays_overlap: 'list_has_any',
  flatten: 'flatten',
  map: 'map',
  map_keys: 'map_keys',
  map_values: 'map_values',
  transform: 'list_transform',
  filter: 'list_filter',
};

/** Aggregates and special forms that the parser leaves as plain calls, by Trino's name: DuckDB's. */
export const SAME_FORMS: Readonly<Record<string, string>> = {
  try: 'try',
  nullif: 'nullif',
  row: 'row',
  grouping: 'grouping',
  'grouping sets': 'grouping sets',
  cube: 'cube',
  rollup: 'rollup',
  arbitrary: 'any_value',
  min_by: 'arg_min_null',
  max_by: 'arg_max_null',
  corr: 'corr',
  covar_pop: 'covar_pop',
  covar_samp: 'covar_samp',
  regr_slope: 'regr_slope',
  regr_intercept: 'regr_intercept',
  histogram: 'histogram',
  approx_percentile: 'quantile_disc',
  max: 'max',
  min: 'min',
};

/** Trino's functions without parentheses. */
export const NILADIC: Readonly<Record<string, string>> = {
  current_timestamp: 'now()',
  current_date: 'CAST(now() AS DATE)',
  localtimestamp: 'CAST(now() AS TIMESTAMP)',
};

/** What DuckDB calls for a column that is not there and has the name of such a function, even a quoted one. */
const COLUMN_FALLBACKS = `current_catalog current_date current_localtime current_localtimestamp current_role
  current_schema current_user get_current_time get_current_timestamp session_user user`.split(/\s+/);

/** The statements that make the macros: `trino_<name>`, and for aggregates `trino_any_<name>`. */
export function macroStatements(): string[] {
  const statement = (name: string, overloads: Macro) =>
    `CREATE MACRO ${name}${overloads.map(([parameters, body]) => `(${parameters}) AS ${body}`).join(', ')}`;
  return [
    ...Object.entries(SCALAR_MACROS).map(([name, overloads]) => statement(`trino_${name}`, overloads)),
    ...Object.entries(NILADIC).map(([name, body]) => `CREATE MACRO trino_${name}() AS ${body}`),
    // Hide DuckDB's own: without the argument that nobody gives, the column is unknown
    ...COLUMN_FALLBACKS.map((name) => `CREATE MACRO "${name}"(no_column) AS no_column`),
    ...Object.entries(FOR_AGGREGATES).map(([name, overloads]) => statement(`trino_any_${name}`, overloads)),
  ].sort((a, b) => Number(b.includes('MACRO trino_scale')) - Number(a.includes('MACRO trino_scale')));
}
