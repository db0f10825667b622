import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Compression } from './settings.ts';
import { hadoopSnappy, snappyJava } from './snappy.ts';
import { zipOf } from './zip.ts';

/** What an object holds, and the `Content-Encoding` that Firehose was seen to give it. */
export interface Compressed {
  readonly body: Buffer;
  readonly encoding?: string;
}

const WAYS: Readonly<Record<Compression, (data: Buffer) => Compressed>> = {
  UNCOMPRESSED: (body) => ({ body }),
  GZIP: (data) => ({ body: gzipSync(data), encoding: 'gzip' }),
  ZIP: (data) => ({ body: zipOf(randomUUID(), data), encoding: 'zip' }),
  Snappy: (data) => ({ body: snappyJava(data), encoding: 'snappy-java' }),
  HADOOP_SNAPPY: (data) => ({ body: hadoopSnappy(data), encoding: 'hadoop-snappy' }),
};

export const compress = (data: Buffer, how: Compression): Compressed => WAYS[how](data);
