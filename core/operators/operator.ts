import type { DecodedEvent } from '../event/decode.ts';

/** What flows through a plan: an event's data, or what steps made of it. */
export interface Item {
  readonly event: DecodedEvent;
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** What `flatMap` puts behind the event's id, so that each row has an id of its own. */
  readonly suffix: string;
  readonly data: unknown;
}

export interface Row {
  readonly table: string;
  /** A JSON document without line breaks. */
  readonly json: string;
}

/** Takes an item and pushes what becomes of it further on; rows that reach a table are added to `rows`. */
export type Push = (item: Item, rows: Row[]) => void;
