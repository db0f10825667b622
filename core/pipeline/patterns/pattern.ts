import { PipelineError } from '../errors.ts';

/** What may lie between an item that a step takes and the one taken before it.
 *
 *  - `strict`: nothing; it is the key's very next item.
 *  - `relaxed`: items that do not fit; the first that fits is taken.
 *  - `any`: any items. One that fits is taken, and also let pass: the partial match becomes two. */
export type Contiguity = 'strict' | 'relaxed' | 'any';

/** How many items a step takes: so many, or from `min` on, to `max` where that is given. `{ min: 1 }` is one or more. */
export type Times = number | { readonly min: number; readonly max?: number };

/** How many items a step of a pattern may have in a match: as one item, or as a list. */
type Amount = 'one' | 'one or none' | 'list' | 'list or none';

type AmountOf<Repeat extends Times | undefined, Optional extends boolean> = [Repeat] extends [undefined]
  ? Optional extends false
    ? 'one'
    : 'one or none'
  : Optional extends false
    ? 'list'
    : 'list or none';

/** What the steps of a pattern have taken, by their names. Lists are new ones, and fit a schema's `z.array`. */
export type ItemsBy<Item, Amounts> = {
  readonly [Name in keyof Amounts]: {
    one: Item;
    'one or none': Item | undefined;
    list: [Item, ...Item[]];
    'list or none': Item[];
  }[Amounts[Name] & Amount];
};

/** What the steps of a pattern that has not come to its end have taken, by their names. */
export type SomeItemsBy<Item, Amounts> = {
  readonly [Name in keyof Amounts]: Amounts[Name] extends 'one' | 'one or none' ? Item | undefined : Item[];
};

interface Condition<Item, Matched> {
  /** Whether the item fits by itself. It is asked once, when the item arrives: if it throws, the record is parked.
   *  Default: every item does. */
  readonly where?: (item: Item) => boolean;
  /** Whether an item that fits by itself also fits what the partial match has taken. It is asked in the item's turn, when
   *  event time has passed it. Then no record can be parked any more: if it throws, the pipeline stops until the code
   *  is mended. */
  readonly given?: (item: Item, matched: Matched) => boolean;
}

export interface TakeOptions<
  Item,
  Amounts,
  Name extends string,
  Repeat extends Times | undefined,
  Optional extends boolean,
> extends Condition<Item, ItemsBy<Item, Amounts> & { readonly [Own in Name]: readonly Item[] }> {
  /** How many items. With it, a match has a list under the step's name; without it, one item. */
  readonly times?: Repeat;
  /** Whether the step may be left out. */
  readonly optional?: Optional;
  /** Whether the step takes an item that one behind it could take too; and at the end, whether it waits for all that it
   *  may take. Default: true. */
  readonly greedy?: boolean;
  /** What may lie before each item of the step, except the first of a match. Default: that of the sequence. */
  readonly contiguity?: Contiguity;
}

export type NotOptions<Item, Amounts> = Condition<Item, ItemsBy<Item, Amounts>>;

/** A step of a pattern. The builder's types hold that its functions take the stream's items; here they are untyped. */
export interface Part {
  readonly name: string;
  /** Whether it says what must not come. */
  readonly isNot: boolean;
  readonly where: ((item: never) => boolean) | undefined;
  readonly given: ((item: never, matched: never) => boolean) | undefined;
  readonly min: number;
  /** Infinity for no bound. */
  readonly max: number;
  readonly isList: boolean;
  readonly isOptional: boolean;
  readonly isGreedy: boolean;
  readonly contiguity: Contiguity | undefined;
}

/** The steps of a pattern, in their order. Immutable: every verb returns a new pattern. */
export class Pattern<Item, Amounts = unknown> {
  readonly parts: readonly Part[];

  constructor(parts: readonly Part[]) {
    this.parts = parts;
  }

  /** Items that come next. `given` is told what the steps before have taken, and as a list what this one has so far. */
  take<
    const Name extends string,
    const Repeat extends Times | undefined = undefined,
    const Optional extends boolean = false,
  >(
    name: Name,
    options: TakeOptions<Item, Amounts, Name, Repeat, Optional> = {},
  ): Pattern<Item, Amounts & { readonly [Own in Name]: AmountOf<Repeat, Optional> }> {
    const { where, given, times, optional = false, greedy = true, contiguity } = options;
    const { min, max = Number.POSITIVE_INFINITY } =
      typeof times === 'object' ? times : { min: times ?? 1, max: times ?? 1 };
    const amount = { min, max, isList: times !== undefined, isOptional: optional, isGreedy: greedy };
    return new Pattern([...this.parts, { name, isNot: false, where, given, ...amount, contiguity }]);
  }

  /** What must not come between the items taken before and after; at the end of a pattern, until its time has run out.
   *  Only items that the partial match does not take are looked at. */
  not(name: string, { where, given }: NotOptions<Item, Amounts> = {}): Pattern<Item, Amounts> {
    const amount = { min: 0, max: 0, isList: false, isOptional: true, isGreedy: true };
    return new Pattern([...this.parts, { name, isNot: true, where, given, ...amount, contiguity: undefined }]);
  }
}

/** Most steps of a pattern: which of them an item fits by itself is kept as the bits of a number. */
const MAX_PARTS = 30;

/** Names that a match uses itself. */
const RESERVED = ['key', 'start', 'end'];

/** @throws PipelineError when the steps of a pattern do not make one. */
export function checkParts(step: string, parts: readonly Part[], maxItems: number): readonly Part[] {
  const refuse = (found: string, expected: string) => {
    throw new PipelineError(step, found, expected);
  };
  if (parts.length > MAX_PARTS) refuse(`a pattern of ${parts.length} steps`, `at most ${MAX_PARTS}`);
  const names = parts.map(({ name }) => name);
  const taken = names.find((name, n) => RESERVED.includes(name) || names.indexOf(name) < n);
  if (taken !== undefined)
    refuse(`a name '${taken}'`, `a name of its own for each step, none of ${RESERVED.join(', ')}`);
  for (const { name, isNot, min, max } of parts) {
    if (isNot) continue;
    const isBound = Number.isInteger(max) || max === Number.POSITIVE_INFINITY;
    if (!Number.isInteger(min) || min < 1 || min > maxItems || !isBound || max < min)
      refuse(`'${name}' ${min} to ${max} times`, `whole numbers from 1, at most ${maxItems} to begin with`);
  }
  if (parts[0]?.isNot || !parts.some(({ isOptional }) => !isOptional))
    refuse(`a pattern of ${names.join(', ') || 'nothing'}`, 'an item to begin with, and one that may not be left out');
  return parts;
}

/** `small{3,3} !refund large{1,1}?`: what the states of a pattern's partial matches depend on. */
export const shapeOf = (parts: readonly Part[]): string =>
  parts
    .map(({ name, isNot, min, max, isOptional }) =>
      isNot ? `!${name}` : `${name}{${min},${max}}${isOptional ? '?' : ''}`,
    )
    .join(' ');
