/** A value no cast accepts: fails only in the row that meets it, and `TRY` can catch it, unlike `error()`. */
const fail = (message: string, on: string, type: string) => `CAST('${message}' || left(CAST(${on} AS VARCHAR), 0) AS ${type})`;
const zero = (by: string, type: string) => `CASE WHEN ${by} = 0 THEN ${fail('Division by zero', by, type)}`;

/** `name(parameters)` of each overload, then what it stands for. A parameter with a type takes part in the choice of
 *  the overload and is converted; one without is passed as it was written. One overload for DECIMAL takes decimals of
 *  any scale; two would leave DuckDB undecided. */
type Macro = readonly (readonly [parameters: string, body: string])[];

const TIMES = ['TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', 'DATE'] as const;
const ofTimes = (body: string, types: readonly string[] = TIMES): Macro => types.map((type) => [`x ${type}`, body]);
const CLOCK = TIMES.slice(0, 2);
const same = (parameters: string, body: string): Macro => [[parameters, body]];
const nullIfAny = (names: string, call: string) => `CASE WHEN ${names.split(', ').map((name) => `${name} IS NULL`).join(' OR ')} THEN NULL ELSE ${call} END`;
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
const joined = (list: string) => `CASE WHEN len(${list}) = 0 THEN '' ELSE list_reduce(${list}, lambda a, b: a || d || b) END`;
const ISO = "strftime(x, '%Y-%m-%dT%H:%M:%S.%g')";
const SPACED = "strftime(x, '%Y-%m-%d %H:%M:%S.%g')";
const HOST = '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?';

/** Trino's scalar functions in DuckDB's SQL, where DuckDB has none of the name or its own behaves otherwise. Types are
 *  checked as Trino checks them: no text where a number is wanted. */
