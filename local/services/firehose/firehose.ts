import { S3Client } from '@aws-sdk/client-s3';
import {
  LOCAL_REGION,
  type LocalService,
  type Provisioned,
  type Resource,
  type ServiceContext,
} from '../../service.ts';
import type { Catalogue } from '../glue.ts';
import { jsonApi, ServiceError } from '../json-api.ts';
import type { StreamReader } from '../kinesis-reader.ts';
import type { FunctionInvoker } from '../lambda/lambda.ts';
import { putOperations } from './api.ts';
import { controlOperations } from './control-api.ts';
import { readDefinition } from './definition.ts';
import { DEFAULT_QUOTAS, type Quotas } from './limits.ts';
import { Streams } from './streams.ts';

export interface FirehoseOptions {
  /** Where format conversion finds its schemas. */
  readonly glue: Catalogue;
  /** Runs the functions that transform records; unless given there are none. */
  readonly lambda?: FunctionInvoker;
  /** Reads the Kinesis streams that are a source; unless given there are none. */
  readonly reader?: StreamReader;
  /** Delivers after so many seconds, whatever the template says: a person at the terminal waits for the rows. */
  readonly bufferSeconds?: number | undefined;
  /** What differs from the default quotas of us-east-1; `off` lets every call through. */
  readonly quotas?: Partial<Quotas> | 'off';
  /** Pause between two reads of a source's shard; 1 s unless told, as on AWS. */
  readonly sourcePollMs?: number;
  /** Milliseconds of the epoch. */
  readonly now?: () => number;
}

export interface Firehose extends LocalService {
  /** Resolves once all that the streams have accepted by now is delivered. */
  delivered(): Promise<void>;
}

/** An S3 that does not answer must not hold a delivery for ever; the retry is in `delivery.ts`, where it is logged. */
const S3_TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 30_000 };

const missing = (what: string) => (name: string) => {
  throw new ServiceError('ResourceNotFoundException', `${what} not found: ${name}`, 404);
};
const NO_FUNCTIONS: FunctionInvoker = {
  describe: missing('Function'),
  invoke: async (name) => missing('Function')(name),
};
const NO_STREAMS: StreamReader = { shards: missing('Stream'), read: missing('Stream') };

/** Amazon Data Firehose: direct puts and Kinesis streams to S3, with transformation by Lambda, dynamic partitioning,
 *  JSON-to-Parquet conversion and backup of the source. Accepted records are held until S3 has taken them. With a state
 *  directory they are journalled, and a killed run's successor delivers each of them once. */
export function createFirehose(context: ServiceContext, options: FirehoseOptions): Firehose {
  const { glue, lambda = NO_FUNCTIONS, reader = NO_STREAMS, bufferSeconds, sourcePollMs = 1_000 } = options;
  const { now = Date.now } = options;
  const given = options.quotas ?? {};
  const quotas = given === 'off' ? undefined : { ...DEFAULT_QUOTAS, ...given };
  const { activePartitions: activePartitionsMax } = quotas ?? DEFAULT_QUOTAS;
  const s3 = new S3Client({
    endpoint: context.endpoint,
    region: LOCAL_REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    forcePathStyle: true,
    maxAttempts: 1,
    requestHandler: S3_TIMEOUTS,
  });
  const streams = new Streams(context, {
    ...{ glue, lambda, reader, s3, quotas, activePartitionsMax, bufferSeconds, sourcePollMs, now },
  });

  const provision = async ({ stack, logicalId, type, properties }: Resource): Promise<Provisioned> => {
    const name = String(properties.DeliveryStreamName ?? `${stack}-${logicalId}`);
    try {
      const { arn } = await streams.create(name, readDefinition(name, properties));
      return { ref: name, attributes: { Arn: arn } };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${logicalId} (${type}, ${name}): ${reason}`, { cause });
    }
  };

  return {
    scopes: ['firehose'],
    provisions: { 'AWS::KinesisFirehose::DeliveryStream': provision },
    handle: jsonApi({
      ...putOperations(streams, { metric: context.metric, now, quotas }),
      ...controlOperations(streams, quotas && now),
    }),
    async delivered() {
      await Promise.all(streams.all().map(({ stream }) => stream.delivered()));
    },
    async close() {
      try {
        await streams.close();
      } finally {
        s3.destroy();
      }
    },
  };
}
