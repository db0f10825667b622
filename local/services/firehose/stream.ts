import { setTimeout as delay } from 'node:timers/promises';
import { ServiceError } from '../json-api.ts';
import { type Batch, Delivery, type DeliveryPorts, type Held } from './delivery.ts';
import type { Failure } from './failure.ts';
import type { Journal, Ticket } from './journal.ts';
import { extractionFailure, type Partitioner, type Placed } from './partition.ts';
import { evaluatePrefix } from './prefix.ts';
import type { StreamSettings } from './settings.ts';

/** More than this held for a stream, and it answers ServiceUnavailableException until S3 has taken some. */
const MAX_HELD_BYTES = 512 * 1024 * 1024;
/** AWS's default quota. */
const MAX_ACTIVE_PARTITIONS = 500;
/** How long closing waits for S3. */
const CLOSE_PATIENCE_MS = 10_000;
const BROKEN_RETRY_MS = 5_000;

interface Filling {
  readonly records: Held[];
  readonly failed: { readonly failure: Failure; readonly ticket: Ticket }[];
  readonly keys: Readonly<Record<string, string>>;
  readonly timer: NodeJS.Timeout;
  readonly flushed: PromiseWithResolvers<void>;
  bytes: number;
}

const FAILURES = 'failures';

/** A delivery stream at work: takes records, keeps a buffer for each partition, flushes each by size and age. */
export class DeliveryStream {
  readonly settings: StreamSettings;
  readonly createdAtMs = Date.now();
  private readonly ports: DeliveryPorts;
  private readonly journal: Journal;
  private readonly partitioner: Partitioner | undefined;
  private readonly delivery: Delivery;
  private readonly patience = new AbortController();
  private readonly fillings = new Map<string, Filling>();
  private deliveries: Promise<void> = Promise.resolve();
  private readonly accepting = new Set<Promise<void>>();
  private heldBytes = 0;
  private closing = false;
  private undelivered = 0;

  constructor(settings: StreamSettings, ports: DeliveryPorts, journal: Journal, partitioner: Partitioner | undefined) {
    this.settings = settings;
    this.ports = ports;
    this.journal = journal;
    this.partitioner = partitioner;
    this.delivery = new Delivery(settings, ports, this.patience.signal);
    for (const { data, arrivalMs, ticket } of journal.recovered) this.place(data, arrivalMs, ticket);
  }

  /** Resolves once the records are accepted: journalled and buffered. @throws ServiceError when too much is held. */
  async accept(records: readonly Buffer[]): Promise<void> {
    const accepted = this.journalAndPlace(records);
    this.accepting.add(accepted);
    try {
      await accepted;
    } finally {
      this.accepting.delete(accepted);
    }
  }

  private async journalAndPlace(records: readonly Buffer[]): Promise<void> {
    if (this.closing || this.heldBytes > MAX_HELD_BYTES)
      throw new ServiceError('ServiceUnavailableException', 'Slow down.', 503);
    const arrivalMs = Date.now();
    const tickets = await this.journal.append(records, arrivalMs);
    for (const [index, data] of records.entries()) this.place(data, arrivalMs, tickets[index] as Ticket);
  }

  /** Resolves once all that is accepted by now is delivered, each buffer after its own time. */
  async delivered(): Promise<void> {
    await Promise.allSettled(this.accepting);
    await Promise.all([...this.fillings.values()].map(({ flushed }) => flushed.promise));
    await this.deliveries;
  }

  /** Delivers what is held and stops. @throws Error when S3 does not take it in time and nothing keeps it. */
  async close(): Promise<void> {
    this.closing = true;
    const timer = setTimeout(() => this.patience.abort(), CLOSE_PATIENCE_MS);
    // What a put under way will be told is accepted must be delivered too
    await Promise.allSettled(this.accepting);
    for (const key of [...this.fillings.keys()]) this.flush(key);
    await this.deliveries;
    clearTimeout(timer);
    await this.journal.close();
    if (this.undelivered === 0) return;
    const what = `firehose ${this.settings.name}: ${this.undelivered} record(s) could not be delivered`;
    if (!this.journal.durable) throw new Error(`${what}, and there is no state directory to keep them in`);
    this.ports.log(`${what}; the journal keeps them for the next run`);
  }

