/** A query that cannot run, or did not: Athena's name of the error and its sentence. */
export class QueryFailure extends Error {
  /** E.g. `TABLE_NOT_FOUND`; what `StateChangeReason` starts with. */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'QueryFailure';
    this.code = code;
  }

  get reason(): string {
    return `${this.code}: ${this.message}`;
  }
}

/** What Athena can do and this emulation cannot do faithfully. */
export const notEmulated = (what: string): QueryFailure =>
  new QueryFailure('NOT_SUPPORTED', `${what} is not emulated locally; it may well run on Athena`);

const unprefixed = (text: string): string => text.replaceAll(/\btrino_/gi, '');

/** DuckDB's messages that have a counterpart in Trino. */
const COUNTERPARTS: readonly (readonly [RegExp, string, (found: RegExpExecArray) => string])[] = [
  [/'([^']* is not emulated locally)'/, 'NOT_SUPPORTED', ([, text]) => text ?? ''],
  [/^Invalid Input Error: (.* is not emulated locally.*)/, 'NOT_SUPPORTED', ([, text]) => text ?? ''],
  [/Division by zero/, 'DIVISION_BY_ZERO', () => 'Division by zero'],
  [
    /Array subscript out of bounds/,
    'INVALID_FUNCTION_ARGUMENT',
    () => 'Array subscript must be less than or equal to array length',
  ],
  [/Key not present in map/, 'INVALID_FUNCTION_ARGUMENT', () => 'Key not present in map'],
  [
    /Referenced column "([^"]+)" (?:was )?not found/,
    'COLUMN_NOT_FOUND',
    ([, name]) => `Column '${name}' cannot be resolved`,
  ],
  [
    /(?:Values list|Table) "([^"]+)" does not have a column named "([^"]+)"/,
    'COLUMN_NOT_FOUND',
    ([, table, name]) => `Column '${table}.${name}' cannot be resolved`,
  ],
  [/Ambiguous reference to column name "([^"]+)"/, 'AMBIGUOUS_NAME', ([, name]) => `Column '${name}' is ambiguous`],
  [
    /column "([^"]+)" must appear in the GROUP BY clause/,
    'EXPRESSION_NOT_AGGREGATE',
    ([, name]) => `'${name}' must be an aggregate expression or appear in GROUP BY clause`,
  ],
  [
    /No function matches the given name and argument types '([^']+)'/,
    'FUNCTION_NOT_FOUND',
    ([, call]) => `Unexpected parameters: ${unprefixed(call ?? '').toLowerCase()}`,
  ],
  [
    /Macro (?:get_)?((?:current|session)_\w+|user)\(\) does not support the supplied arguments/,
    'COLUMN_NOT_FOUND',
    ([, name = '']) => `Column '${name.replace('current_local', 'local')}' cannot be resolved`,
  ],
  [
    /Macro (\w+)\(\) does not support the supplied arguments/,
    'FUNCTION_NOT_FOUND',
    ([, name]) => `Unexpected parameters for function ${unprefixed(name ?? '')}`,
  ],
  [/^Conversion Error: (.*)/, 'INVALID_CAST_ARGUMENT', ([, text]) => unprefixed(text ?? '')],
  [/^Out of Range Error: (.*)/, 'NUMERIC_VALUE_OUT_OF_RANGE', ([, text]) => unprefixed(text ?? '')],
  [/^(?:Binder|Catalog|Parser) Error: (.*)/, 'SYNTAX_ERROR', ([, text]) => unprefixed(text ?? '')],
  [/^Invalid Input Error: (.*)/, 'INVALID_FUNCTION_ARGUMENT', ([, text]) => unprefixed(text ?? '')],
];

/** DuckDB's error in Athena's words, as far as there is a counterpart. */
export function failureOf(error: unknown): QueryFailure {
  if (error instanceof QueryFailure) return error;
  const message = (error instanceof Error ? error.message : String(error)).replace(/^Error: /, '').trim();
  for (const [pattern, code, words] of COUNTERPARTS) {
    const found = pattern.exec(message);
    if (found) return new QueryFailure(code, words(found));
  }
  return new QueryFailure('GENERIC_INTERNAL_ERROR', unprefixed(message.split('\n')[0] ?? ''));
}

/** A statement that Athena refuses to start: `line 1:8: …`. */
export class MalformedQuery extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedQuery';
  }
}
