import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import {
  LOCAL_ACCOUNT,
  LOCAL_REGION,
  type LocalService,
  type Provisioned,
  type Resource,
  type ServiceContext,
} from '../../service.ts';
import type { Catalogue } from '../glue.ts';
import { jsonApi } from '../json-api.ts';
import { firehoseOperations } from './api.ts';
import { type Journal, noJournal, openJournal } from './journal.ts';
import { openParquetWriter, type ParquetWriter } from './parquet.ts';
import { openPartitioner } from './partition.ts';
import { readSettings, type StreamSettings } from './settings.ts';
import { DeliveryStream } from './stream.ts';

export interface FirehoseOptions {
  /** Where format conversion finds its schemas. */
  readonly glue: Catalogue;
  /** Delivers after so many seconds, whatever the template says: a person at the terminal waits for the rows. */
  readonly bufferSeconds?: number;
}

export interface Firehose extends LocalService {
  /** Resolves once all that the streams have accepted by now is delivered. */
  delivered(): Promise<void>;
}

/** An S3 that does not answer must not hold a delivery for ever; the retry is in `delivery.ts`, where it is logged. */
const S3_TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 30_000 };

const openJournalOf = (name: string, stateDir: string | undefined): Promise<Journal> => {
  if (stateDir === undefined) return Promise.resolve(noJournal);
  const folder = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return openJournal(join(stateDir, 'firehose', folder));
};

/** Amazon Data Firehose: direct puts to S3, with JSON-to-Parquet conversion and dynamic partitioning. Accepted records
 *  are delivered at least once: until S3 has taken them they are held, and with a state directory journalled. */
export function createFirehose(context: ServiceContext, { glue, bufferSeconds }: FirehoseOptions): Firehose {
  const streams = new Map<string, DeliveryStream>();
  let writer: Promise<ParquetWriter> | undefined;
  const s3 = new S3Client({
    endpoint: context.endpoint,
    region: LOCAL_REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    forcePathStyle: true,
    maxAttempts: 1,
    requestHandler: S3_TIMEOUTS,
  });

  const withOption = (settings: StreamSettings): StreamSettings => {
    if (bufferSeconds === undefined || bufferSeconds === settings.bufferSeconds) return settings;
    context.log(
      `firehose ${settings.name}: delivers after ${bufferSeconds} s here (template: ${settings.bufferSeconds} s)`,
    );
    return { ...settings, bufferSeconds };
  };

  const makeStream = async (resource: Resource): Promise<Provisioned> => {
    const name = String(resource.properties.DeliveryStreamName ?? `${resource.stack}-${resource.logicalId}`);
    const arn = `arn:aws:firehose:${LOCAL_REGION}:${LOCAL_ACCOUNT}:deliverystream/${name}`;
    if (streams.has(name)) throw new Error(`${resource.logicalId}: there is a delivery stream ${name} already`);
    const settings = withOption(readSettings(resource, name, arn));
    const partitioner = settings.partitioning && (await openPartitioner(settings.partitioning));
    const journal = await openJournalOf(name, context.stateDir);
    if (journal.recovered.length > 0) {
      context.log(
        `firehose ${name}: ${journal.recovered.length} accepted record(s) of an earlier run will be delivered`,
      );
    }
    writer ??= openParquetWriter(context.scratchDir);
    const ports = { s3, glue, writer: await writer, metric: context.metric, log: context.log };
    streams.set(name, new DeliveryStream(settings, ports, journal, partitioner));
    return { ref: name, attributes: { Arn: arn } };
  };

  const close = async (): Promise<void> => {
    const closed = await Promise.allSettled([...streams.values()].map((stream) => stream.close()));
    await (await writer)?.close();
    s3.destroy();
    const failures = closed.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    if (failures.length > 0) throw new AggregateError(failures, failures.map((failure) => failure.message).join('; '));
  };

  return {
    scopes: ['firehose'],
    provisions: { 'AWS::KinesisFirehose::DeliveryStream': makeStream },
    handle: jsonApi(firehoseOperations(streams, context.metric)),
    async delivered() {
      await Promise.all([...streams.values()].map((stream) => stream.delivered()));
    },
    close,
  };
}
