import { Dialect, tokenize } from '@polyglot-sql/sdk';
import { MalformedQuery, QueryFailure } from './failure.ts';
import { ALIASES, SAME_SCALARS, SCALAR_MACROS } from './functions.ts';

const MAX_DECIMAL_DIGITS = 38;

/** Stands first in each quoted identifier while it is parsed: the parser takes `"localtime"` for the function. */
export const QUOTED_MARK = '\u0001';

/** Marks a function that DuckDB has too, from the renaming to the rewriting. */
export const SAME = 'same_';

/** A word of a query, by its place in characters. */
export interface Token {
  readonly type: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** @throws MalformedQuery when the text cannot be cut into words. */
export function tokensOf(sql: string): Token[] {
  const { success, tokens, error } = tokenize(sql, Dialect.Trino);
  if (!success || !tokens) throw new MalformedQuery(error ?? 'the query cannot be read');
  return tokens.map((token) => {
    // The package's types have another name for it than what comes
    const { token_type: type } = token as unknown as { token_type: string };
    return { type, text: token.text, start: token.span.start, end: token.span.end };
  });
}

/** The type of `DECIMAL '…'`: as many digits as there are, without zeros that lead. */
function decimalLiteralType(text: string): string {
  const [, whole = '', fraction = ''] = /^[+-]?0*(\d*)(?:\.(\d*))?$/.exec(text) ?? [];
  const precision = Math.max(1, whole.length + fraction.length);
  if (!/^[+-]?\d*\.?\d*$/.test(text) || !/\d/.test(text) || precision > MAX_DECIMAL_DIGITS)
    throw new QueryFailure('INVALID_LITERAL', `'${text}' is not a valid DECIMAL literal`);
  return `DECIMAL(${precision}, ${fraction.length})`;
}

const LITERAL_TYPES = new Set(['decimal', 'tinyint', 'smallint', 'integer', 'int', 'bigint', 'real', 'double']);

/** The type a word names, that may stand before a literal's text. */
function typeOf(word: Token | undefined): string | undefined {
  const name = word?.text.toLowerCase();
  return name && word?.type !== 'STRING' && word?.type !== 'QUOTED_IDENTIFIER' && LITERAL_TYPES.has(name)
    ? name
    : undefined;
}

/** Functions whose arguments may be parted by words, which only the parser knows. */
const WORDED = new Set(['trim', 'substr', 'substring']);

/** Whether a call's own arguments, those of calls inside left out, hold a `FROM`. */
function holdsFrom(tokens: readonly Token[], open: number): boolean {
  let depth = 0;
  for (const { text, type } of tokens.slice(open)) {
    if (text === '(') depth++;
    if (text === ')' && --depth === 0) return false;
    if (depth === 1 && type !== 'STRING' && text.toLowerCase() === 'from') return true;
  }
  return false;
}

/** A token's text where the parser needs another: it takes `DECIMAL '1.5'` for a cast to a decimal without a scale, and
 *  some quoted identifiers for functions. */
function unmistakable(text: string, token: Token, previous: Token | undefined, next: Token | undefined): string {
  if (typeOf(token) && next?.type === 'STRING') return 'CAST(';
  const type = token.type === 'STRING' && typeOf(previous);
  if (type) return `${text} AS ${type === 'decimal' ? decimalLiteralType(token.text) : type})`;
  // A function's name, or an alias before its columns, is not mistaken
  if (token.type === 'QUOTED_IDENTIFIER' && next?.text !== '(') return `"${QUOTED_MARK}${text.slice(1)}`;
  return text;
}

/** What stands between two tokens: white space, and comments, which become white space so that places stay the same. */
const gap = (text: string): string => (/^\s*(?:--|\/\*)/.test(text) ? text.replace(/[^\n]/g, ' ') : text);

/** Renames Trino's scalar functions before parsing, so that the parser takes each as a plain call, and rewrites what it
 *  would mistake. */
export function prepare(sql: string): string {
  const characters = Array.from(sql);
  const slice = (from: number, to?: number) => characters.slice(from, to).join('');
  const tokens = tokensOf(sql);
  let renamed = '';
  let at = 0;
  for (const [index, token] of tokens.entries()) {
    const { text, start, end } = token;
    const name = ALIASES[text.toLowerCase()] ?? text.toLowerCase();
    const prefix = Object.hasOwn(SCALAR_MACROS, name) ? 'trino_' : Object.hasOwn(SAME_SCALARS, name) ? SAME : undefined;
    const previous = tokens[index - 1]?.text.toLowerCase();
    const filtered = name === 'filter' && tokens[index + 2]?.text.toLowerCase() === 'where';
    const called = tokens[index + 1]?.text === '(' && previous !== 'as' && previous !== '.' && !filtered;
    const plain = end - start === text.length && /^[a-z]/i.test(characters[start] ?? '');
    const kept = unmistakable(slice(start, end), token, tokens[index - 1], tokens[index + 1]);
    const worded = WORDED.has(text.toLowerCase()) && holdsFrom(tokens, index + 1);
    renamed += gap(slice(at, start)) + (called && plain && prefix && !worded ? `${prefix}${name}` : kept);
    at = end;
  }
  return renamed + gap(slice(at));
}
