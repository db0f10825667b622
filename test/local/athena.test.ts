import { join } from 'node:path';
import {
  AthenaClient,
  BatchGetNamedQueryCommand,
  type ColumnInfo,
  GetNamedQueryCommand,
  GetQueryExecutionCommand,
  GetQueryResultsCommand,
  GetWorkGroupCommand,
  ListNamedQueriesCommand,
  ListWorkGroupsCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LocalService } from '../../local/service.ts';
import { createAthena } from '../../local/services/athena/athena.ts';
import { printDouble } from '../../local/services/athena/values.ts';
import { createFirehose } from '../../local/services/firehose/firehose.ts';
import { openParquetWriter, type ParquetWriter } from '../../local/services/firehose/parquet.ts';
import { createGlue, type Glue } from '../../local/services/glue.ts';
import { parseHiveType } from '../../local/services/hive-type.ts';
import { type Lake, openLake, provision, serve, tableProperties } from '../support/lake-services.ts';

const COLUMNS = [
  ['event_id', 'string'],
  ['event_time', 'timestamp'],
  ['host', 'string'],
  ['url', 'string'],
  ['status', 'int'],
  ['bytes', 'bigint'],
  ['ratio', 'double'],
  ['ok', 'boolean'],
  ['price', 'decimal(10,3)'],
  ['tags', 'array<string>'],
  ['attributes', 'map<string,bigint>'],
  ['place', 'struct<city:string,lat:double>'],
] as const;
const ROWS = [
  {
    event_id: 'a',
    event_time: '2026-01-01 07:05:00.123',
    host: 'x.example.com',
    url: '/a/b',
    status: 200,
    bytes: 10,
    ratio: 0.5,
    ok: true,
    price: '12.345',
    tags: ['p', 'q'],
    attributes: { k: 1 },
    place: { city: 'Kyōto', lat: 35 },
  },
  {
    event_id: 'b',
    event_time: '2026-01-01 07:55:59',
    host: 'y.example.com',
    url: '/a',
    status: 404,
    bytes: 9007199254740993n,
    ratio: 1e10,
    ok: false,
    price: null,
    tags: [],
    attributes: {},
    place: null,
  },
  {
    event_id: 'c',
    event_time: '2026-01-01 08:00:00',
    host: 'x.example.com',
    url: '',
    status: 500,
    bytes: null,
    ratio: null,
    ok: null,
    price: null,
    tags: null,
    attributes: null,
    place: null,
  },
];

let lake: Lake;
let glue: Glue;
let athena: LocalService;
let client: AthenaClient;
let endpoint: string;
let writer: ParquetWriter;
let closers: (() => Promise<void> | void)[] = [];

const view = (name: string, originalSql: string, columns: readonly (readonly [string, string])[] = []) => ({
  DatabaseName: 'millrace_dev',
  TableInput: {
    Name: name,
    TableType: 'VIRTUAL_VIEW',
    Parameters: { presto_view: 'true' },
    StorageDescriptor: { Columns: columns.map(([Name, Type]) => ({ Name, Type })) },
    ViewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify({ originalSql, catalog: 'awsdatacatalog', schema: 'millrace_dev', columns: [] })).toString('base64')} */`,
    ViewExpandedText: '/* Presto View */',
  },
});

const hourly = (location: string, over: Record<string, string> = {}) => ({
  Location: location,
  PartitionKeys: [{ Name: 'delivery_hour', Type: 'string' }],
  Parameters: {
    'projection.enabled': 'true',
    'projection.delivery_hour.type': 'date',
    'projection.delivery_hour.format': 'yyyy-MM-dd-HH',
    'projection.delivery_hour.interval': '1',
    'projection.delivery_hour.interval.unit': 'HOURS',
    'projection.delivery_hour.range': '2026-01-01-00,NOW',
    'storage.location.template': `${location}delivery_hour=\${delivery_hour}/`,
    ...over,
  },
});

async function putRows(
  key: string,
  rows: readonly unknown[],
  columns: readonly (readonly [string, string])[] = COLUMNS,
  codec = 'SNAPPY',
): Promise<void> {
  const parsed = columns.map(([name, type]) => ({ name, type: parseHiveType(type) }));
  const lines = rows.map((row) =>
    JSON.parse(JSON.stringify(row, (_key, value) => (typeof value === 'bigint' ? String(value) : value))),
  );
  const Body = await writer.write(parsed, lines, codec);
  await lake.s3.send(new PutObjectCommand({ Bucket: lake.bucket, Key: key, Body }));
}

interface Asked {
  readonly execution: QueryExecution;
  readonly columns: readonly ColumnInfo[];
  /** Without the header. */
  readonly rows: (string | undefined)[][];
  readonly header: (string | undefined)[];
}

async function settled(id: string, of = client): Promise<QueryExecution> {
  for (;;) {
    const { QueryExecution } = await of.send(new GetQueryExecutionCommand({ QueryExecutionId: id }));
    if (QueryExecution && !['QUEUED', 'RUNNING'].includes(QueryExecution.Status?.State ?? '')) return QueryExecution;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function ask(sql: string, over: Record<string, unknown> = {}): Promise<Asked> {
  const { QueryExecutionId = '' } = await client.send(
    new StartQueryExecutionCommand({
      QueryString: sql,
      WorkGroup: 'millrace-dev',
      QueryExecutionContext: { Database: 'millrace_dev' },
      ...over,
    }),
  );
  const execution = await settled(QueryExecutionId);
  if (execution.Status?.State !== 'SUCCEEDED') return { execution, columns: [], rows: [], header: [] };
  const { ResultSet } = await client.send(new GetQueryResultsCommand({ QueryExecutionId }));
  const all = (ResultSet?.Rows ?? []).map(({ Data = [] }) => Data.map(({ VarCharValue }) => VarCharValue));
  const header = execution.StatementType === 'DML' ? all.slice(0, 1) : [];
  return {
    execution,
    columns: ResultSet?.ResultSetMetadata?.ColumnInfo ?? [],
    rows: all.slice(header.length),
    header: header[0] ?? [],
  };
}

const rowsOf = async (sql: string) => {
  const { execution, rows } = await ask(sql);
  expect(execution.Status?.StateChangeReason).toBeUndefined();
  return rows;
};
const reasonOf = async (sql: string) => (await ask(sql)).execution.Status?.StateChangeReason;
const refusal = (sql: string, over: Record<string, unknown> = {}) =>
  ask(sql, over).then(
    () => 'started',
    (error: Error) => `${error.name}: ${error.message}`,
  );

beforeAll(async () => {
  lake = await openLake();
  glue = createGlue();
  writer = await openParquetWriter(lake.context.scratchDir);
  athena = await createAthena(lake.context, { glue });
  const server = await serve(athena);
  endpoint = server.endpoint;
  client = new AthenaClient({ endpoint, region: 'us-east-1', credentials: server.credentials, maxAttempts: 1 });
  closers = [() => client.destroy(), server.close, () => athena.close(), () => writer.close(), () => lake.close()];
  await provision(glue, 'AWS::Glue::Database', { DatabaseInput: { Name: 'millrace_dev' } });
  await provision(athena, 'AWS::Athena::WorkGroup', {
    Name: 'millrace-dev',
    WorkGroupConfiguration: {
      ResultConfiguration: { OutputLocation: `s3://${lake.bucket}/results/` },
      BytesScannedCutoffPerQuery: 10_000_000,
    },
  });
  const location = `s3://${lake.bucket}/tables/pages/`;
  await provision(glue, 'AWS::Glue::Table', tableProperties('pages_rows', COLUMNS, hourly(location)));
  await provision(
    glue,
    'AWS::Glue::Table',
    view(
      'pages',
      `SELECT ${COLUMNS.map(([name]) => name).join(', ')} FROM (SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY event_time) AS copy FROM pages_rows) WHERE copy = 1`,
      COLUMNS,
    ),
  );
  await putRows('tables/pages/delivery_hour=2026-01-01-07/one.parquet', ROWS);
  await putRows('tables/pages/delivery_hour=2026-01-01-08/two.parquet', ROWS.slice(1, 2));
});
afterAll(async () => {
  for (const close of closers) await close();
});

