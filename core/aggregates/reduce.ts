import type { Json } from '../event/json.ts';
import type { Aggregate } from './aggregate.ts';

/** An aggregate of one's own, whose result is its state. `merge` must be associative, its left side being what was there
 *  before; if it is commutative too, the order in which items arrive has no part in the result. `name` is permanent: a
 *  step whose state means something else now needs another one. */
export function reduce<Item, State extends Json>(
  name: string,
  { of, merge }: Pick<Aggregate<Item, State, State>, 'of' | 'merge'>,
): Aggregate<Item, State, State> {
  return { kind: `reduce(${name})`, of, merge, result: (state) => state };
}
