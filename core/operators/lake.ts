import { encoderOf } from '../event/encode.ts';
import type { ObjectSchema } from '../event/event.ts';
import { isoTime } from '../event/iso-time.ts';
import { jsonText } from '../event/json-text.ts';
import { Rejected } from '../event/rejection.ts';
import { validated } from '../event/validate.ts';
import type { LakeNode } from '../pipeline/plan.ts';
import type { Item, Push } from './operator.ts';

/** Largest row: a Firehose record is at most 1,000 KiB before base64
 *  (https://docs.aws.amazon.com/firehose/latest/dev/limits.html), the line break included. */
export const MAX_ROW_BYTES = 1_000 * 1024 - 1;

/** `JSON.stringify` escapes half a surrogate pair, and only that, as `\udXXX`. Firehose's parsers refuse it, and with it the
 *  whole record of packed rows. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

/** Rows of a table: mapped ones by its schema, events as they came by their own. */
export function lake(node: LakeNode): Push {
  const encoders = new Map<ObjectSchema, ReturnType<typeof encoderOf>>();
  const encoder = (schema: ObjectSchema) => {
    const encode = encoders.get(schema) ?? encoderOf(schema, node.table.name);
    encoders.set(schema, encode);
    return encode;
  };
  return (item, effects) => {
    const encode = encoder(node.schema ?? item.event.type.schema);
    const time = isoTime(item.event.timeMs);
    checkDay(node, time);
    const { event, suffix, shardId, sequenceNumber } = item;
    const origin =
      `{"event_id":${jsonText(event.id + suffix)},"event_source":${jsonText(event.source)},` +
      `"event_time":"${time}","shard_id":"${shardId}","sequence_number":"${sequenceNumber}"`;
    const json = `${origin}${encode(rowData(node, item))}}`;
    if (json.includes('\\ud') && LONE_SURROGATE.test(json)) {
      throw new Rejected('schema', node.table.name, 'half of a surrogate pair in a text', 'well-formed Unicode');
    }
    const bytes = json.length * 3 > MAX_ROW_BYTES ? Buffer.byteLength(json) : 0; // a character is at most 3 bytes
    if (bytes > MAX_ROW_BYTES) {
      throw new Rejected('too-large', node.table.name, `a row of ${bytes} bytes`, `at most ${MAX_ROW_BYTES} bytes`);
    }
    (item.isDerived ? effects.outbox : effects.rows).push({ table: node.table.name, json });
  };
}

/** Athena does not look into days before `since`: rows there would be stored and never seen. */
function checkDay({ table: { name, partition } }: LakeNode, time: string): void {
  if (partition.by !== 'event-day' || time.slice(0, 10) >= partition.since) return;
  throw new Rejected('event-time', name, time, `a day from ${partition.since} on, where the table's partitions begin`);
}

/** A map step's types promise its rows; only a check shows them. */
function rowData(node: LakeNode, item: Item): unknown {
  const { table, schema } = node;
  return schema ? validated(schema, item.data, table.name, () => `the schema of table '${table.name}'`) : item.data;
}
