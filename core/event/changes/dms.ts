import * as z from 'zod';
import { type CloudEvent, type Decode, IGNORED } from '../envelope.ts';
import { show } from '../rejection.ts';
import {
  type ChangedTable,
  type ChangeOptions,
  changeEvent,
  changeId,
  checked,
  isObject,
  keyOf,
  type Row,
  refused,
  tableOf,
} from './change.ts';

/** Reads the JSON that AWS Database Migration Service puts to Kinesis
 *  (https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Target.Kinesis.html); other JSON is passed on as it is, so
 *  CloudEvents can share the stream. A table is named as in `public.orders` or `orders`. Control records (a table is
 *  created, dropped, altered) are ignored: they tell of no row.
 *
 *  Give the endpoint `IncludeTransactionDetails`: then `at` is the time of the commit and the id is made of the place in
 *  the database's log, the same when the task captures a change again. Without, and for rows of the full load, `at` is the
 *  time when DMS wrote the record, and the id its position in the stream. A before image is read where its `FieldName` is
 *  `before-image`; it lets an update be seen that changes a row's key, which is quarantined: it would leave the row under
 *  its old key. */
export function dmsChanges(options: ChangeOptions): Decode {
  return (json, { position }) => {
    if (!isObject(json) || !isObject(json.metadata) || !('record-type' in json.metadata)) return json as CloudEvent;
    const recordType = checked(anyRecord, json).metadata['record-type'];
    if (recordType === 'control') return IGNORED;
    const { data, metadata, 'before-image': image } = checked(dataRecord, json);
    const { operation, 'schema-name': schemaName, 'table-name': tableName } = metadata;
    const name = schemaName ? `${schemaName}.${tableName}` : tableName;
    const table = tableOf(options, [name, tableName]);
    if (table === IGNORED) return IGNORED;
    const at = utc(metadata['commit-timestamp'] ?? metadata.timestamp);
    const key = keyOf(table, data);
    if (operation === 'update' && image) sameKey(table, key, { ...data, ...image });
    const place = ['stream-position', 'transaction-id', 'transaction-record-id'] as const;
    return changeEvent(
      table.type,
      `/dms/${name}`,
      metadata['stream-position'] ? changeId([...place.map((part) => metadata[part]), operation, key]) : position,
      { op: OPERATIONS[operation], at, table: tableName, key, ...imagesOf(operation, data, image) },
    );
  };
}

const OPERATIONS = { load: 'insert', insert: 'insert', update: 'update', delete: 'delete' } as const;

const anyRecord = z.object({ metadata: z.object({ 'record-type': z.enum(['data', 'control']) }) });

const row = z.record(z.string(), z.unknown());
const time = z.iso.datetime({ offset: true });
const number = z.nullish(z.union([z.number(), z.string()]));

const dataRecord = z.object({
  data: row,
  'before-image': z.nullish(row),
  metadata: z.object({
    operation: z.enum(['load', 'insert', 'update', 'delete']),
    timestamp: time,
    'commit-timestamp': z.nullish(time),
    'schema-name': z.nullish(z.string()),
    'table-name': z.string(),
    'stream-position': z.nullish(z.string()),
    'transaction-id': number,
    'transaction-record-id': number,
  }),
});

const utc = (text: string): string => (text.endsWith('Z') ? text : new Date(text).toISOString());

function imagesOf(operation: keyof typeof OPERATIONS, data: Row, image: Row | null | undefined) {
  if (operation === 'delete') return { before: data };
  return { before: operation === 'update' && image ? image : undefined, after: data };
}

function sameKey(table: ChangedTable, key: string, before: Row): void {
  const old = keyOf(table, before);
  if (old !== key) throw refused(`the key ${show(old)} updated to ${show(key)}`, 'a deletion and an insertion instead');
}
