import {
  BatchGetPreparedStatementCommand,
  BatchGetQueryExecutionCommand,
  CreateNamedQueryCommand,
  CreatePreparedStatementCommand,
  DeleteNamedQueryCommand,
  DeletePreparedStatementCommand,
  GetDatabaseCommand,
  GetDataCatalogCommand,
  GetNamedQueryCommand,
  GetPreparedStatementCommand,
  GetQueryResultsCommand,
  GetTableMetadataCommand,
  ListDatabasesCommand,
  ListDataCatalogsCommand,
  ListNamedQueriesCommand,
  ListPreparedStatementsCommand,
  ListQueryExecutionsCommand,
  ListTableMetadataCommand,
  StopQueryExecutionCommand,
  UpdateNamedQueryCommand,
  UpdatePreparedStatementCommand,
} from '@aws-sdk/client-athena';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DATABASE, type OpenedAthena, openAthena, WORKGROUP } from '../support/athena.ts';
import { provision, tableProperties } from '../support/lake-services.ts';

const CATALOG = { CatalogName: 'AwsDataCatalog' };
const IN_WORKGROUP = { WorkGroup: WORKGROUP };
const LONG =
  'SELECT count(*) FROM UNNEST(sequence(1, 1000000)) AS a (x) CROSS JOIN UNNEST(sequence(1, 1000000)) AS b (y) WHERE x * y % 7 = 3';

let athena: OpenedAthena;

