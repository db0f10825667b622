import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Catalogue } from '../glue.ts';
import { formatJavaTime } from '../java-time.ts';
import { type Compressed, compress } from './compress.ts';
import type { Conversion } from './conversion-settings.ts';
import { type Converted, convertRecords } from './convert.ts';
import { type ErrorType, type Failure, failureLine } from './failure.ts';
import type { Journal, Plan } from './journal.ts';
import type { ParquetWriter } from './parquet.ts';
import { type Arrived, bytesOf, type Part } from './part.ts';
import { evaluatePrefix, type PartitionKeys } from './prefix.ts';
import type { Target } from './settings.ts';

/** A part that goes to the target, or to the error output when it has failed on its way. */
export interface Held {
  readonly part: Part;
  readonly failure?: Failure | undefined;
}

/** What one buffer held when it was flushed. */
export interface Batch {
  readonly held: readonly Held[];
  readonly target: Target;
  readonly keys?: PartitionKeys | undefined;
  /** The stream's configuration version, for the objects' names. */
  readonly version: number;
  /** Begun by an earlier run: its objects have their keys. */
  readonly plan?: Plan | undefined;
}

export interface DeliveryPorts {
  readonly s3: S3Client;
  readonly glue: Catalogue;
  readonly writer: Pick<ParquetWriter, 'write'>;
  /** Milliseconds of the epoch. */
  readonly now: () => number;
  readonly log: (line: string) => void;
  measure(name: string, value: number): void;
  /** Whether data that S3 does not take may be given up. */
  hasExpired(batch: Batch, firstTryMs: number): boolean;
}

/** An object of a batch. */
interface Rendered extends Compressed {
  readonly kind: 'data' | ErrorType;
  readonly key: string;
  readonly records: readonly Arrived[];
  readonly codes: readonly string[];
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;

const reasonOf = (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));

/** Delivers the batches of one stream to S3. */
export class Delivery {
  private readonly name: string;
  private readonly ports: DeliveryPorts;
  private readonly journal: Journal;
  private readonly signal: AbortSignal;

  /** When `signal` aborts, a delivery that S3 refuses is given up: `deliver` rejects and the tickets stay open. */
  constructor(name: string, ports: DeliveryPorts, journal: Journal, signal: AbortSignal) {
    this.name = name;
    this.ports = ports;
    this.journal = journal;
    this.signal = signal;
  }

  /** Converts, names, notes in the journal what is to be written, and puts; retries until S3 takes it or Firehose would
   *  give it up; then settles the tickets. */
  async deliver(batch: Batch): Promise<void> {
    const objects = await this.render(batch);
    const ids = batch.held.map(({ part: { ticket, part } }) => ({ record: ticket.record, part }));
    const names = Object.fromEntries(objects.map(({ kind, key }) => [kind, key]));
    const plan = batch.plan ?? (await this.journal.plan(ids, names));
    for (const object of objects) await this.put(object, batch);
    await this.journal.done(plan);
    for (const { part } of batch.held) part.ticket.settle();
  }

  private async render(batch: Batch): Promise<Rendered[]> {
    const { target, held } = batch;
    const sound = held.filter(({ failure }) => failure === undefined).map(({ part }) => part);
    const { body, succeeded, failures } = await this.bodyOf(sound, target);
    const failed = [...held.flatMap(({ failure }) => failure ?? []), ...failures];
    const objects: Rendered[] = [];
    if (body) objects.push({ ...compress(body, target.compression), ...this.named('data', succeeded, batch) });
    for (const type of new Set(failed.map((failure) => failure.type))) {
      const these = failed.filter((failure) => failure.type === type);
      const lines = these.map((failure) => failureLine(failure, target.conversion, this.ports.now()));
      const codes = [...new Set(these.map(({ code }) => code))];
      objects.push({ body: Buffer.from(`${lines.join('\n')}\n`), ...this.named(type, these, batch), codes });
    }
    return objects;
  }

  private async bodyOf(parts: readonly Part[], target: Target): Promise<Converted<Part>> {
    if (parts.length === 0) return { body: undefined, succeeded: [], failures: [] };
    if (target.conversion) return this.convert(parts, target.conversion);
    const delimiter = target.appendDelimiter ? [Buffer.from('\n')] : [];
    const body = Buffer.concat(parts.flatMap(({ data }) => [data, ...delimiter]));
    return { body, succeeded: parts, failures: [] };
  }

