import { gunzipSync, gzipSync } from 'node:zlib';
import type { StreamRecord } from '../engine/record.ts';

/** What an archived object holds. */
export interface About {
  /** Sequence number of the record before its first, the last of the object before; undefined for a shard's first object. */
  readonly after: string | undefined;
  /** Sequence number of its last record. */
  readonly last: string;
  readonly records: number;
}

export interface Archived {
  readonly shardId: string;
  readonly records: readonly StreamRecord[];
}

/** An object of the archive is not what it must be. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}

/** Folder of the archive's objects. */
export const RECORDS = 'records/';
/** Folder of the heads, an object for each shard. */
export const HEADS = 'heads/';

const NAME = /^records\/dt=(?<day>\d{4}-\d{2}-\d{2})\/(?<shardId>[^/]+)\/(?<first>\d+)\.json\.gz$/;

/** The name that an object of a shard has if it begins with this record: `records/dt=<UTC day of its arrival>/<shard>/<its
 *  sequence number>.json.gz`. Nothing else is part of it, so that two writers who begin alike meet there. */
export function nameOf(shardId: string, { sequenceNumber, arrivalMs }: StreamRecord): string {
  const day = new Date(arrivalMs).toISOString().slice(0, 'yyyy-mm-dd'.length);
  return `${RECORDS}dt=${day}/${shardId}/${sequenceNumber}.json.gz`;
}

/** What a name says; undefined when it is none of the archive's. */
export function readName(name: string): { readonly shardId: string; readonly first: string } | undefined {
  const groups = NAME.exec(name)?.groups;
  return groups && { shardId: groups.shardId as string, first: groups.first as string };
}

export function aboutOf(records: readonly StreamRecord[], after: string | undefined): About {
  return { after, last: records.at(-1)?.sequenceNumber ?? '', records: records.length };
}

/** One JSON object a line, gzipped: Athena reads it as it is. The same records give the same bytes. */
export function encodeArchived({ shardId, records }: Archived): Uint8Array {
  const lines = records.map(({ sequenceNumber, partitionKey, arrivalMs, data }) =>
    JSON.stringify({
      shardid: shardId,
      sequencenumber: sequenceNumber,
      partitionkey: partitionKey,
      arrivalms: arrivalMs,
      data: Buffer.from(data).toString('base64'),
    }),
  );
  return gzipSync(`${lines.join('\n')}\n`);
}

/** @throws ArchiveError when the bytes are cut, or are not what `encodeArchived` makes. */
export function decodeArchived(bytes: Uint8Array): Archived {
  const lines = unzipped(bytes).split('\n').slice(0, -1).map(readLine);
  const [first] = lines;
  if (!first) throw new ArchiveError('found no record');
  const other = lines.find(({ shardId }) => shardId !== first.shardId);
  if (other) throw new ArchiveError(`found records of ${other.shardId} among those of ${first.shardId}`);
  return { shardId: first.shardId, records: lines.map(({ record }) => record) };
}

function unzipped(bytes: Uint8Array): string {
  try {
    return gunzipSync(bytes).toString();
  } catch (error) {
    throw new ArchiveError(`found bytes that cannot be unzipped: ${(error as Error).message}`);
  }
}

function readLine(line: string, n: number): { readonly shardId: string; readonly record: StreamRecord } {
  const { shardid, sequencenumber, partitionkey, arrivalms, data } = parsed(line, n);
  const texts = [shardid, sequencenumber, partitionkey, data];
  if (!texts.every((each) => typeof each === 'string') || typeof arrivalms !== 'number') {
    throw new ArchiveError(`line ${n + 1}: found no record; expected shard, number, key, arrival and data`);
  }
  const [shardId, sequenceNumber, partitionKey, base64] = texts as [string, string, string, string];
  return {
    shardId,
    record: { sequenceNumber, partitionKey, arrivalMs: arrivalms, data: Buffer.from(base64, 'base64') },
  };
}

function parsed(line: string, n: number): Record<string, unknown> {
  try {
    return JSON.parse(line);
  } catch {
    throw new ArchiveError(`line ${n + 1}: found no JSON`);
  }
}
