import type { DecodedEvent } from '../event/decode.ts';
import type { Json } from '../event/json.ts';

/** What flows through a plan: an event's data, or what steps made of it. */
export interface Item {
  readonly event: DecodedEvent;
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** What steps put behind the event's id, so that each row has an id of its own. */
  readonly suffix: string;
  /** Whether a step's state had a part in it: then it must not leave before the state is committed. */
  readonly isDerived: boolean;
  readonly data: unknown;
}

export interface Row {
  readonly table: string;
  /** A JSON document without line breaks. */
  readonly json: string;
}

/** What a record brings about. Nothing of it stands until the whole record is through. */
export interface Effects {
  /** Rows to be delivered before the commit. */
  readonly rows: Row[];
  /** Rows to be delivered after it. */
  readonly outbox: Row[];
  /** The state of a step for a key; undefined when there is none. */
  stateOf(step: string, key: string): Json | undefined;
  /** Keeps a state, or with undefined forgets it. */
  setState(step: string, key: string, state: Json | undefined): void;
}

/** Takes an item and pushes what becomes of it further on. */
export type Push = (item: Item, effects: Effects) => void;