export const SCALAR_MACROS: Readonly<Record<string, Macro>> = {
  // Operators
  // A small value of the kind of number another is: what `divide` and its like choose their overload by. Any decimal
  // is one kind, and DuckDB's sums of whole numbers (HUGEINT) are Trino's bigints
  kind: [
    ['a INTEGER', 'CAST(1 AS INTEGER)'],
    ['a BIGINT', 'CAST(1 AS BIGINT)'],
    ['a HUGEINT', 'CAST(1 AS BIGINT)'],
    ['a DOUBLE', 'CAST(1 AS DOUBLE)'],
    ['a DECIMAL(38,2)', 'CAST(1 AS DECIMAL(4,1))'],
  ],
  divide: [
    ['k INTEGER, l INTEGER, a, b, d', `${zero('b', 'INTEGER')} ELSE a // b END`],
    ['k BIGINT, l BIGINT, a, b, d', `${zero('b', 'BIGINT')} ELSE a // b END`],
    ['k DOUBLE, l DOUBLE, a, b, d', 'CAST(a AS DOUBLE) / CAST(b AS DOUBLE)'],
    ['k DECIMAL(4,1), l DECIMAL(4,1), a, b, d', 'd'],
  ],
  quotient: same('x, y', `CAST(${zero('y', 'DOUBLE')} ELSE CAST(x AS DOUBLE) / CAST(y AS DOUBLE) END AS DECIMAL(38,10))`),
  scale: same('x', String.raw`CAST(coalesce(nullif(regexp_extract(typeof(x), ',(\d+)', 1), ''), '0') AS INTEGER)`),
  average: [
    ['k BIGINT, v, d', 'v'],
    ['k DOUBLE, v, d', 'v'],
    ['k DECIMAL(4,1), v, d', 'd'],
  ],
  modulus: [
    ['k BIGINT, l BIGINT, b, d', `${zero('b', 'BIGINT')} ELSE d END`],
    ['k DOUBLE, l DOUBLE, b, d', 'd'],
    ['k DECIMAL(4,1), l DECIMAL(4,1), b, d', `${zero('b', 'DOUBLE')} ELSE d END`],
  ],
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
  item: [
    ['x, i BIGINT', `CASE WHEN i < 1 OR i > json_array_length(to_json(x)) THEN ${fail('Array subscript out of bounds', 'i', 'INTEGER')} = 0 ELSE true END`],
    ['x, i VARCHAR', `CASE WHEN NOT map_contains(x, i) THEN ${fail('Key not present in map', 'i', 'INTEGER')} = 0 ELSE true END`],
  ],
  // What goes into a cast to a whole number, so that DuckDB's cast rounds and refuses as Trino's does
  before_integer: [
    ['a VARCHAR, x', `CASE WHEN typeof(x) = 'JSON' OR regexp_full_match(a, '[+-]?\\d+') THEN a ELSE 'Cannot cast text to a whole number' END`],
    ['a BIGINT, x', 'x'],
    ['a HUGEINT, x', 'x'],
    ['a BOOLEAN, x', 'x'],
    ['a DOUBLE, x', 'round(a)'],
    ['a DECIMAL(38,2), x', 'x'],
  ],
  // What goes into a cast to varchar
  before_text: [
    ['a VARCHAR, x', `CASE WHEN typeof(x) = 'JSON' THEN json_extract_string(x, '$') ELSE a END`],
    ['a BIGINT, x', 'x'],
    ['a HUGEINT, x', 'x'],
    ['a BOOLEAN, x', 'x'],
    ['a DATE, x', 'x'],
    ['a TIMESTAMP, x', SPACED.replace('(x', '(a')],
    ['a TIMESTAMP WITH TIME ZONE, x', `${SPACED.replace('(x', '(a')} || ' UTC'`],
    ['a DECIMAL(38,2), x', 'x'],
    ['a DOUBLE, x', "error('Casting a double to varchar is not emulated locally; format it, or cast to decimal first')"],
  ],

  // Comparison
  greatest: variadic(6, (names) => nullIfAny(names, `greatest(${names})`)),
  least: variadic(6, (names) => nullIfAny(names, `least(${names})`)),

  // Numbers
  ceil: [['x BIGINT', 'x'], ['x DOUBLE', 'ceil(x)']],
  ceiling: [['x BIGINT', 'x'], ['x DOUBLE', 'ceil(x)']],
  floor: [['x BIGINT', 'x'], ['x DOUBLE', 'floor(x)']],
  truncate: [['x BIGINT', 'x'], ['x DOUBLE', 'trunc(x)']],
  sign: [['x BIGINT', 'CAST(sign(x) AS BIGINT)'], ['x DOUBLE', 'CAST(sign(x) AS DOUBLE)']],
  sqrt: same('x DOUBLE', "CASE WHEN x < 0 THEN CAST('nan' AS DOUBLE) ELSE sqrt(x) END"),
  cbrt: same('x DOUBLE', 'cbrt(x)'),
  power: same('x DOUBLE, y DOUBLE', 'pow(x, y)'),
  pow: same('x DOUBLE, y DOUBLE', 'pow(x, y)'),
  exp: same('x DOUBLE', 'exp(x)'),
  ln: same('x DOUBLE', 'ln(x)'),
  log2: same('x DOUBLE', 'log2(x)'),
  log10: same('x DOUBLE', 'log10(x)'),
  log: same('b DOUBLE, x DOUBLE', 'log(b, x)'),
  mod: [['a BIGINT, b BIGINT', `${zero('b', 'BIGINT')} ELSE a % b END`], ['a DOUBLE, b DOUBLE', 'a % b']],
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
  length: [['x VARCHAR', 'length(x)'], ['x BLOB', 'octet_length(x)']],
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
  split_part: same('x VARCHAR, d VARCHAR, n BIGINT', 'CASE WHEN n > len(string_split(x, d)) THEN NULL ELSE split_part(x, d, n) END'),
  strpos: same('x VARCHAR, s VARCHAR', 'strpos(x, s)'),
  replace: [['x VARCHAR, a VARCHAR', "replace(x, a, '')"], ['x VARCHAR, a VARCHAR, b VARCHAR', 'replace(x, a, b)']],
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
    ['x VARCHAR, p VARCHAR, r VARCHAR', String.raw`regexp_replace(x, p, regexp_replace(replace(r, '\', '\\'), '\$(\d)', '\\\1', 'g'), 'g')`],
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
  year: ofTimes('year(x)'),
  quarter: ofTimes('quarter(x)'),
  month: ofTimes('month(x)'),
  week: ofTimes('week(x)'),
  week_of_year: ofTimes('week(x)'),
  year_of_week: ofTimes('isoyear(x)'),
  yow: ofTimes('isoyear(x)'),
  day: ofTimes('day(x)'),
  day_of_month: ofTimes('day(x)'),
  day_of_week: ofTimes('isodow(x)'),
  dow: ofTimes('isodow(x)'),
  day_of_year: ofTimes('dayofyear(x)'),
  doy: ofTimes('dayofyear(x)'),
  hour: ofTimes('hour(x)', CLOCK),
  minute: ofTimes('minute(x)', CLOCK),
  second: ofTimes('second(x)', CLOCK),
  millisecond: ofTimes('millisecond(x) % 1000', CLOCK),
  date: [...ofTimes('CAST(x AS DATE)'), ['x VARCHAR', 'CAST(x AS DATE)']],
  last_day_of_month: ofTimes('last_day(x)'),
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
  date_diff: [
    ['u VARCHAR, a TIMESTAMP, b TIMESTAMP', 'date_sub(lower(u), a, b)'],
    ['u VARCHAR, a TIMESTAMP WITH TIME ZONE, b TIMESTAMP WITH TIME ZONE', 'date_sub(lower(u), a, b)'],
    ['u VARCHAR, a DATE, b DATE', 'date_sub(lower(u), a, b)'],
  ],
  date_format: [['x TIMESTAMP, f', 'strftime(x, f)'], ['x TIMESTAMP WITH TIME ZONE, f', 'strftime(x, f)'], ['x DATE, f', 'strftime(x, f)']],
  date_parse: same('x VARCHAR, f', 'strptime(x, f)'),
  format_datetime: [['x TIMESTAMP, f', 'strftime(x, f)'], ['x TIMESTAMP WITH TIME ZONE, f', 'strftime(x, f)'], ['x DATE, f', 'strftime(x, f)']],
  parse_datetime: same('x VARCHAR, f', 'CAST(strptime(x, f) AS TIMESTAMP WITH TIME ZONE)'),
  from_unixtime: same('x DOUBLE', 'to_timestamp(round(x, 3))'),
  to_unixtime: [['x TIMESTAMP', 'epoch(x)'], ['x TIMESTAMP WITH TIME ZONE', 'epoch(x)']],
  from_iso8601_timestamp: same('x VARCHAR', 'CAST(x AS TIMESTAMP WITH TIME ZONE)'),
  from_iso8601_date: same('x VARCHAR', 'CAST(x AS DATE)'),
  to_iso8601: [['x TIMESTAMP', ISO], ['x TIMESTAMP WITH TIME ZONE', `${ISO} || 'Z'`], ['x DATE', 'CAST(x AS VARCHAR)']],

  // Arrays and maps. JSON knows the size of both, whatever they hold
  cardinality: same('x', "CAST(CASE WHEN typeof(x) LIKE 'MAP(%' THEN len(json_keys(to_json(x))) ELSE json_array_length(to_json(x)) END AS BIGINT)"),
  element_at: same('x, i', 'x[i]'),
  array_join: [
    ['x, d VARCHAR', joined('list_filter(CAST(x AS VARCHAR[]), lambda v: v IS NOT NULL)')],
    ['x, d VARCHAR, n VARCHAR', joined('list_transform(CAST(x AS VARCHAR[]), lambda v: coalesce(v, n))')],
  ],
  array_max: same('x', 'CASE WHEN list_contains(list_transform(x, lambda v: v IS NULL), true) THEN NULL ELSE list_max(x) END'),
  array_min: same('x', 'CASE WHEN list_contains(list_transform(x, lambda v: v IS NULL), true) THEN NULL ELSE list_min(x) END'),
  array_position: same('x, v', 'CAST(CASE WHEN x IS NULL OR v IS NULL THEN NULL ELSE coalesce(list_position(x, v), 0) END AS BIGINT)'),
  slice: same('x, s BIGINT, n BIGINT', 'CASE WHEN s < 0 THEN x[len(x) + s + 1 : len(x) + s + n] ELSE x[s : s + n - 1] END'),
  sequence: [['a BIGINT, b BIGINT', 'generate_series(a, b, CASE WHEN a <= b THEN 1 ELSE -1 END)'], ['a BIGINT, b BIGINT, s BIGINT', 'generate_series(a, b, s)']],

  // JSON
  json_parse: same('x VARCHAR', 'CAST(x AS JSON)'),
  json_format: same('x', 'CAST(x AS VARCHAR)'),
  json_extract: same('x VARCHAR, p VARCHAR', 'CASE WHEN json_valid(x) THEN json_extract(x, p) END'),
  json_extract_scalar: same(
    'x VARCHAR, p VARCHAR',
    "CASE WHEN NOT json_valid(x) OR json_type(x, p) IN ('OBJECT', 'ARRAY') THEN NULL ELSE json_extract_string(x, p) END",
  ),
  json_array_length: same('x VARCHAR', "CASE WHEN json_valid(x) AND json_type(x) = 'ARRAY' THEN CAST(json_array_length(x) AS BIGINT) END"),
};

