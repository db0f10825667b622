import type { Json } from '../event/json.ts';

/** Where an item stands in event time; `id` decides between items of one millisecond. */
export interface ItemTime {
  readonly timeMs: number;
  readonly id: string;
}

/** How the items of a group become one result. A group has at least one item: its first item's state is `of(item)`, and
 *  every further item, or a whole other group, is merged in. So there is no empty state, adding is merging, and the one
 *  law is that `merge` is associative.
 *
 *  States are JSON, frozen between steps, and bounded. `of` and `merge` may throw, which parks the item's record;
 *  `result` never does. Of all aggregates here but `reduce` and `mostFrequent`, the same items give the same bytes in
 *  whatever order and grouping they come; both say what they hold instead. */
export interface Aggregate<Item, State extends Json, Result> {
  /** Name and parameters of all that the state depends on, such as `sum(bytes)`: a kept state is of no use to an
   *  aggregate of another kind. Functions appear as `=>`, since they have no lasting name. */
  readonly kind: string;
  /** The state of a group of this item alone. */
  readonly of: (item: Item, at: ItemTime) => State;
  /** The state of both groups together. `left` was there before `right`. */
  readonly merge: (left: State, right: State) => State;
  readonly result: (state: State) => Result;
}

/** An aggregate of these items, whatever its state. */
export interface AnyAggregate<Item, Result = unknown> {
  readonly kind: string;
  readonly of: (item: Item, at: ItemTime) => Json;
  readonly merge: (left: never, right: never) => Json;
  readonly result: (state: never) => Result;
}

/** Aggregates by the names that their results shall have. */
export type Aggregates<Item> = Readonly<Record<string, AnyAggregate<Item>>>;

export type ResultsOf<Named> = {
  readonly [Name in keyof Named]: Named[Name] extends { readonly result: (state: never) => infer Result }
    ? Result
    : never;
};

/** An aggregate was given a parameter or an item's value that it cannot take. Values of items are not in the message,
 *  since payloads are not logged. */
export class AggregateInputError extends Error {
  override readonly name = 'AggregateInputError';
  readonly kind: string;
  constructor(kind: string, found: string, expected: string) {
    super(`${kind}: found ${found}; expected ${expected}`);
    this.kind = kind;
  }
}
