/** Whether a value meets a condition; undefined stands for a field that is not there. */
export type Matcher = (value: unknown) => boolean;

/** A pattern that makes no sense; the message names the place. */
export class PatternError extends Error {
  constructor(path: readonly string[], expected: string) {
    super(`${path.join('.') || 'the pattern'}: expected ${expected}`);
    this.name = 'PatternError';
  }
}

/** A number as it was written: 300, 300.0 and 3.0e2 are three different values to an exact match. */
class WrittenNumber {
  readonly source: string;
  readonly value: number;
  constructor(source: string, value: number) {
    this.source = source;
    this.value = value;
  }
}

/** JSON with numbers as `compilePattern`'s matchers expect them. Throws a SyntaxError. */
export function parseExact(text: string): unknown {
  const keepSource = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' ? new WrittenNumber(context?.source ?? String(value), value) : value;
  return JSON.parse(text, keepSource as (key: string, value: unknown) => unknown);
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof WrittenNumber);
}

function isScalar(value: unknown): boolean {
  return value !== undefined && !Array.isArray(value) && !isFields(value);
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

function equals(a: unknown, b: unknown): boolean {
  if (a instanceof WrittenNumber && b instanceof WrittenNumber) return a.source === b.source;
  return a === b;
}

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

/** `["=", 5]`, `[">", 0]` or `[">", 0, "<=", 5]`. */
function numeric(terms: unknown, path: readonly string[]): Matcher {
  const wrong = new PatternError(path, 'numeric to be a list of one or two comparisons, e.g. [">", 0, "<=", 5]');
  if (!Array.isArray(terms) || (terms.length !== 2 && terms.length !== 4)) throw wrong;
  const tests: ((value: number) => boolean)[] = [];
  for (let at = 0; at < terms.length; at += 2) {
    const [operator, bound] = [terms[at], terms[at + 1]];
    const compare = typeof operator === 'string' ? COMPARISONS[operator] : undefined;
    if (!compare || !(bound instanceof WrittenNumber)) throw wrong;
    if (terms.length === 4 && operator[0] !== (at === 0 ? '>' : '<')) throw wrong;
    tests.push((value) => compare(value, bound.value));
  }
  return (value) => value instanceof WrittenNumber && tests.every((test) => test(value.value));
}

function text(operand: unknown, path: readonly string[], test: (value: string, wanted: string) => boolean): Matcher {
  if (typeof operand !== 'string') throw new PatternError(path, 'a text');
  return (value) => test(textOf(value) ?? '', operand) && typeof value === 'string';
}

/** A value, a list of values, or one of the operators on texts. */
function anythingBut(operand: unknown, path: readonly string[]): Matcher {
  if (isFields(operand)) {
    const [name = ''] = Object.keys(operand);
    if (!['prefix', 'suffix', 'equals-ignore-case'].includes(name)) {
      throw new PatternError(path, 'anything-but of values, prefix, suffix or equals-ignore-case');
    }
    const excluded = compileRule(operand, path);
    return (value) => isScalar(value) && !excluded(value);
  }
  const excluded = Array.isArray(operand) ? operand : [operand];
  if (excluded.length === 0 || !excluded.every((one) => isScalar(one))) {
    throw new PatternError(path, 'anything-but of a value or a list of values');
  }
  return (value) => isScalar(value) && !excluded.some((one) => equals(one, value));
}

function exists(operand: unknown, path: readonly string[]): Matcher {
  if (typeof operand !== 'boolean') throw new PatternError(path, 'exists to be true or false');
  return (value) => isScalar(value) === operand;
}

const OPERATORS: Readonly<Record<string, (operand: unknown, path: readonly string[]) => Matcher>> = {
  prefix: (operand, path) => text(operand, path, (value, wanted) => value.startsWith(wanted)),
  suffix: (operand, path) => text(operand, path, (value, wanted) => value.endsWith(wanted)),
  'equals-ignore-case': (operand, path) =>
    text(operand, path, (value, wanted) => value.toLowerCase() === wanted.toLowerCase()),
  numeric,
  exists,
  'anything-but': anythingBut,
};

/** One member of a rule's list: a value, or `{operator: operand}`. */
function compileRule(rule: unknown, path: readonly string[]): Matcher {
  if (isScalar(rule)) return (value) => equals(rule, value);
  const [[name = '', operand] = [], ...more] = isFields(rule) ? Object.entries(rule) : [];
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (operator && more.length === 0) return operator(operand, [...path, name]);
  throw new PatternError(path, `a value or one of ${Object.keys(OPERATORS).join(', ')}`);
}

/** Any of the rules, for any element when the value is a list. */
function compileLeaf(rules: readonly unknown[], path: readonly string[]): Matcher {
  if (rules.length === 0) throw new PatternError(path, 'a list with at least one rule');
  const matchers = rules.map((rule) => compileRule(rule, path));
  const matches = (value: unknown) => matchers.some((matcher) => matcher(value));
  return (value) =>
    (Array.isArray(value) && value.length > 0 ? value.flat(Number.POSITIVE_INFINITY) : [value]).some(matches);
}

function compileOr(alternatives: unknown, path: readonly string[]): Matcher {
  if (!Array.isArray(alternatives) || alternatives.length < 2) {
    throw new PatternError(path, 'a list of at least two patterns');
  }
  const matchers = alternatives.map((one) => compilePattern(one, path));
  return (value) => matchers.some((matcher) => matcher(value));
}

/** Compiles a pattern of EventBridge's language as far as event source mappings take it ("Filter rule syntax"): fields
 *  are ANDed, the rules of a field ORed, `$or` joins alternatives. Of a list of objects one has to match as a whole.
 *  `pattern` is what `parseExact` gives. Throws a PatternError. */
export function compilePattern(pattern: unknown, path: readonly string[] = []): Matcher {
  if (!isFields(pattern)) throw new PatternError(path, 'an object');
  const matchers = Object.entries(pattern).map(([name, inner]): Matcher => {
    const at = [...path, name];
    if (name === '$or') return compileOr(inner, at);
    const matches = Array.isArray(inner) ? compileLeaf(inner, at) : compilePattern(inner, at);
    return (value) => matches(isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined);
  });
  const all = (value: unknown) => matchers.every((matcher) => matcher(value));
  return (value) => (Array.isArray(value) && value.length > 0 ? value : [value]).some(all);
}
