import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { LOCAL_ACCOUNT, LOCAL_REGION, type ServiceContext } from '../../service.ts';
import type { Catalogue } from '../glue.ts';
import { ServiceError } from '../json-api.ts';
import type { StreamReader } from '../kinesis-reader.ts';
import type { FunctionInvoker } from '../lambda/lambda.ts';
import type { Definition, Encryption } from './definition.ts';
import { createVolatileJournal, type Journal, openJournal } from './journal.ts';
import { type Quotas, STREAMS_MAX } from './limits.ts';
import { openParquetWriter, type ParquetWriter } from './parquet.ts';
import { openExtractor } from './partition.ts';
import { openPositions } from './positions.ts';
import type { Destination } from './settings.ts';
import { isRetainedIn, Source } from './source.ts';
import { DeliveryStream, type OpenDestination } from './stream.ts';
import { createThrottle, noThrottle } from './throttle.ts';
import { Transformer } from './transform.ts';

export interface StreamsOptions {
  readonly glue: Catalogue;
  readonly lambda: FunctionInvoker;
  readonly reader: StreamReader;
  readonly s3: S3Client;
  readonly quotas: Quotas | undefined;
  readonly activePartitionsMax: number;
  readonly bufferSeconds: number | undefined;
  readonly sourcePollMs: number;
  readonly now: () => number;
}

/** A delivery stream as the API knows it. */
export interface Entry {
  readonly name: string;
  readonly arn: string;
  readonly stream: DeliveryStream;
  readonly source: Source | undefined;
  readonly sourceStop: AbortController;
  readonly directory: string | undefined;
  definition: Definition;
  encryption: Encryption;
  readonly tags: Map<string, string>;
  updatedAtMs: number | undefined;
}

export const arnOf = (name: string): string =>
  `arn:aws:firehose:${LOCAL_REGION}:${LOCAL_ACCOUNT}:deliverystream/${name}`;

/** The delivery streams there are, and what they are made of. */
export class Streams {
  private readonly context: ServiceContext;
  private readonly options: StreamsOptions;
  private readonly entries = new Map<string, Entry>();
  private readonly ignored = new Set<string>();
  private writer: Promise<ParquetWriter> | undefined;

  constructor(context: ServiceContext, options: StreamsOptions) {
    this.context = context;
    this.options = options;
  }

  all(): readonly Entry[] {
    return [...this.entries.values()];
  }

  /** @throws ResourceNotFoundException */
  named(name: unknown): Entry {
    const entry = this.entries.get(String(name));
    if (entry) return entry;
    throw new ServiceError('ResourceNotFoundException', `Firehose ${name} under account ${LOCAL_ACCOUNT} not found.`);
  }

  async create(name: string, definition: Definition): Promise<Entry> {
    if (this.entries.has(name)) {
      const message = `Firehose ${name} under accountId ${LOCAL_ACCOUNT} already exists`;
      throw new ServiceError('ResourceInUseException', message);
    }
    if (this.entries.size >= STREAMS_MAX)
      throw new ServiceError(
        'LimitExceededException',
        `You have already consumed your firehose quota of ${STREAMS_MAX} hoses.`,
      );
    const destination = await this.open(name, definition.destination);
    const entry = await this.begin(name, definition, destination);
    this.entries.set(name, entry);
    return entry;
  }

  async update(entry: Entry, definition: Definition): Promise<void> {
    entry.stream.update(await this.open(entry.name, definition.destination));
    entry.definition = definition;
    entry.updatedAtMs = this.options.now();
  }

  /** What it holds is gone, as it may be on AWS. */
  async delete(entry: Entry): Promise<void> {
    this.entries.delete(entry.name);
    entry.sourceStop.abort();
    await entry.source?.stopped();
    await entry.stream.discard();
    if (entry.directory) await rm(entry.directory, { recursive: true, force: true });
  }

