import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { GlueTable } from '../glue.ts';
import { jsonLines } from './json-lines.ts';
import type { Pins } from './pins.ts';
import { locationOf, partitionsOf } from './projection.ts';
import { checkPacking, storageOf } from './storage.ts';

/** The objects of a table that a query reads. */
export interface Listing {
  readonly bytes: number;
  /** Copies those not here yet, and tells the paths of all. */
  fetch(): Promise<readonly string[]>;
}

/** Objects fetched at a time. */
const PARALLEL = 8;

interface Listed {
  readonly key: string;
  readonly etag: string;
  readonly bytes: number;
  readonly folder: string;
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);
/** Names that Hive does not take for data. */
const hidden = (key: string) => /^[._]/.test(key.slice(key.lastIndexOf('/') + 1));
const encode = (value: string) => encodeURIComponent(value).replaceAll('.', '%2E');

/** Which of a table's objects a query reads, and when. */
export interface Reading {
  readonly reads: readonly Pins[];
  readonly nowMs: number;
  /** Ends the listing and the copying. */
  readonly signal: AbortSignal;
}

async function listed(s3: S3Client, table: GlueTable, { reads, nowMs, signal }: Reading): Promise<Listed[]> {
  const { bucket, prefix } = locationOf(table);
  const partitionOf = partitionsOf(table, nowMs, reads);
  const found: Listed[] = [];
  for (let token: string | undefined; ; ) {
    const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token });
    const page = await s3.send(command, { abortSignal: signal });
    for (const { Key: key = '', ETag: etag = '', Size: bytes = 0 } of page.Contents ?? []) {
      const partition = bytes > 0 && !hidden(key) ? partitionOf(key) : undefined;
      if (partition)
        found.push({
          key,
          etag,
          bytes,
          folder: partition.map(([name, value]) => `${name}=${encode(value)}`).join('/'),
        });
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
    if (!token) return found;
  }
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** Writes an object's bytes, or what is made of them, to a path. */
type Store = (body: Readable, key: string, path: string, signal: AbortSignal) => Promise<void>;

const asItIs: Store = (body, _key, path, signal) => pipeline(body, createWriteStream(path), { signal });

interface Source {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly store: Store;
  readonly signal: AbortSignal;
}

async function fetchInto(path: string, key: string, { s3, bucket, store, signal }: Source): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${randomUUID()}`;
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
    await store(Body as Readable, key, partial, signal);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

/** What a copy depends on besides its object: JSON lines are read by the table's columns. */
const schemaOf = ({ columns, serde }: GlueTable) => JSON.stringify([columns, serde]);

/** Keeps copies of tables' objects in a directory: `<table>/<column>=<value>/<hash of key and etag>.<storage>`, so that
 *  an object is fetched once and DuckDB reads the partition columns from the path. */
export function openObjectCache(s3: S3Client, directory: string) {
  return {
    /** The objects of a table that Athena sees now and some read of the query asks for. */
    async list(table: GlueTable, reading: Reading): Promise<Listing> {
      const storage = storageOf(table);
      const store = storage === 'json' ? jsonLines(table) : asItIs;
      const found = await listed(s3, table, reading);
      if (storage === 'json') for (const { key } of found) checkPacking(key);
      const root = join(directory, hash(`${table.database}.${table.name}`));
      const schema = storage === 'json' ? schemaOf(table) : '';
      const cached = found.map(({ key, etag, folder }) => ({
        key,
        path: join(root, folder, `${hash(`${key}\n${etag}\n${schema}`)}.${storage}`),
      }));
      const source = { s3, bucket: locationOf(table).bucket, store, signal: reading.signal };
      return {
        bytes: found.reduce((sum, { bytes }) => sum + bytes, 0),
        fetch: async () => {
          const missing = cached.values();
          const worker = async () => {
            for (const { path, key } of missing) if (!(await isThere(path))) await fetchInto(path, key, source);
          };
          await Promise.all(Array.from({ length: PARALLEL }, worker));
          return cached.map(({ path }) => path);
        },
      };
    },
  };
}

export type ObjectCache = ReturnType<typeof openObjectCache>;
