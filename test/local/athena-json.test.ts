import { gzipSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OpenedAthena, openAthena } from '../support/athena.ts';
import { provision, tableProperties } from '../support/lake-services.ts';

const OPENX = 'org.openx.data.jsonserde.JsonSerDe';
const HCATALOG = 'org.apache.hive.hcatalog.data.JsonSerDe';

let athena: OpenedAthena;

beforeAll(async () => {
  athena = await openAthena();
});
afterAll(() => athena.close());

const put = (key: string, body: string | Buffer) =>
  athena.lake.s3.send(new PutObjectCommand({ Bucket: athena.lake.bucket, Key: key, Body: body }));

interface TableOptions {
  readonly serde?: string;
  readonly properties?: Record<string, string>;
  readonly partitionKeys?: readonly (readonly [string, string])[];
  readonly parameters?: Record<string, string>;
}

async function makeTable(
  name: string,
  columns: readonly (readonly [string, string])[],
  { serde = OPENX, properties = {}, partitionKeys = [], parameters }: TableOptions = {},
) {
  const location = `s3://${athena.lake.bucket}/${name}/`;
  const made = tableProperties(name, columns, {
    Location: location,
    PartitionKeys: partitionKeys.map(([Name, Type]) => ({ Name, Type })),
    Parameters: parameters && { 'projection.enabled': 'true', ...parameters },
  });
  Object.assign(made.TableInput.StorageDescriptor, {
    SerdeInfo: { SerializationLibrary: serde, Parameters: properties },
  });
  await provision(athena.glue, 'AWS::Glue::Table', made);
}

const lines = (...rows: unknown[]) => `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`;

