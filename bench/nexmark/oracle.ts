import { DuckDBInstance } from '@duckdb/node-api';
import type { CloudEvent, EventType } from '../../core/event/index.ts';
import { Auction, Bid, Person } from './events.ts';
import type { Row } from './rows.ts';

export interface Answer {
  /** In lower case. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** DuckDB over the same events: tables `person`, `auction` and `bid` with the events' fields and `eventId`, which is in
 *  the order in which they happened. */
export interface Oracle {
  answer(sql: string): Promise<Answer>;
  /** Takes these events in place of those before. */
  load(events: readonly CloudEvent[]): Promise<void>;
  close(): void;
}

export async function openOracle(): Promise<Oracle> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run('CREATE TABLE event (id VARCHAR, type VARCHAR, data JSON)');
  return {
    async load(events) {
      await connection.run('DELETE FROM event');
      const appender = await connection.createAppender('event');
      for (const { id, type, data } of events) {
        for (const text of [id, type, JSON.stringify(data)]) appender.appendVarchar(text);
        appender.endRow();
      }
      appender.closeSync();
      for (const [table, type] of Object.entries({ person: Person, auction: Auction, bid: Bid }))
        await connection.run(tableOf(table, type));
    },
    async answer(sql) {
      const reader = await connection.runAndReadAll(sql);
      const columns = reader.columnNames().map((name) => name.toLowerCase());
      const rows = reader
        .getRowsJS()
        .map((row) => Object.fromEntries(row.map((value, i) => [columns[i], plain(value)])));
      return { columns, rows };
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function tableOf(table: string, { type, schema }: EventType): string {
  const fields = Object.entries(schema._zod.def.shape).map(([field, { _zod }]) => {
    const { def } = _zod;
    if (def.type === 'number') return `(data ->> '${field}')::BIGINT AS ${field}`;
    return `(data ->> '${field}')${'format' in def && def.format === 'datetime' ? '::TIMESTAMP' : ''} AS ${field}`;
  });
  return `CREATE OR REPLACE TABLE ${table} AS SELECT id AS eventId, ${fields.join(', ')} FROM event WHERE type = '${type}'`;
}

/** A value as the lake's rows have it. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Date ? value.toISOString() : value;
}
