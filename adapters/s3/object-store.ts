import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { ObjectStore } from '../../core/ports.ts';
import { transiently } from '../transient.ts';

/** Objects of a bucket, their names as keys. */
export function s3ObjectStore(client: S3Client, bucket: string): ObjectStore {
  return {
    async put(name, bytes) {
      await transiently('object store: PutObject', () =>
        client.send(
          new PutObjectCommand({ Bucket: bucket, Key: name, Body: bytes, ContentType: 'application/octet-stream' }),
        ),
      );
      return `s3://${bucket}/${name}`;
    },
    async get(name) {
      try {
        return await transiently('object store: GetObject', async () => {
          const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: name }));
          return await Body?.transformToByteArray();
        });
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
  };
}
