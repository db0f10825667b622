/** A list in parts of `PART`: adding to it copies one part, and what is dropped is dropped by the part. */
export type Parts<Item> = readonly (readonly Item[])[];

const PART = 32;

export function added<Item>(parts: Parts<Item>, item: Item): Parts<Item> {
  const last = parts.at(-1);
  if (last === undefined || last.length === PART) return [...parts, [item]];
  return [...parts.slice(0, -1), [...last, item]];
}

/** Without the parts at the beginning that have nothing but what is over. */
export function withoutFirst<Item>(parts: Parts<Item>, isOver: (item: Item) => boolean): Parts<Item> {
  const from = parts.findIndex((part) => !isOver(part.at(-1) as Item));
  return from === 0 ? parts : from < 0 ? [] : parts.slice(from);
}

export const lengthOf = (parts: Parts<unknown>): number => parts.reduce((items, part) => items + part.length, 0);

/** @throws RangeError when there is none. */
export function lastOf<Item>(parts: Parts<Item>): Item {
  const last = parts.at(-1)?.at(-1);
  if (last === undefined) throw new RangeError('an empty list has no last item');
  return last;
}