  /** @throws AggregateError when something could not be delivered and nothing keeps it. */
  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.all().map((entry) => this.end(entry)));
    await (await this.writer)?.close();
    const failures = closed.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    if (failures.length > 0) throw new AggregateError(failures, failures.map((failure) => failure.message).join('; '));
  }

  private async end({ source, sourceStop, stream }: Entry): Promise<void> {
    sourceStop.abort();
    await source?.stopped();
    await stream.close();
  }

  private async open(name: string, destination: Destination): Promise<OpenDestination> {
    const { query, target } = destination;
    const extractor = query === undefined ? undefined : await openExtractor(query, target.prefix);
    this.tellIgnored(name, destination);
    return { ...this.sooner(name, destination), extractor };
  }

  /** A person at the terminal waits for the rows. */
  private sooner(name: string, destination: Destination): Destination {
    const { bufferSeconds: seconds } = this.options;
    const { hints, transformation, backup } = destination;
    if (seconds === undefined || seconds === hints.seconds) return destination;
    this.context.log(`firehose ${name}: delivers after ${seconds} s here (template: ${hints.seconds} s)`);
    const within = (given: typeof hints) => ({ ...given, seconds: Math.min(seconds, given.seconds) });
    return {
      ...destination,
      hints: { ...hints, seconds },
      transformation: transformation && { ...transformation, hints: within(transformation.hints) },
      backup: backup && { ...backup, hints: { ...backup.hints, seconds } },
    };
  }

  /** Each once: the streams of a template tend to be alike. */
  private tellIgnored(name: string, { notHonoured }: Destination): void {
    const fresh = notHonoured.filter((member) => !this.ignored.has(member));
    for (const member of fresh) this.ignored.add(member);
    if (fresh.length > 0) this.context.log(`firehose ${name}: not honoured here: ${fresh.join(', ')}`);
  }

  private async begin(name: string, definition: Definition, destination: OpenDestination): Promise<Entry> {
    const { stateDir, metric, log } = this.context;
    const { glue, s3, now, lambda, reader, quotas, activePartitionsMax } = this.options;
    const { source } = definition;
    // Before anything is opened: the stream must be there
    if (source) reader.shards(source.KinesisStreamARN);
    const directory = stateDir && join(stateDir, 'firehose', folderOf(name));
    const journal = directory ? await openJournal(directory) : createVolatileJournal();
    const measure = (metricName: string, value: number) =>
      metric('AWS/Firehose', metricName, { DeliveryStreamName: name }, value);
    const patience = new AbortController();
    const arn = arnOf(name);
    const stream = new DeliveryStream(name, destination, {
      ...{ s3, glue, now, log, measure, journal, patience, activePartitionsMax },
      writer: { write: async (...given) => (await this.openWriter()).write(...given) },
      throttle: quotas ? createThrottle(quotas, now) : noThrottle,
      transformer: new Transformer({
        ...{ lambda, measure, streamArn: arn, sourceArn: source?.KinesisStreamARN },
        signal: patience.signal,
      }),
      isRetained: source && isRetainedIn(reader, source.KinesisStreamARN),
    });
    const sourceStop = new AbortController();
    return {
      ...{ name, arn, stream, sourceStop, directory, definition },
      source:
        source &&
        this.follow(source.KinesisStreamARN, stream, { journal, directory, measure, signal: sourceStop.signal }),
      encryption: definition.encryption,
      tags: new Map(definition.tags.map(({ Key, Value = '' }) => [Key, Value])),
      updatedAtMs: undefined,
    };
  }

  /** Not before something is to be converted: it takes a moment. */
  private openWriter(): Promise<ParquetWriter> {
    this.writer ??= openParquetWriter(this.context.scratchDir);
    return this.writer;
  }

  private follow(
    streamArn: string,
    stream: DeliveryStream,
    of: {
      journal: Journal;
      directory: string | undefined;
      measure(name: string, value: number): void;
      signal: AbortSignal;
    },
  ): Source {
    const { reader, sourcePollMs: pollMs } = this.options;
    return new Source({
      ...{ reader, streamArn, pollMs, measure: of.measure, signal: of.signal },
      positions: openPositions(of.directory),
      kept: of.journal.recovered.flatMap(({ record }) => record.origin ?? []),
      isFull: () => stream.isFull,
      accept: (records) => stream.accept(records),
      log: (line) => this.context.log(`firehose ${stream.name}: ${line}`),
    });
  }
}

const folderOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 16);