describe('Athena over JSON lines', () => {
  it('reads an archive of records, packed or not, by the days its query asks for', async () => {
    await makeTable(
      'archive',
      [
        ['shardid', 'string'],
        ['sequencenumber', 'string'],
        ['partitionkey', 'string'],
        ['arrivalms', 'bigint'],
        ['data', 'string'],
      ],
      {
        partitionKeys: [['dt', 'string']],
        parameters: {
          'projection.dt.type': 'date',
          'projection.dt.format': 'yyyy-MM-dd',
          'projection.dt.range': '2026-01-01,NOW',
        },
      },
    );
    const record = (sequenceNumber: string, arrivalMs: number | string) => ({
      shardId: 'shardId-000000000000',
      sequenceNumber,
      partitionKey: 'k\u2028"é"',
      arrivalMs,
      data: 'eyJhIjoxfQ==',
    });
    const long = '49650000000000000000000000000000000000000000000000000001';
    await put('archive/dt=2026-01-01/one.jsonl', lines(record(long, 1767225600000), record('2', '9007199254740993')));
    await put('archive/dt=2026-01-02/two.json.gz', gzipSync(lines(record('3', 3)).repeat(2)));
    await put('archive/dt=2025-12-31/before.json', lines(record('4', 4)));
    expect(await athena.answer('SELECT * FROM archive WHERE arrivalms > 3 ORDER BY arrivalms LIMIT 1')).toEqual([
      ['shardId-000000000000', long, 'k\u2028"é"', '1767225600000', 'eyJhIjoxfQ==', '2026-01-01'],
    ]);
    expect(await athena.answer('SELECT max(arrivalms) FROM archive')).toEqual([['9007199254740993']]);
    expect(await athena.answer('SELECT dt, count(*) FROM archive GROUP BY dt ORDER BY dt')).toEqual([
      ['2026-01-01', '2'],
      ['2026-01-02', '2'],
    ]);
    expect(
      await athena.answer("SELECT json_extract_scalar(from_utf8(from_base64(data)), '$.a') FROM archive LIMIT 1"),
    ).toEqual([['1']]);
    const whole = await athena.ask('SELECT count(*) FROM archive');
    const oneDay = await athena.ask("SELECT count(*) FROM archive a WHERE a.dt = '2026-01-02' AND arrivalms > 0");
    expect(oneDay.rows[1]).toEqual(['2']);
    const scanned = ({ execution }: typeof whole) => execution.Statistics?.DataScannedInBytes ?? 0;
    expect(scanned(oneDay)).toBeGreaterThan(0);
    expect(scanned(oneDay)).toBeLessThan(scanned(whole));
  });

  it('reads values and names as OpenX does', async () => {
    const columns = [
      ['id', 'int'],
      ['text', 'string'],
      ['price', 'decimal(6,2)'],
      ['at', 'timestamp'],
      ['ok', 'boolean'],
      ['tags', 'array<string>'],
      ['place', 'struct<city:string,lat:double>'],
      ['counts', 'map<string,bigint>'],
      ['user_id', 'string'],
      ['a_b', 'int'],
    ] as const;
    await makeTable('openx', columns, { properties: { 'dots.in.keys': 'true', 'mapping.user_id': 'userId' } });
    await put(
      'openx/1.json',
      `${JSON.stringify({
        ID: '7',
        text: { a: [1] },
        price: 1.5,
        at: '2026-01-01T07:05:00.123Z',
        ok: 'TRUE',
        tags: ['x', null],
        place: { City: 'Kyōto', lat: 35 },
        counts: { k: 1 },
        userId: 'u',
        'a.b': 1,
        unknown: 1,
      })}\r\nnot an object\n\n{"id":null}`,
    );
    expect(await athena.answer('SELECT * FROM openx ORDER BY id')).toEqual([
      [
        '7',
        '{"a":[1]}',
        '1.50',
        '2026-01-01 07:05:00.123',
        'true',
        '[x, null]',
        '{city=Kyōto, lat=35.0}',
        '{k=1}',
        'u',
        '1',
      ],
      ...Array.from({ length: 3 }, () => columns.map(() => undefined)),
    ]);
  });

  it('fails at what is no JSON or does not fit, unless the table says otherwise', async () => {
    const columns = [['n', 'int']] as const;
    const bad = '{"n":1}\n{"n":\n{"n":"secret"}\n';
    await makeTable('malformed', columns);
    await put('malformed/1.json', bad);
    expect(await athena.answer('SELECT * FROM malformed')).toBe(
      'HIVE_CURSOR_ERROR: Row is not a valid JSON Object (line 2 of s3 object malformed/1.json)',
    );
    await makeTable('misfit', columns, { properties: { 'ignore.malformed.json': 'TRUE' } });
    await put('misfit/1.json', bad);
    const { execution } = await athena.ask('SELECT * FROM misfit');
    expect(execution.Status?.StateChangeReason).toMatch(/^HIVE_BAD_DATA: Error Parsing a column.*line 3 of/);
    expect(execution.Status?.StateChangeReason).not.toContain('secret');
    await makeTable('lenient', columns, {
      properties: { 'ignore.malformed.json': 'true', 'use.null.for.invalid.data': 'true' },
    });
    await put('lenient/1.json', bad);
    expect(await athena.answer('SELECT n FROM lenient ORDER BY n')).toEqual([['1'], [undefined], [undefined]]);
    await makeTable('packed', columns);
    await put('packed/1.json.gz', '{"n":1}');
    expect(await athena.answer('SELECT * FROM packed')).toContain('HIVE_CURSOR_ERROR: Failed to read packed/1.json.gz');
  });

  it('reads as Hive’s own SerDe does', async () => {
    await makeTable(
      'hive',
      [
        ['n', 'bigint'],
        ['t', 'string'],
        ['b', 'boolean'],
      ],
      { serde: HCATALOG },
    );
    await put('hive/1.json', lines({ N: 1, t: 2.5, b: 'TRUE' }, { n: null, b: 1 }));
    expect(await athena.answer('SELECT * FROM hive ORDER BY n')).toEqual([
      ['1', '2.5', 'true'],
      [undefined, undefined, 'false'],
    ]);
    await makeTable('hive_text', [['n', 'bigint']], { serde: HCATALOG });
    await put('hive_text/1.json', lines({ n: '1' }));
    expect(await athena.answer('SELECT * FROM hive_text')).toContain('HIVE_BAD_DATA');
    await makeTable('hive_nested', [['t', 'string']], { serde: HCATALOG });
    await put('hive_nested/1.json', lines({ t: {} }));
    expect(await athena.answer('SELECT * FROM hive_nested')).toContain('HIVE_BAD_DATA');
  });

  it('reads an injected partition only when the query names it', async () => {
    await makeTable('injected', [['n', 'int']], {
      partitionKeys: [
        ['device', 'string'],
        ['hr', 'int'],
        ['kind', 'string'],
      ],
      parameters: {
        'projection.device.type': ' Injected ',
        'projection.hr.type': 'integer',
        'projection.hr.range': '-1,23',
        'projection.kind.type': 'enum',
        'projection.kind.values': 'x, y',
      },
    });
    for (const [path, n] of [
      ['device=a/hr=7/kind=x', 1],
      ['device=b/hr=7/kind=x', 2],
      ['device=a/hr=-1/kind= y', 4],
      ['device=a/hr=8/kind=y', 8],
    ] as const)
      await put(`injected/${path}/1.json`, lines({ n }));
    expect(await athena.answer("SELECT sum(n) FROM injected WHERE device IN ('a', 'b')")).toEqual([['7']]);
    expect(await athena.answer("SELECT sum(n) FROM injected i WHERE 'a' = i.device AND hr = 7")).toEqual([['1']]);
    expect(await athena.answer("SELECT hr, kind FROM injected WHERE device = 'a' AND (hr < 0)")).toEqual([
      ['-1', ' y'],
    ]);
    const both = `SELECT sum(n) FROM (SELECT n FROM injected WHERE device = 'a' AND hr = 7
      UNION ALL SELECT n FROM injected WHERE device = 'b')`;
    expect(await athena.answer(both)).toEqual([['3']]);
    for (const where of ['', "WHERE device > 'a'", "WHERE device = 'a' OR n = 1", 'WHERE device = kind'])
      expect(await athena.answer(`SELECT sum(n) FROM injected ${where}`)).toContain(
        'CONSTRAINT_VIOLATION: For the injected projected partition column device,',
      );
  });

  it('refuses other formats by name', async () => {
    await makeTable('csv', [['a', 'string']], { serde: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe' });
    expect(await athena.answer('SELECT * FROM csv')).toContain('LazySimpleSerDe is not emulated locally');
    await makeTable('exotic', [['a', 'string']], { properties: { 'timestamp.formats': 'yyyy' } });
    expect(await athena.answer('SELECT * FROM exotic')).toContain('timestamp.formats');
    await makeTable('zstd', [['a', 'string']]);
    await put('zstd/1.json.zst', 'x');
    expect(await athena.answer('SELECT * FROM zstd')).toContain('.zst is not emulated locally');
    await makeTable('arrays', [['a', 'string']]);
    await put('arrays/1.json', '[1]');
    expect(await athena.answer('SELECT * FROM arrays')).toContain('JSON array is not emulated locally');
  });
});
