import { invalid } from './errors.ts';

/** Whether a message is one that was asked for. */
export type Matches = (message: string) => boolean;

type Holds = (document: unknown) => boolean;

const TOKEN =
  /\s*(?:(\$(?:\.[\w-]+|\[\d+\]|\["[^"]+"\]|\['[^']+'\])*)|"((?:[^"\\]|\\.)*)"|(&&|\|\||!=|<=|>=|[=<>(){}])|([^\s=<>!&|(){}"]+))/y;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

interface Token {
  readonly kind: 'selector' | 'text' | 'operator' | 'word' | 'end';
  readonly text: string;
}

export const unquoted = (text: string): string => text.replace(/\\(.)/g, '$1');

function tokensOf(pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < pattern.length; ) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(pattern);
    if (!found) throw invalid(`Invalid filter pattern: it cannot be read from ${pattern.slice(at, at + 20)}`);
    const [, selector, quoted, operator, word] = found;
    if (selector !== undefined) tokens.push({ kind: 'selector', text: selector });
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: unquoted(quoted) });
    else if (operator !== undefined) tokens.push({ kind: 'operator', text: operator });
    else tokens.push({ kind: 'word', text: word ?? '' });
  }
  return [...tokens, { kind: 'end', text: 'its end' }];
}

/** Reads `{ $.level = "ERROR" && $.ms > 100 }`: comparisons of text (with `*`) and numbers, IS NULL, TRUE and FALSE, NOT
 *  EXISTS, joined by `&&`, `||` and brackets. What a selector does not find, or finds to be a list or an object, matches
 *  no comparison. @throws ServiceError */
export function jsonPattern(pattern: string): Matches {
  const tokens = tokensOf(pattern);
  let at = 0;
  const peek = (): Token => tokens[at] as Token;
  const next = (): Token => tokens[at++] as Token;
  const isNext = (operator: string): boolean => peek().kind === 'operator' && peek().text === operator;
  const expect = (wanted: string): void => {
    const found = next();
    if (found.text.toUpperCase() !== wanted)
      throw invalid(`Invalid filter pattern: expected ${wanted}, found ${found.text}`);
  };

  function either(): Holds {
    let left = both();
    while (isNext('||')) {
      next();
      const [a, b] = [left, both()];
      left = (document) => a(document) || b(document);
    }
    return left;
  }

  function both(): Holds {
    let left = condition();
    while (isNext('&&')) {
      next();
      const [a, b] = [left, condition()];
      left = (document) => a(document) && b(document);
    }
    return left;
  }

  function condition(): Holds {
    if (isNext('(')) {
      next();
      const inner = either();
      expect(')');
      return inner;
    }
    const selector = next();
    if (selector.kind !== 'selector')
      throw invalid(`Invalid filter pattern: expected a selector such as $.level, found ${selector.text}`);
    const valueAt = select(selector.text);
    const { kind, text: operator } = next();
    if (kind === 'word' && operator.toUpperCase() === 'IS') return is(valueAt, next().text.toUpperCase());
    if (kind === 'word' && operator.toUpperCase() === 'NOT') {
      expect('EXISTS');
      return (document) => valueAt(document) === undefined;
    }
    if (kind !== 'operator' || !/^(?:=|!=|<|<=|>|>=)$/.test(operator))
      throw invalid(`Invalid filter pattern: expected a comparison, found ${operator}`);
    return compare(valueAt, operator, next());
  }

  expect('{');
  const holds = either();
  expect('}');
  if (peek().kind !== 'end') throw invalid(`Invalid filter pattern: expected its end, found ${peek().text}`);
  return (message) => {
    try {
      return holds(JSON.parse(message));
    } catch {
      // Not JSON: such a line matches no JSON pattern.
      return false;
    }
  };
}

function select(selector: string): (document: unknown) => unknown {
  const path = [...selector.matchAll(/\.([\w-]+)|\[(\d+)\]|\[["']([^"']+)["']\]/g)].map(
    ([, name, index, quoted]) => name ?? index ?? quoted ?? '',
  );
  return (document) =>
    path.reduce<unknown>((value, name) => {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
      return (value as Record<string, unknown>)[name];
    }, document);
}

function is(valueAt: (document: unknown) => unknown, what: string): Holds {
  const wanted = new Map<string, unknown>([
    ['NULL', null],
    ['TRUE', true],
    ['FALSE', false],
  ]);
  if (!wanted.has(what)) throw invalid(`Invalid filter pattern: expected NULL, TRUE or FALSE, found ${what}`);
  return (document) => valueAt(document) === wanted.get(what);
}

function compare(valueAt: (document: unknown) => unknown, operator: string, { kind, text }: Token): Holds {
  if (kind === 'word' && text.startsWith('%'))
    throw invalid('Regular expressions (%…%) in filter patterns are not emulated');
  if (kind !== 'word' && kind !== 'text') throw invalid(`Invalid filter pattern: expected a value, found ${text}`);
  const isEqual = equals(kind === 'word' && NUMBER.test(text) ? Number(text) : text);
  if (operator === '=' || operator === '!=') {
    return (document) => {
      const value = valueAt(document);
      const isLeaf = value !== undefined && (typeof value !== 'object' || value === null);
      return isLeaf && isEqual(value) === (operator === '=');
    };
  }
  if (kind !== 'word' || !NUMBER.test(text)) throw invalid(`Invalid filter pattern: ${operator} takes a number`);
  const bound = Number(text);
  const holds: Readonly<Record<string, (value: number) => boolean>> = {
    '<': (value) => value < bound,
    '<=': (value) => value <= bound,
    '>': (value) => value > bound,
    '>=': (value) => value >= bound,
  };
  return (document) => {
    const value = valueAt(document);
    return typeof value === 'number' && holds[operator]?.(value) === true;
  };
}

function equals(wanted: number | string): (value: unknown) => boolean {
  if (typeof wanted === 'number') return (value) => value === wanted || value === String(wanted);
  const parts = wanted.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const like = new RegExp(`^${parts.join('.*')}$`, 's');
  return (value) => like.test(String(value));
}
