import { subPieces } from './sub.ts';
import { TemplateError } from './template.ts';

/** What intrinsics are resolved against. Each member throws a TemplateError for a name it does not know. */
export interface Scope {
  ref(name: string): unknown;
  attribute(logicalId: string, attribute: string): string;
  condition(name: string): boolean;
  /** The whole mapping of that name. */
  mapping(name: string): unknown;
  importValue(name: string): string;
  readonly region: string;
}

/** What `AWS::NoValue` resolves to: the property or list item that holds it goes away. */
export const NO_VALUE: unique symbol = Symbol('AWS::NoValue');

type Intrinsic = (argument: unknown, scope: Scope, path: string) => unknown;

/** Resolves every intrinsic in a template's value. `path` says in errors where the value stands.
 *  @throws TemplateError naming the intrinsic and its path. */
export function resolve(value: unknown, scope: Scope, path: string): unknown {
  if (Array.isArray(value)) {
    return value.map((item, i) => resolve(item, scope, `${path}[${i}]`)).filter((item) => item !== NO_VALUE);
  }
  if (typeof value !== 'object' || value === null) return plain(value, path);
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [''];
  if (entries.length === 1 && (name === 'Ref' || name.startsWith('Fn::'))) {
    return intrinsicNamed(name, path)(argument, scope, `${path}.${name}`);
  }
  const resolved = entries.map(([key, inner]) => {
    if (key.startsWith('Fn::')) throw new TemplateError(`${path}: ${key} must be the only key of its object`);
    return [key, resolve(inner, scope, `${path}.${key}`)] as const;
  });
  return Object.fromEntries(resolved.filter(([, inner]) => inner !== NO_VALUE));
}

/** Decides a condition: an `Fn::Equals`, `And`, `Or`, `Not`, or a reference to a named condition. */
export function decide(value: unknown, scope: Scope, path: string): boolean {
  if (typeof value === 'object' && value !== null && 'Condition' in value)
    return scope.condition(String(value.Condition));
  const result = resolve(value, scope, path);
  if (typeof result === 'boolean') return result;
  throw new TemplateError(`${path}: expected a condition, found ${JSON.stringify(value)}`);
}

const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope, path) => scope.ref(text(argument, scope, path)),
  'Fn::GetAtt': (argument, scope, path) => {
    const parts = typeof argument === 'string' ? argument.split(/\.(.*)/s).slice(0, 2) : list(argument, scope, path);
    return scope.attribute(text(parts[0], scope, path), text(parts[1], scope, path));
  },
  'Fn::Join': (argument, scope, path) => {
    const [separator, parts] = pair(argument, path);
    return list(parts, scope, path)
      .map((part) => text(part, scope, path))
      .join(text(separator, scope, path));
  },
  'Fn::Sub': substitute,
  'Fn::Select': (argument, scope, path) => {
    const [index, items] = pair(argument, path);
    const all = list(items, scope, path);
    const item = all[Number(text(index, scope, path))];
    if (item === undefined)
      throw new TemplateError(`${path}: no item ${JSON.stringify(index)} in a list of ${all.length}`);
    return item;
  },
  'Fn::Split': (argument, scope, path) => {
    const [separator, whole] = pair(argument, path);
    return text(whole, scope, path).split(text(separator, scope, path));
  },
  'Fn::ImportValue': (argument, scope, path) => scope.importValue(text(argument, scope, path)),
  'Fn::If': (argument, scope, path) => {
    const [condition, whenTrue, whenFalse] = items(argument, path, 3);
    return resolve(scope.condition(String(condition)) ? whenTrue : whenFalse, scope, path);
  },
  'Fn::Equals': (argument, scope, path) => {
    const [left, right] = pair(argument, path).map((side) => resolve(side, scope, path));
    return JSON.stringify(left) === JSON.stringify(right);
  },
  'Fn::And': (argument, scope, path) => items(argument, path).every((each) => decide(each, scope, path)),
  'Fn::Or': (argument, scope, path) => items(argument, path).some((each) => decide(each, scope, path)),
  'Fn::Not': (argument, scope, path) => !decide(items(argument, path, 1)[0], scope, path),
  'Fn::FindInMap': (argument, scope, path) => {
    const keys = items(argument, path).map((key) => text(key, scope, path));
    const [name = '', ...rest] = keys;
    let found: unknown = scope.mapping(name);
    for (const key of rest) found = (found as Record<string, unknown> | undefined)?.[key];
    if (found === undefined)
      throw new TemplateError(`${path}: nothing at ${keys.join('.')} in the template's Mappings`);
    return found;
  },
  'Fn::Base64': (argument, scope, path) => Buffer.from(text(argument, scope, path)).toString('base64'),
  'Fn::GetAZs': (argument, scope, path) => {
    const region = text(argument, scope, path) || scope.region;
    return ['a', 'b', 'c'].map((zone) => `${region}${zone}`);
  },
};

function intrinsicNamed(name: string, path: string): Intrinsic {
  const intrinsic = INTRINSICS[name];
  if (intrinsic) return intrinsic;
  throw new TemplateError(
    `${path}: the intrinsic ${name} is not known here; known are ${Object.keys(INTRINSICS).join(', ')}`,
  );
}

function substitute(argument: unknown, scope: Scope, path: string): string {
  const [template, variables = {}] = Array.isArray(argument) ? argument : [argument];
  return subPieces(text(template, scope, path))
    .map((piece) => {
      if ('text' in piece) return piece.text;
      if (Object.hasOwn(variables, piece.name)) return text(variables[piece.name], scope, `${path}.${piece.name}`);
      const [id = '', attribute] = piece.name.split(/\.(.*)/s);
      return attribute === undefined ? text(scope.ref(id), scope, path) : scope.attribute(id, attribute);
    })
    .join('');
}

/** Strings may hold references that CloudFormation looks up in other services. */
function plain(value: unknown, path: string): unknown {
  if (typeof value === 'string' && value.includes('{{resolve:')) {
    throw new TemplateError(`${path}: dynamic references ({{resolve:…}}) are not known here`);
  }
  return value;
}

function text(value: unknown, scope: Scope, path: string): string {
  const resolved = resolve(value, scope, path);
  if (typeof resolved === 'string') return resolved;
  if (typeof resolved === 'number' || typeof resolved === 'boolean') return String(resolved);
  throw new TemplateError(`${path}: expected text, found ${JSON.stringify(resolved)}`);
}

function list(value: unknown, scope: Scope, path: string): readonly unknown[] {
  return items(resolve(value, scope, path), path);
}

function items(value: unknown, path: string, length?: number): readonly unknown[] {
  if (Array.isArray(value) && (length === undefined || value.length === length)) return value;
  throw new TemplateError(`${path}: expected a list${length ? ` of ${length}` : ''}, found ${JSON.stringify(value)}`);
}

const pair = (value: unknown, path: string): readonly unknown[] => items(value, path, 2);
