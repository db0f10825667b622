import { setTimeout as delay } from 'node:timers/promises';
import { type Batch, Delivery, type DeliveryPorts } from './delivery.ts';
import type { Journal } from './journal.ts';
import { DELIVERY_PATIENCE_MS } from './limits.ts';
import type { Accepted } from './part.ts';

const BROKEN_RETRY_MS = 5_000;

export interface QueuePorts extends Omit<DeliveryPorts, 'hasExpired'> {
  readonly journal: Journal;
  /** Aborts when the stream stops waiting for S3. */
  readonly signal: AbortSignal;
  /** Whether the Kinesis stream still holds a record; undefined for direct puts. */
  readonly isRetained: ((record: Accepted) => boolean) | undefined;
}

/** Deliveries of a stream, one after the other: one that cannot be made holds up the others, as it does on AWS. */
export class DeliveryQueue {
  private readonly name: string;
  private readonly ports: QueuePorts;
  private readonly delivery: Delivery;
  private last: Promise<void> = Promise.resolve();
  /** Parts that S3 did not take before the stream stopped waiting. */
  undelivered = 0;

  constructor(name: string, ports: QueuePorts) {
    this.name = name;
    this.ports = ports;
    const hasExpired = (batch: Batch, firstTryMs: number) => this.hasExpired(batch, firstTryMs);
    this.delivery = new Delivery(name, { ...ports, hasExpired }, ports.journal, ports.signal);
  }

  /** Resolves once the batch is delivered, or the stream has stopped waiting. */
  deliver(batch: Batch): Promise<void> {
    this.last = this.last.then(() => this.deliverUntilDone(batch));
    return this.last;
  }

  /** Resolves once all deliveries asked for by now have ended. */
  idle(): Promise<void> {
    return this.last;
  }

  /** S3's refusals are retried inside; anything else is a fault here, and must lose nothing either. */
  private async deliverUntilDone(batch: Batch): Promise<void> {
    const { signal, log } = this.ports;
    for (;;) {
      try {
        return await this.delivery.deliver(batch);
      } catch (error) {
        log(`firehose ${this.name}: delivery failed: ${error instanceof Error ? error.message : String(error)}`);
        if (signal.aborted) {
          this.undelivered += batch.held.length;
          return;
        }
        await delay(BROKEN_RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Direct puts are tried for a day, records of a Kinesis stream as long as it holds them. */
  private hasExpired({ held }: Batch, firstTryMs: number): boolean {
    const last = held.at(-1)?.part;
    if (last && this.ports.isRetained) return !this.ports.isRetained(last);
    return this.ports.now() - firstTryMs >= DELIVERY_PATIENCE_MS;
  }
}
