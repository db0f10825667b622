import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { PayloadStore } from '../../core/ports.ts';
import { transiently } from '../transient.ts';

/** Payloads as objects `oversize/<pipeline>/<name>`. */
export function s3PayloadStore(client: S3Client, bucket: string, pipeline: string): PayloadStore {
  return {
    async put(name, bytes) {
      const key = `oversize/${pipeline}/${name}`;
      await transiently('payload store: PutObject', () =>
        client.send(
          new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ContentType: 'application/octet-stream' }),
        ),
      );
      return `s3://${bucket}/${key}`;
    },
  };
}