describe('Athena: tables and views', () => {
  it('reads a table and the view that reads each id once', async () => {
    expect(await rowsOf('SELECT count(*), count(DISTINCT event_id) FROM pages_rows')).toEqual([['4', '3']]);
    expect(await rowsOf('SELECT count(*) FROM pages')).toEqual([['3']]);
  });

  it('resolves names with and without database and catalogue', async () => {
    for (const name of [
      'pages',
      'millrace_dev.pages',
      'AwsDataCatalog.millrace_dev.pages',
      '"awsdatacatalog"."millrace_dev"."pages"',
      'PAGES',
    ]) {
      expect(await rowsOf(`SELECT count(*) FROM ${name} p WHERE p.host = 'x.example.com'`)).toEqual([['2']]);
    }
    expect(await rowsOf("SELECT pages.host FROM pages WHERE event_id = 'a'")).toEqual([['x.example.com']]);
    expect(await rowsOf('WITH pages AS (SELECT 1 AS one FROM pages LIMIT 1) SELECT one FROM pages')).toEqual([['1']]);
  });

  it('gives partition columns by the path, and prunes by them', async () => {
    expect(await rowsOf('SELECT delivery_hour, count(*) FROM pages_rows GROUP BY 1 ORDER BY 1')).toEqual([
      ['2026-01-01-07', '3'],
      ['2026-01-01-08', '1'],
    ]);
    expect(await rowsOf("SELECT event_id FROM pages_rows WHERE delivery_hour > '2026-01-01-07'")).toEqual([['b']]);
  });

  it('sees new objects, and not those outside of the projected range', async () => {
    const location = `s3://${lake.bucket}/tables/late/`;
    const columns = [['n', 'int']] as const;
    await provision(glue, 'AWS::Glue::Table', tableProperties('late_rows', columns, hourly(location)));
    expect(await rowsOf('SELECT count(*), max(delivery_hour) FROM late_rows')).toEqual([['0', undefined]]);
    const hour = (ms: number) => new Date(ms).toISOString().slice(0, 13).replace('T', '-');
    await putRows(`tables/late/delivery_hour=${hour(Date.now())}/now.parquet`, [{ n: 1 }], columns);
    expect(await rowsOf('SELECT sum(n) FROM late_rows')).toEqual([['1']]);
    await putRows('tables/late/delivery_hour=2025-12-31-23/before.parquet', [{ n: 10 }], columns);
    await putRows(`tables/late/delivery_hour=${hour(Date.now() + 7_200_000)}/after.parquet`, [{ n: 100 }], columns);
    await putRows('tables/late/delivery_hour=2026-01-01-7/format.parquet', [{ n: 1000 }], columns);
    await putRows('tables/late/elsewhere/other.parquet', [{ n: 10_000 }], columns);
    await putRows('tables/late/delivery_hour=2026-01-02-00/_hidden.parquet', [{ n: 100_000 }], columns);
    expect(await rowsOf('SELECT sum(n) FROM late_rows')).toEqual([['1']]);
  });

  it('projects days to come, integers and lists, in nested templates', async () => {
    const location = `s3://${lake.bucket}/tables/parts/`;
    const columns = [['n', 'int']] as const;
    const parameters = {
      'projection.enabled': 'true',
      'projection.event_day.type': 'date',
      'projection.event_day.format': 'yyyy/MM/dd',
      'projection.event_day.range': '2026-01-01,NOW+2DAYS'.replaceAll('-', '/').replace('NOW+2DAYS', 'NOW+2DAYS'),
      'projection.hr.type': 'integer',
      'projection.hr.range': '0,23',
      'projection.hr.digits': '2',
      'projection.kind.type': 'enum',
      'projection.kind.values': 'x,y',
      'storage.location.template': `${location}\${kind}/\${event_day}/\${hr}/`,
    };
    const PartitionKeys = [
      { Name: 'event_day', Type: 'string' },
      { Name: 'hr', Type: 'int' },
      { Name: 'kind', Type: 'string' },
    ];
    await provision(
      glue,
      'AWS::Glue::Table',
      tableProperties('parts', columns, { Location: location, PartitionKeys, Parameters: parameters }),
    );
    const day = (days: number) =>
      new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '/');
    await putRows(`tables/parts/x/${day(1)}/07/a.parquet`, [{ n: 1 }], columns);
    await putRows(`tables/parts/y/${day(0)}/23/a.parquet`, [{ n: 2 }], columns);
    await putRows(`tables/parts/z/${day(0)}/23/a.parquet`, [{ n: 4 }], columns);
    await putRows(`tables/parts/x/${day(0)}/24/a.parquet`, [{ n: 8 }], columns);
    await putRows(`tables/parts/x/${day(0)}/7/a.parquet`, [{ n: 16 }], columns);
    await putRows(`tables/parts/x/${day(4)}/07/a.parquet`, [{ n: 32 }], columns);
    expect(await rowsOf('SELECT n, event_day, hr, kind FROM parts ORDER BY n')).toEqual([
      ['1', day(1), '7', 'x'],
      ['2', day(0), '23', 'y'],
    ]);
  });

  it('reads files that lack a column as null, and files with more', async () => {
    const location = `s3://${lake.bucket}/tables/wider/`;
    await provision(
      glue,
      'AWS::Glue::Table',
      tableProperties(
        'wider',
        [
          ['b', 'bigint'],
          ['a', 'string'],
          ['c', 'double'],
        ],
        { Location: location },
      ),
    );
    await putRows(
      'tables/wider/1.parquet',
      [{ a: 'old', gone: 1 }],
      [
        ['a', 'string'],
        ['gone', 'int'],
      ],
    );
    await putRows(
      'tables/wider/2.parquet',
      [{ a: 'new', b: 2 }],
      [
        ['a', 'string'],
        ['b', 'int'],
      ],
    );
    expect(await rowsOf('SELECT * FROM wider ORDER BY a')).toEqual([
      ['2', 'new', undefined],
      [undefined, 'old', undefined],
    ]);
  });

  it('says what Athena says of tables, columns and views that are not there', async () => {
    expect(await reasonOf('SELECT * FROM nowhere')).toBe(
      "TABLE_NOT_FOUND: Table 'awsdatacatalog.millrace_dev.nowhere' does not exist",
    );
    expect(await reasonOf('SELECT nothing FROM pages')).toBe("COLUMN_NOT_FOUND: Column 'nothing' cannot be resolved");
    await provision(glue, 'AWS::Glue::Table', view('around', 'SELECT * FROM around'));
    expect(await reasonOf('SELECT * FROM around')).toContain('recursive view');
    const { execution } = await ask('SELECT * FROM nowhere');
    expect(execution.Status).toMatchObject({ State: 'FAILED', AthenaError: { ErrorCategory: 2, Retryable: false } });
  });
});

