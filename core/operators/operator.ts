import type { DecodedEvent } from '../event/decode.ts';
import type { Cell, Json } from '../event/json.ts';

/** What flows through a plan: an event's data, or what steps made of it. */
export interface Item {
  readonly event: DecodedEvent;
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** What steps put behind the event's id, so that each row has an id of its own. */
  readonly suffix: string;
  /** Whether a step's state had a part in it: then it must not leave before the state is committed. */
  readonly isDerived: boolean;
  /** Which of its step's outputs it belongs to, where the step has several. */
  readonly output?: string | undefined;
  readonly data: unknown;
}

export interface Row {
  readonly table: string;
  /** A JSON document without line breaks. */
  readonly json: string;
}

/** What leaves for another sink than the lake. */
export interface Message {
  /** Id of the sink. */
  readonly sink: string;
  /** Id and source of the item: together unique, and the same whenever it is sent again. */
  readonly id: string;
  readonly source: string;
  readonly key: string;
  readonly timeMs: number;
  /** What the sink's operator makes of the item. */
  readonly body: Json;
}

/** Part of what a group of items comes to. */
export interface Part {
  readonly message: Message;
  readonly group: string;
  /** The body of both together. */
  readonly merge: (left: Json, right: Json) => Json;
}

/** What waits in the outbox until its batch is committed. */
export type Outgoing = Row | Message;

/** What a record brings about. Nothing of it stands until the whole record is through. */
export interface Effects {
  /** Rows to be delivered before the commit. */
  readonly rows: Row[];
  /** Rows to be delivered after it. */
  readonly outbox: Outgoing[];
  /** What is to be sent after it, taken together with what the batch has of its sink, key and group. */
  readonly parts: Part[];
  /** How far event time has come for the key that is processed; -Infinity before the first event. When a step is woken,
   *  just not so far as it is woken for: what it emits then is for the steps behind it still in time. */
  readonly watermarkMs: number;
  /** How far it had come for the shard when the batch began, and all that was due by then had been seen to; undefined
   *  before the first event. */
  readonly committedMs: number | undefined;
  /** The shard's clock when the batch began. */
  readonly committedClockMs: number;
  /** What a step keeps of a key; undefined when that is nothing. */
  cellOf(step: string, key: string): Cell | undefined;
  /** Keeps it, or with undefined forgets the key. */
  setCell(step: string, key: string, cell: Cell | undefined): void;
}

/** Takes an item and pushes what becomes of it further on. */
export type Push = (item: Item, effects: Effects) => void;

/** A key of a step that is due. */
export interface Due {
  readonly key: string;
  readonly dueMs: number;
  /** Where the record lies that moved the watermark past it. */
  readonly shardId: string;
  readonly sequenceNumber: string;
}

/** Wakes a step for a key. */
export type Wake = (due: Due, effects: Effects) => void;
