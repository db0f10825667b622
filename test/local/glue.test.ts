import { describe, expect, it } from '@jest/globals';
import { createGlue } from '../../local/services/glue.ts';
import { duckType, parseHiveType } from '../../local/services/hive-type.ts';
import { formatJavaTime, parseJavaTime } from '../../local/services/java-time.ts';
import { provision, serve, tableProperties } from '../support/lake-services.ts';

describe('Glue', () => {
  it('makes databases and tables, and answers for them', async () => {
    const glue = createGlue();
    const database = await provision(glue, 'AWS::Glue::Database', { DatabaseInput: { Name: 'Millrace_Dev' } });
    expect(database.ref).toBe('millrace_dev');
    const columns = [
      ['Id', 'string'],
      ['at', 'timestamp'],
    ] as const;
    const more = { Location: 's3://lake/t/', PartitionKeys: [{ Name: 'day', Type: 'string' }], Parameters: { a: 'b' } };
    const table = await provision(glue, 'AWS::Glue::Table', tableProperties('T_Rows', columns, more));
    expect(table.ref).toBe('t_rows');
    expect(glue.table('MILLRACE_DEV', 'T_ROWS')).toMatchObject({
      kind: 'table',
      location: 's3://lake/t/',
      columns: [
        { name: 'id', type: 'string' },
        { name: 'at', type: 'timestamp' },
      ],
      partitionKeys: [{ name: 'day', type: 'string' }],
      parameters: { a: 'b' },
    });
    expect(glue.table('millrace_dev', 'other')).toBeUndefined();
    expect(glue.tables('other')).toBeUndefined();

    const server = await serve(glue);
    const ask = async (operation: string, body: unknown) => {
      const response = await fetch(server.endpoint, {
        method: 'POST',
        headers: { 'x-amz-target': `AWSGlue.${operation}`, 'content-type': 'application/x-amz-json-1.1' },
        body: JSON.stringify(body),
      });
      return response.json();
    };
    expect(await ask('GetDatabases', {})).toMatchObject({ DatabaseList: [{ Name: 'millrace_dev' }] });
    expect(await ask('GetTables', { DatabaseName: 'millrace_dev' })).toMatchObject({ TableList: [{ Name: 't_rows' }] });
    expect(await ask('GetTable', { DatabaseName: 'millrace_dev', Name: 't_rows' })).toMatchObject({
      Table: { PartitionKeys: [{ Name: 'day' }] },
    });
    expect(await ask('GetTable', { DatabaseName: 'millrace_dev', Name: 'x' })).toMatchObject({
      __type: 'EntityNotFoundException',
    });
    await server.close();
  });

  it('refuses a table of a database that is not there, and kinds it does not know', async () => {
    const glue = createGlue();
    await expect(provision(glue, 'AWS::Glue::Table', tableProperties('t', []))).rejects.toThrow(
      'Database millrace_dev not found',
    );
    await provision(glue, 'AWS::Glue::Database', { DatabaseInput: { Name: 'millrace_dev' } });
    await expect(
      provision(glue, 'AWS::Glue::Table', tableProperties('t', [], { TableType: 'GOVERNED' })),
    ).rejects.toThrow('GOVERNED is not emulated');
  });
});

describe('Hive types', () => {
  it('are read, and have a DuckDB type', () => {
    const duck = (text: string) => duckType(parseHiveType(text));
    expect(duck('struct<a:string,b:array<map<string,decimal(10,2)>>>')).toBe(
      'STRUCT("a" VARCHAR, "b" MAP(VARCHAR, DECIMAL(10,2))[])',
    );
    expect([duck('TIMESTAMP'), duck('varchar(10)'), duck('decimal'), duck('float')]).toEqual([
      'TIMESTAMP',
      'VARCHAR',
      'DECIMAL(10,0)',
      'FLOAT',
    ]);
    for (const text of ['', 'text', 'array<string', 'struct<a>', 'string)', 'decimal(x,y)', 'array<string>>']) {
      expect(() => parseHiveType(text)).toThrow('is not a Hive type');
    }
  });
});

describe('Java time patterns', () => {
  it('print and read times', () => {
    const at = Date.UTC(2026, 0, 2, 13, 4, 5, 678);
    expect(formatJavaTime("yyyy/MM/dd'T'HH:mm:ss.SSS", at)).toBe('2026/01/02T13:04:05.678');
    expect(formatJavaTime('yy-M-d-h-a-EEEE-MMMM-DDD', at)).toBe('26-1-2-1-PM-Friday-January-002');
    expect(parseJavaTime('yyyy-MM-dd-HH', '2026-01-02-13')).toBe(Date.UTC(2026, 0, 2, 13));
    expect(parseJavaTime('yyyy-MM-dd', '2026-02-30')).toBeUndefined();
    expect(parseJavaTime('yyyy-MM-dd', '2026-2-3')).toBeUndefined();
    expect(parseJavaTime('yyyyMMdd', '20260203')).toBe(Date.UTC(2026, 1, 3));
  });
});
