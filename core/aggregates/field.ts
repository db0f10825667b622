import { AggregateInputError } from './aggregate.ts';

/** Names of the item's fields that hold such values. */
export type FieldOf<Item, Value> = {
  [Field in keyof Item]-?: Item[Field] extends Value ? Field : never;
}[keyof Item] &
  string;

/** What a field, or else a function, gives. With `NoInfer` around the function's value, for the compiler would rather
 *  take it from where the aggregate is used. */
export type Taken<Item, Field extends keyof Item, Value> = [Value] extends [never] ? Item[Field] : Value;

/** What is equal to itself and to nothing else once it is JSON. */
export type Scalar = string | number | boolean;

/** How an aggregate gets its value from an item, and the name of that in its kind. */
export interface Reader {
  readonly name: string;
  readonly read: (item: unknown) => unknown;
}

/** The one place where the builder's types are taken off: a field's name or a function becomes a reader. */
export function readerOf(of: string | ((item: never) => unknown)): Reader {
  if (typeof of === 'function') return { name: '=>', read: of as (item: unknown) => unknown };
  return { name: of, read: (item) => (item as Readonly<Record<string, unknown>>)[of] };
}

/** A number as JSON holds it: finite, and 0 for -0, as in `keep`. */
export function finite(kind: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value;
  throw new AggregateInputError(kind, found(value), 'a finite number');
}

export function scalar(kind: string, value: unknown): Scalar {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return finite(kind, value);
  throw new AggregateInputError(kind, found(value), 'a string, a number or a boolean');
}

/** Checks a parameter of an aggregate. */
export function integerIn(kind: string, name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new AggregateInputError(kind, `${name} ${value}`, `an integer from ${least} to ${most}`);
}

/** What a value is, without saying it. */
export function found(value: unknown): string {
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : String(value);
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
