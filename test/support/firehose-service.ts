import { once } from 'node:events';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import type { ServiceContext } from '../../local/service.ts';
import { createFirehose, type Firehose, type FirehoseOptions } from '../../local/services/firehose/firehose.ts';
import { createGlue } from '../../local/services/glue.ts';
import type { FunctionInvoker } from '../../local/services/lambda/lambda.ts';
import { provision, serve } from './lake-services.ts';

export interface StoredObject {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** An S3 that only takes objects, by `bucket/key`. */
export interface ObjectStore {
  readonly endpoint: string;
  objects: Map<string, StoredObject>;
  /** Asked before an object is taken; true refuses it. */
  refuses: (key: string) => boolean;
  /** Hears of an object that has been taken, before the answer goes out. */
  taken: (key: string) => void;
  keys(prefix?: string): string[];
  text(prefix: string): string;
  close(): Promise<void>;
}

export async function openObjectStore(): Promise<ObjectStore> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const key = decodeURIComponent(String(request.url).slice(1).split('?')[0] ?? '');
    if (store.refuses(key)) {
      response.writeHead(503).end();
      return;
    }
    store.objects.set(key, { body: Buffer.concat(chunks), headers: request.headers });
    store.taken(key);
    response.writeHead(200).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const store: ObjectStore = {
    endpoint: `http://127.0.0.1:${port}`,
    objects: new Map(),
    refuses: () => false,
    taken: () => {},
    keys: (prefix = '') => [...store.objects.keys()].filter((key) => key.startsWith(prefix)).sort(),
    text: (prefix) =>
      store
        .keys(prefix)
        .map((key) => store.objects.get(key)?.body.toString())
        .join(''),
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return store;
}

export interface RunningFirehose {
  readonly service: Firehose;
  readonly metrics: Map<string, number[]>;
  readonly lines: string[];
  /** Calls an operation without an SDK: its status and its answer. */
  call(operation: string, input?: object): Promise<{ status: number; body: Record<string, unknown> }>;
  /** `PutRecordBatch` of texts to the stream `rows`. */
  put(...texts: string[]): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Makes a stream of the template; the name is `rows`. */
  make(destination: Record<string, unknown>, more?: Record<string, unknown>): Promise<unknown>;
  close(): Promise<void>;
}

export const ROLE = 'arn:aws:iam::000000000000:role/firehose';
export const BUCKET = 'arn:aws:s3:::lake';

export async function runFirehose(
  store: Pick<ObjectStore, 'endpoint'>,
  options: Partial<FirehoseOptions> = {},
  over: Partial<ServiceContext> = {},
): Promise<RunningFirehose> {
  const metrics = new Map<string, number[]>();
  const lines: string[] = [];
  const context: ServiceContext = {
    endpoint: store.endpoint,
    stateDir: undefined,
    scratchDir: tmpdir(),
    metric: (_namespace, name, _dimensions, value) => void metrics.set(name, [...(metrics.get(name) ?? []), value]),
    log: (line) => void lines.push(line),
    ...over,
  };
  const service = createFirehose(context, { glue: createGlue(), quotas: 'off', ...options });
  const server = await serve(service);
  const call: RunningFirehose['call'] = async (operation, input = {}) => {
    const answer = await fetch(server.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': `Firehose_20150804.${operation}`, 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(input),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  return {
    service,
    metrics,
    lines,
    call,
    put: (...texts) =>
      call('PutRecordBatch', {
        DeliveryStreamName: 'rows',
        Records: texts.map((text) => ({ Data: Buffer.from(text).toString('base64') })),
      }),
    make: (destination, more = {}) =>
      provision(service, 'AWS::KinesisFirehose::DeliveryStream', {
        DeliveryStreamName: 'rows',
        ExtendedS3DestinationConfiguration: { BucketARN: BUCKET, RoleARN: ROLE, ...destination },
        ...more,
      }),
    async close() {
      await server.close();
      await service.close();
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: an event as functions get it
export type TransformEvent = { records: { recordId: string; data: string }[] } & Record<string, any>;

/** A Lambda that runs in this process; what it throws is an error of the service, not of the function. */
export function lambdaOf(handler: (event: TransformEvent) => unknown, functionError?: 'Unhandled'): FunctionInvoker {
  return {
    describe: (name) => ({ name, arn: name, roleArn: ROLE }),
    invoke: async (_name, payload) => {
      const answer = await handler(JSON.parse(String(payload)));
      return { requestId: 'r', payload: JSON.stringify(answer), ...(functionError && { functionError }) };
    },
  };
}

export const textOf = ({ data }: { data: string }): string => Buffer.from(data, 'base64').toString();
export const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A processor as the API takes it. */
export const processor = (Type: string, parameters: Record<string, string | number> = {}) => ({
  Type,
  Parameters: Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({
    ParameterName,
    ParameterValue: String(ParameterValue),
  })),
});

export const processing = (...Processors: object[]) => ({ ProcessingConfiguration: { Enabled: true, Processors } });
