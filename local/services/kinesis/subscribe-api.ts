import { EventStream, exceptionMessage, jsonMessage } from '../event-stream.ts';
import { type Operations, ServiceError } from '../json-api.ts';
import type { ShardPosition } from '../kinesis-reader.ts';
import { type DryRunInput, endDryRun } from './dry-run.ts';
import { describeChild, describeRecord } from './read-api.ts';
import type { Shard } from './shard.ts';
import { startOf } from './start-position.ts';
import type { Stream } from './stream.ts';
import type { Streams } from './streams.ts';
import { Subscriptions } from './subscriptions.ts';
import type { Throttles } from './throttles.ts';

interface SubscribeInput extends DryRunInput {
  readonly ConsumerARN: string;
  readonly ShardId: string;
  readonly StartingPosition: {
    readonly Type: string;
    readonly SequenceNumber?: string;
    /** Seconds since 1970. */
    readonly Timestamp?: number;
  };
}

export interface SubscribeContext {
  readonly streams: Streams;
  readonly throttles: Throttles;
  /** Aborts when the service closes. */
  readonly closing: AbortSignal;
  /** How long a subscription lasts. Source: API reference, SubscribeToShard: 5 minutes. */
  readonly lifetimeMs?: number | undefined;
}

/** AWS does not say how much goes into one event, nor how often an empty one comes. */
const EVENT_BYTES = 1024 * 1024;
const EVENT_RECORDS = 10_000;
const EMPTY_EVENT_MS = 5000;

interface Subscribed extends SubscribeContext {
  readonly stream: Stream;
  readonly shard: Shard;
  readonly consumer: string;
  readonly start: ShardPosition;
}

/** SubscribeToShard: records are pushed as they arrive, at most 2 MiB a second for each consumer and shard. */
export function subscribeOperations(context: SubscribeContext): Operations {
  const { streams, closing, lifetimeMs = 5 * 60_000 } = context;
  const subscriptions = new Subscriptions();
  return {
    SubscribeToShard(input: SubscribeInput) {
      const { stream, consumer } = streams.consumer(input.ConsumerARN);
      const shard = stream.shard(input.ShardId);
      const nowMs = streams.now();
      const { Type: type, SequenceNumber: sequence, Timestamp: timestamp } = input.StartingPosition;
      const start = startOf({ type, sequence, timestamp }, stream, shard, nowMs);
      endDryRun(input);
      const taken = subscriptions.open(stream, shard, consumer.name, nowMs);
      const over = AbortSignal.any([closing, taken, AbortSignal.timeout(lifetimeMs)]);
      return new EventStream(async function* (gone) {
        const signal = AbortSignal.any([over, gone]);
        yield jsonMessage('initial-response', {});
        try {
          yield* pushed({ ...context, stream, shard, consumer: input.ConsumerARN, start }, signal);
          taken.throwIfAborted();
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
          yield exceptionMessage(error);
        }
      });
    },
  };
}

/** Events until the signal aborts or the shard is closed and drained. Throws ResourceNotFoundException when the stream or
 *  the consumer is deleted meanwhile. */
async function* pushed(subscribed: Subscribed, signal: AbortSignal): AsyncGenerator<Buffer> {
  const { streams, throttles, stream, shard, consumer } = subscribed;
  let position: ShardPosition | null = subscribed.start;
  let saidMs = 0;
  while (position !== null && !signal.aborted) {
    streams.consumer(consumer);
    const nowMs = streams.now();
    const waitMs = throttles.waitMs(shard, nowMs, consumer);
    if (waitMs > 0) {
      await streams.changed(waitMs, signal);
      continue;
    }
    const read = throttles.read(
      stream,
      shard,
      { position, limit: EVENT_RECORDS, maxBytes: EVENT_BYTES, consumer },
      nowMs,
    );
    position = read.next;
    if (read.records.length > 0 || position === null || nowMs - saidMs >= EMPTY_EVENT_MS) {
      saidMs = nowMs;
      yield jsonMessage('SubscribeToShardEvent', {
        Records: read.records.map(describeRecord),
        ContinuationSequenceNumber:
          position === null ? undefined : (read.records.at(-1)?.sequenceNumber ?? shard.lastSequenceNumber),
        MillisBehindLatest: read.millisBehindLatest,
        ChildShards: position === null ? stream.childrenOf(shard.id).map(describeChild) : undefined,
      });
    } else await streams.changed(EMPTY_EVENT_MS, signal);
  }
}