  /** Whatever goes wrong in the conversion itself, the records are kept: in the error output. */
  private async convert(parts: readonly Part[], conversion: Conversion): Promise<Converted<Part>> {
    const { ports } = this;
    try {
      const converted = await convertRecords(parts, conversion, ports.glue, ports.writer);
      this.count('SucceedConversion', converted.succeeded);
      this.count('FailedConversion', converted.failures);
      return converted;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      ports.log(`firehose ${this.name}: format conversion broke: ${message}`);
      this.count('FailedConversion', parts);
      const failed = ({ data, arrivalMs, origin }: Part): Failure => ({
        type: 'format-conversion-failed',
        code: 'DataFirehose.InternalError',
        ...{ message, data, arrivalMs, origin },
      });
      return { body: undefined, succeeded: [], failures: parts.map(failed) };
    }
  }

  private named(kind: Rendered['kind'], records: readonly Arrived[], batch: Batch) {
    return { kind, records, codes: [], key: batch.plan?.objects[kind] ?? this.keyOf(kind, records, batch) };
  }

  private keyOf(kind: Rendered['kind'], records: readonly Arrived[], { target, keys, version }: Batch): string {
    const { timeZone } = target;
    const arrivalMs = oldest(records);
    const [prefix, extension, errorType] =
      kind === 'data' ? [target.prefix, target.extension] : [target.errorPrefix, '', kind];
    const folder = evaluatePrefix(prefix, { arrivalMs, timeZone, partitionKeys: keys, errorType });
    const time = formatJavaTime('yyyy-MM-dd-HH-mm-ss', arrivalMs, timeZone);
    return `${folder}${this.name}-${version}-${time}-${randomUUID()}${extension}`;
  }

  /** The name is fixed before the first attempt: an attempt whose answer was lost is overwritten, not doubled. */
  private async put(object: Rendered, batch: Batch): Promise<void> {
    const { ports, signal } = this;
    const { metric } = batch.target;
    const firstTryMs = ports.now();
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)) {
      ports.measure(`${metric}.DataFreshness`, Math.max(0, (ports.now() - oldest(object.records)) / 1000));
      try {
        await this.send(object, batch.target.bucket);
        this.tell(object, batch.target);
        return;
      } catch (error) {
        ports.measure(`${metric}.Success`, 0);
        const reason = reasonOf(error);
        if (signal.aborted) throw new Error(`S3 did not take ${object.key}: ${reason}`, { cause: error });
        // Firehose tries an error object for ever and delivers nothing before it is written
        if (object.kind === 'data' && ports.hasExpired(batch, firstTryMs)) {
          ports.log(`firehose ${this.name}: ${object.records.length} record(s) lost: S3 did not take them in time`);
          return;
        }
        ports.log(`firehose ${this.name}: S3 refused an object (${reason}); trying again in ${retryMs / 1000} s`);
        await delay(retryMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  private async send({ key, body, encoding }: Rendered, bucket: string): Promise<void> {
    const ContentType = 'application/octet-stream';
    const put = { Bucket: bucket, Key: key, Body: body, ContentType, ContentEncoding: encoding };
    await this.ports.s3.send(new PutObjectCommand(put));
  }

  private tell({ kind, key, body, records, codes }: Rendered, { metric, bucket }: Target): void {
    const { ports } = this;
    ports.measure(`${metric}.Success`, 1);
    if (kind === 'data') {
      ports.measure(`${metric}.Records`, records.length);
      ports.measure(`${metric}.Bytes`, body.length);
      if (metric === 'DeliveryToS3') ports.measure('DeliveryToS3.ObjectCount', 1);
    } else
      ports.log(`firehose ${this.name}: ${records.length} record(s) to s3://${bucket}/${key} (${codes.join(', ')})`);
  }

  private count(name: string, records: readonly Arrived[]): void {
    if (records.length === 0) return;
    this.ports.measure(`${name}.Records`, records.length);
    this.ports.measure(`${name}.Bytes`, bytesOf(records));
  }
}

const oldest = (records: readonly Arrived[]): number =>
  records.reduce((least, { arrivalMs }) => Math.min(least, arrivalMs), Number.POSITIVE_INFINITY);
