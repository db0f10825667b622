import { MathError } from './math-error.ts';

/** An expression taken apart. */
export type Node =
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'word'; readonly word: string }
  | { readonly type: 'query'; readonly id: string }
  | { readonly type: 'list'; readonly items: readonly Node[] }
  | { readonly type: 'negate'; readonly operand: Node }
  | { readonly type: 'binary'; readonly operator: string; readonly left: Node; readonly right: Node }
  | { readonly type: 'call'; readonly name: string; readonly items: readonly Node[] };

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|"([^"]*)"|'([^']*)'|(&&|\|\||[=!<>]=|[-+*/^()[\],<>]))/y;

/** From the loosest to the tightest. `^` is tighter than a sign, and groups from the right. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!=', '<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/'],
];
const WORD_OPERATORS: ReadonlyMap<string, string> = new Map([
  ['AND', '&&'],
  ['OR', '||'],
]);

type Token = { readonly kind: 'number' | 'name' | 'text' | 'operator' | 'end'; readonly text: string };

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < end; ) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (!found) throw new MathError(`cannot be read from "${text.slice(at).trim().slice(0, 20)}"`);
    const [, number, name, quoted, single, operator] = found;
    const word = quoted ?? single;
    if (number !== undefined) tokens.push({ kind: 'number', text: number });
    else if (name !== undefined) {
      const spelled = WORD_OPERATORS.get(name);
      tokens.push(spelled ? { kind: 'operator', text: spelled } : { kind: 'name', text: name });
    } else if (word !== undefined) tokens.push({ kind: 'text', text: word });
    else tokens.push({ kind: 'operator', text: operator ?? '' });
  }
  return [...tokens, { kind: 'end', text: 'its end' }];
}

/** Reads an expression of CloudWatch's metric math. @throws MathError */
export function parse(text: string): Node {
  const tokens = tokensOf(text);
  let at = 0;
  const peek = (): Token => tokens[at] as Token;
  const next = (): Token => tokens[at++] as Token;
  const isNext = (operator: string): boolean => peek().kind === 'operator' && peek().text === operator;
  const expect = (operator: string) => {
    const found = next();
    if (found.kind !== 'operator' || found.text !== operator)
      throw new MathError(`expected ${operator}, found ${found.text}`);
  };

  function itemsUntil(closing: string): readonly Node[] {
    const items: Node[] = [];
    while (!isNext(closing)) {
      if (items.length > 0) expect(',');
      items.push(binary(0));
    }
    expect(closing);
    return items;
  }

  function primary(): Node {
    const { kind, text: found } = next();
    if (kind === 'number') return { type: 'number', value: Number(found) };
    if (kind === 'text') return { type: 'word', word: found };
    if (kind === 'name') {
      if (isNext('(')) {
        next();
        return { type: 'call', name: found, items: itemsUntil(')') };
      }
      return /^[a-z]/.test(found) ? { type: 'query', id: found } : { type: 'word', word: found };
    }
    if (kind === 'operator' && found === '[') return { type: 'list', items: itemsUntil(']') };
    if (kind === 'operator' && found === '(') {
      const inner = binary(0);
      expect(')');
      return inner;
    }
    throw new MathError(`expected a value, found ${found}`);
  }

  function power(): Node {
    const base = primary();
    if (!isNext('^')) return base;
    next();
    return { type: 'binary', operator: '^', left: base, right: unary() };
  }

  function unary(): Node {
    if (isNext('+')) next();
    if (!isNext('-')) return power();
    next();
    return { type: 'negate', operand: unary() };
  }

  function binary(level: number): Node {
    const operators = LEVELS[level];
    if (!operators) return unary();
    let left = binary(level + 1);
    while (operators.some(isNext)) {
      const operator = next().text;
      left = { type: 'binary', operator, left, right: binary(level + 1) };
    }
    return left;
  }

  const whole = binary(0);
  if (peek().kind !== 'end') throw new MathError(`expected an operator, found ${peek().text}`);
  return whole;
}