  private place(data: Buffer, arrivalMs: number, ticket: Ticket): void {
    if (!this.partitioner) {
      this.add('', {}, { data, arrivalMs, ticket });
      return;
    }
    const { placed, failures } = this.partitioner.partition({ data, arrivalMs });
    const parts = shared(ticket, placed.length + failures.length);
    for (const part of placed) this.placePart(part, arrivalMs, parts);
    for (const failure of failures) this.fail(failure, parts);
  }

  private placePart({ data, keys }: Placed, arrivalMs: number, ticket: Ticket): void {
    const name = JSON.stringify(Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1)));
    const bad = this.badFolder(keys, arrivalMs);
    if (bad !== undefined) this.fail(extractionFailure({ data, arrivalMs }, data, bad), ticket);
    else if (this.fillings.has(name) || this.fillings.size < MAX_ACTIVE_PARTITIONS) {
      this.add(name, keys, { data, arrivalMs, ticket });
    } else {
      this.measure('PartitionCountExceeded', 1);
      const failure = extractionFailure(
        { data, arrivalMs },
        data,
        `More than ${MAX_ACTIVE_PARTITIONS} active partitions`,
      );
      this.fail({ ...failure, code: 'DynamicPartitioning.ActivePartitionLimitExceeded' }, ticket);
    }
  }

  private badFolder(partitionKeys: Readonly<Record<string, string>>, arrivalMs: number): string | undefined {
    try {
      evaluatePrefix(this.settings.prefix, { arrivalMs, partitionKeys });
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  private add(name: string, keys: Filling['keys'], record: Held): void {
    const filling = this.filling(name, keys);
    filling.records.push(record);
    this.grow(name, filling, record.data.length);
  }

  private fail(failure: Failure, ticket: Ticket): void {
    const filling = this.filling(FAILURES, {});
    filling.failed.push({ failure, ticket });
    this.grow(FAILURES, filling, failure.data.length);
  }

  private filling(name: string, keys: Filling['keys']): Filling {
    const found = this.fillings.get(name);
    if (found) return found;
    const timer = setTimeout(() => this.flush(name), this.settings.bufferSeconds * 1000);
    const flushed = Promise.withResolvers<void>();
    const made: Filling = { records: [], failed: [], keys, timer, flushed, bytes: 0 };
    this.fillings.set(name, made);
    if (this.partitioner) this.measure('PartitionCount', this.fillings.size);
    return made;
  }

  private grow(name: string, filling: Filling, bytes: number): void {
    filling.bytes += bytes;
    this.heldBytes += bytes;
    if (filling.bytes >= this.settings.bufferBytes) this.flush(name);
  }

  private flush(name: string): void {
    const filling = this.fillings.get(name);
    if (!filling) return;
    clearTimeout(filling.timer);
    this.fillings.delete(name);
    this.journal.rotate();
    this.deliveries = this.deliveries.then(async () => {
      await this.deliverUntilDone(filling);
      this.heldBytes -= filling.bytes;
    });
    filling.flushed.resolve();
  }

  /** S3's refusals are retried inside; anything else is a fault here, and must lose nothing either. */
  private async deliverUntilDone(batch: Batch): Promise<void> {
    for (;;) {
      try {
        return await this.delivery.deliver(batch);
      } catch (error) {
        this.ports.log(
          `firehose ${this.settings.name}: delivery failed: ${error instanceof Error ? error.message : String(error)}`,
        );
        if (this.patience.signal.aborted) {
          this.undelivered += batch.records.length + batch.failed.length;
          return;
        }
        await delay(BROKEN_RETRY_MS, undefined, { signal: this.patience.signal }).catch(() => {});
      }
    }
  }

  private measure(name: string, value: number): void {
    this.ports.metric('AWS/Firehose', name, { DeliveryStreamName: this.settings.name }, value);
  }
}

/** A ticket that settles when so many parts have. */
function shared(ticket: Ticket, parts: number): Ticket {
  let open = parts;
  if (open === 0) ticket.settle();
  return {
    settle: () => {
      if (--open === 0) ticket.settle();
    },
  };
}