describe('Athena: results', () => {
  it('prints values and names types as Athena does', async () => {
    const { rows, columns, header } = await ask('SELECT * FROM pages ORDER BY event_id');
    expect(header).toEqual(COLUMNS.map(([name]) => name));
    expect(columns.map(({ Type }) => Type)).toEqual([
      'varchar',
      'timestamp',
      'varchar',
      'varchar',
      'integer',
      'bigint',
      'double',
      'boolean',
      'decimal',
      'array',
      'map',
      'row',
    ]);
    expect(columns[8]).toMatchObject({ Name: 'price', Label: 'price', Precision: 10, Scale: 3 });
    expect(rows).toEqual([
      [
        'a',
        '2026-01-01 07:05:00.123',
        'x.example.com',
        '/a/b',
        '200',
        '10',
        '0.5',
        'true',
        '12.345',
        '[p, q]',
        '{k=1}',
        '{city=Kyōto, lat=35.0}',
      ],
      [
        'b',
        '2026-01-01 07:55:59.000',
        'y.example.com',
        '/a',
        '404',
        '9007199254740993',
        '1.0E10',
        'false',
        undefined,
        '[]',
        '{}',
        undefined,
      ],
      [
        'c',
        '2026-01-01 08:00:00.000',
        'x.example.com',
        '',
        '500',
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ],
    ]);
  });

  it('prints doubles as Java does', () => {
    const printed = [
      0,
      -0,
      1,
      100,
      0.001,
      0.00099,
      1234567.5,
      9999999,
      1e7,
      12345678.9,
      1e21,
      1.5e-10,
      1 / 3,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -2.5,
    ].map((value) => printDouble(value));
    expect(printed).toEqual([
      '0.0',
      '-0.0',
      '1.0',
      '100.0',
      '0.001',
      '9.9E-4',
      '1234567.5',
      '9999999.0',
      '1.0E7',
      '1.23456789E7',
      '1.0E21',
      '1.5E-10',
      '0.3333333333333333',
      'NaN',
      'Infinity',
      '-2.5',
    ]);
    expect(printDouble(Math.fround(0.1), true)).toBe('0.1');
  });

  it('gives pages, the header on the first only', async () => {
    const sql = 'SELECT n FROM UNNEST(sequence(1, 2500)) AS t (n) ORDER BY n';
    const { execution } = await ask(sql);
    const pages: (string | undefined)[][] = [];
    for (let NextToken: string | undefined; ; ) {
      const page = await client.send(
        new GetQueryResultsCommand({ QueryExecutionId: execution.QueryExecutionId, MaxResults: 1000, NextToken }),
      );
      pages.push((page.ResultSet?.Rows ?? []).map(({ Data }) => Data?.[0]?.VarCharValue));
      NextToken = page.NextToken;
      if (!NextToken) break;
    }
    expect(pages.map((page) => page.length)).toEqual([1000, 1000, 501]);
    expect(pages.flat()).toEqual(['n', ...Array.from({ length: 2500 }, (_, index) => String(index + 1))]);
    await expect(
      client.send(new GetQueryResultsCommand({ QueryExecutionId: execution.QueryExecutionId, MaxResults: 1001 })),
    ).rejects.toThrow('MaxResults');
  });

  it('leaves the results as CSV where the workgroup wants them', async () => {
    const { execution } = await ask(`SELECT 'say "x"' AS a, CAST(NULL AS bigint) AS b, '' AS c`);
    const location = execution.ResultConfiguration?.OutputLocation ?? '';
    expect(location).toBe(`s3://${lake.bucket}/results/${execution.QueryExecutionId}.csv`);
    expect((await lake.read(location.slice(`s3://${lake.bucket}/`.length))).toString()).toBe(
      '"a","b","c"\n"say ""x""",,""\n',
    );
  });
});

