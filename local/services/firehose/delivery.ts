import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { RecordMetric } from '../../service.ts';
import type { Catalogue } from '../glue.ts';
import { formatJavaTime } from '../java-time.ts';
import { type Arrived, type Converted, convertRecords } from './convert.ts';
import { type Failure, failureLine } from './failure.ts';
import type { Ticket } from './journal.ts';
import type { ParquetWriter } from './parquet.ts';
import { evaluatePrefix, type PrefixValues } from './prefix.ts';
import type { Conversion, StreamSettings } from './settings.ts';

/** A part of an accepted record that waits for delivery. */
export interface Held extends Arrived {
  readonly ticket: Ticket;
}

/** What one buffer held when it was flushed. */
export interface Batch {
  readonly records: readonly Held[];
  readonly keys: Readonly<Record<string, string>>;
  /** Records that did not come through partitioning, with their tickets. */
  readonly failed: readonly { readonly failure: Failure; readonly ticket: Ticket }[];
}

export interface DeliveryPorts {
  readonly s3: S3Client;
  readonly glue: Catalogue;
  readonly writer: ParquetWriter;
  readonly metric: RecordMetric;
  readonly log: (line: string) => void;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
/** Firehose's configuration version; nothing here updates a stream. */
const VERSION = 1;

const bytesOf = (records: readonly Arrived[]) => records.reduce((sum, { data }) => sum + data.length, 0);

/** Delivers the batches of one stream to S3. */
export class Delivery {
  private readonly settings: StreamSettings;
  private readonly ports: DeliveryPorts;
  private readonly signal: AbortSignal;

  /** When `signal` aborts, a delivery that S3 refuses is given up: `deliver` rejects and the tickets stay open. */
  constructor(settings: StreamSettings, ports: DeliveryPorts, signal: AbortSignal) {
    this.settings = settings;
    this.ports = ports;
    this.signal = signal;
  }

  /** Converts, names and puts; retries until S3 takes it; then settles the tickets. */
  async deliver(batch: Batch): Promise<void> {
    const { settings } = this;
    const { body, succeeded, failures } = await this.bodyOf(batch.records);
    const failed = [...batch.failed.map(({ failure }) => failure), ...failures];
    if (body) {
      await this.put(this.name(settings.prefix, succeeded, settings.extension, { partitionKeys: batch.keys }), body);
      this.countDelivered(succeeded, body);
    }
    for (const type of new Set(failed.map((failure) => failure.type))) {
      await this.putFailures(failed.filter((failure) => failure.type === type));
    }
    for (const { ticket } of [...batch.records, ...batch.failed]) ticket.settle();
  }

  private async bodyOf(records: readonly Held[]): Promise<Converted<Held>> {
    const { settings } = this;
    if (records.length === 0) return { body: undefined, succeeded: [], failures: [] };
    if (settings.conversion) return this.convert(records, settings.conversion);
    const delimiter = settings.appendDelimiter ? [Buffer.from('\n')] : [];
    const whole = Buffer.concat(records.flatMap(({ data }) => [data, ...delimiter]));
    return { body: settings.gzip ? gzipSync(whole) : whole, succeeded: records, failures: [] };
  }

  /** Whatever goes wrong in the conversion itself, the records are kept: in the error output. */
  private async convert(records: readonly Held[], conversion: Conversion): Promise<Converted<Held>> {
    const { ports } = this;
    try {
      const converted = await convertRecords(records, conversion, ports.glue, ports.writer);
      this.count('SucceedConversion', converted.succeeded);
      this.count('FailedConversion', converted.failures);
      return converted;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      ports.log(`firehose ${this.settings.name}: format conversion broke: ${message}`);
      this.count('FailedConversion', records);
      const type = 'format-conversion-failed';
      const failed = ({ data, arrivalMs }: Held): Failure => ({
        type,
        code: 'DataFirehose.InternalError',
        message,
        data,
        arrivalMs,
      });
      return { body: undefined, succeeded: [], failures: records.map(failed) };
    }
  }

  private name(
    prefix: string,
    records: readonly Arrived[],
    extension: string,
    values: Omit<PrefixValues, 'arrivalMs'>,
  ): string {
    const arrivalMs = Math.min(...records.map((record) => record.arrivalMs));
    const folder = evaluatePrefix(prefix, { ...values, arrivalMs });
    const time = formatJavaTime('yyyy-MM-dd-HH-mm-ss', arrivalMs);
    return `${folder}${this.settings.name}-${VERSION}-${time}-${randomUUID()}${extension}`;
  }

  private async putFailures(failures: readonly Failure[]): Promise<void> {
    const { settings, ports } = this;
    const [first] = failures;
    if (!first) return;
    const lines = failures.map((failure) => failureLine(failure, settings.conversion, Date.now()));
    const key = this.name(settings.errorPrefix, failures, '', { errorType: first.type });
    await this.put(key, Buffer.from(`${lines.join('\n')}\n`));
    const codes = [...new Set(failures.map(({ code }) => code))].join(', ');
    ports.log(`firehose ${settings.name}: ${failures.length} record(s) to s3://${settings.bucket}/${key} (${codes})`);
  }

  /** The name is fixed before the first attempt: an attempt whose answer was lost is overwritten, not doubled. */
  private async put(key: string, body: Buffer): Promise<void> {
    const { settings, ports, signal } = this;
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
      try {
        await ports.s3.send(
          new PutObjectCommand({
            Bucket: settings.bucket,
            Key: key,
            Body: body,
            ContentType: 'application/octet-stream',
          }),
        );
        this.measure('DeliveryToS3.Success', 1);
        return;
      } catch (error) {
        this.measure('DeliveryToS3.Success', 0);
        const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
        if (signal.aborted) throw new Error(`S3 did not take ${key}: ${reason}`, { cause: error });
        ports.log(`firehose ${settings.name}: S3 refused an object (${reason}); trying again in ${retryMs / 1000} s`);
        await delay(retryMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  private countDelivered(records: readonly Arrived[], body: Buffer): void {
    this.measure('DeliveryToS3.Records', records.length);
    this.measure('DeliveryToS3.Bytes', body.length);
    this.measure('DeliveryToS3.ObjectCount', 1);
    const oldestMs = Math.min(...records.map(({ arrivalMs }) => arrivalMs));
    this.measure('DeliveryToS3.DataFreshness', Math.max(0, (Date.now() - oldestMs) / 1000));
  }

  private count(name: string, records: readonly Arrived[]): void {
    if (records.length === 0) return;
    this.measure(`${name}.Records`, records.length);
    this.measure(`${name}.Bytes`, bytesOf(records));
  }

  private measure(name: string, value: number): void {
    this.ports.metric('AWS/Firehose', name, { DeliveryStreamName: this.settings.name }, value);
  }
}