beforeAll(async () => {
  athena = await openAthena();
  const { lake, glue } = athena;
  await provision(glue, 'AWS::Glue::Table', {
    ...tableProperties(
      'events',
      [
        ['id', 'string'],
        ['n', 'bigint'],
      ],
      {
        Location: `s3://${lake.bucket}/events/`,
        Parameters: { classification: 'json' },
        StorageDescriptor: {
          Location: `s3://${lake.bucket}/events/`,
          InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
          SerdeInfo: { SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe' },
          Columns: [
            { Name: 'id', Type: 'string', Comment: 'the id' },
            { Name: 'n', Type: 'bigint' },
          ],
        },
      },
    ),
  });
  await lake.s3.send(
    new PutObjectCommand({ Bucket: lake.bucket, Key: 'events/1.json', Body: '{"id":"a","n":1}\n{"id":"b","n":2}\n' }),
  );
});
afterAll(() => athena.close());

describe('Athena: runs of queries', () => {
  it('starts one run for a request that is repeated with its token', async () => {
    const ClientRequestToken = 'token-0123456789-0123456789-0123456789';
    const id = await athena.start('SELECT 1', { ClientRequestToken });
    expect(await athena.start('SELECT 1', { ClientRequestToken })).toBe(id);
    expect(await athena.start('SELECT 1')).not.toBe(id);
    expect(await athena.refusal(athena.start('SELECT 2', { ClientRequestToken }))).toBe(
      'InvalidRequestException: Idempotent parameters do not match',
    );
    expect(await athena.refusal(athena.start('SELECT 1', { ClientRequestToken: 'short' }))).toContain(
      'between 32 and 128 characters',
    );
  });

  it('puts execution parameters in the places of question marks', async () => {
    const sql = "SELECT id, '?', n + ? FROM events -- ?\nWHERE id = ?";
    const { execution, rows } = await athena.ask(sql, { ExecutionParameters: ['10', "'a'"] });
    expect(rows.slice(1)).toEqual([['a', '?', '11']]);
    expect(execution).toMatchObject({ Query: sql, ExecutionParameters: ['10', "'a'"] });
    expect(await athena.refusal(athena.start('SELECT ?', { ExecutionParameters: ['1', '2'] }))).toContain(
      'Incorrect number of parameters: expected 1 but found 2',
    );
    expect(await athena.refusal(athena.start('SELECT ?'))).toContain('expected 1 but found 0');
    for (const value of ['1, 2', '1) UNION (SELECT 2', '1; SELECT 2'])
      expect(await athena.refusal(athena.start('SELECT ?', { ExecutionParameters: [value] }))).toContain(
        'not one expression',
      );
  });

  it('describes a run, lists the runs of a workgroup newest first, and tells which ids it does not know', async () => {
    const first = await athena.ask('SELECT * FROM events');
    const second = await athena.ask('SELECT nothing FROM events');
    expect(first.execution).toMatchObject({
      StatementType: 'DML',
      SubstatementType: 'SELECT',
      WorkGroup: WORKGROUP,
      QueryExecutionContext: { Database: DATABASE, Catalog: 'awsdatacatalog' },
      Status: { State: 'SUCCEEDED' },
      Statistics: { DataScannedInBytes: 34, ResultReuseInformation: { ReusedPreviousResult: false } },
      EngineVersion: { EffectiveEngineVersion: 'Athena engine version 3' },
    });
    const reason = "COLUMN_NOT_FOUND: Column 'nothing' cannot be resolved";
    expect(second.execution.Status).toMatchObject({
      State: 'FAILED',
      StateChangeReason: reason,
      AthenaError: { ErrorCategory: 2, ErrorType: 1000, Retryable: false, ErrorMessage: reason },
    });
    const ids = [second, first].map(({ execution }) => execution.QueryExecutionId as string);
    const { QueryExecutionIds, NextToken } = await athena.client.send(
      new ListQueryExecutionsCommand({ ...IN_WORKGROUP, MaxResults: 2 }),
    );
    expect(QueryExecutionIds).toEqual(ids);
    const next = await athena.client.send(new ListQueryExecutionsCommand({ ...IN_WORKGROUP, NextToken }));
    expect(next.QueryExecutionIds?.length).toBeGreaterThan(0);
    expect((await athena.client.send(new ListQueryExecutionsCommand({}))).QueryExecutionIds).toEqual([]);
    const batch = await athena.client.send(new BatchGetQueryExecutionCommand({ QueryExecutionIds: [...ids, 'no'] }));
    expect(batch.QueryExecutions?.map(({ QueryExecutionId }) => QueryExecutionId)).toEqual(ids);
    expect(batch.UnprocessedQueryExecutionIds).toMatchObject([
      { QueryExecutionId: 'no', ErrorMessage: 'QueryExecution no was not found' },
    ]);
  });

  it('gives no results before the end, and leaves none of a stopped query', async () => {
    const QueryExecutionId = await athena.start(LONG);
    const results = () => athena.refusal(athena.client.send(new GetQueryResultsCommand({ QueryExecutionId })));
    expect(await results()).toBe('InvalidRequestException: Query has not yet finished. Current state: RUNNING');
    await athena.client.send(new StopQueryExecutionCommand({ QueryExecutionId }));
    expect(await results()).toContain('Final query state: CANCELLED');
    await athena.client.send(new StopQueryExecutionCommand({ QueryExecutionId }));
    expect((await athena.settled(QueryExecutionId)).Status?.AthenaError).toBeUndefined();
  });

  it('cancels a query over its workgroup’s bytes', async () => {
    const { lake, glue } = athena;
    await provision(
      glue,
      'AWS::Glue::Table',
      tableProperties('big', [['a', 'string']], { Location: `s3://${lake.bucket}/big/` }),
    );
    await lake.s3.send(
      new PutObjectCommand({ Bucket: lake.bucket, Key: 'big/1.parquet', Body: Buffer.alloc(10_000_001) }),
    );
    const { execution } = await athena.ask('SELECT count(*) FROM big');
    expect(execution.Status).toMatchObject({
      State: 'CANCELLED',
      StateChangeReason: 'Bytes scanned limit was exceeded',
    });
    expect(execution.Statistics?.DataScannedInBytes).toBe(10_000_000);
  });

  it('says of a malformed query that it is one', async () => {
    const error = await athena.start('SELEC 1').catch((caught) => caught);
    expect(error).toMatchObject({ name: 'InvalidRequestException', AthenaErrorCode: 'MALFORMED_QUERY' });
  });

  it('lets the workgroup’s location win, or the request’s where it is not enforced', async () => {
    const { lake, service } = athena;
    await provision(service, 'AWS::Athena::WorkGroup', {
      Name: 'free',
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: false,
        ResultConfiguration: { OutputLocation: `s3://${lake.bucket}/group/` },
      },
    });
    const OutputLocation = `s3://${lake.bucket}/own/folder`;
    const locationOf = async (over: Record<string, unknown>) =>
      (await athena.ask('SELECT 1 AS a', over)).execution.ResultConfiguration?.OutputLocation;
    expect(await locationOf({ ResultConfiguration: { OutputLocation } })).toMatch(
      new RegExp(`^s3://${lake.bucket}/results/[^/]+\\.csv$`),
    );
    expect(await locationOf({ WorkGroup: 'free', ResultConfiguration: { OutputLocation } })).toMatch(
      new RegExp(`^${OutputLocation}/[^/]+\\.csv$`),
    );
    expect(await locationOf({ WorkGroup: 'free' })).toContain(`${lake.bucket}/group/`);
    const [key = ''] = await lake.keys('own/folder/');
    expect((await lake.read(key)).toString()).toBe('"a"\n"1"\n');
  });

  it('refuses by name the settings it does not honour', async () => {
    const reuse = { ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes: 1 } };
    expect(await athena.refusal(athena.start('SELECT 1', { ResultReuseConfiguration: reuse }))).toContain(
      'ResultReuseConfiguration is not emulated locally',
    );
    const encrypted = { EncryptionConfiguration: { EncryptionOption: 'SSE_KMS' as const, KmsKey: 'k' } };
    expect(
      await athena.refusal(athena.start('SELECT 1', { WorkGroup: 'free', ResultConfiguration: encrypted })),
    ).toContain('EncryptionConfiguration is not emulated locally');
    expect(await athena.answer('SELECT 1', { ResultConfiguration: encrypted })).toEqual([['1']]);
  });
});

