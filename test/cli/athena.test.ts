import { AthenaClient } from '@aws-sdk/client-athena';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { runQuery } from '../../cli/athena.ts';
import { savedQuery } from '../../cli/saved-query.ts';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import { jsonApi, type Operations } from '../../local/services/json-api.ts';

const outputs = { workgroupName: 'wg', databaseName: 'db' };
const row = (...values: readonly (string | undefined)[]) => ({
  Data: values.map((VarCharValue) => ({ VarCharValue })),
});
const columns = [
  ['name', 'varchar'],
  ['n', 'bigint'],
  ['share', 'double'],
  ['ok', 'boolean'],
  ['at', 'timestamp'],
];
const ResultSetMetadata = { ColumnInfo: columns.map(([Name, Type]) => ({ Name, Type })) };

/** Pages of a result, and the states its execution goes through. */
let pages: readonly unknown[] = [];
let states: object[] = [];
let started: unknown;

const operations: Operations = {
  StartQueryExecution: (input) => {
    started = input;
    return { QueryExecutionId: 'q' };
  },
  GetQueryExecution: () => ({
    QueryExecution: {
      Status: states.length > 1 ? states.shift() : states[0],
      Statistics: { DataScannedInBytes: 12, TotalExecutionTimeInMillis: 34 },
    },
  }),
  GetQueryResults: ({ NextToken = '0' }) => {
    const at = Number(NextToken);
    return {
      ResultSet: { Rows: pages[at], ResultSetMetadata },
      ...(at + 1 < pages.length && { NextToken: String(at + 1) }),
    };
  },
  ListNamedQueries: ({ NextToken, WorkGroup }) =>
    NextToken
      ? { NamedQueryIds: ['3', '4'] }
      : { NamedQueryIds: WorkGroup === 'wg' ? ['1', '2'] : [], NextToken: 'more' },
  BatchGetNamedQuery: ({ NamedQueryIds }) => ({
    NamedQueries: NamedQueryIds.map((id: string) => ({
      Name: ['', 'a/top', 'a/only', 'b/top', 'top/all'][Number(id)],
      QueryString: `SELECT ${id}`,
    })),
  }),
};

describe('queries', () => {
  let gateway: Gateway;
  let athena: AthenaClient;
  beforeAll(async () => {
    gateway = await openGateway(0);
    gateway.serve([{ scopes: ['athena'], provisions: {}, handle: jsonApi(operations), close: async () => {} }]);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    athena = new AthenaClient({ endpoint: gateway.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  });
  beforeEach(() => {
    pages = [];
    states = [{ State: 'SUCCEEDED' }];
  });
  afterAll(async () => {
    athena.destroy();
    await gateway.close();
  });

  it('waits, joins pages, drops the header and types the values', async () => {
    states = [{ State: 'QUEUED' }, { State: 'RUNNING' }, { State: 'SUCCEEDED' }];
    pages = [
      [row('name', 'n', 'share', 'ok', 'at'), row('a', '9007199254740991', '0.5', 'true', '1995-08-01 00:00:00.000')],
      [row(undefined, '9007199254740993', 'NaN', 'false', undefined)],
    ];
    const result = await runQuery('SELECT 1', { athena, outputs });
    expect(started).toMatchObject({
      QueryString: 'SELECT 1',
      WorkGroup: 'wg',
      QueryExecutionContext: { Database: 'db' },
    });
    expect(result.columns[1]).toEqual({ name: 'n', type: 'bigint' });
    expect(result.rows).toEqual([
      ['a', 9007199254740991, 0.5, true, '1995-08-01 00:00:00.000'],
      [null, '9007199254740993', 'NaN', false, null],
    ]);
    expect(result).toMatchObject({ isCut: false, scannedBytes: 12, milliseconds: 34 });
  });

  it('keeps the first row where there is no header, as for SHOW', async () => {
    pages = [[row('a', '1', '1', 'true', 'x')]];
    expect((await runQuery('SHOW TABLES', { athena, outputs })).rows).toHaveLength(1);
  });

  it('says when there are more rows than asked for', async () => {
    pages = [[row('a', '1'), row('b', '2'), row('c', '3')]];
    const cut = await runQuery('SELECT 1', { athena, outputs, maxRows: 2 });
    expect([cut.rows.length, cut.isCut]).toEqual([2, true]);
    expect(await runQuery('SELECT 1', { athena, outputs, maxRows: 3 })).toMatchObject({ isCut: false });
  });

  it.each([
    [{ State: 'FAILED', StateChangeReason: 'SYNTAX_ERROR: line 1:1' }, 'the query failed: SYNTAX_ERROR: line 1:1'],
    [
      { State: 'CANCELLED', StateChangeReason: 'Bytes scanned limit was exceeded' },
      'the query was cancelled: Bytes scanned',
    ],
  ])('gives Athena’s reason: %j', async (state, message) => {
    states = [state];
    await expect(runQuery('SELEC', { athena, outputs })).rejects.toThrow(message);
  });

  it.each([
    ['a/top', 'SELECT 1'],
    ['only', 'SELECT 2'],
    ['top/all', 'SELECT 4'],
  ])('finds the saved query %s', async (name, sql) => {
    expect(await savedQuery(athena, 'wg', name)).toBe(sql);
  });

  it('lists what there is when a name fits none or several', async () => {
    await expect(savedQuery(athena, 'wg', 'nope')).rejects.toThrow(
      "no saved query is called 'nope'; there are a/only, a/top, b/top, top/all",
    );
    await expect(savedQuery(athena, 'wg', 'top')).rejects.toThrow(
      "more than one saved query is called 'top'; there are a/top, b/top",
    );
  });
});
