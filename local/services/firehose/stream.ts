import { ServiceError } from '../json-api.ts';
import { ActivePartitions } from './active-partitions.ts';
import { type BufferHints, Buffers, type Flushed } from './buffers.ts';
import { deaggregate } from './deaggregate.ts';
import type { Batch, Held } from './delivery.ts';
import { DeliveryQueue, type QueuePorts } from './delivery-queue.ts';
import { type Failure, processingFailure } from './failure.ts';
import type { Fate, Ticket } from './journal.ts';
import { OpenRecords } from './open-records.ts';
import { type Accepted, BACKUP_PART, bytesOf, laneOf, type Part, sharedTicket } from './part.ts';
import type { Extracted, Extractor } from './partition.ts';
import { evaluatePrefix, type PartitionKeys } from './prefix.ts';
import type { Transformation } from './processor-settings.ts';
import { Redeliveries, type Redelivery } from './redeliveries.ts';
import type { Destination } from './settings.ts';
import type { Throttle } from './throttle.ts';
import type { Transformed, Transformer } from './transform.ts';

/** More than this held for a stream, and it answers ServiceUnavailableException until S3 has taken some. */
const MAX_HELD_BYTES = 512 * 1024 * 1024;
/** How long closing waits for S3. */
const CLOSE_PATIENCE_MS = 10_000;
const NO_KEYS: PartitionKeys = { partitionKeyFromQuery: {}, partitionKeyFromLambda: {} };
const LIMIT_EXCEEDED = 'DynamicPartitioning.ActivePartitionsLimitExceeded';
const EXTRACTION_FAILED = 'DynamicPartitioning.MetadataExtractionFailed';

/** A destination with what has to be opened for it. */
export interface OpenDestination extends Destination {
  readonly extractor: Extractor | undefined;
}

export interface StreamPorts extends Omit<QueuePorts, 'signal'> {
  readonly throttle: Throttle;
  readonly transformer: Transformer;
  readonly activePartitionsMax: number;
  /** Aborts when the stream stops waiting for S3 and for functions. */
  readonly patience: AbortController;
}

/** What a delivery buffer holds belongs to one lane and one folder. */
interface Folder {
  readonly lane: string;
  readonly keys: PartitionKeys;
  /** Undefined unless the stream partitions; what has failed is in no partition. */
  readonly partition?: string;
  readonly failed?: boolean;
}

interface Entering {
  readonly record: Accepted;
  readonly ticket: Ticket;
  /** Of a record of an earlier run. */
  fateOf?(part: number): Fate;
}

/** A delivery stream at work: takes records, takes them apart, has them transformed, sorts and buffers them, and delivers
 *  each buffer by size and age. */
export class DeliveryStream {
  readonly name: string;
  readonly createdAtMs = Date.now();
  version = 1;
  private readonly ports: StreamPorts;
  private destination: OpenDestination;
  private readonly queue: DeliveryQueue;
  private readonly folders = new Map<string, Folder>();
  private readonly active: ActivePartitions;
  private readonly buffers: Buffers<Held>;
  private readonly transforming: Buffers<Part>;
  private readonly backups: Buffers<Part>;
  private readonly redeliveries: Redeliveries;
  private readonly open = new OpenRecords();
  private readonly accepting = new Set<Promise<void>>();
  private readonly transformations = new Set<Promise<void>>();
  private heldBytes = 0;
  private closing = false;
  /** Parts that no function has transformed before the stream stopped waiting. */
  private untransformed = 0;

  constructor(name: string, destination: OpenDestination, ports: StreamPorts) {
    this.name = name;
    this.ports = ports;
    this.destination = destination;
    this.queue = new DeliveryQueue(name, { ...ports, signal: ports.patience.signal });
    this.active = new ActivePartitions(ports.activePartitionsMax);
    this.buffers = new Buffers(destination.hints, (flushed) => this.deliverFolder(flushed));
    this.transforming = new Buffers(transformHints(destination), (flushed) => this.transform(flushed));
    this.backups = new Buffers(backupHints(destination), (flushed) => this.deliverBackup(flushed));
    this.redeliveries = new Redeliveries((redelivery) => this.redeliver(redelivery));
    this.enter(ports.journal.recovered);
    if (this.open.size > 0)
      ports.log(`firehose ${name}: ${this.open.size} accepted record(s) of an earlier run will be delivered`);
  }

  /** More is held than should be: whoever reads for this stream waits. */
  get isFull(): boolean {
    return this.heldBytes > MAX_HELD_BYTES;
  }

  /** Resolves once the records are journalled and on their way; tells for each whether it was let through.
   *  @throws ServiceError when none can be taken. */
  async put(records: readonly Accepted[]): Promise<readonly boolean[]> {
    if (this.closing || this.isFull || !this.ports.throttle.request()) {
      this.ports.measure('ThrottledRecords', records.length);
      throw new ServiceError('ServiceUnavailableException', 'Slow down.', 503);
    }
    const passes = this.ports.throttle.records(records.map(({ data }) => data.length));
    this.ports.measure('ThrottledRecords', passes.filter((passed) => !passed).length);
    await this.accept(records.filter((_, index) => passes[index]));
    return passes;
  }