describe('Athena: Trino SQL', () => {
  const one = async (expressions: string, from = '') => (await rowsOf(`SELECT ${expressions} ${from}`))[0];
  const onA = (expressions: string) => one(expressions, "FROM pages WHERE event_id = 'a'");

  it('times', async () => {
    expect(
      await onA(
        "date_trunc('hour', event_time), date_trunc('month', date '2026-03-04'), hour(event_time), year(event_time), day_of_week(event_time), minute(event_time), millisecond(event_time)",
      ),
    ).toEqual(['2026-01-01 07:00:00.000', '2026-03-01', '7', '2026', '4', '5', '123']);
    expect(
      await onA(
        "date_format(event_time, '%Y-%m-%d %H:%i:%s'), date_format(event_time, '%W %M %e'), format_datetime(event_time, 'yyyy-MM-dd''T''HH')",
      ),
    ).toEqual(['2026-01-01 07:05:00', 'Thursday January 1', '2026-01-01T07']);
    expect(
      await onA(
        "event_time + INTERVAL '1' DAY, date '2026-01-01' + INTERVAL '1' DAY, event_time - INTERVAL '30' MINUTE, date '2026-03-31' - INTERVAL '1' MONTH",
      ),
    ).toEqual(['2026-01-02 07:05:00.123', '2026-01-02', '2026-01-01 06:35:00.123', '2026-02-28']);
    // Whole units that have passed, not boundaries that were crossed
    expect(
      await one(
        "date_diff('hour', timestamp '2026-01-01 07:59:00', timestamp '2026-01-01 08:01:00'), date_diff('day', date '2026-01-01', date '2026-02-01'), date_add('month', 1, date '2026-01-31')",
      ),
    ).toEqual(['0', '31', '2026-02-28']);
    expect(
      await one(
        "from_iso8601_timestamp('2026-01-01T00:00:00Z'), from_unixtime(0), to_unixtime(timestamp '1970-01-01 00:00:01.5'), date_parse('02/01/2026', '%d/%m/%Y'), date('2026-01-01'), to_iso8601(timestamp '2026-01-01 00:00:00')",
      ),
    ).toEqual([
      '2026-01-01 00:00:00.000 UTC',
      '1970-01-01 00:00:00.000 UTC',
      '1.5',
      '2026-01-02 00:00:00.000',
      '2026-01-01',
      '2026-01-01T00:00:00.000',
    ]);
    expect(
      await rowsOf(
        "SELECT event_id FROM pages WHERE event_time >= from_iso8601_timestamp('2026-01-01T07:30:00Z') AND event_time < timestamp '2026-01-01 08:00:00'",
      ),
    ).toEqual([['b']]);
    expect(
      await one(
        "now() > timestamp '2020-01-01 00:00:00', extract(year FROM date '2026-05-01'), current_date > date '2020-01-01'",
      ),
    ).toEqual(['true', '2026', 'true']);
    expect(
      await rowsOf(
        "SELECT date_diff('second', min(event_time), max(event_time)), date_format(max(event_time), '%H:%i'), hour(max(event_time)), date_trunc('hour', max(event_time)) FROM pages",
      ),
    ).toEqual([['3299', '08:00', '8', '2026-01-01 08:00:00.000']]);
  });

  it('numbers', async () => {
    expect(await one('7/2, -7/2, 7 % 4, 1.0/3, 7/2.0, 100.0 * 5 / 7, 1e0/3, 1e0/0, 2.5 * 2')).toEqual([
      '3',
      '-3',
      '3',
      '0.3',
      '3.5',
      '71.4',
      '0.3333333333333333',
      'Infinity',
      '5.0',
    ]);
    expect(
      await rowsOf(
        "SELECT count_if(status >= 400) * 100.0 / count(*), sum(bytes) / count(*), avg(status) FROM pages WHERE event_id <> 'b'",
      ),
    ).toEqual([['50.0', '5', '350.0']]);
    expect(
      await one(
        'round(2.5e0), round(1.2345e0, 2), floor(-1.5e0), ceil(5), truncate(-1.7e0), mod(7, 3), power(2, 10), sign(-3), sqrt(-1e0)',
      ),
    ).toEqual(['3.0', '1.23', '-2.0', '5', '-1.0', '1', '1024.0', '-1', 'NaN']);
    expect(
      await one(
        "try_cast('x' AS integer), try_cast('1.5' AS bigint), cast('12' AS integer), cast(2.5e0 AS bigint), try(1/0), cast(1.5 AS integer), cast(true AS integer)",
      ),
    ).toEqual([undefined, undefined, '12', '3', undefined, '2', '1']);
    expect(await reasonOf('SELECT 1/0')).toBe('DIVISION_BY_ZERO: Division by zero');
    expect(await reasonOf('SELECT bytes / (bytes - 10) FROM pages')).toBe('DIVISION_BY_ZERO: Division by zero');
    expect(await reasonOf('SELECT 1.0/0')).toBe('DIVISION_BY_ZERO: Division by zero');
    expect(await reasonOf('SELECT 5 % 0')).toBe('DIVISION_BY_ZERO: Division by zero');
    expect(await reasonOf("SELECT cast('1.5' AS bigint)")).toContain('INVALID_CAST_ARGUMENT');
    expect(await reasonOf('SELECT 9223372036854775807 + 1')).toContain('NUMERIC_VALUE_OUT_OF_RANGE');
    expect(await reasonOf('SELECT sum(x) FROM (VALUES 9223372036854775807, 1) AS t (x)')).toContain(
      'NUMERIC_VALUE_OUT_OF_RANGE',
    );
    expect(await one('CASE WHEN 1 = 2 THEN 1/0 ELSE 4 END')).toEqual(['4']);
  });

  it('text', async () => {
    expect(
      await onA(
        "split_part(url, '/', 2), split_part(url, '/', 9), regexp_like(url, '^/a'), regexp_extract(url, '/(\\w)/', 1), regexp_extract(url, 'z'), regexp_replace(url, '/(\\w)', '[$1]'), strpos(url, 'b')",
      ),
    ).toEqual(['a', undefined, 'true', 'a', undefined, '[a][b]', '4']);
    expect(
      await one(
        "'a' || 'b', 'a' || NULL, concat('a', 'b', 'c'), concat('a', NULL), substr('abc', 2), substring('abc', -2, 1), substr('abc', 0), length('é🤦'), trim(' x '), upper('é'), replace('aba', 'a', 'x'), position('b' IN 'abc')",
      ),
    ).toEqual(['ab', undefined, 'abc', undefined, 'bc', 'b', '', '2', 'x', 'É', 'xbx', '2']);
    expect(
      await one(
        "greatest(1, NULL), least(3, 2), coalesce(NULL, 'x'), nullif(1, 1), if(1 > 2, 'a', 'b'), 'abc' LIKE 'a%', lpad('7', 3, '0'), starts_with('abc', 'ab'), reverse('ab')",
      ),
    ).toEqual([undefined, '2', 'x', undefined, 'b', 'true', '007', 'true', 'ba']);
    expect(
      await onA(
        "cast(event_time AS varchar), cast(bytes AS varchar) || '!', cast(price AS varchar), cast('abcdef' AS varchar(3))",
      ),
    ).toEqual(['2026-01-01 07:05:00.123', '10!', '12.345', 'abc']);
    expect(
      await one(
        "url_extract_host('https://u@x.org:80/p?q=1#f'), url_extract_path('https://x.org/p/q?r'), url_extract_query('https://x.org/p?q=1#f'), to_hex(md5(to_utf8('a')))",
      ),
    ).toEqual(['x.org', '/p/q', 'q=1', '0CC175B9C0F1B6A831C399E269772661']);
    expect(
      await one(
        `json_extract_scalar('{"a":{"b":1}}', '$.a.b'), json_extract_scalar('{"a":{}}', '$.a'), json_extract_scalar('no', '$.a'), json_array_length('[1,2]')`,
      ),
    ).toEqual(['1', undefined, undefined, '2']);
    expect(await reasonOf("SELECT 'a' || 1")).toContain('FUNCTION_NOT_FOUND');
    expect(await reasonOf('SELECT upper(1)')).toContain('FUNCTION_NOT_FOUND');
  });

  it('arrays, maps and rows', async () => {
    expect(
      await onA(
        "cardinality(tags), cardinality(attributes), tags[1], element_at(tags, 9), attributes['k'], element_at(attributes, 'z'), place.city, contains(tags, 'p'), array_join(tags, '-')",
      ),
    ).toEqual(['2', '1', 'p', undefined, '1', undefined, 'Kyōto', 'true', 'p-q']);
    expect(await rowsOf('SELECT event_id, tag FROM pages CROSS JOIN UNNEST(tags) AS t (tag) ORDER BY tag')).toEqual([
      ['a', 'p'],
      ['a', 'q'],
    ]);
    expect(
      await rowsOf('SELECT tag, n FROM pages CROSS JOIN UNNEST(tags) WITH ORDINALITY AS t (tag, n) ORDER BY n'),
    ).toEqual([
      ['p', '1'],
      ['q', '2'],
    ]);
    expect(
      await one(
        'transform(ARRAY[1, 2], x -> x * 10), filter(ARRAY[1, 2, 3], x -> x > 1), array_max(ARRAY[1, NULL]), array_sort(ARRAY[3, 1]), sequence(1, 3), slice(ARRAY[1, 2, 3], 2, 2), flatten(ARRAY[ARRAY[1], ARRAY[2]])',
      ),
    ).toEqual(['[10, 20]', '[2, 3]', undefined, '[1, 3]', '[1, 2, 3]', '[2, 3]', '[1, 2]']);
    expect(await reasonOf("SELECT tags[3] FROM pages WHERE event_id = 'a'")).toContain(
      'INVALID_FUNCTION_ARGUMENT: Array subscript',
    );
    expect(await reasonOf("SELECT attributes['z'] FROM pages WHERE event_id = 'a'")).toContain(
      'Key not present in map',
    );
  });

  it('comments, quotes and a last semicolon', async () => {
    expect(await rowsOf('SELECT /* a; */ \'it\'\'s -- no\', 1 AS "q""q" -- b\nFROM pages -- c\nLIMIT 1;')).toEqual([
      ["it's -- no", '1'],
    ]);
    expect(await refusal('SELECT 1 -- comment é🤦\n, nope(')).toMatch(/^InvalidRequestException: line 2/);
  });

  it('aggregates and windows', async () => {
    expect(
      await rowsOf(
        'SELECT approx_distinct(host), count_if(ok), max_by(event_id, bytes), array_agg(event_id ORDER BY event_id), sum(status) FILTER (WHERE status > 200), approx_percentile(status, 0.5), bool_or(ok), count(bytes), min(url) FROM pages',
      ),
    ).toEqual([['2', '1', 'b', '[a, b, c]', '904', '404', 'true', '2', '']]);
    expect(
      await rowsOf(
        'SELECT host, count(*) AS n, grouping(host) FROM pages GROUP BY ROLLUP (host) ORDER BY n DESC, host',
      ),
    ).toEqual([
      [undefined, '3', '1'],
      ['x.example.com', '2', '0'],
      ['y.example.com', '1', '0'],
    ]);
    expect(
      await rowsOf(
        'SELECT event_id, row_number() OVER (PARTITION BY host ORDER BY event_time DESC), lag(event_id) OVER (ORDER BY event_time), sum(status) OVER (ORDER BY event_time) FROM pages ORDER BY 1',
      ),
    ).toEqual([
      ['a', '2', undefined, '200'],
      ['b', '1', 'a', '604'],
      ['c', '1', 'b', '1104'],
    ]);
    const { header } = await ask('SELECT host, count(*), max(bytes) AS most FROM pages GROUP BY host');
    expect(header).toEqual(['host', '_col1', 'most']);
    expect(await rowsOf('SELECT event_id FROM pages ORDER BY bytes DESC LIMIT 1')).toEqual([['b']]);
    expect(await rowsOf('SELECT bytes FROM pages ORDER BY bytes')).toEqual([['10'], ['9007199254740993'], [undefined]]);
    expect(await rowsOf('SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 2')).toEqual([['1']]);
    const scalars = 'SELECT 1, (SELECT 2) UNION ALL SELECT 3, (SELECT 4) UNION ALL SELECT 5, (SELECT 6) ORDER BY 1';
    expect(await rowsOf(scalars)).toEqual([
      ['1', '2'],
      ['3', '4'],
      ['5', '6'],
    ]);
    expect(await rowsOf('SELECT _col0 + 1 FROM (SELECT count(*) FROM pages)')).toEqual([['4']]);
    expect(await rowsOf('SELECT bytes / 10, count(*) FROM pages WHERE bytes < 100 GROUP BY bytes / 10')).toEqual([
      ['1', '1'],
    ]);
  });

  it('takes words that DuckDB reserves for names, as Trino does', async () => {
    const location = `s3://${lake.bucket}/tables/reserved/`;
    const columns = [
      ['at', 'bigint'],
      ['localtime', 'string'],
      ['current_date', 'string'],
    ] as const;
    await provision(glue, 'AWS::Glue::Table', tableProperties('reserved_rows', columns, { Location: location }));
    const sql = 'SELECT at, "localtime", "current_date" FROM reserved_rows';
    await provision(glue, 'AWS::Glue::Table', view('reserved', sql, columns));
    await putRows('tables/reserved/1.parquet', [{ at: 7, localtime: 'l', current_date: 'c' }], columns);

    const { header, rows } = await ask('SELECT at, r.at AS limit_at, "localtime" FROM reserved r ORDER BY at LIMIT 2');
    expect([header, ...rows]).toEqual([
      ['at', 'limit_at', 'localtime'],
      ['7', '7', 'l'],
    ]);
    for (const [query, expected] of [
      ['SELECT at.at, at.* FROM reserved_rows AS at (at, b, c) WHERE at.at = 7', ['7', '7', 'l', 'c']],
      ['WITH at (at, qualify) AS (SELECT at, 1 FROM reserved) SELECT at + qualify FROM at', ['8']],
      ['SELECT at FROM UNNEST(ARRAY[3]) WITH ORDINALITY AS t (at, pivot) WHERE pivot = 1', ['3']],
      ['SELECT asof FROM (VALUES 1) AS positional (asof)', ['1']],
      ['SELECT at FROM reserved JOIN (SELECT 7 AS at) AS o USING (at)', ['7']],
      ['SELECT transform(ARRAY[1], at -> at + 1)', ['[2]']],
      ['SELECT sum(at) OVER (PARTITION BY at ORDER BY at) FROM reserved GROUP BY at', ['7']],
      ['SELECT CAST(row(1, 2) AS row(at int, "Localtime" bigint)).at', ['1']],
      ['SELECT count(*) FROM "reserved" AS "localtime" WHERE "localtime"."current_date" = \'c\'', ['1']],
    ] as const)
      expect(await rowsOf(query)).toEqual([expected]);
    expect(await rowsOf("SELECT localtimestamp IS NOT NULL, current_date > DATE '2020-01-01'")).toEqual([
      ['true', 'true'],
    ]);
  });

  it('never takes a quoted identifier for a function', async () => {
    expect(await rowsOf('SELECT "localtime" FROM (SELECT 1 AS "localtime")')).toEqual([['1']]);
    const { header, rows } = await ask(
      'SELECT 2 AS "current_date", "current_timestamp" FROM (SELECT 3 AS "current_timestamp")',
    );
    expect([header, ...rows]).toEqual([
      ['current_date', 'current_timestamp'],
      ['2', '3'],
    ]);
    expect((await ask('SELECT "current_date" FROM (SELECT 2 AS "current_date")')).header).toEqual(['current_date']);
    for (const name of ['current_date', 'current_time', 'current_timestamp', 'localtime', 'localtimestamp', 'user'])
      expect(await reasonOf(`SELECT "${name}"`)).toBe(`COLUMN_NOT_FOUND: Column '${name}' cannot be resolved`);
    expect(await rowsOf('SELECT current_timestamp(3) IS NOT NULL')).toEqual([['true']]);
    expect(await refusal('SELECT "a" "b" "c"')).not.toContain('\u0001');
  });

  it('gives decimal literals their own precision and scale', async () => {
    const { rows, columns } = await ask(
      "SELECT decimal '1.5', DECIMAL /* c */ '-007.250', decimal '0.05', decimal '0'",
    );
    expect(rows).toEqual([['1.5', '-7.250', '0.05', '0']]);
    expect(columns.map(({ Precision, Scale }) => [Precision, Scale])).toEqual([
      [2, 1],
      [4, 3],
      [2, 2],
      [1, 0],
    ]);
    expect(await rowsOf("SELECT cast('1.5' AS decimal), cast(ARRAY['2.5'] AS array(decimal))")).toEqual([['2', '[3]']]);
    for (const literal of ["'1.5x'", "''", `'${'9'.repeat(39)}'`])
      expect(await reasonOf(`SELECT decimal ${literal}`)).toContain('is not a valid DECIMAL literal');
  });

  it('keeps each field of a row, or refuses it', async () => {
    for (const sql of ['row(1, 2, 3)', 'ARRAY[row(1, 2)]', '(1, 2)', "map(ARRAY['k'], ARRAY[row(1, 2)])"])
      expect(await reasonOf(`SELECT ${sql}`)).toContain('row without names of its fields is not emulated locally');
    expect(await rowsOf("SELECT CAST(row(1, 'x') AS row(n int, t varchar)), row(1, 2) = row(1, 2)")).toEqual([
      ['{n=1, t=x}', 'true'],
    ]);
  });

  it('keeps columns of the same name', async () => {
    const { header, rows } = await ask('SELECT 1 AS a, 2 AS a, x.n, y.n FROM (SELECT 3 AS n) x, (SELECT 4 AS n) y');
    expect([header, ...rows]).toEqual([
      ['a', 'a', 'n', 'n'],
      ['1', '2', '3', '4'],
    ]);
  });

  it('refuses recursion, which Trino ends at a depth', async () => {
    const sql = 'WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT sum(n) FROM t';
    expect(await reasonOf(sql)).toContain('NOT_SUPPORTED: WITH RECURSIVE is not emulated locally');
  });

  it('refuses what it would answer wrongly, and what Trino does not have', async () => {
    expect(await reasonOf("SELECT event_time AT TIME ZONE 'Asia/Tokyo' FROM pages")).toContain('not emulated locally');
    expect(await reasonOf("SELECT date_format(event_time, '%U') FROM pages")).toContain('%U is not emulated locally');
    expect(await reasonOf('SELECT cast(ratio AS varchar) FROM pages')).toContain('not emulated locally');
    expect(await reasonOf("SELECT list_aggregate([1], 'sum')")).toContain('FUNCTION_NOT_FOUND');
    expect(await reasonOf("SELECT initcap('a')")).toContain('FUNCTION_NOT_FOUND');
    expect(await refusal('SELEC 1')).toMatch(/^InvalidRequestException: line 1:/);
    expect(await refusal('SELECT 1; SELECT 2')).toContain('Only one sql statement is allowed');
    for (const sql of [
      'INSERT INTO pages SELECT * FROM pages',
      'DROP TABLE pages',
      "COPY pages TO '/tmp/x'",
      "ATTACH '/tmp/x'",
      "SET memory_limit = '1GB'",
      'CREATE TABLE x AS SELECT 1',
      'PRAGMA version',
      '',
    ]) {
      expect(await refusal(sql)).toMatch(/^InvalidRequestException/);
    }
  });

  it('opens no file of this machine to a query', async () => {
    for (const sql of [
      "SELECT * FROM read_csv('/etc/passwd')",
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM '/etc/passwd'",
      'SELECT * FROM "/etc/passwd"',
      "SELECT getenv('HOME')",
      "SELECT * FROM glob('/*')",
      'SELECT * FROM duckdb_settings()',
      'SELECT * FROM pragma_version()',
      'SELECT * FROM sqlite_master',
    ]) {
      expect(await reasonOf(sql)).toMatch(/^(?:FUNCTION_NOT_FOUND|TABLE_NOT_FOUND)/);
    }
  });
});

