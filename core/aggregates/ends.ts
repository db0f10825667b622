import type { Json } from '../event/json.ts';
import type { Aggregate } from './aggregate.ts';
import { type FieldOf, readerOf, type Taken } from './field.ts';
import { inTime, type Timed, timed } from './in-time.ts';

/** The value of the item that is first in event time, whenever it arrived. */
export function first<Item, Field extends FieldOf<Item, Json> = never, Value extends Json = never>(
  of: Field | ((item: Item) => Value),
): Aggregate<Item, Timed, Taken<Item, Field, NoInfer<Value>>> {
  return end('first', of, (left, right) => (inTime(left, right) <= 0 ? left : right));
}

/** The value of the item that is last in event time, whenever it arrived. */
export function latest<Item, Field extends FieldOf<Item, Json> = never, Value extends Json = never>(
  of: Field | ((item: Item) => Value),
): Aggregate<Item, Timed, Taken<Item, Field, NoInfer<Value>>> {
  return end('latest', of, (left, right) => (inTime(left, right) >= 0 ? left : right));
}

function end<Item, Result>(
  name: string,
  of: string | ((item: Item) => unknown),
  merge: (left: Timed, right: Timed) => Timed,
): Aggregate<Item, Timed, Result> {
  const { name: field, read } = readerOf(of);
  return {
    kind: `${name}(${field})`,
    of: (item, at) => timed(at, read(item) as Json),
    merge,
    result: ([, , value]) => value as Result,
  };
}
