import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import type { LocalService, Provisioned, Resource, ServiceContext } from '../../local/service.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** An S3 with one bucket, a scratch directory, and what the services said and measured. */
export interface Lake {
  readonly bucket: string;
  readonly s3: S3Client;
  readonly context: ServiceContext;
  readonly lines: string[];
  /** Sums by the metric's name. */
  readonly metrics: Map<string, number>;
  keys(prefix?: string): Promise<string[]>;
  read(key: string): Promise<Buffer>;
  /** Resolves with the keys under a prefix once Firehose has delivered so many. */
  keysOnce(count: number, prefix?: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function openLake(): Promise<Lake> {
  const bucket = 'lake';
  const scratchDir = await mkdtemp(join(tmpdir(), 'millrace-lake-'));
  const fauxqs: FauxqsServer = await startFauxqs({ port: 0, logger: false, init: { buckets: [bucket] } });
  const endpoint = `http://127.0.0.1:${fauxqs.port}`;
  const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  const lines: string[] = [];
  const metrics = new Map<string, number>();
  const measured = new EventEmitter();
  const keys = async (prefix = '') => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
    return Contents.map(({ Key }) => Key as string);
  };
  return {
    bucket,
    s3,
    lines,
    metrics,
    context: {
      endpoint,
      stateDir: undefined,
      scratchDir,
      metric: (_namespace, name, _dimensions, value) => {
        metrics.set(name, (metrics.get(name) ?? 0) + value);
        measured.emit(name);
      },
      log: (line) => lines.push(line),
    },
    keys,
    read: async (key) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    keysOnce: async (count, prefix = '') => {
      for (;;) {
        // Listening first: a delivery during the listing is not missed
        const delivered = once(measured, 'DeliveryToS3.Success');
        const found = await keys(prefix);
        if (found.length >= count) return found;
        await delivered;
      }
    },
    close: async () => {
      s3.destroy();
      await fauxqs.stop();
      await rm(scratchDir, { recursive: true, force: true });
    },
  };
}

/** Serves one service on a port of its own. */
export async function serve(
  service: LocalService,
): Promise<{ endpoint: string; credentials: typeof credentials; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => void service.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    credentials,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Makes a resource by the service that knows its type. */
export async function provision(
  service: LocalService,
  type: string,
  properties: Resource['properties'],
): Promise<Provisioned> {
  const make = service.provisions[type];
  if (!make) throw new Error(`no provision for ${type}`);
  return make({ stack: 'test', logicalId: 'Thing', type, properties });
}

/** Glue's input for an external table of Parquet. */
export function tableProperties(
  name: string,
  columns: readonly (readonly [string, string])[],
  more: Record<string, unknown> = {},
) {
  const { Location, PartitionKeys, Parameters, ...rest } = more;
  return {
    DatabaseName: 'millrace_dev',
    TableInput: {
      Name: name,
      TableType: 'EXTERNAL_TABLE',
      Parameters,
      PartitionKeys,
      StorageDescriptor: { Location, Columns: columns.map(([Name, Type]) => ({ Name, Type })) },
      ...rest,
    },
  };
}