describe('Athena: API', () => {
  it('keeps named queries and workgroups', async () => {
    const { ref } = await provision(athena, 'AWS::Athena::NamedQuery', {
      Name: 'errors',
      Description: 'd',
      Database: 'millrace_dev',
      QueryString: 'SELECT 1',
      WorkGroup: 'millrace-dev',
    });
    expect(await client.send(new ListNamedQueriesCommand({ WorkGroup: 'millrace-dev' }))).toMatchObject({
      NamedQueryIds: [ref],
    });
    const { NamedQuery } = await client.send(new GetNamedQueryCommand({ NamedQueryId: ref }));
    expect(NamedQuery).toEqual({
      NamedQueryId: ref,
      Name: 'errors',
      Description: 'd',
      Database: 'millrace_dev',
      QueryString: 'SELECT 1',
      WorkGroup: 'millrace-dev',
    });
    const batch = await client.send(new BatchGetNamedQueryCommand({ NamedQueryIds: [ref, 'no'] }));
    expect(batch.NamedQueries).toHaveLength(1);
    expect(batch.UnprocessedNamedQueryIds).toMatchObject([{ NamedQueryId: 'no' }]);
    const { WorkGroups = [] } = await client.send(new ListWorkGroupsCommand({}));
    expect(WorkGroups.map(({ Name }) => Name)).toEqual(['primary', 'millrace-dev']);
    const { WorkGroup } = await client.send(new GetWorkGroupCommand({ WorkGroup: 'millrace-dev' }));
    expect(WorkGroup?.Configuration).toMatchObject({ BytesScannedCutoffPerQuery: 10_000_000 });
  });

  it('refuses what Athena refuses', async () => {
    expect(await refusal('SELECT 1', { WorkGroup: 'no' })).toBe('InvalidRequestException: WorkGroup no is not found.');
    expect(await refusal('SELECT 1', { WorkGroup: 'primary' })).toContain('No output location provided');
    await expect(client.send(new GetQueryExecutionCommand({ QueryExecutionId: 'no' }))).rejects.toThrow(
      'was not found',
    );
    const failed = await ask('SELECT 1/0');
    await expect(
      client.send(new GetQueryResultsCommand({ QueryExecutionId: failed.execution.QueryExecutionId })),
    ).rejects.toThrow('Final query state: FAILED');
    await expect(
      provision(athena, 'AWS::Athena::WorkGroup', {
        Name: 'w',
        WorkGroupConfiguration: { BytesScannedCutoffPerQuery: 1 },
      }),
    ).rejects.toThrow('at least 10000000');
  });

  it('stops a query that runs', async () => {
    const { QueryExecutionId = '' } = await client.send(
      new StartQueryExecutionCommand({
        QueryString:
          'SELECT count(*) FROM UNNEST(sequence(1, 1000000)) AS a (x) CROSS JOIN UNNEST(sequence(1, 1000000)) AS b (y) WHERE x * y % 7 = 3',
        WorkGroup: 'millrace-dev',
      }),
    );
    const state = async () =>
      (await client.send(new GetQueryExecutionCommand({ QueryExecutionId }))).QueryExecution?.Status?.State;
    expect(await state()).toBe('RUNNING');
    await client.send(new StopQueryExecutionCommand({ QueryExecutionId }));
    expect((await settled(QueryExecutionId)).Status?.State).toBe('CANCELLED');
  });

  it('fails a query that runs too long', async () => {
    const context = { ...lake.context, scratchDir: join(lake.context.scratchDir, 'timed') };
    const timed = await createAthena(context, { glue, queryTimeoutMs: 100 });
    const server = await serve(timed);
    const hasty = new AthenaClient({
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: server.credentials,
      maxAttempts: 1,
    });
    const { QueryExecutionId = '' } = await hasty.send(
      new StartQueryExecutionCommand({
        QueryString:
          'SELECT count(*) FROM UNNEST(sequence(1, 1000000)) AS a (x) CROSS JOIN UNNEST(sequence(1, 1000000)) AS b (y) WHERE x * y % 7 = 3',
        ResultConfiguration: { OutputLocation: `s3://${lake.bucket}/results/` },
      }),
    );
    const { Status } = await settled(QueryExecutionId, hasty);
    hasty.destroy();
    await server.close();
    await timed.close();
    expect(Status?.State).toBe('FAILED');
    expect(Status?.StateChangeReason).toBe('EXCEEDED_TIME_LIMIT: Query exceeded the local time limit of 0.1 seconds');
  });

  it('answers SHOW and DESCRIBE without a header', async () => {
    expect((await rowsOf('SHOW DATABASES')).flat()).toEqual(['millrace_dev']);
    expect((await rowsOf("SHOW TABLES IN millrace_dev 'pages*'")).flat()).toEqual(['pages', 'pages_rows']);
    expect((await rowsOf('SHOW VIEWS')).flat()).toContain('pages');
    expect((await rowsOf('SHOW PARTITIONS pages_rows')).flat()).toEqual([]);
    expect((await rowsOf('DESCRIBE pages_rows')).flat()[0]).toBe(
      `${'event_id'.padEnd(20)}\t${'string'.padEnd(20)}\t${''.padEnd(20)}`,
    );
    expect((await rowsOf('SHOW CREATE VIEW pages')).flat()[0]).toBe('CREATE VIEW awsdatacatalog.millrace_dev.pages AS');
    expect(await reasonOf('DESCRIBE nowhere')).toContain('TABLE_NOT_FOUND');
  });
});

