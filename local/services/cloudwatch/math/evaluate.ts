import { FUNCTIONS } from './functions.ts';
import { MathError } from './math-error.ts';
import type { Node } from './parse.ts';
import { isList, isSeries, isWord, type Series, timesOf, type Value, withPoints } from './value.ts';

/** Where an expression finds what it names. */
export interface Names {
  /** A query by its id. @throws MathError when there is none. */
  query(id: string): Value;
  /** The request's metrics, expressions left out: those whose id contains the text. */
  metrics(idPart: string): readonly Series[];
}

const flag = (isTrue: boolean): number => (isTrue ? 1 : 0);

const OPERATORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
  '==': (a, b) => flag(a === b),
  '!=': (a, b) => flag(a !== b),
  '<': (a, b) => flag(a < b),
  '<=': (a, b) => flag(a <= b),
  '>': (a, b) => flag(a > b),
  '>=': (a, b) => flag(a >= b),
  '&&': (a, b) => flag(a !== 0 && b !== 0),
  '||': (a, b) => flag(a !== 0 || b !== 0),
};

/** What an expression is worth. Source: CloudWatch User Guide, metric math. @throws MathError */
export function evaluate(node: Node, names: Names): Value {
  switch (node.type) {
    case 'number':
      return node.value;
    case 'word':
      return { word: node.word };
    case 'query':
      return names.query(node.id);
    case 'list':
      return node.items.flatMap((item) => seriesOf(evaluate(item, names)));
    case 'negate':
      return combine('-', 0, evaluate(node.operand, names));
    case 'binary':
      return combine(node.operator, evaluate(node.left, names), evaluate(node.right, names));
    case 'call':
      return call(
        node.name,
        node.items.map((item) => evaluate(item, names)),
        names,
      );
  }
}

function call(name: string, items: readonly Value[], names: Names): Value {
  if (name === 'METRICS') return names.metrics(items[0] && isWord(items[0]) ? items[0].word : '');
  const run = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!run) throw new MathError(`the function ${name} is not emulated`);
  return run(items);
}

/** Series by series, and number by number; a series that has no value where the other has one counts as 0 there. */
function combine(operator: string, left: Value, right: Value): Value {
  const apply = OPERATORS[operator];
  if (!apply || isWord(left) || isWord(right)) throw new MathError(`${operator} takes numbers and time series`);
  if (isList(left)) return left.map((each) => one(operator, each, right));
  if (isList(right)) return right.map((each) => one(operator, left, each));
  if (typeof left === 'number' && typeof right === 'number') return apply(left, right);
  const both = [left, right].filter((value): value is Series => typeof value !== 'number');
  const at = (value: number | Series, time: number) =>
    typeof value === 'number' ? value : (value.points.get(time) ?? 0);
  const times = timesOf(both);
  return withPoints(
    both[0] as Series,
    times.map((time) => [time, apply(at(left, time), at(right, time))] as const),
  );
}

function one(operator: string, left: Value, right: Value): Series {
  const made = combine(operator, left, right);
  if (isSeries(made)) return made;
  throw new MathError(`${operator} does not take two lists of time series`);
}

function seriesOf(value: Value): readonly Series[] {
  if (isList(value)) return value;
  if (isSeries(value)) return [value];
  throw new MathError('a list holds time series only');
}