  /** Resolves once the records are journalled and on their way. */
  async accept(records: readonly Accepted[]): Promise<void> {
    if (records.length === 0) return;
    const accepted = this.ports.journal.append(records).then((tickets) => {
      this.enter(records.map((record, index) => ({ record, ticket: tickets[index] as Ticket })));
    });
    this.accepting.add(accepted);
    try {
      await accepted;
    } finally {
      this.accepting.delete(accepted);
    }
  }

  /** Delivers what is held as it was configured, then goes on with another destination. */
  update(destination: OpenDestination): void {
    this.transforming.flushAll();
    this.buffers.flushAll();
    this.backups.flushAll();
    this.destination = destination;
    this.buffers.hints = destination.hints;
    this.transforming.hints = transformHints(destination);
    this.backups.hints = backupHints(destination);
    this.version++;
  }

  /** Resolves once all that is accepted by now is delivered, each buffer after its own time. */
  async delivered(): Promise<void> {
    await Promise.allSettled(this.accepting);
    await this.open.settled();
  }

  /** Delivers what is held and stops. @throws Error when S3 does not take it in time and nothing keeps it. */
  async close(): Promise<void> {
    const { patience, journal, log } = this.ports;
    this.closing = true;
    const timer = setTimeout(() => patience.abort(), CLOSE_PATIENCE_MS);
    // What a put under way will be told is accepted must be delivered too
    await Promise.allSettled(this.accepting);
    this.transforming.flushAll();
    await Promise.allSettled(this.transformations);
    this.buffers.flushAll();
    this.backups.flushAll();
    await this.queue.idle();
    clearTimeout(timer);
    await journal.close();
    const left = this.queue.undelivered + this.untransformed;
    if (left === 0) return;
    const what = `firehose ${this.name}: ${left} record(s) could not be delivered`;
    if (!journal.durable) throw new Error(`${what}, and there is no state directory to keep them in`);
    log(`${what}; the journal keeps them for the next run`);
  }

  /** Stops without delivering what is held: the stream is deleted. */
  async discard(): Promise<void> {
    this.closing = true;
    this.ports.patience.abort();
    await Promise.allSettled(this.accepting);
    this.transforming.clear();
    await Promise.allSettled(this.transformations);
    this.buffers.clear();
    this.backups.clear();
    await this.queue.idle();
    await this.ports.journal.close();
  }

  /** Takes records apart, keeps a copy of each for the backup and sends the parts on. */
  private enter(records: readonly Entering[]): void {
    const onward: Part[] = [];
    for (const { record, ticket: whole, fateOf } of records) {
      const { backup } = this.destination;
      const { pieces, failure } = takeApart(record, this.destination);
      const ticket = sharedTicket(this.open.add(whole), pieces.length + (backup ? 1 : 0));
      const { arrivalMs, origin } = record;
      const take = (data: Buffer, part: number, then: (part: Part) => void) => {
        const plan = fateOf?.(part);
        if (plan === 'delivered') ticket.settle();
        else then({ data, arrivalMs, origin, ticket, part, plan, lambdaKeys: undefined });
      };
      if (backup) take(record.data, BACKUP_PART, (copy) => this.backUp(copy));
      for (const [index, data] of pieces.entries())
        take(data, index, (part) => (failure ? this.fail(part, failure) : void onward.push(part)));
    }
    if (this.destination.transformation) this.awaitTransformation(onward);
    else this.arrive(onward);
  }

  private awaitTransformation(parts: readonly Part[]): void {
    this.heldBytes += bytesOf(parts);
    for (const part of parts) this.transforming.add(laneOf(part), part, part.data.length);
  }

  private transform({ key: lane, items }: Flushed<Part>): void {
    const transformation = this.destination.transformation as Transformation;
    const done = (parts: readonly Part[], outcome: Transformed) => {
      this.heldBytes -= bytesOf(parts);
      this.transformed(parts, outcome, transformation.lambdaArn);
    };
    const running = this.ports.transformer
      .transform(lane, items, transformation, done)
      .finally(() => this.transformations.delete(running));
    this.transformations.add(running);
  }

  private transformed(parts: readonly Part[], { verdicts, attempts }: Transformed, lambdaArn: string): void {
    if (this.ports.patience.signal.aborted && verdicts.every(({ kind }) => kind === 'failed')) {
      // The stream stops waiting: the journal keeps them, and the function may do better next time
      this.untransformed += parts.length;
      return;
    }
    const onward: Part[] = [];
    for (const [index, part] of parts.entries()) {
      const verdict = verdicts[index];
      if (verdict?.kind === 'ok') onward.push({ ...part, data: verdict.data, lambdaKeys: verdict.keys });
      else if (verdict?.kind === 'failed')
        this.fail(part, processingFailure(part, verdict.code, verdict.message, { attempts, lambdaArn }));
      else this.drop(part);
    }
    const succeeded = parts.filter((_, index) => verdicts[index]?.kind !== 'failed');
    this.ports.measure('SucceedProcessing.Records', succeeded.length);
    this.ports.measure('SucceedProcessing.Bytes', bytesOf(succeeded));
    this.arrive(onward);
  }

