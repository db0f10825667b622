import * as z from 'zod';
import { type CloudEvent, type Decode, IGNORED } from '../envelope.ts';
import {
  type ChangeOptions,
  changeEvent,
  changeId,
  checked,
  described,
  isObject,
  keyOf,
  refused,
  tableOf,
} from './change.ts';

/** Reads the JSON of Debezium's relational connectors, with its schema part or without
 *  (https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-events); other JSON is passed
 *  on as it is, so CloudEvents can share the stream. A table is named as in `shop.public.orders` (database, schema, table),
 *  `public.orders`, `shop.orders` or `orders`. Rows are as Debezium writes them: of a deleted row Postgres tells the
 *  primary key only, the rest as null, unless its `REPLICA IDENTITY` is `FULL`; integers above 2^53 need to be sent as text.
 *
 *  Ignored is what is no change of a row: tombstones, which Debezium Server puts to Kinesis as records of 0 bytes,
 *  heartbeats, changes of the schema, begin and end of transactions. Truncations (`t`) and messages (`m`), which a connector
 *  must be asked for, are quarantined: no row says what they did. */
export function debeziumChanges(options: ChangeOptions): Decode {
  return (json, record) => {
    const payload = isObject(json) && 'payload' in json && !('specversion' in json) ? json.payload : json;
    if (payload === undefined || payload === null || isBookkeeping(payload)) return IGNORED;
    if (!isObject(payload) || !isObject(payload.source) || !('connector' in payload.source)) return json as CloudEvent;
    const { op, before, after, source, ts_ms } = checked(envelope, payload);
    const names = namesOf(source);
    const table = tableOf(options, names);
    if (table === IGNORED) return IGNORED;
    const [name, image] = op === 'd' ? ['before', before] : ['after', after];
    if (!image) throw refused(`${name}: ${described(image)}`, `the row of an operation '${op}'`);
    const at = timeOf(source.ts_ms, ts_ms);
    const key = keyOf(table, image);
    return changeEvent(
      table.type,
      `/debezium/${source.name}/${names[0]}`,
      idOf(source, [at, op, key]) ?? record.position,
      { op: OPERATIONS[op], at, table: source.table, key, before: before ?? undefined, after: after ?? undefined },
    );
  };
}

const OPERATIONS = { c: 'insert', r: 'insert', u: 'update', d: 'delete' } as const;

/** Where connectors say in `source` how far the database's log was: MySQL and MariaDB, Postgres, SQL Server, Oracle. */
const POSITIONS = [
  ['server_id', 'file', 'pos', 'row'],
  ['lsn'],
  ['commit_lsn', 'change_lsn', 'event_serial_no'],
  ['scn', 'rs_id', 'ssn'],
];

const row = z.nullish(z.record(z.string(), z.unknown()));
const time = z.nullish(z.int().min(0).max(8.64e15));

const envelope = z.object({
  op: z.enum(['c', 'r', 'u', 'd']),
  before: row,
  after: row,
  source: z.looseObject({
    name: z.string(),
    db: z.nullish(z.string()),
    schema: z.nullish(z.string()),
    table: z.string(),
    ts_ms: time,
  }),
  ts_ms: time,
});

type Source = z.output<typeof envelope>['source'];

/** From the most exact to the plainest. */
function namesOf({ db, schema, table }: Source): readonly [string, ...string[]] {
  const full = [db, schema, table].filter(Boolean).join('.');
  return [full, ...(schema ? [`${schema}.${table}`] : []), ...(db ? [`${db}.${table}`] : []), table];
}

/** Rows inserted by one statement, or read for one snapshot, can have one position: what else tells them apart is `rest`.
 *  Undefined where a part of the position is missing, as in some snapshots. */
function idOf(source: Source, rest: readonly string[]): string | undefined {
  const fields = POSITIONS.find((each) => each.every((field) => (source[field] ?? null) !== null));
  return fields && changeId([...fields.map((field) => source[field]), ...rest]);
}

/** When the database took the change; some snapshots say 0 for it, so then when Debezium read it. */
function timeOf(sourceMs: number | null | undefined, readMs: number | null | undefined): string {
  const ms = sourceMs || readMs;
  if (ms) return new Date(ms).toISOString();
  throw refused(`source.ts_ms: ${sourceMs}, ts_ms: ${readMs}`, 'milliseconds since 1970 in one of them');
}

function isBookkeeping(payload: unknown): boolean {
  if (!isObject(payload)) return false;
  const isHeartbeat = 'ts_ms' in payload && Object.keys(payload).length === 1;
  const isTransaction = (payload.status === 'BEGIN' || payload.status === 'END') && 'event_count' in payload;
  const isSchemaChange =
    isObject(payload.source) && 'connector' in payload.source && ('ddl' in payload || 'tableChanges' in payload);
  return isHeartbeat || isTransaction || isSchemaChange;
}
