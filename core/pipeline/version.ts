import type { Json } from '../event/json.ts';

/** A row of a table as a change left it; without a value where the change deleted it. */
export type Version<Value = Json> = readonly [atMs: number, order: string, id: string, source: string, value?: Value];

/** The row; undefined where there is none. */
export const rowIn = (version: Version | null): Json | undefined => version?.[4];

/** Whether a change comes after another of its key: by event time, then by `order`, then by id. */
export function isNewer([atMs, order, id, source]: Version, [knownMs, ...known]: Version): boolean {
  if (atMs !== knownMs) return atMs > knownMs;
  const [knownOrder, knownId, knownSource] = known;
  return (compareText(order, knownOrder) || compareText(id, knownId) || compareText(source, knownSource)) > 0;
}

/** Compares texts with numbers in them, these by their value: positions in a database's log have no leading zeros. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const [lefts, rights] = [partsOf(left), partsOf(right)];
  for (const [n, part] of lefts.entries()) {
    const other = rights[n];
    if (other === undefined) return 1;
    const compared = compareParts(part, other);
    if (compared !== 0) return compared;
  }
  return rights.length > lefts.length ? -1 : byCode(left, right);
}

const partsOf = (text: string): readonly string[] => text.match(/\d+|\D+/g) ?? [];

function compareParts(left: string, right: string): number {
  if (!/^\d/.test(left) || !/^\d/.test(right)) return byCode(left, right);
  const [plainLeft, plainRight] = [left.replace(/^0+/, ''), right.replace(/^0+/, '')];
  return plainLeft.length - plainRight.length || byCode(plainLeft, plainRight);
}

const byCode = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
