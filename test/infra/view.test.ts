import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LakeTable } from '../../core/pipeline/plan.ts';
import { quarantineTable } from '../../core/pipeline/quarantine.ts';
import { partitionLayout } from '../../infra/catalog/partition.ts';
import { copiesQueries, quarantineQueries } from '../../infra/catalog/queries.ts';
import { trinoType } from '../../infra/catalog/trino-type.ts';
import { distinctSql, viewText } from '../../infra/catalog/view.ts';
import { orders } from './plan.ts';

const [byHour, byDay] = orders.tables as [LakeTable, LakeTable];

describe('the view of a table', () => {
  it('reads each event once, with keys that let Athena filter by time before it counts copies', () => {
    expect(distinctSql(byHour)).toBe(
      `SELECT "event_id", "event_source", "event_time", "shard_id", "sequence_number", "customer", "total", "lines", "delivery_hour"
FROM (
  SELECT *, row_number() OVER (PARTITION BY "event_source", "event_id", "event_time" ORDER BY "sequence_number", "shard_id", "delivery_hour") AS "copy#"
  FROM "orders_rows"
) AS numbered
WHERE "copy#" = 1`,
    );
    expect(distinctSql(byDay)).toContain('PARTITION BY "event_source", "event_id", "event_time", "event_day" ORDER BY');
  });

  it('is kept as Athena keeps views, with the types that Athena reads', () => {
    const encoded = /^\/\* Presto View: (\S+) \*\/$/.exec(viewText(byHour, 'millrace_dev'))?.[1] ?? '';
    expect(JSON.parse(Buffer.from(encoded, 'base64').toString())).toEqual({
      originalSql: distinctSql(byHour),
      catalog: 'awsdatacatalog',
      schema: 'millrace_dev',
      columns: [
        { name: 'event_id', type: 'varchar' },
        { name: 'event_source', type: 'varchar' },
        { name: 'event_time', type: 'timestamp(3)' },
        { name: 'shard_id', type: 'varchar' },
        { name: 'sequence_number', type: 'varchar' },
        { name: 'customer', type: 'varchar' },
        { name: 'total', type: 'double' },
        { name: 'lines', type: 'array(row("sku" varchar))' },
        { name: 'delivery_hour', type: 'varchar' },
      ],
    });
  });
});

describe('on rows', () => {
  let db: DuckDBInstance;
  const query = async (sql: string) => {
    const connection = await db.connect();
    try {
      return (await connection.runAndReadAll(sql)).getRowObjectsJson();
    } finally {
      connection.closeSync();
    }
  };
  const create = async (table: LakeTable) => {
    const columns = [...table.columns, partitionLayout(table).column];
    const types: Record<string, string> = { string: 'varchar', 'array<struct<sku:string>>': 'struct(sku varchar)[]' };
    await query(
      `CREATE TABLE ${table.name}_rows (${columns.map(({ name, type }) => `"${name}" ${types[type] ?? type}`).join(', ')})`,
    );
    await query(`CREATE VIEW ${table.name} AS ${distinctSql(table)}`);
  };

  beforeAll(async () => {
    db = await DuckDBInstance.create(':memory:');
    for (const table of [...orders.tables, quarantineTable]) await create(table);
    await query(`INSERT INTO orders_rows VALUES
      ('1', '/shop', '2026-02-01 10:00:00', 'shard-0', '0002', 'ann', 5, [], '2026-02-01-10'),
      ('1', '/shop', '2026-02-01 10:00:00', 'shard-0', '0001', 'ann', 5, [], '2026-02-01-11'),
      ('1', '/shop', '2026-02-01 10:00:00', 'shard-0', '0001', 'ann', 5, [], '2026-02-01-10'),
      ('1', '/other', '2026-02-01 10:00:00', 'shard-0', '0003', 'bob', 7, [], '2026-02-01-10'),
      ('2', '/shop', '2026-02-01 10:00:00', 'shard-1', '0001', 'bob', 7, [], '2026-02-01-10')`);
  });
  afterAll(() => db.closeSync());

  it('keeps one copy of each event, the first in the stream', async () => {
    const rows = await query('SELECT event_source, event_id, sequence_number, delivery_hour FROM orders ORDER BY ALL');
    expect(rows).toEqual([
      { event_source: '/other', event_id: '1', sequence_number: '0003', delivery_hour: '2026-02-01-10' },
      { event_source: '/shop', event_id: '1', sequence_number: '0001', delivery_hour: '2026-02-01-10' },
      { event_source: '/shop', event_id: '2', sequence_number: '0001', delivery_hour: '2026-02-01-10' },
    ]);
  });

  it('tells an operator how many copies are held back', async () => {
    const [copies] = copiesQueries(orders);
    expect(await query(copies?.sql ?? '')).toEqual([
      { table_name: 'orders', stored_rows: '5', distinct_rows: '3' },
      { table_name: 'orders_by_day', stored_rows: '0', distinct_rows: '0' },
    ]);
    expect(copiesQueries({ ...orders, tables: [] })).toEqual([]);
  });

  it.each(quarantineQueries.map(({ name, sql }) => [name, sql]))('answers %s', async (_name, sql) => {
    expect(await query(sql)).toEqual([]);
  });
});

describe('trinoType', () => {
  it.each([
    ['string', 'varchar'],
    ['int', 'integer'],
    ['float', 'real'],
    ['binary', 'varbinary'],
    ['decimal(18,2)', 'decimal(18,2)'],
    ['map<string,array<bigint>>', 'map(varchar,array(bigint))'],
    ['struct<a:string,b:struct<c:date>>', 'row("a" varchar,"b" row("c" date))'],
  ])('reads %s as %s', (hive, trino) => {
    expect(trinoType(hive)).toBe(trino);
  });

  it.each(['text', 'array<string', 'array string>', 'struct<a string>', 'map<string>', 'string>', '', 'toString'])(
    'refuses %j',
    (hive) => expect(() => trinoType(hive)).toThrow(`Hive type '${hive}': expected`),
  );
});