describe('Athena: what is kept', () => {
  it('makes, changes and deletes named queries', async () => {
    const { client } = athena;
    const asked = { Name: 'n', Database: DATABASE, QueryString: 'SELECT 1', ...IN_WORKGROUP };
    const { NamedQueryId } = await client.send(new CreateNamedQueryCommand(asked));
    await client.send(new UpdateNamedQueryCommand({ NamedQueryId, Name: 'm', QueryString: 'SELECT 2' }));
    expect((await client.send(new GetNamedQueryCommand({ NamedQueryId }))).NamedQuery).toEqual({
      NamedQueryId,
      Name: 'm',
      Description: '',
      Database: DATABASE,
      QueryString: 'SELECT 2',
      WorkGroup: WORKGROUP,
    });
    await client.send(new DeleteNamedQueryCommand({ NamedQueryId }));
    expect((await client.send(new ListNamedQueriesCommand(IN_WORKGROUP))).NamedQueryIds).toEqual([]);
    expect(await athena.refusal(client.send(new GetNamedQueryCommand({ NamedQueryId })))).toContain('was not found');
  });

  it('keeps prepared statements of a workgroup and executes them', async () => {
    const { client } = athena;
    const named = { StatementName: 'above', ...IN_WORKGROUP };
    const stated = { ...named, QueryStatement: 'SELECT id FROM events WHERE n > ?' };
    await client.send(new CreatePreparedStatementCommand(stated));
    expect(await athena.refusal(client.send(new CreatePreparedStatementCommand(stated)))).toContain('already exists');
    expect(await athena.answer('EXECUTE above USING 1')).toEqual([['b']]);
    expect(await athena.answer('EXECUTE above', { ExecutionParameters: ['5'] })).toEqual([]);
    await client.send(
      new UpdatePreparedStatementCommand({ ...stated, QueryStatement: 'SELECT id FROM events WHERE n IN (?, ?)' }),
    );
    expect(await athena.answer("EXECUTE above USING greatest(1, 2), length('abc')")).toEqual([['b']]);
    expect((await client.send(new GetPreparedStatementCommand(named))).PreparedStatement).toMatchObject({
      StatementName: 'above',
      WorkGroupName: WORKGROUP,
    });
    expect(
      (await client.send(new ListPreparedStatementsCommand(IN_WORKGROUP))).PreparedStatements?.map(
        ({ StatementName }) => StatementName,
      ),
    ).toEqual(['above']);
    const batch = new BatchGetPreparedStatementCommand({ PreparedStatementNames: ['above', 'no'], ...IN_WORKGROUP });
    expect((await client.send(batch)).UnprocessedPreparedStatementNames).toMatchObject([{ StatementName: 'no' }]);
    await client.send(new DeletePreparedStatementCommand(named));
    expect(await athena.refusal(client.send(new GetPreparedStatementCommand(named)))).toContain(
      'ResourceNotFoundException: PreparedStatement above was not found',
    );
    expect(await athena.answer('PREPARE two FROM SELECT ? + 2')).toEqual([]);
    expect(await athena.answer('EXECUTE two USING 3')).toEqual([['5']]);
    expect(await athena.answer('DEALLOCATE PREPARE two')).toEqual([]);
    expect(await athena.refusal(athena.start('EXECUTE two USING 3'))).toContain('was not found');
  });

  it('shows the catalogue', async () => {
    const { client, lake } = athena;
    const inDatabase = { ...CATALOG, DatabaseName: DATABASE };
    expect((await client.send(new ListDataCatalogsCommand({}))).DataCatalogsSummary).toEqual([
      { CatalogName: 'AwsDataCatalog', Type: 'GLUE' },
    ]);
    expect((await client.send(new GetDataCatalogCommand({ Name: 'AwsDataCatalog' }))).DataCatalog?.Type).toBe('GLUE');
    expect((await client.send(new ListDatabasesCommand(CATALOG))).DatabaseList).toMatchObject([{ Name: DATABASE }]);
    expect((await client.send(new GetDatabaseCommand(inDatabase))).Database?.Name).toBe(DATABASE);
    const { TableMetadata } = await client.send(new GetTableMetadataCommand({ ...inDatabase, TableName: 'Events' }));
    expect(TableMetadata).toMatchObject({
      Name: 'events',
      TableType: 'EXTERNAL_TABLE',
      Columns: [
        { Name: 'id', Type: 'string', Comment: 'the id' },
        { Name: 'n', Type: 'bigint' },
      ],
      PartitionKeys: [],
      Parameters: {
        classification: 'json',
        inputformat: 'org.apache.hadoop.mapred.TextInputFormat',
        location: `s3://${lake.bucket}/events/`,
        'serde.serialization.lib': 'org.openx.data.jsonserde.JsonSerDe',
      },
    });
    const { TableMetadataList } = await client.send(
      new ListTableMetadataCommand({ ...inDatabase, Expression: 'ev.*' }),
    );
    expect(TableMetadataList?.map(({ Name }) => Name)).toEqual(['events']);
    for (const request of [
      client.send(new GetDatabaseCommand({ ...CATALOG, DatabaseName: 'no' })),
      client.send(new GetTableMetadataCommand({ ...inDatabase, TableName: 'no' })),
    ])
      expect(await athena.refusal(request)).toMatch(/^MetadataException: .* not found/);
  });
});

