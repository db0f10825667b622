import type * as z from 'zod';
import type { EventType } from '../event/event.ts';
import { checkStepId, duration, PipelineError } from './errors.ts';

/** Somewhere to send a stream's items other than the lake. */
export type Target<Item> = Alert<Item> | View<Item> | Published<Item>;

export interface AlertOptions<Item> {
  /** What to say; at most 240,000 bytes. */
  readonly text: (item: Item, key: string) => string;
  /** Subject of the message, for e-mail. Default: the alert's id. */
  readonly subject?: string;
  /** After an alert, how long to keep silent about its key, in milliseconds of event time. Default: 0. */
  readonly quiet?: number;
}

export interface Alert<Item> extends Required<AlertOptions<Item>> {
  readonly kind: 'alert';
  readonly id: string;
}

/** Tells people of each item, by the SNS topic of this id. At least once, after the commit: an alert's id is the same when
 *  it is told again. `quiet` keeps a key's alerts apart. */
export function alert<Item>(id: string, { text, subject = id, quiet = 0 }: AlertOptions<Item>): Alert<Item> {
  const isPlain = /^[\x20-\x7e]{1,99}$/.test(subject); // what SNS takes for a subject
  if (!isPlain) throw new PipelineError(id, `a subject of ${subject.length} characters`, '1 to 99 ASCII characters');
  return Object.freeze({ kind: 'alert', id: checkStepId(id), text, subject, quiet: duration(id, 'quiet', quiet) });
}

export interface ViewOptions<Item> {
  /** The row to keep of an item's key: an object that JSON can hold, at most 260 KB; undefined deletes it. */
  readonly row: (item: Item) => object | undefined;
  readonly description?: string;
}

export interface View<Item> extends Required<ViewOptions<Item>> {
  readonly kind: 'view';
  readonly id: string;
}

/** Keeps the latest row of each key in a DynamoDB table, to be read by key while the stream goes on: attribute `key`, and
 *  `row` as a map. Rows never go back, however often and late one is written. */
export function view<Item>(id: string, { row, description = '' }: ViewOptions<Item>): View<Item> {
  return Object.freeze({ kind: 'view', id: checkStepId(id), row, description });
}

export interface Published<Item> {
  readonly kind: 'publish';
  readonly id: string;
  readonly event: EventType;
  /** Never called: it tells the compiler what items the event takes. */
  readonly takes?: (item: Item) => void;
}

/** Puts the items, as events of this type, to a Kinesis stream of this id for others to read. At least once, after the
 *  commit; source and id are the same when an event is put again. Several events of a key that leave together are one
 *  record, in the format of Kinesis' producer library, which consumer libraries take apart. */
export function stream<Event extends EventType>(id: string, event: Event): Published<z.input<Event['schema']>> {
  return Object.freeze({ kind: 'publish', id: checkStepId(id), event });
}
