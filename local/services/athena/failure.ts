/** Category and type of the errors that are not plainly the user's. */
const ERROR_TYPES: Readonly<Record<string, readonly [category: number, type: number]>> = {
  GENERIC_INTERNAL_ERROR: [1, 200],
  EXCEEDED_TIME_LIMIT: [1, 206],
  HIVE_BAD_DATA: [2, 1001],
  HIVE_CURSOR_ERROR: [2, 1001],
  PERMISSION_DENIED: [2, 401],
};

/** A query that cannot run, or did not: Athena's name of the error and its sentence. */
export class QueryFailure extends Error {
  /** E.g. `TABLE_NOT_FOUND`; what `StateChangeReason` starts with. */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'QueryFailure';
    this.code = code;
  }

  /** As Athena reports it.
   *  Source: Athena User Guide, "Athena error catalog": categories 1 system, 2 user, 3 other. */
  get athenaError() {
    const [category, type] = ERROR_TYPES[this.code] ?? [2, 1000];
    return { ErrorCategory: category, ErrorType: type, Retryable: false, ErrorMessage: this.reason };
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
  [/(INVALID_FUNCTION_ARGUMENT|TYPE_MISMATCH): (.*?) \./, '', ([, , text]) => text ?? ''],
  [
    /Expected OBJECT, but got ARRAY/,
    'NOT_SUPPORTED',
    () => 'Casting a JSON array to a row is not emulated locally; it may well run on Athena',
  ],
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
  [
    /Could not choose a best candidate function for the function call "([^"]+)"/,
    'TYPE_MISMATCH',
    ([, what]) => `Cannot apply operator: ${(what ?? '').toLowerCase()}`,
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
    if (found) return new QueryFailure(code || (found[1] as string), words(found));
  }
  return new QueryFailure('GENERIC_INTERNAL_ERROR', unprefixed(message.split('\n')[0] ?? ''));
}

/** A query over the bytes its workgroup allows: Athena cancels it. */
export class ScanLimitExceeded extends Error {
  readonly limitBytes: number;
  constructor(limitBytes: number) {
    super('Bytes scanned limit was exceeded');
    this.name = 'ScanLimitExceeded';
    this.limitBytes = limitBytes;
  }
}

/** A statement that Athena refuses to start: `line 1:8: …`. */
export class MalformedQuery extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedQuery';
  }
}
