import { type Aggregate, AggregateInputError } from './aggregate.ts';
import { type FieldOf, finite, found, readerOf, type Taken } from './field.ts';

/** What has a least and a greatest: numbers, and strings by their UTF-16 code units, such as ISO times of one form. */
type Ordered = number | string;

/** The least value of a field, or of what a function gives. */
export function min<Item, Field extends FieldOf<Item, Ordered> = never, Value extends Ordered = never>(
  of: Field | ((item: Item) => Value),
): Aggregate<Item, Ordered, Taken<Item, Field, NoInfer<Value>>> {
  return extreme('min', of, (left, right) => (right < left ? right : left));
}

/** The greatest value of a field, or of what a function gives. */
export function max<Item, Field extends FieldOf<Item, Ordered> = never, Value extends Ordered = never>(
  of: Field | ((item: Item) => Value),
): Aggregate<Item, Ordered, Taken<Item, Field, NoInfer<Value>>> {
  return extreme('max', of, (left, right) => (right > left ? right : left));
}

function extreme<Item, Result>(
  name: string,
  of: string | ((item: Item) => unknown),
  pick: (left: Ordered, right: Ordered) => Ordered,
): Aggregate<Item, Ordered, Result> {
  const { name: field, read } = readerOf(of);
  const kind = `${name}(${field})`;
  return {
    kind,
    of: (item) => ordered(kind, read(item)),
    merge: (left, right) => {
      if (typeof left === typeof right) return pick(left, right);
      throw new AggregateInputError(kind, `a ${typeof right} besides a ${typeof left}`, 'values of one type');
    },
    result: (state) => state as Result,
  };
}

function ordered(kind: string, value: unknown): Ordered {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return finite(kind, value);
  throw new AggregateInputError(kind, found(value), 'a number or a string');
}
