/** A value no cast accepts: fails only in the row that meets it, and `TRY` can catch it, unlike `error()`. */
const fail = (message: string, on: string, type = 'INTEGER') =>
  `CAST('${message}' || left(CAST(${on} AS VARCHAR), 0) AS ${type})`;
const badArgument = (message: string, on: string, type?: string) =>
  fail(`INVALID_FUNCTION_ARGUMENT: ${message.replaceAll("'", "''")} .`, on, type);
const zero = (by: string, type: string) => `CASE WHEN ${by} = 0 THEN ${fail('Division by zero', by, type)}`;
const each = (names: string, test: (name: string) => string) => `(${names.split(', ').map(test).join(' OR ')})`;
const inexact = (names: string) => each(names, (name) => `typeof(${name}) IN ('DOUBLE', 'FLOAT')`);
const decimal = (names: string) => each(names, (name) => `typeof(${name}) LIKE 'DECIMAL%'`);
/** The divisor, or the failure: only doubles may be divided by zero. */
const NONZERO = `CASE WHEN y = 0 AND NOT ${inexact('x, y')} THEN ${fail('Division by zero', 'y')} ELSE y END`;
/** What takes the scale of a decimal quotient, as a double. DuckDB's `//` divides whole numbers as Trino does, others
 *  exactly. */
const rounded = (quotient: string) => `round(${quotient}, greatest(trino_scale(x), trino_scale(y)))`;
/** A decimal's digits as a whole number. */
const unscaled = (name: string) => `CAST(replace(CAST(${name} AS VARCHAR), '.', '') AS HUGEINT)`;
const power10 = (exponent: string) => `CAST('1' || repeat('0', ${exponent}) AS HUGEINT)`;
/** The quotient of decimals in the larger of their scales, half up. Its precision is the largest, Trino's is smaller. */
const DECIMAL_QUOTIENT = `cast_to_type(
  CAST(trino_half_up(${unscaled('x')} * ${power10('greatest(trino_scale(x), trino_scale(y)) + trino_scale(y) - trino_scale(x)')}, ${unscaled('y')}) AS VARCHAR)
    || 'e-' || greatest(trino_scale(x), trino_scale(y)),
  x * 0 + y * 0 + CAST(0 AS DECIMAL(38,0)))`;

/** `name(parameters)` of each overload, then what it stands for. A parameter with a type takes part in the choice of
 *  the overload and is converted; one without is passed as it was written. DuckDB chooses before it knows the type of an
 *  aggregate: see {@link FOR_AGGREGATES}. */
type Macro = readonly (readonly [parameters: string, body: string])[];

const same = (parameters: string, body: string): Macro => [[parameters, body]];
/** A function of each kind of number, after the sample that `number` makes of its first argument. */
const numbered = (parameters: string, whole: string, inexactly: string, decimally: string): Macro => [
  [`k INTEGER, ${parameters}`, whole],
  [`k BIGINT, ${parameters}`, whole],
  [`k DOUBLE, ${parameters}`, inexactly],
  [`k DECIMAL(4,1), ${parameters}`, decimally],
];
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
const joined = (list: string, between = 'd') =>
  `CASE WHEN len(${list}) = 0 THEN '' ELSE list_reduce(${list}, lambda l, r: l || ${between} || r) END`;
