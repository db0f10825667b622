import {
  GetObjectCommand,
  HeadObjectCommand,
  NotFound,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ArchiveStore, Head } from '../../core/archive/archive.ts';
import { type About, HEADS, RECORDS } from '../../core/archive/object.ts';
import { TransientError } from '../../core/ports.ts';
import { transiently } from '../transient.ts';

/** The archive in a bucket. What must not be overwritten is left to S3's conditional writes, which are decided in one place
 *  (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html). */
export function s3ArchiveStore(
  client: S3Client,
  Bucket: string,
): ArchiveStore & { shards(): Promise<readonly string[]> } {
  const headName = (shardId: string) => `${HEADS}${shardId}.json`;
  return {
    /** The shards that have a head. */
    async shards() {
      const ids: string[] = [];
      for await (const name of listNames(client, Bucket, HEADS)) ids.push(name.slice(HEADS.length, -'.json'.length));
      return ids;
    },

    async head(shardId) {
      const answer = await unlessMissing(() =>
        transiently('archive: GetObject', async () => {
          const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket, Key: headName(shardId) }));
          return { text: await Body?.transformToString(), ETag };
        }),
      );
      if (!answer) return undefined;
      if (!answer.text || !answer.ETag) throw new TransientError('archive: GetObject: an empty answer');
      return { head: JSON.parse(answer.text) as Head, tag: answer.ETag };
    },

    setHead(shardId, head, tag) {
      return unlessRefused('archive: PutObject', () =>
        client.send(
          new PutObjectCommand({
            Bucket,
            Key: headName(shardId),
            Body: JSON.stringify(head),
            ContentType: 'application/json',
            ...(tag === undefined ? { IfNoneMatch: '*' } : { IfMatch: tag }),
          }),
        ),
      );
    },

    add(name, bytes, { after = '', last, records }) {
      const Metadata = { after, last, records: String(records) };
      return unlessRefused('archive: PutObject', () =>
        client.send(
          new PutObjectCommand({
            Bucket,
            Key: name,
            Body: bytes,
            ContentType: 'application/gzip',
            Metadata,
            IfNoneMatch: '*',
          }),
        ),
      );
    },

    async about(name) {
      const answer = await unlessMissing(() =>
        transiently('archive: HeadObject', () => client.send(new HeadObjectCommand({ Bucket, Key: name }))),
      );
      return answer && readAbout(answer.Metadata);
    },
  };
}

/** An object of the archive's folder, as it is there. */
export interface ReadObject {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly about: About | undefined;
}

/** Objects that are read at a time. */
const READS = 8;

/** All objects of the archive, by name. */
export async function* readObjects(client: S3Client, Bucket: string): AsyncGenerator<ReadObject> {
  const read = async (name: string): Promise<ReadObject> => {
    const { Body, Metadata } = await client.send(new GetObjectCommand({ Bucket, Key: name }));
    return { name, bytes: (await Body?.transformToByteArray()) ?? new Uint8Array(), about: readAbout(Metadata) };
  };
  const reads: Promise<ReadObject>[] = [];
  for await (const name of listNames(client, Bucket, RECORDS)) {
    const reading = read(name);
    reading.catch(() => {}); // thrown where it is awaited
    if (reads.push(reading) >= READS) yield await (reads.shift() as Promise<ReadObject>);
  }
  for (const reading of reads) yield await reading;
}

async function* listNames(client: S3Client, Bucket: string, Prefix: string): AsyncGenerator<string> {
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix })) {
    for (const { Key } of Contents) if (Key !== undefined) yield Key;
  }
}

/** What an object's metadata says; undefined when the archiver did not write it. */
export function readAbout(metadata: Readonly<Record<string, string>> | undefined): About | undefined {
  const { after, last, records } = metadata ?? {};
  if (last === undefined || records === undefined) return undefined;
  return { after: after || undefined, last, records: Number(records) };
}

async function unlessMissing<Result>(call: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof NotFound || (error as Error).name === 'NoSuchKey') return undefined;
    throw error;
  }
}

/** False when a condition did not hold, or another write that is under way decides whether it does. */
async function unlessRefused(what: string, call: () => Promise<unknown>): Promise<boolean> {
  try {
    await transiently(what, call);
    return true;
  } catch (error) {
    if (['PreconditionFailed', 'ConditionalRequestConflict'].includes((error as Error).name)) return false;
    throw error;
  }
}
