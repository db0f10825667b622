import { invalid } from './errors.ts';
import { jsonPattern, type Matches, unquoted } from './json-pattern.ts';

const TERM = /\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/y;

/** Reads a filter pattern: terms, all of which a message must hold, `-` before one that it must not hold, `?` before
 *  each of those it must hold one of; or a JSON pattern in braces. Regular expressions and patterns of columns are not
 *  emulated. Source: CloudWatch Logs User Guide, filter pattern syntax. @throws ServiceError */
export function filterPattern(pattern: string): Matches {
  const text = pattern.trim();
  if (text === '') return () => true;
  if (text.startsWith('{')) return jsonPattern(text);
  if (text.startsWith('[')) throw invalid('Filter patterns of columns ([a, b, …]) are not emulated');
  return termPattern(text);
}

function termPattern(text: string): Matches {
  const terms: Record<'' | '-' | '?', string[]> = { '': [], '-': [], '?': [] };
  for (TERM.lastIndex = 0; TERM.lastIndex < text.length; ) {
    const found = TERM.exec(text);
    if (!found) throw invalid('Invalid filter pattern: a quote has no end');
    const [, sign = '', quoted, bare] = found;
    terms[sign as keyof typeof terms].push(quoted === undefined ? checkedTerm(bare ?? '') : unquoted(quoted));
  }
  const { '': all, '-': none, '?': some } = terms;
  if (some.length > 0 && all.length + none.length > 0)
    throw invalid(
      'Filter patterns that mix ?terms with others are not emulated: CloudWatch ignores the question marks',
    );
  return (message) =>
    all.every((term) => message.includes(term)) &&
    !none.some((term) => message.includes(term)) &&
    (some.length === 0 || some.some((term) => message.includes(term)));
}

function checkedTerm(term: string): string {
  if (term.startsWith('%')) throw invalid('Regular expressions (%…%) in filter patterns are not emulated');
  if (/^[\p{L}\p{N}_]+$/u.test(term)) return term;
  throw invalid(`Invalid filter pattern: ${term} needs double quotes`);
}
