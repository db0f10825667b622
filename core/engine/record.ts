import type { RecordOrigin } from '../event/envelope.ts';
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

/** Where a record came from, as `decode` functions are told. Most pipelines have none: the text of the place is made for
 *  those that ask. */
export class Origin implements RecordOrigin {
  readonly partitionKey: string;
  readonly arrivalMs: number;
  readonly #record: EventRecord;

  constructor(record: EventRecord) {
    this.partitionKey = record.partitionKey;
    this.arrivalMs = record.arrivalMs;
    this.#record = record;
  }

  get position(): string {
    const { shardId, position } = this.#record;
    return `${shardId}:${position.sequenceNumber}.${position.subSequence}`;
  }
}