describe('Athena over what Firehose delivered', () => {
  it('answers over 30,000 rows', async () => {
    const location = `s3://${lake.bucket}/tables/delivered/`;
    const columns = [
      ['event_id', 'string'],
      ['event_time', 'timestamp'],
      ['host', 'string'],
      ['bytes', 'bigint'],
    ] as const;
    await provision(glue, 'AWS::Glue::Table', tableProperties('delivered_rows', columns, hourly(location)));
    await provision(
      glue,
      'AWS::Glue::Table',
      view(
        'delivered',
        'SELECT event_id, event_time, host, bytes FROM (SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY delivery_hour) AS copy FROM delivered_rows) WHERE copy = 1',
      ),
    );
    const firehose = createFirehose(lake.context, { glue, bufferSeconds: 600 });
    await provision(firehose, 'AWS::KinesisFirehose::DeliveryStream', {
      DeliveryStreamName: 'delivered',
      ExtendedS3DestinationConfiguration: {
        BucketARN: `arn:aws:s3:::${lake.bucket}`,
        RoleARN: 'arn:aws:iam::0:role/r',
        Prefix: 'tables/delivered/delivery_hour=!{timestamp:yyyy-MM-dd-HH}/',
        ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
        DataFormatConversionConfiguration: {
          InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
          OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
          SchemaConfiguration: {
            DatabaseName: 'millrace_dev',
            TableName: 'delivered_rows',
            RoleARN: 'arn:aws:iam::0:role/r',
          },
        },
      },
    });
    const server = await serve(firehose);
    const puts = new FirehoseClient({
      endpoint: server.endpoint,
      region: 'us-east-1',
      credentials: server.credentials,
    });
    for (let at = 0; at < 30_000; at += 5000) {
      const rows = Array.from({ length: 5000 }, (_, i) =>
        JSON.stringify({
          event_id: `id-${at + i}`,
          event_time: `1995-08-01T0${(at + i) % 10}:00:00.000Z`,
          host: `h${(at + i) % 100}`,
          bytes: at + i,
        }),
      );
      await puts.send(
        new PutRecordBatchCommand({
          DeliveryStreamName: 'delivered',
          Records: [{ Data: Buffer.from(rows.join('\n')) }],
        }),
      );
    }
    await firehose.close();
    await server.close();
    puts.destroy();
    const { rows, execution } = await ask(
      'SELECT count(*), count(DISTINCT host), sum(bytes), min(event_time) FROM delivered',
    );
    expect(rows).toEqual([['30000', '100', '449985000', '1995-08-01 00:00:00.000']]);
    expect(execution.Statistics?.TotalExecutionTimeInMillis).toBeLessThan(5000);
    expect(execution.Statistics?.DataScannedInBytes).toBeGreaterThan(0);
  });
});
