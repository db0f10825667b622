import { BEFORE_ALL_MS } from '../event/control.ts';
import { type Json, sizeOf, toJson } from '../event/json.ts';
import { Rejected } from '../event/rejection.ts';
import { validated } from '../event/validate.ts';
import {
  type AlertNode,
  type Combiner,
  formOf,
  type PublishNode,
  type RekeyNode,
  type ViewNode,
} from '../pipeline/plan.ts';
import type { Effects, Item, Message, Push } from './operator.ts';
import { checkStorable } from './storable.ts';

/** SNS takes a message of 262,144 bytes with its attributes (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html);
 *  they have the rest. */
const MAX_TEXT_BYTES = 240_000;
/** A DynamoDB item is at most 400 KB with its names (the commit log's reference); a list of one-digit numbers takes three
 *  bytes a number there, and two as JSON. */
const MAX_ROW_BYTES = 260_000;
/** A Kinesis record is at most 1 MiB with its partition key; the envelope is around it. */
const MAX_DATA_BYTES = 1_000_000;

/** Tells people of the items. */
export const alert = (node: AlertNode): Push =>
  sender(node.id, MAX_TEXT_BYTES, ({ data, event }) => {
    const text = node.text(data as never, event.key);
    if (typeof text !== 'string' || text === '') throw new TypeError('text gives none; expected a character or more');
    return { subject: node.subject, text };
  });

/** Keeps the items' rows by key. */
export const view = (node: ViewNode): Push =>
  sender(node.id, MAX_ROW_BYTES, ({ data, event }) => {
    const made = node.row(data as never);
    const row = made === undefined ? undefined : toJson(node.id, made);
    checkStorable(node.id, event.key, row ?? null);
    return { ...(row !== undefined && { row }) };
  });

/** Puts the items to a stream as events. */
export const publish = (node: PublishNode): Push =>
  sender(node.id, MAX_DATA_BYTES, ({ data }) => {
    const { schema, type, version } = node.event;
    return toJson(
      node.id,
      validated(schema, data, node.id, () => `${type} version ${version}`),
    );
  });

/** The body of an item's message under another key. */
type Rekeyed = {
  readonly key: string;
  readonly form: string | null;
  readonly item: Json;
  readonly watermarkMs: number;
  readonly clockMs: number;
};

/** Sends the items on under another key. They may be so much behind event time, which is told along with them. */
export const rekey = (node: RekeyNode, delayMs: number): Push =>
  node.combiner
    ? combine(node, node.combiner, delayMs)
    : sender(node.id, MAX_DATA_BYTES, ({ data }, effects) => {
        const key = keyOf(node, data);
        return { key, form: formOf(node), item: toJson(node.id, data), ...reached(effects, delayMs) };
      });

/** The same, the items of a batch taken together where they are of one group. */
function combine(node: RekeyNode, { partsOf, merge }: Combiner, delayMs: number): Push {
  const both = (left: Json, right: Json): Json => {
    const [into, from] = [left as Rekeyed, right as Rekeyed];
    return toJson(node.id, { ...into, item: merge(into.item as never, from.item as never) });
  };
  return ({ event, suffix, data }, effects) => {
    const id = event.id + suffix;
    const { source, timeMs } = event;
    const key = keyOf(node, data);
    for (const [group, part] of partsOf(data as never, { timeMs, id })) {
      const item = toJson(node.id, part);
      const body = { key, form: formOf(node), item, ...reached(effects, delayMs) };
      if (sizeOf(item) > MAX_DATA_BYTES / 6) checkSize(node.id, body, MAX_DATA_BYTES); // a character is six bytes at most
      const message = { sink: node.id, id, source, key, timeMs, body };
      effects.parts.push({ message, group, merge: both });
    }
  };
}

const reached = ({ committedMs, committedClockMs: clockMs }: Effects, delayMs: number) => ({
  watermarkMs: committedMs === undefined ? BEFORE_ALL_MS : committedMs - delayMs,
  clockMs,
});

function keyOf({ key }: RekeyNode, data: unknown): string {
  const found = key(data as never);
  if (typeof found === 'string' && found !== '') return found;
  throw new TypeError('key gives no text; expected one of a character or more');
}

function sender(sink: string, maxBytes: number, bodyOf: (item: Item, effects: Effects) => Json): Push {
  return (item, effects) => {
    const { event, suffix } = item;
    const body = bodyOf(item, effects);
    checkSize(sink, body, maxBytes);
    const message: Message = {
      sink,
      id: event.id + suffix,
      source: event.source,
      key: event.key,
      timeMs: event.timeMs,
      body,
    };
    effects.outbox.push(message);
  };
}

function checkSize(sink: string, body: Json, maxBytes: number): void {
  const bytes = Buffer.byteLength(JSON.stringify(body));
  if (bytes > maxBytes) throw new Rejected('too-large', sink, `${bytes} bytes`, `at most ${maxBytes} bytes`);
}