const ISO = "strftime(x, '%Y-%m-%dT%H:%M:%S.%g')";
const SPACED = "strftime(x, '%Y-%m-%d %H:%M:%S.%g')";
/** A format of a time that has become text on the way, because any type may. */
const asTime = (format: string) => format.replace('(x', '(TRY_CAST(CAST(x AS VARCHAR) AS TIMESTAMP)');
const BAD_PAD = `n < 0 OR p = '' THEN CAST(${badArgument('Target length must not be negative, padding string must not be empty', 'n')} AS VARCHAR)`;
const RANDOM: Macro = [
  ['', 'random()'],
  ['n BIGINT', 'CAST(floor(random() * n) AS BIGINT)'],
  ['m BIGINT, n BIGINT', 'CAST(m + floor(random() * (n - m)) AS BIGINT)'],
];
const shift = (direction: string): Macro => [
  ['k INTEGER, x, n BIGINT', `CAST(js_shift(x, n, 32, '${direction}') AS INTEGER)`],
  ['k BIGINT, x, n BIGINT', `js_shift(x, n, 64, '${direction}')`],
];
const regexp = (name: string, gives: string): Macro => same('x VARCHAR, p VARCHAR', `${name}(x, p${gives})`);
const UNITS = "'millisecond', 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year'";
const DATE_UNITS = "'day', 'week', 'month', 'quarter', 'year'";
const truncated = (type: string, units: string, given: string): readonly [string, string] => [
  `u VARCHAR, x ${type}`,
  `CASE WHEN lower(u) NOT IN (${units}) THEN ${badArgument(`This is not a valid ${given} field:`, 'u', type)} ELSE CAST(date_trunc(lower(u), x) AS ${type}) END`,
];
/** Everything but nulls, and whether there are any. */
const hasNull = (list: string) => `list_contains(list_transform(${list}, lambda e: e IS NULL), true)`;
const distinct = (list: string) => `list_filter(${list}, lambda v, i: list_position(${list}, v) = i)`;
const formatted: Macro = Array.from({ length: 8 }, (_, count) => {
  const names = Array.from({ length: count + 1 }, (_, at) => `p${at}`);
  const texts = names.map((name) => `CAST(${name} AS VARCHAR)`).join(', ');
  return [
    `f VARCHAR, ${names.join(', ')}`,
    `js_format(f, [${texts}], [${names.map((name) => `typeof(${name})`).join(', ')}])`,
  ];
});
const joinedWith: Macro = Array.from({ length: 8 }, (_, count) => {
  const names = Array.from({ length: count + 1 }, (_, at) => `p${at}`);
  return [`s VARCHAR, ${names.map((name) => `${name} VARCHAR`).join(', ')}`, `concat_ws(s, ${names.join(', ')})`];
});

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
    [
      'k DECIMAL(4,1), l DECIMAL(4,1), x, y',
      `CASE WHEN y = 0 THEN ${fail('Division by zero', 'y')} ELSE ${DECIMAL_QUOTIENT} END`,
    ],
  ],
  half_up: same(
    'n, d',
    'CAST(sign(n) * sign(d) AS HUGEINT) * ((2 * abs(CAST(n AS HUGEINT)) + abs(CAST(d AS HUGEINT))) // (2 * abs(CAST(d AS HUGEINT))))',
  ),
  modulus: same('x, y', `x % ${NONZERO}`),
  scale: same('x', String.raw`CAST(coalesce(nullif(regexp_extract(typeof(x), ',(\d+)', 1), ''), '0') AS INTEGER)`),
  // The quantile of decimals is a decimal, that of whole numbers a double: as Trino's averages are
  average: same(
    'v, sample',
    `cast_to_type(CASE WHEN ${decimal('sample')} THEN round(v, trino_scale(sample)) ELSE v END, list_aggregate([sample], 'quantile_cont', 0))`,
  ),
  join_text: [
    ['a VARCHAR, b VARCHAR', 'a || b'],
    ['a, b', 'list_concat(a, b)'],
  ],
  minus: [
    ['x DATE, y DATE', 'to_days(CAST(x - y AS INTEGER))'],
    ['x, y', 'x - y'],
  ],
  plus_interval: [
    ['x TIMESTAMP, i', 'x + i'],
    ['x TIMESTAMP WITH TIME ZONE, i', 'x + i'],
    ['x DATE, i', 'CAST(x + i AS DATE)'],
    ['x TIME, i', 'x + i'],
    ['x INTERVAL, i', 'x + i'],
  ],
  minus_interval: [
    ['x TIMESTAMP, i', 'x - i'],
    ['x TIMESTAMP WITH TIME ZONE, i', 'x - i'],
    ['x DATE, i', 'CAST(x - i AS DATE)'],
    ['x TIME, i', 'x - i'],
    ['x INTERVAL, i', 'x - i'],
  ],
  /** True, or the failure Trino has for an index that is not there. */
  item: [
    [
      'x MAP(VARCHAR, VARCHAR), i',
      `CASE WHEN NOT list_contains(json_keys(to_json(x)), CAST(i AS VARCHAR)) THEN ${fail('Key not present in map', 'i')} = 0 ELSE true END`,
    ],
    ['x, i', `CASE WHEN i < 1 OR i > len(x) THEN ${fail('Array subscript out of bounds', 'i')} = 0 ELSE true END`],
  ],
  /** True, or the failure for an index that no array has. */
  place: [
    ['x MAP(VARCHAR, VARCHAR), i', 'true'],
    ['x, i', `CASE WHEN i = 0 THEN ${badArgument('SQL array indices start at 1', 'i')} = 0 ELSE true END`],
  ],
  /** 1 for a map, text for what is none: what `first_of` and `second_of` choose their overload by. */
  shape: [
    ['m MAP(VARCHAR, VARCHAR)', '1'],
    ['x', "'rows'"],
  ],
  first_of: [
    ['k INTEGER, x', 'map_keys(x)'],
    ['k VARCHAR, x', 'list_transform(x, lambda e: struct_extract(struct_values(e), 1))'],
  ],
  second_of: [
    ['k INTEGER, x', 'map_values(x)'],
    ['k VARCHAR, x', 'list_transform(x, lambda e: struct_extract(struct_values(e), 2))'],
  ],
  /** True for text, or the failure that comparing it with text has. */
  textual: same(
    'x',
    `CASE WHEN typeof(x) IN ('VARCHAR', '"NULL"') THEN true ELSE ${fail('TYPE_MISMATCH: Cannot compare with varchar .', 'typeof(x)')} = 0 END`,
  ),
  // What goes into a cast to a whole number or to varchar, so that DuckDB's cast gives what Trino's does. By way of
  // text, which every type becomes
  before_integer: same(
    'x',
    String.raw`CASE WHEN ${inexact('x')} THEN CAST(round(TRY_CAST(CAST(x AS VARCHAR) AS DOUBLE)) AS VARCHAR)
      WHEN typeof(x) = 'JSON' THEN CASE json_extract_string(CAST(x AS VARCHAR), '$') WHEN 'true' THEN '1' WHEN 'false' THEN '0'
        ELSE coalesce(CAST(round(TRY_CAST(nullif(regexp_extract(json_extract_string(CAST(x AS VARCHAR), '$'), '^-?\d+[.eE].*$'), '') AS DOUBLE)) AS VARCHAR), json_extract_string(CAST(x AS VARCHAR), '$')) END
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

  before_nested: same(
    'x',
    `CASE WHEN typeof(x) = 'VARCHAR' THEN error('TYPE_MISMATCH: Cannot cast varchar to this type .') ELSE x END`,
  ),
  before_boolean: same(
    'x',
    `CASE WHEN typeof(x) = 'VARCHAR' AND lower(CAST(x AS VARCHAR)) NOT IN ('t', 'true', '1', 'f', 'false', '0') THEN 'Cannot cast text to BOOLEAN' ELSE CAST(x AS VARCHAR) END`,
  ),
  before_zoned: [
    [
      'x VARCHAR',
      String.raw`CASE WHEN regexp_matches(x, '([+-]\d\d:?\d\d|/[A-Za-z_]+)$') AND NOT regexp_matches(x, '[+-]00:?00$')
        THEN CAST(${fail('A time with a zone other than UTC is not emulated locally', 'x')} AS VARCHAR) ELSE x END`,
    ],
    ['x', 'x'],
  ],
  to_json: same(
    'x',
    `CASE WHEN x IS NULL THEN NULL WHEN typeof(x) = 'JSON' THEN CAST(CAST(x AS VARCHAR) AS JSON)
      WHEN ${inexact('x')} OR typeof(x) LIKE 'TIMESTAMP%' OR typeof(x) LIKE 'TIME%' THEN CAST(error('Casting ' || lower(typeof(x)) || ' to json is not emulated locally') AS JSON)
      WHEN typeof(x) LIKE 'MAP(%' THEN CAST(js_json_parse(CAST(to_json(x) AS VARCHAR)) AS JSON) ELSE to_json(x) END`,
  ),

  // Comparison
  greatest: variadic(6, (names) => nullIfAny(names, `greatest(${names})`)),
  least: variadic(6, (names) => nullIfAny(names, `least(${names})`)),

  // Numbers
  ceil: numbered('x', 'x', 'ceil(x)', 'ceil(x)'),
  ceiling: numbered('x', 'x', 'ceil(x)', 'ceil(x)'),
  floor: numbered('x', 'x', 'floor(x)', 'floor(x)'),
  truncate: [
    ...numbered('x', 'x', 'trunc(x)', 'trunc(x)'),
    ...numbered('x, n', 'x', 'trunc(x, CAST(n AS INTEGER))', 'cast_to_type(trunc(x, CAST(n AS INTEGER)), x)'),
  ],
  round: [
    ...numbered('x', 'x', 'round(x)', 'round(x)'),
    ...numbered(
      'x, n',
      'CAST(round(x, CAST(n AS INTEGER)) AS BIGINT)',
      'round(x, CAST(n AS INTEGER))',
      'cast_to_type(round(x, CAST(n AS INTEGER)), x)',
    ),
  ],
  sign: numbered('x', 'CAST(sign(x) AS BIGINT)', 'CAST(sign(x) AS DOUBLE)', 'CAST(sign(x) AS DECIMAL(1,0))'),
  sqrt: same('x DOUBLE', "CASE WHEN x < 0 THEN CAST('nan' AS DOUBLE) ELSE sqrt(x) END"),
  cbrt: same('x DOUBLE', 'CASE WHEN pow(round(cbrt(x)), 3) = x THEN round(cbrt(x)) ELSE cbrt(x) END'),
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
  rand: RANDOM,
  random: RANDOM,
  bitwise_and: same('a BIGINT, b BIGINT', 'a & b'),
  bitwise_or: same('a BIGINT, b BIGINT', 'a | b'),
  bitwise_xor: same('a BIGINT, b BIGINT', 'xor(a, b)'),
  bitwise_not: same('a BIGINT', '~a'),
  bitwise_left_shift: shift('left'),
  bitwise_right_shift: shift('right'),
  bitwise_right_shift_arithmetic: shift('arithmetic'),
  bit_count: same('x BIGINT, n BIGINT', 'js_bit_count(x, n)'),
  to_base: same('x BIGINT, n BIGINT', 'js_to_base(x, n)'),
  from_base: same('x VARCHAR, n BIGINT', 'js_from_base(x, n)'),
  width_bucket: [
    ['x DOUBLE, b DOUBLE[]', 'CAST(len(list_filter(b, lambda e: e <= x)) AS BIGINT)'],
    [
      'x DOUBLE, a DOUBLE, b DOUBLE, n BIGINT',
      'CAST(CASE WHEN x < a THEN 0 WHEN x >= b THEN n + 1 ELSE floor(n * (x - a) / (b - a)) + 1 END AS BIGINT)',
    ],
  ],

  // Text
  length: [
    ['x VARCHAR', 'length(x)'],
    ['x BLOB', 'octet_length(x)'],
  ],
  lower: same('x VARCHAR', 'CASE WHEN strlen(x) = length(x) THEN lower(x) ELSE js_lower(x) END'),
  upper: same('x VARCHAR', 'CASE WHEN strlen(x) = length(x) THEN upper(x) ELSE js_upper(x) END'),
  trim_of: same('x VARCHAR, c VARCHAR', 'trim(x, c)'),
  ltrim_of: same('x VARCHAR, c VARCHAR', 'ltrim(x, c)'),
  rtrim_of: same('x VARCHAR, c VARCHAR', 'rtrim(x, c)'),
  trim: same('x VARCHAR', String.raw`regexp_replace(x, '^\s+|\s+$', '', 'g')`),
  ltrim: same('x VARCHAR', String.raw`regexp_replace(x, '^\s+', '')`),
  rtrim: same('x VARCHAR', String.raw`regexp_replace(x, '\s+$', '')`),
  substr: [
    ['x VARCHAR, s BIGINT', "CASE WHEN s = 0 OR -s > length(x) THEN '' ELSE substr(x, s) END"],
    ['x VARCHAR, s BIGINT, n BIGINT', "CASE WHEN s = 0 OR -s > length(x) OR n <= 0 THEN '' ELSE substr(x, s, n) END"],
  ],
  concat: [
    ...variadic(10, (names) => names.split(', ').join(' || '), ' VARCHAR'),
    ...variadic(5, (names) => `list_concat(${names})`),
  ],
  concat_ws: [
    [
      's VARCHAR, xs VARCHAR[]',
      `CASE WHEN s IS NULL THEN NULL ELSE ${joined('list_filter(xs, lambda v: v IS NOT NULL)', 's')} END`,
    ],
    ...joinedWith,
  ],
  split: [
    ['x VARCHAR, d VARCHAR', 'string_split(x, d)'],
    ['x VARCHAR, d VARCHAR, n BIGINT', 'js_split(x, d, n)'],
  ],
  split_to_map: same('x VARCHAR, e VARCHAR, k VARCHAR', 'map(js_split_keys(x, e, k), js_split_values(x, e, k))'),
  split_part: same(
    'x VARCHAR, d VARCHAR, n BIGINT',
    `CASE WHEN n > len(string_split(x, d)) THEN NULL WHEN n < 1 THEN CAST(${badArgument('Index must be greater than zero', 'n')} AS VARCHAR) ELSE split_part(x, d, n) END`,
  ),
  strpos: [
    ['x VARCHAR, s VARCHAR', 'strpos(x, s)'],
    ['x VARCHAR, s VARCHAR, n BIGINT', 'js_strpos(x, s, n)'],
  ],
  replace: [
    ['x VARCHAR, a VARCHAR', "replace(x, a, '')"],
    [
      'x VARCHAR, a VARCHAR, b VARCHAR',
      `CASE WHEN a = '' AND x <> '' THEN b || ${joined("string_split(x, '')", 'b')} || b ELSE replace(x, a, b) END`,
    ],
  ],
  lpad: same('x VARCHAR, n BIGINT, p VARCHAR', `CASE WHEN ${BAD_PAD} ELSE lpad(x, CAST(n AS INTEGER), p) END`),
  rpad: same('x VARCHAR, n BIGINT, p VARCHAR', `CASE WHEN ${BAD_PAD} ELSE rpad(x, CAST(n AS INTEGER), p) END`),
  ends_with: same('x VARCHAR, p VARCHAR', 'ends_with(x, p)'),
  translate: same('x VARCHAR, a VARCHAR, b VARCHAR', 'translate(x, a, b)'),
  hamming_distance: same('a VARCHAR, b VARCHAR', 'js_hamming(a, b)'),
  format: formatted,
  starts_with: same('x VARCHAR, p VARCHAR', 'starts_with(x, p)'),
  chr: same('n BIGINT', 'chr(CAST(n AS INTEGER))'),
  codepoint: same('x VARCHAR', 'unicode(x)'),
  levenshtein_distance: same('a VARCHAR, b VARCHAR', 'levenshtein(a, b)'),
  regexp_like: regexp('js_regexp_like', ''),
  regexp_extract: [
    ...regexp('js_regexp_extract', ', 0'),
    ['x VARCHAR, p VARCHAR, n BIGINT', 'js_regexp_extract(x, p, n)'],
  ],
  regexp_extract_all: [
    ...regexp('js_regexp_extract_all', ', 0'),
    ['x VARCHAR, p VARCHAR, n BIGINT', 'js_regexp_extract_all(x, p, n)'],
  ],
  regexp_replace: [
    ...regexp('js_regexp_replace', ", ''"),
    ['x VARCHAR, p VARCHAR, r VARCHAR', 'js_regexp_replace(x, p, r)'],
  ],
  regexp_count: regexp('js_regexp_count', ''),
  regexp_split: regexp('js_regexp_split', ''),
  regexp_position: [
    ...regexp('js_regexp_position', ', 1, 1'),
    ['x VARCHAR, p VARCHAR, s BIGINT', 'js_regexp_position(x, p, s, 1)'],
    ['x VARCHAR, p VARCHAR, s BIGINT, n BIGINT', 'js_regexp_position(x, p, s, n)'],
  ],
  url_extract_protocol: same('x VARCHAR', 'js_url_protocol(x)'),
  url_extract_host: same('x VARCHAR', 'js_url_host(x)'),
  url_extract_port: same('x VARCHAR', 'js_url_port(x)'),
  url_extract_path: same('x VARCHAR', 'js_url_path(x)'),
  url_extract_query: same('x VARCHAR', 'js_url_query(x)'),
  url_extract_fragment: same('x VARCHAR', 'js_url_fragment(x)'),
  url_extract_parameter: same('x VARCHAR, n VARCHAR', 'js_url_parameter(x, n)'),
  url_encode: same('x VARCHAR', 'js_url_encode(x)'),
  url_decode: same('x VARCHAR', "url_decode(replace(x, '+', ' '))"),

  // Bytes
  to_utf8: same('x VARCHAR', 'encode(x)'),
  from_utf8: same('x BLOB', 'js_from_utf8(x)'),
  to_hex: same('x BLOB', 'hex(x)'),
  from_hex: same('x VARCHAR', 'js_from_hex(x)'),
  to_base64: same('x BLOB', 'to_base64(x)'),
  from_base64: same('x VARCHAR', 'js_from_base64(x)'),
  from_base64url: same('x VARCHAR', 'js_from_base64(x)'),
  to_base64url: same('x BLOB', 'js_to_base64url(x)'),
  crc32: same('x BLOB', 'js_crc32(x)'),
  sha512: same('x BLOB', 'js_sha512(x)'),
  hmac_md5: same('x BLOB, k BLOB', 'js_hmac_md5(x, k)'),
  hmac_sha1: same('x BLOB, k BLOB', 'js_hmac_sha1(x, k)'),
  hmac_sha256: same('x BLOB, k BLOB', 'js_hmac_sha256(x, k)'),
  hmac_sha512: same('x BLOB, k BLOB', 'js_hmac_sha512(x, k)'),
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
    truncated('TIMESTAMP', UNITS, 'TIMESTAMP'),
    truncated('TIMESTAMP WITH TIME ZONE', UNITS, 'TIMESTAMP'),
    truncated('DATE', DATE_UNITS, 'DATE'),
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
  from_iso8601_timestamp: same('x VARCHAR', 'CAST(js_iso_time(x) AS TIMESTAMP WITH TIME ZONE)'),
  from_iso8601_date: same('x VARCHAR', 'CAST(js_iso_date(x) AS DATE)'),
  to_milliseconds: same('i INTERVAL', 'CAST(epoch_ms(i) AS BIGINT)'),
  current_timezone: same('', "'UTC'"),
  local_time: [
    ['x TIMESTAMP WITH TIME ZONE, z', 'timezone(z, x)'],
    ['x TIMESTAMP, z', "timezone(z, timezone('UTC', x))"],
  ],
  to_iso8601: same(
    'x',
    `CASE WHEN typeof(x) = 'DATE' THEN CAST(x AS VARCHAR) ELSE ${asTime(ISO)} || CASE WHEN typeof(x) LIKE '%TIME ZONE' THEN 'Z' ELSE '' END END`,
  ),

  // Arrays and maps. JSON knows the size of both, whatever they hold
  cardinality: same(
    'x',
    "CAST(CASE WHEN typeof(x) LIKE 'MAP(%' THEN len(json_keys(to_json(x))) ELSE json_array_length(to_json(x)) END AS BIGINT)",
  ),
  element_at: same('x, i', 'CASE WHEN trino_place(x, i) THEN x[i] END'),
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
    `CASE WHEN CASE WHEN s = 0 THEN ${badArgument('SQL array indices start at 1', 's')} = 0 ELSE true END THEN
      CASE WHEN s < 0 THEN x[len(x) + s + 1 : len(x) + s + n] ELSE x[s : s + n - 1] END END`,
  ),
  trim_array: same('x, n BIGINT', 'x[1 : len(x) - n]'),
  reverse: [
    ['x VARCHAR', 'reverse(x)'],
    ['x', 'list_reverse(x)'],
  ],
  repeat: same('v, n BIGINT', 'list_transform(range(n), lambda i: v)'),
  contains: same(
    'x, v',
    `CASE WHEN x IS NULL OR v IS NULL THEN NULL WHEN list_contains(x, v) THEN true WHEN ${hasNull('x')} THEN NULL ELSE false END`,
  ),
  arrays_overlap: same(
    'x, y',
    `CASE WHEN list_has_any(x, y) THEN true WHEN x IS NULL OR y IS NULL OR ${hasNull('x')} OR ${hasNull('y')} THEN NULL ELSE false END`,
  ),
  array_distinct: same('x', distinct('x')),
  array_union: same('x, y', distinct('list_concat(x, y)')),
  array_intersect: same('x, y', `list_filter(${distinct('x')}, lambda e: list_position(y, e) IS NOT NULL)`),
  array_except: same('x, y', `list_filter(${distinct('x')}, lambda e: list_position(y, e) IS NULL)`),
  array_remove: same('x, v', 'CASE WHEN v IS NULL THEN NULL ELSE list_filter(x, lambda e: e IS NULL OR e <> v) END'),
  contains_sequence: same(
    'x, y',
    'list_contains(list_transform(range(1, len(x) - len(y) + 2), lambda i: x[i : i + len(y) - 1] = y), true)',
  ),
  ngrams: same(
    'x, n BIGINT',
    'CASE WHEN n >= len(x) THEN [x] ELSE list_transform(range(1, len(x) - n + 2), lambda i: x[i : i + n - 1]) END',
  ),
  // Of what a predicate gave for each element
  all_true: same(
    'x',
    'CASE WHEN list_contains(x, false) THEN false WHEN list_contains(list_transform(x, lambda e: e IS NULL), true) THEN NULL ELSE true END',
  ),
  any_true: same(
    'x',
    'CASE WHEN list_contains(x, true) THEN true WHEN list_contains(list_transform(x, lambda e: e IS NULL), true) THEN NULL ELSE false END',
  ),
  map_concat: variadic(5, (names) => `map_concat(${names})`),
  // Of entries, the first of each key
  map_of: same(
    'x',
    `map_from_entries(list_filter(x, lambda e, i: list_position(list_transform(x, lambda f: struct_extract(f, 1)), struct_extract(e, 1)) = i))`,
  ),
  sequence: [
    ['a BIGINT, b BIGINT', 'generate_series(a, b, CASE WHEN a <= b THEN 1 ELSE -1 END)'],
    ['a BIGINT, b BIGINT, s BIGINT', 'generate_series(a, b, s)'],
    ['a DATE, b DATE', 'CAST(generate_series(a, b, CASE WHEN a <= b THEN to_days(1) ELSE to_days(-1) END) AS DATE[])'],
    ['a DATE, b DATE, s INTERVAL', 'CAST(generate_series(a, b, s) AS DATE[])'],
    ['a TIMESTAMP, b TIMESTAMP, s INTERVAL', 'generate_series(a, b, s)'],
  ],

  // JSON
  json_parse: same('x VARCHAR', 'CAST(js_json_parse(x) AS JSON)'),
  json_format: same('x', 'CAST(x AS VARCHAR)'),
  json_extract: same('x VARCHAR, p VARCHAR', 'CAST(js_json_extract(x, p) AS JSON)'),
  json_extract_scalar: same('x VARCHAR, p VARCHAR', 'js_json_scalar(x, p)'),
  json_size: same('x VARCHAR, p VARCHAR', 'js_json_size(x, p)'),
  json_array_length: same('x VARCHAR', 'js_json_length(x)'),
  json_array_contains: [
    ['x VARCHAR, v BOOLEAN', "js_json_contains(x, CAST(v AS VARCHAR), 'boolean')"],
    ['x VARCHAR, v BIGINT', "js_json_contains(x, CAST(v AS VARCHAR), 'number')"],
    ['x VARCHAR, v DOUBLE', "js_json_contains(x, CAST(v AS VARCHAR), 'number')"],
    ['x VARCHAR, v VARCHAR', "js_json_contains(x, v, 'text')"],
  ],
  is_json_scalar: same('x VARCHAR', 'js_json_is_scalar(x)'),
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
    `cast_to_type(CASE WHEN ${inexact('x, y')} OR NOT ${decimal('x, y')} THEN ${ANY_QUOTIENT} ELSE ${rounded(ANY_QUOTIENT)} END, x * 0 + y * 0)`,
  ),
  join_text: same('a, b', 'a || b'),
  minus: same('x, y', notDate('x - y')),
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
  reverse: same(
    'x',
    `CASE WHEN typeof(x) LIKE '%[]' THEN error('Reversing an aggregate of arrays is not emulated locally; put the aggregate into a subquery')
      ELSE reverse(CAST(x AS VARCHAR)) END`,
  ),
  item: same(
    'x, i',
    `CASE WHEN typeof(x) LIKE 'MAP(%' THEN
        CASE WHEN NOT list_contains(json_keys(to_json(x)), CAST(i AS VARCHAR)) THEN ${fail('Key not present in map', 'i')} = 0 ELSE true END
      WHEN TRY_CAST(CAST(i AS VARCHAR) AS BIGINT) < 1 OR TRY_CAST(CAST(i AS VARCHAR) AS BIGINT) > json_array_length(to_json(x))
        THEN ${fail('Array subscript out of bounds', 'i')} = 0 ELSE true END`,
  ),
  element_at: same('x, i', 'x[i]'),
  round: [
    ['x', 'round(x)'],
    ['x, n', 'round(x, n)'],
  ],
  mod: same('x, y', `x % ${NONZERO}`),
};

/** Other names of the same. */
export const ALIASES: Readonly<Record<string, string>> = { substring: 'substr' };

/** Scalar functions that DuckDB has as Trino has them, by Trino's name: DuckDB's. */
export const SAME_SCALARS: Readonly<Record<string, string>> = {
  abs: 'abs',
  degrees: 'degrees',
  radians: 'radians',
  sin: 'sin',
  cos: 'cos',
  tan: 'tan',
  asin: 'asin',
  acos: 'acos',
  atan: 'atan',
  atan2: 'atan2',
  now: 'now',
  array_sort: 'list_sort',
  flatten: 'flatten',
  map: 'map',
  map_from_entries: 'map_from_entries',
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
  geometric_mean: 'geomean',
  bitwise_and_agg: 'bit_and',
  bitwise_or_agg: 'bit_or',
  bitwise_xor_agg: 'bit_xor',
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
  ].sort((a, b) => useOf(a) - useOf(b));
}

/** Macros that others use come first. */
const USED_FIRST = ['trino_scale', 'trino_half_up', 'trino_place'];
const useOf = (statement: string) => {
  const at = USED_FIRST.findIndex((name) => statement.startsWith(`CREATE MACRO ${name}(`));
  return at < 0 ? USED_FIRST.length : at;
};
