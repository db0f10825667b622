import type { Time } from './clock.ts';

export interface DriveOptions {
  /** Shards that the stream begins with. Default: 1. */
  readonly shards?: number;
  /** When the clock begins. Default: at the first event's time. */
  readonly start?: Time;
  /** Most records of a shard that are taken at a time. Default: 500, as deployed. */
  readonly batchSize?: number;
}

export interface PutOptions {
  /** Id of the event; another put under the same id and source is a producer's retry. Default: one of its own. */
  readonly id?: string;
  /** Default: `/drive`. */
  readonly source?: string;
  /** When the event happened, for a type that has no field to say so. Default: when it arrives. */
  readonly time?: Time;
  /** When it arrives at the stream; the clock goes there. Default: now, by the clock, or at the event's time if that is
   *  later. */
  readonly arrival?: Time;
}

export interface SendOptions {
  /** Partition key. Default: the key of the event, as far as the pipeline can read it. */
  readonly key?: string;
  /** When it arrives at the stream, as for `put`. */
  readonly arrival?: Time;
}

export interface RowsOptions {
  /** Whether Millrace's own columns are shown too: `event_id`, `event_source`, `event_time`, `shard_id` and
   *  `sequence_number`. Default: false. */
  readonly origin?: boolean;
}
