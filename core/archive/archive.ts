import { compareSequenceNumbers } from '../engine/position.ts';
import type { StreamRecord } from '../engine/record.ts';
import { type Shard, TransientError } from '../ports.ts';
import { type About, aboutOf, encodeArchived, nameOf } from './object.ts';

/** How far a shard is archived. */
export interface Head {
  /** Sequence number of the last archived record. */
  readonly last: string;
  readonly objects: number;
  readonly records: number;
  /** What the stream said of the shard when its first records came: later nobody knows. Undefined where it said nothing. */
  readonly shard: Shard | undefined;
}

/** Where the archive lies. */
export interface ArchiveStore {
  /** The shard's head, and what tells whether it has been set since.
   *  @throws TransientError when the store did not answer, as all of these. */
  head(shardId: string): Promise<{ readonly head: Head; readonly tag: string } | undefined>;
  /** Sets the head, unless it has been set since `tag`, or is there when `tag` is undefined. Says whether it did. */
  setHead(shardId: string, head: Head, tag: string | undefined): Promise<boolean>;
  /** Adds an object, unless there is one of that name. Says whether it did. */
  add(name: string, bytes: Uint8Array, about: About): Promise<boolean>;
  /** What an object holds; undefined when it is not there. */
  about(name: string): Promise<About | undefined>;
}

export interface ArchivePorts {
  readonly store: ArchiveStore;
  readonly describe: (shardId: string) => Promise<Shard | undefined>;
}

/** More turns than this mean writers that do nothing but overtake each other. */
const MAX_TURNS = 10;

/** Archives records of one shard, which follow each other without a gap. Returns how many of them are newly archived, once
 *  all are: each exactly once, whatever comes twice, in whatever batches, and however many write at a time.
 *
 *  An object is added only under the name of the first record that the head does not cover, and the head moves on before
 *  a batch counts as done. So a batch begins where something is archived up to it or beyond; two writers that would
 *  archive a record twice begin with the same one, and the name lets only one of them.
 *  @throws TransientError when that was not possible now; the batch must come again, whole. */
export async function archive(
  shardId: string,
  records: readonly StreamRecord[],
  { store, describe }: ArchivePorts,
): Promise<number> {
  let added = 0;
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const found = await store.head(shardId);
    const last = found?.head.last;
    const left = records.filter(({ sequenceNumber }) => isAfter(sequenceNumber, last));
    const [first] = left;
    if (!first) return added;
    const name = nameOf(shardId, first);
    const own = aboutOf(left, last);
    const isNew = await store.add(name, encodeArchived({ shardId, records: left }), own);
    if (isNew) added += left.length;
    const about = isNew ? own : await store.about(name);
    if (!about) throw new TransientError(`${name} was there and is gone`);
    const head = {
      last: about.last,
      objects: (found?.head.objects ?? 0) + 1,
      records: (found?.head.records ?? 0) + about.records,
      shard: found ? found.head.shard : await describe(shardId),
    };
    await store.setHead(shardId, head, found?.tag); // or another has: the next turn sees
  }
  throw new TransientError(`${shardId}: the head was set by others ${MAX_TURNS} times`);
}

const isAfter = (sequenceNumber: string, last: string | undefined): boolean =>
  last === undefined || compareSequenceNumbers(sequenceNumber, last) > 0;