/** Other names of the same. */
export const ALIASES: Readonly<Record<string, string>> = { substring: 'substr' };

/** Scalar functions that DuckDB has as Trino has them, by Trino's name: DuckDB's. */
export const SAME_SCALARS: Readonly<Record<string, string>> = {
  abs: 'abs', round: 'round', degrees: 'degrees', radians: 'radians', sin: 'sin', cos: 'cos', tan: 'tan',
  asin: 'asin', acos: 'acos', atan: 'atan', atan2: 'atan2', reverse: 'reverse', now: 'now',
  contains: 'list_contains', array_distinct: 'list_distinct', array_sort: 'list_sort', array_intersect: 'list_intersect',
  arrays_overlap: 'list_has_any', flatten: 'flatten', map: 'map', map_keys: 'map_keys', map_values: 'map_values',
  transform: 'list_transform', filter: 'list_filter',
};

/** Aggregates and special forms that the parser leaves as plain calls, by Trino's name: DuckDB's. */
export const SAME_FORMS: Readonly<Record<string, string>> = {
  try: 'try', nullif: 'nullif', row: 'row', grouping: 'grouping', 'grouping sets': 'grouping sets', cube: 'cube', rollup: 'rollup',
  current_timestamp: 'current_timestamp', current_date: 'current_date', localtimestamp: 'localtimestamp',
  arbitrary: 'any_value', min_by: 'arg_min_null', max_by: 'arg_max_null', corr: 'corr', covar_pop: 'covar_pop',
  covar_samp: 'covar_samp', regr_slope: 'regr_slope', regr_intercept: 'regr_intercept', histogram: 'histogram',
  approx_percentile: 'quantile_disc', max: 'max', min: 'min',
};

/** The statements that make the macros. */
export function macroStatements(): string[] {
  return Object.entries(SCALAR_MACROS).map(
    ([name, overloads]) => `CREATE MACRO trino_${name}${overloads.map(([parameters, body]) => `(${parameters}) AS ${body}`).join(', ')}`,
  );
}
