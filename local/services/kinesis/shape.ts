import { ServiceError } from '../json-api.ts';

type Type = 'String' | 'Integer' | 'Boolean' | 'Timestamp' | 'Map' | 'List' | 'Structure';

/** What a member of a request must be. */
export interface Member {
  readonly type: Type;
  readonly isRequired?: boolean;
  /** Least and most value of an integer, length of a string, entries of a map or list. */
  readonly min?: number;
  readonly max?: number;
  /** Of a string, as a whole. */
  readonly pattern?: string;
  readonly values?: readonly string[];
  /** What a list or the values of a map consist of. */
  readonly of?: Member;
  readonly keys?: Member;
  readonly members?: Shape;
}

export type Shape = Readonly<Record<string, Member>>;

/** What AWS says of a member that breaks a constraint. */
export function violation(path: string, value: unknown, constraint: string): string {
  const shown = value === null ? 'null' : `'${typeof value === 'object' ? JSON.stringify(value) : value}'`;
  return `Value ${shown} at '${path}' failed to satisfy constraint: Member must ${constraint}`;
}

/** Of what may be payload the value is left out. */
export function veiledViolation(path: string, constraint: string): string {
  return `Value at '${path}' failed to satisfy constraint: Member must ${constraint}`;
}

export function validationError(violations: readonly string[]): ServiceError {
  const count = violations.length === 1 ? '1 validation error' : `${violations.length} validation errors`;
  return new ServiceError('ValidationException', `${count} detected: ${violations.join('; ')}`);
}

/** Throws SerializationException when a member is of another type, ValidationException when members break constraints. */
export function checkShape(shape: Shape, input: unknown): void {
  const violations = [...membersOf(shape, input, '')];
  if (violations.length > 0) throw validationError(violations);
}

function* membersOf(shape: Shape, input: unknown, path: string): Generator<string> {
  const given = input as Readonly<Record<string, unknown>>;
  for (const [name, member] of Object.entries(shape)) {
    const at = `${path}${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    yield* violationsOf(member, given[name] ?? undefined, at);
  }
}

function* violationsOf(member: Member, value: unknown, path: string): Generator<string> {
  if (value === undefined) {
    if (member.isRequired) yield violation(path, null, 'not be null');
    return;
  }
  if (!IS[member.type](value)) {
    throw new ServiceError('SerializationException', `${path} is to be of type ${member.type}, but is ${typeof value}`);
  }
  const { values, pattern } = member;
  if (values && !values.includes(value as string)) {
    yield violation(path, value, `satisfy enum value set: [${values.join(', ')}]`);
  }
  if (pattern && !new RegExp(`^(?:${pattern})$`).test(value as string)) {
    yield violation(path, value, `satisfy regular expression pattern: ${pattern}`);
  }
  yield* sizeViolations(member, value, path);
  if (member.type === 'List') {
    for (const [index, each] of (value as unknown[]).entries()) {
      yield* violationsOf(member.of as Member, each, `${path}.${index + 1}.member`);
    }
  } else if (member.type === 'Map') {
    for (const [key, each] of Object.entries(value as object)) {
      if (member.keys) yield* violationsOf(member.keys, key, `${path}.key`);
      yield* violationsOf(member.of as Member, each, `${path}.${key}.member`);
    }
  } else if (member.members) yield* membersOf(member.members, value, `${path}.`);
}

function* sizeViolations({ type, min, max }: Member, value: unknown, path: string): Generator<string> {
  const what = type === 'Integer' ? 'value' : 'length';
  const size = type === 'Integer' ? (value as number) : sizeOf(value);
  if (min !== undefined && size < min) yield violation(path, value, `have ${what} greater than or equal to ${min}`);
  if (max !== undefined && size > max) yield violation(path, value, `have ${what} less than or equal to ${max}`);
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return Object.keys(Object(value)).length;
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

const IS: Readonly<Record<Type, (value: unknown) => boolean>> = {
  String: (value) => typeof value === 'string',
  Integer: Number.isInteger,
  Boolean: (value) => typeof value === 'boolean',
  Timestamp: (value) => typeof value === 'number',
  Map: isObject,
  List: Array.isArray,
  Structure: isObject,
};
