import { compareSequenceNumbers } from '../engine/position.ts';
import type { Head } from './archive.ts';
import { type About, ArchiveError, decodeArchived, readName } from './object.ts';

/** Something is not as it must be. */
export interface Finding {
  readonly shardId: string;
  /** Name of the object; undefined where one is missing. */
  readonly object: string | undefined;
  readonly what: 'not an object of the archive' | 'damaged' | 'twice' | 'missing' | 'head';
  readonly found: string;
  readonly expected: string;
}

/** An object that has been read. */
export interface Checked extends About {
  readonly name: string;
  readonly shardId: string;
  readonly first: string;
}

/** Reads an object whole and holds it against its name and what is said about it. */
export function checkObject(name: string, bytes: Uint8Array, about: About | undefined): Checked | Finding {
  const named = readName(name);
  const finding = (what: Finding['what'], found: string, expected: string): Finding => ({
    shardId: named?.shardId ?? '',
    object: name,
    what,
    found,
    expected,
  });
  if (!named || !about) {
    return finding('not an object of the archive', named ? 'no description' : 'its name', 'what the archiver writes');
  }
  let numbers: readonly string[];
  let shardId: string;
  try {
    const archived = decodeArchived(bytes);
    shardId = archived.shardId;
    numbers = archived.records.map(({ sequenceNumber }) => sequenceNumber);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    return finding('damaged', error.message, `${about.records} records`);
  }
  const said = `${about.records} records of ${named.shardId} from ${named.first} to ${about.last}`;
  const read = `${numbers.length} records of ${shardId} from ${numbers[0]} to ${numbers.at(-1)}`;
  if (read !== said) return finding('damaged', read, said);
  const unordered = numbers.findIndex(
    (each, n) => n > 0 && compareSequenceNumbers(numbers[n - 1] as string, each) >= 0,
  );
  if (unordered > 0) return finding('damaged', `${numbers[unordered]} at line ${unordered + 1}`, 'a later record');
  return { ...about, name, shardId, first: named.first };
}

/** Holds a shard's objects against each other and against its head: each must go on where another ends, from the first to
 *  what the head covers. */
export function checkChain(shardId: string, objects: readonly Checked[], head: Head | undefined): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (what: Finding['what'], object: string | undefined, found: string, expected: string) =>
    findings.push({ shardId, object, what, found, expected });
  const sorted = objects.toSorted((a, b) => compareSequenceNumbers(a.first, b.first) || (a.name < b.name ? -1 : 1));
  let last: string | undefined;
  for (const { name, first, after, last: end } of sorted) {
    if (last !== undefined && compareSequenceNumbers(first, last) <= 0) {
      add('twice', name, `records from ${first} on`, `records after ${last}: others have what lies before`);
      continue;
    }
    if (after !== last) {
      const from = last === undefined ? 'from the beginning' : `after ${last}`;
      add('missing', undefined, `nothing ${from}`, `records up to ${after ?? 'the beginning'}, where ${name} goes on`);
    }
    last = end;
  }
  if (!head) add('head', undefined, 'no head', `one at ${last}`);
  else if (last === undefined || compareSequenceNumbers(head.last, last) > 0)
    add('missing', undefined, `nothing after ${last ?? 'the beginning'}`, `records up to ${head.last}, the head`);
  return findings;
}