describe('Athena: statements about views and tables', () => {
  it('makes, replaces and drops a view', async () => {
    const make = `CREATE VIEW doubled AS SELECT id, n * 2 AS twice, ARRAY[n] AS list,
      CAST(1.5 AS decimal(5, 2)) AS price, map(ARRAY['k'], ARRAY[n]) AS counts FROM events`;
    const { execution, rows } = await athena.ask(make);
    expect([execution.StatementType, execution.SubstatementType, rows]).toEqual(['DDL', 'CREATE_VIEW', []]);
    expect(execution.Statistics?.DataScannedInBytes).toBe(0);
    expect(await athena.answer('SELECT id, twice FROM doubled ORDER BY id')).toEqual([
      ['a', '2'],
      ['b', '4'],
    ]);
    expect(athena.glue.table(DATABASE, 'doubled')?.columns.map(({ type }) => type)).toEqual([
      'string',
      'bigint',
      'array<bigint>',
      'decimal(5,2)',
      'map<string,bigint>',
    ]);
    expect(await athena.answer('SHOW CREATE VIEW doubled')).toContainEqual([
      'CREATE VIEW awsdatacatalog.millrace_dev.doubled AS',
    ]);
    expect(await athena.answer(make)).toBe(
      "TABLE_ALREADY_EXISTS: View already exists: 'awsdatacatalog.millrace_dev.doubled'",
    );
    expect(await athena.answer(`CREATE OR REPLACE VIEW ${DATABASE}.doubled AS SELECT 1 AS one`)).toEqual([]);
    expect(await athena.answer('SELECT * FROM doubled')).toEqual([['1']]);
    expect(await athena.answer('DROP VIEW doubled')).toEqual([]);
    expect(await athena.answer('DROP VIEW doubled')).toContain("View 'awsdatacatalog.millrace_dev.doubled' does not");
    expect(await athena.answer('DROP VIEW IF EXISTS doubled')).toEqual([]);
  });

  it('refuses views that Athena refuses', async () => {
    expect(await athena.answer('CREATE VIEW v AS SELECT 1')).toBe(
      'MISSING_COLUMN_NAME: Column name not specified at position 1',
    );
    expect(await athena.answer('CREATE VIEW v AS SELECT 1 AS a, 2 AS A')).toContain('DUPLICATE_COLUMN_NAME');
    expect(await athena.answer('CREATE VIEW v AS SELECT nothing FROM events')).toContain('COLUMN_NOT_FOUND');
    expect(await athena.answer('CREATE OR REPLACE VIEW events AS SELECT 1 AS a')).toContain('TABLE_ALREADY_EXISTS');
    expect(await athena.answer('DROP VIEW events')).toContain('is a table, not a view');
    expect(await athena.answer('SHOW TABLES')).not.toContainEqual(['v']);
  });

  it('shows columns of a table by both of its forms', async () => {
    const columns = [['id'.padEnd(20)], ['n'.padEnd(20)]];
    for (const sql of ['SHOW COLUMNS IN events', `SHOW COLUMNS FROM events IN ${DATABASE}`])
      expect(await athena.answer(sql)).toEqual(columns);
    const { execution, columns: described } = await athena.ask('DESCRIBE events');
    expect([execution.StatementType, execution.SubstatementType]).toEqual(['UTILITY', 'DESCRIBE_TABLE']);
    expect(described[0]).toMatchObject({ Type: 'string' });
  });

  it.each([
    ['EXPLAIN SELECT 1', 'EXPLAIN'],
    ['CREATE TABLE x AS SELECT 1', 'CREATE TABLE'],
    ["CREATE EXTERNAL TABLE x (a int) LOCATION 's3://b/'", 'CREATE EXTERNAL TABLE'],
    ['INSERT INTO events VALUES (1)', 'INSERT INTO'],
    ['DROP TABLE events', 'DROP TABLE'],
    ['ALTER TABLE events ADD PARTITION (a = 1)', 'ALTER TABLE'],
    ['MSCK REPAIR TABLE events', 'MSCK REPAIR TABLE'],
    ["UNLOAD (SELECT 1) TO 's3://b/'", 'UNLOAD'],
    ['DELETE FROM events', 'DELETE FROM'],
    ['SHOW CREATE TABLE events', 'SHOW CREATE TABLE'],
    ['DESCRIBE EXTENDED events', 'DESCRIBE EXTENDED'],
  ])('refuses %s by its name', async (sql, name) => {
    expect(await athena.refusal(athena.start(sql))).toBe(`InvalidRequestException: ${name} is not emulated locally`);
  });
});