  /** A function wants nothing to come of it. */
  private drop(part: Part): void {
    part.ticket.settle();
    this.redeliveries.skip(part);
  }

  /** Parts that are as they shall be delivered find their folder. */
  private arrive(parts: readonly Part[]): void {
    const { partitioned } = this.destination;
    const extracted = this.extract(parts);
    for (const [index, part] of parts.entries()) {
      const found = extracted[index] ?? {};
      if (!partitioned) this.hold({ lane: laneOf(part), keys: NO_KEYS }, { part });
      else if (typeof found === 'string') this.fail(part, processingFailure(part, EXTRACTION_FAILED, found));
      else this.sort(part, { partitionKeyFromQuery: found, partitionKeyFromLambda: part.lambdaKeys ?? {} });
    }
  }

  private extract(parts: readonly Part[]): readonly Extracted[] {
    const { extractor } = this.destination;
    if (!extractor || parts.length === 0) return [];
    const startedMs = performance.now();
    const extracted = extractor(parts.map(({ data }) => data));
    this.ports.measure('JQProcessing.Duration', performance.now() - startedMs);
    return extracted;
  }

  private sort(part: Part, keys: PartitionKeys): void {
    const { prefix, timeZone } = this.destination.target;
    const fail = (code: string, message: string) => this.fail(part, processingFailure(part, code, message));
    try {
      evaluatePrefix(prefix, { arrivalMs: part.arrivalMs, timeZone, partitionKeys: keys });
    } catch (error) {
      fail(EXTRACTION_FAILED, messageOf(error));
      return;
    }
    const partition = JSON.stringify([keys.partitionKeyFromQuery, keys.partitionKeyFromLambda].map(sorted));
    if (part.plan || this.active.mayAdd(partition)) this.hold({ lane: laneOf(part), keys, partition }, { part });
    else {
      this.ports.measure('PartitionCountExceeded', 1);
      fail(LIMIT_EXCEEDED, 'The number of active partitions has exceeded the configured limit');
    }
  }

  private fail(part: Part, failure: Failure): void {
    this.hold({ lane: laneOf(part), keys: NO_KEYS, failed: true }, { part, failure });
  }

  private hold(folder: Folder, held: Held): void {
    const bytes = (held.failure ?? held.part).data.length;
    this.heldBytes += bytes;
    if (this.redeliveries.takes(held)) this.redeliveries.add(held);
    else {
      this.redeliveries.skip(held.part);
      this.buffer(folder, held, bytes);
    }
  }

  private buffer(folder: Folder, held: Held, bytes: number): void {
    const key = `${folder.lane} ${folder.failed ? 'failed' : ''} ${folder.partition ?? ''}`;
    if (!this.buffers.has(key)) {
      this.folders.set(key, folder);
      if (folder.partition !== undefined) this.ports.measure('PartitionCount', this.active.add(folder.partition));
    }
    this.buffers.add(key, held, bytes);
  }

  private backUp(part: Part): void {
    this.heldBytes += part.data.length;
    if (part.plan) this.redeliveries.add({ part });
    else this.backups.add(laneOf(part), part, part.data.length);
  }

  private deliverFolder({ key, items: held, bytes, ms }: Flushed<Held>): void {
    const { keys, partition } = this.folders.get(key) as Folder;
    this.folders.delete(key);
    const delivered = this.deliver({ held, target: this.destination.target, keys, version: this.version });
    if (partition === undefined) return;
    this.ports.measure('PerPartitionThroughput', bytes / Math.max(1, ms / 1000));
    void delivered.then(() => this.active.remove(partition));
  }

  private deliverBackup({ items }: Flushed<Part>): void {
    const target = this.destination.backup?.target ?? this.destination.target;
    void this.deliver({ held: items.map((part) => ({ part })), target, version: this.version });
  }

  private redeliver({ held, isBackup, plan }: Redelivery): void {
    const target = (isBackup && this.destination.backup?.target) || this.destination.target;
    void this.deliver({ held, target, version: this.version, plan });
  }

  private async deliver(batch: Batch): Promise<void> {
    await this.queue.deliver(batch);
    this.heldBytes -= bytesOfHeld(batch.held);
  }
}

function takeApart(record: Accepted, how: Destination): { pieces: readonly Buffer[]; failure?: Failure } {
  try {
    return { pieces: deaggregate(record.data, how.deaggregation) };
  } catch (error) {
    // The record is accepted already, so whatever is wrong with it leads to the error output
    return { pieces: [record.data], failure: processingFailure(record, EXTRACTION_FAILED, messageOf(error)) };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const sorted = (keys: Readonly<Record<string, string>>) => Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1));

const transformHints = ({ transformation, hints }: Destination): BufferHints => transformation?.hints ?? hints;
const backupHints = ({ backup, hints }: Destination): BufferHints => backup?.hints ?? hints;

const bytesOfHeld = (held: readonly Held[]): number =>
  held.reduce((sum, { part, failure }) => sum + (failure ?? part).data.length, 0);
