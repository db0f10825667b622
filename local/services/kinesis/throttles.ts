import { LOCAL_ACCOUNT } from '../../service.ts';
import { ServiceError } from '../json-api.ts';
import type { ShardPosition, ShardRead } from '../kinesis-reader.ts';
import type { Shard } from './shard.ts';
import type { Stream } from './stream.ts';
import { CallMeter, ReadMeter, WriteMeter } from './throttle.ts';

const THROTTLED = 'ProvisionedThroughputExceededException';

interface Meters {
  readonly write: WriteMeter;
  /** By the ARN of the consumer; those without share one. */
  readonly reads: Map<string | undefined, ReadMeter>;
  readonly readCalls: CallMeter;
  readonly iteratorCalls: CallMeter;
}

export interface Reading {
  readonly position: ShardPosition;
  readonly limit: number;
  /** Default: 10 MiB. */
  readonly maxBytes?: number;
  /** ARN of the consumer who reads by enhanced fan-out, at a rate of its own. */
  readonly consumer?: string | undefined;
}

/** The limits of the shards, if they are on. The two texts are AWS's, as users of it have reported them. */
export class Throttles {
  readonly #isOn: boolean;
  readonly #meters = new WeakMap<Shard, Meters>();

  constructor(isOn: boolean) {
    this.#isOn = isOn;
  }

  /** Whether the shard takes a record of that many bytes, its partition key included. */
  takesRecord(shard: Shard, bytes: number, nowMs: number): boolean {
    return !this.#isOn || this.#of(shard).write.take(bytes, nowMs);
  }

  refusedRecord(stream: Stream, shard: Shard): ServiceError {
    return new ServiceError(
      THROTTLED,
      `Rate exceeded for shard ${shard.id} in stream ${stream.name} under account ${LOCAL_ACCOUNT}.`,
    );
  }

  /** Throws when GetShardIterator has been called more than five times a second. */
  checkIterator(stream: Stream, shard: Shard, nowMs: number): void {
    if (this.#isOn && !this.#of(shard).iteratorCalls.take(nowMs)) throw refusedRead(stream, shard);
  }

  /** Throws when GetRecords has been called more than five times a second. */
  checkReadCall(stream: Stream, shard: Shard, nowMs: number): void {
    if (this.#isOn && !this.#of(shard).readCalls.take(nowMs)) throw refusedRead(stream, shard);
  }

  /** Reads, unless the shard has just given all it may: then it throws. */
  read(stream: Stream, shard: Shard, { position, limit, maxBytes, consumer }: Reading, nowMs: number): ShardRead {
    if (this.waitMs(shard, nowMs, consumer) > 0) throw refusedRead(stream, shard);
    const { bytes, isFull, ...found } = shard.read(position, limit, nowMs, maxBytes);
    if (this.#isOn) this.#readMeter(shard, consumer).took(bytes, isFull && maxBytes === undefined, nowMs);
    return found;
  }

  /** Milliseconds until the shard gives more to that consumer; 0 for now. */
  waitMs(shard: Shard, nowMs: number, consumer?: string): number {
    return this.#isOn ? this.#readMeter(shard, consumer).waitMs(nowMs) : 0;
  }

  #readMeter(shard: Shard, consumer: string | undefined): ReadMeter {
    const { reads } = this.#of(shard);
    const meter = reads.get(consumer) ?? new ReadMeter();
    reads.set(consumer, meter);
    return meter;
  }

  #of(shard: Shard): Meters {
    const known = this.#meters.get(shard);
    if (known) return known;
    const meters = {
      write: new WriteMeter(),
      reads: new Map(),
      readCalls: new CallMeter(),
      iteratorCalls: new CallMeter(),
    };
    this.#meters.set(shard, meters);
    return meters;
  }
}

function refusedRead(stream: Stream, shard: Shard): ServiceError {
  return new ServiceError(THROTTLED, `Rate exceeded for Shard - ${LOCAL_ACCOUNT}/${stream.name}/${shard.id}`);
}
