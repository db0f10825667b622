import type { Position } from './position.ts';

/** A record as the stream delivers it; one that producers aggregated holds several events. */
export interface StreamRecord {
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** Arrival at the stream, in milliseconds since 1970. */
  readonly arrivalMs: number;
  readonly data: Uint8Array;
}

/** One event's record, with all there is of it. */
export interface EventRecord {
  readonly shardId: string;
  readonly position: Position;
  readonly partitionKey: string;
  readonly arrivalMs: number;
  readonly data: Uint8Array;
}
