import { tmpdir } from 'node:os';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { memoryObjectStore } from '../../adapters/memory/object-store.ts';
import { s3ObjectStore } from '../../adapters/s3/object-store.ts';
import { type ObjectStore, TransientError } from '../../core/ports.ts';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import type { LocalService } from '../../local/service.ts';
import { createS3 } from '../../local/services/s3.ts';

let gateway: Gateway;
let s3: LocalService;
let client: S3Client;

beforeAll(async () => {
  gateway = await openGateway(0);
  const { endpoint } = gateway;
  s3 = await createS3({ endpoint, stateDir: undefined, scratchDir: tmpdir(), metric() {}, log() {} });
  gateway.serve([s3]);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'objects' }));
});

afterAll(async () => {
  client.destroy();
  await gateway.close();
  await s3.close();
});

const STORES: readonly (readonly [string, () => ObjectStore, string])[] = [
  ['memory', memoryObjectStore, 'memory:'],
  ['S3', () => s3ObjectStore(client, 'objects'), 's3://objects/'],
];

describe.each(STORES)('the object store on %s', (_, make, scheme) => {
  it('gives back the bytes that were put last, and tells their address', async () => {
    const store = make();
    const bytes = Uint8Array.from({ length: 100_000 }, (__, i) => i % 251);
    expect(await store.put('spill/p/v1/shard/7-token', Uint8Array.of(1))).toBe(`${scheme}spill/p/v1/shard/7-token`);
    await store.put('spill/p/v1/shard/7-token', bytes);
    const found = await store.get('spill/p/v1/shard/7-token');
    expect(Buffer.compare(Buffer.from(found ?? []), bytes)).toBe(0);
  });

  it('has nothing under other names', async () => {
    expect(await make().get('spill/p/v1/shard/8-token')).toBeUndefined();
  });
});

describe('the object store on S3', () => {
  it('takes what passes by itself for transient, and nothing else', async () => {
    const down = { send: () => Promise.reject(Object.assign(new Error('later'), { name: 'SlowDown' })) };
    const store = s3ObjectStore(down as never, 'objects');
    await expect(store.put('a', Uint8Array.of(1))).rejects.toThrow(TransientError);
    await expect(store.get('a')).rejects.toThrow(TransientError);
    const nowhere = s3ObjectStore(client, 'no-such-bucket');
    await expect(nowhere.get('a')).rejects.toThrow(/bucket/i);
  });
});
