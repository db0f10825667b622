import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  DescribeDeliveryStreamCommand,
  FirehoseClient,
  ListDeliveryStreamsCommand,
  PutRecordBatchCommand,
  PutRecordCommand,
} from '@aws-sdk/client-firehose';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServiceContext } from '../../local/service.ts';
import { createFirehose, type Firehose, type FirehoseOptions } from '../../local/services/firehose/firehose.ts';
import { evaluatePrefix } from '../../local/services/firehose/prefix.ts';
import { createGlue, type Glue } from '../../local/services/glue.ts';
import { type Lake, openLake, provision, serve, tableProperties } from '../support/lake-services.ts';

const STREAM = 'AWS::KinesisFirehose::DeliveryStream';
const COLUMNS = [
  ['event_id', 'string'],
  ['event_time', 'timestamp'],
  ['bytes', 'bigint'],
  ['ratio', 'double'],
  ['ok', 'boolean'],
  ['price', 'decimal(20,3)'],
  ['tags', 'array<string>'],
  ['attributes', 'map<string,string>'],
  ['place', 'struct<city:string,point:struct<lat:double>>'],
] as const;

let lake: Lake;
let glue: Glue;
let closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  lake = await openLake();
  glue = createGlue();
  await provision(glue, 'AWS::Glue::Database', { DatabaseInput: { Name: 'millrace_dev' } });
  await provision(glue, 'AWS::Glue::Table', tableProperties('pages_rows', COLUMNS));
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
  for (const key of await lake.keys()) await lake.s3.send(new DeleteObjectCommand({ Bucket: lake.bucket, Key: key }));
  lake.metrics.clear();
  lake.lines.length = 0;
});
afterAll(() => lake.close());

interface Started {
  readonly service: Firehose;
  readonly client: FirehoseClient;
  put(...records: string[]): Promise<unknown>;
}

async function start(
  destination: Record<string, unknown>,
  over: Partial<ServiceContext> = {},
  options: Partial<FirehoseOptions> = {},
): Promise<Started> {
  const service = createFirehose({ ...lake.context, ...over }, { glue, bufferSeconds: 0, ...options });
  const server = await serve(service);
  const client = new FirehoseClient({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: server.credentials,
    maxAttempts: 1,
  });
  closers.push(
    () => service.close(),
    server.close,
    async () => client.destroy(),
  );
  await provision(service, STREAM, {
    DeliveryStreamName: 'pages',
    DeliveryStreamType: 'DirectPut',
    ExtendedS3DestinationConfiguration: {
      BucketARN: `arn:aws:s3:::${lake.bucket}`,
      RoleARN: 'arn:aws:iam::0:role/r',
      ...destination,
    },
  });
  const put = (...records: string[]) =>
    client.send(
      new PutRecordBatchCommand({
        DeliveryStreamName: 'pages',
        Records: records.map((text) => ({ Data: Buffer.from(text) })),
      }),
    );
  return { service, client, put };
}

const HOURLY = {
  Prefix: 'tables/pages/delivery_hour=!{timestamp:yyyy-MM-dd-HH}/',
  ErrorOutputPrefix: 'errors/pages/!{firehose:error-output-type}/',
  BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
  DataFormatConversionConfiguration: {
    Enabled: true,
    InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
    OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: 'SNAPPY' } } },
    SchemaConfiguration: { DatabaseName: 'millrace_dev', TableName: 'pages_rows', RoleARN: 'arn:aws:iam::0:role/r' },
  },
};
const DAILY = {
  ...HOURLY,
  Prefix: 'tables/pages/event_day=!{partitionKeyFromQuery:event_day}/',
  DynamicPartitioningConfiguration: { Enabled: true },
  ProcessingConfiguration: {
    Enabled: true,
    Processors: [
      { Type: 'RecordDeAggregation', Parameters: [{ ParameterName: 'SubRecordType', ParameterValue: 'JSON' }] },
      {
        Type: 'MetadataExtraction',
        Parameters: [
          { ParameterName: 'MetadataExtractionQuery', ParameterValue: '{event_day: .event_time[0:10]}' },
          { ParameterName: 'JsonParsingEngine', ParameterValue: 'JQ-1.6' },
        ],
      },
    ],
  },
};

/** Rows of a Parquet object, as DuckDB prints them in JSON. */
async function rowsOf(key: string): Promise<Record<string, unknown>[]> {
  const directory = await mkdtemp(join(lake.context.scratchDir, 'read-'));
  const path = join(directory, 'read.parquet');
  await writeFile(path, await lake.read(key));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const read = await connection.runAndReadAll(`FROM read_parquet('${path}')`);
  const rows = read.getRowObjectsJson();
  const codecs = await connection.runAndReadAll(`SELECT DISTINCT compression FROM parquet_metadata('${path}')`);
  expect(codecs.getRows()).toEqual([['SNAPPY']]);
  connection.closeSync();
  instance.closeSync();
  return rows;
}

const failuresIn = async (key: string) =>
  (await lake.read(key))
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('Firehose: format conversion', () => {
  it('writes one Parquet object of the Glue columns, exactly', async () => {
    const { put } = await start(HOURLY, {}, { bufferSeconds: 600 });
    const first = {
      EVENT_ID: '',
      event_time: '2026-01-01T07:30:00.123Z',
      ratio: 0.1,
      ok: true,
      price: '12345678901234567.125',
      unknown: 1,
      tags: ['é🤦', null],
      attributes: { Host: 'a\u0000b' },
      place: { CITY: 'Kyōto', point: { lat: 1e300, x: 0 } },
    };
    const exact = JSON.stringify(first).replace('"ok"', '"bytes":9007199254740993,"ok"');
    await put(
      `${exact}\n{"event_id":null,"event_time":"2026-1-2 03:04:05.5","bytes":"-9223372036854775808"}{"event_time":1767225600}`,
      '{"event_time":1767225600123}\n',
    );
    await closers[0]?.();
    const keys = await lake.keys();
    expect(keys).toHaveLength(1);
    const hour = new Date().toISOString().slice(0, 13).replace('T', '-');
    expect(keys[0]).toMatch(
      new RegExp(
        `^tables/pages/delivery_hour=${hour}/pages-1-${hour}-\\d\\d-\\d\\d-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.parquet$`,
      ),
    );
    const empty = {
      event_id: null,
      event_time: null,
      bytes: null,
      ratio: null,
      ok: null,
      price: null,
      tags: null,
      attributes: null,
      place: null,
    };
    expect(await rowsOf(keys[0] as string)).toEqual([
      {
        event_id: '',
        event_time: '2026-01-01 07:30:00.123',
        bytes: '9007199254740993',
        ratio: 0.1,
        ok: true,
        price: '12345678901234567.125',
        tags: ['é🤦', null],
        attributes: [{ key: 'Host', value: 'a\u0000b' }],
        place: { city: 'Kyōto', point: { lat: 1e300 } },
      },
      { ...empty, event_time: '2026-01-02 03:04:05.5', bytes: '-9223372036854775808' },
      { ...empty, event_time: '2026-01-01 00:00:00' },
      { ...empty, event_time: '2026-01-01 00:00:00.123' },
    ]);
    expect(Object.fromEntries(lake.metrics)).toMatchObject({
      IncomingRecords: 2,
      'SucceedConversion.Records': 2,
      'DeliveryToS3.Records': 2,
      'DeliveryToS3.ObjectCount': 1,
    });
  });

  it('puts a record that does not fit the schema, whole, into the error output, and delivers the others', async () => {
    const { put } = await start(HOURLY, {}, { bufferSeconds: 600 });
    const bad = [
      '{"event_id":"x"}\n{"bytes":1.5}',
      '{"event_time":"2026-02-30T00:00:00Z"}',
      '{"event_time":"2026-02-03T00:00:00+01:00"}',
      '[{"event_id":"x"}]',
      ' \n',
      '{"event_id":',
      '{"ok":"maybe"}',
      '{"event_id":}',
    ];
    await put('{"event_id":"before"}', ...bad, '{"event_id":"after"}');
    await closers[0]?.();
    const [table] = await lake.keys('tables/');
    expect((await rowsOf(table as string)).map((row) => row.event_id)).toEqual(['before', 'after']);
    const [errors, ...more] = await lake.keys('errors/');
    expect(more).toEqual([]);
    expect(errors).toMatch(/^errors\/pages\/format-conversion-failed\/pages-1-\d{4}-/);
    const failures = await failuresIn(errors as string);
    expect(failures.map((failure) => Buffer.from(failure.rawData, 'base64').toString())).toEqual(bad);
    const code = (name: string) => `DataFormatConversion.${name}`;
    expect(failures.map((failure) => failure.lastErrorCode)).toEqual(
      [
        'MalformedData',
        'MalformedData',
        'MalformedData',
        'MalformedData',
        'MalformedData',
        'ParseError',
        'MalformedData',
        'ParseError',
      ].map(code),
    );
    expect(failures[0]).toMatchObject({
      attemptsMade: 1,
      arrivalTimestamp: expect.any(Number),
      attemptEndingTimestamp: expect.any(Number),
      dataCatalogTable: { databaseName: 'millrace_dev', tableName: 'pages_rows', region: 'us-east-1' },
    });
    expect(lake.metrics.get('FailedConversion.Records')).toBe(8);
    expect(lake.lines.join('\n')).toContain('8 record(s) to s3://lake/errors/pages/format-conversion-failed/');
    expect(lake.lines.join('\n')).not.toContain('maybe');
  });

  it('keeps records of a table that is not in the catalogue', async () => {
    const conversion = {
      ...HOURLY.DataFormatConversionConfiguration,
      SchemaConfiguration: { DatabaseName: 'millrace_dev', TableName: 'nowhere', RoleARN: 'arn:aws:iam::0:role/r' },
    };
    const { put } = await start({ ...HOURLY, DataFormatConversionConfiguration: conversion });
    await put('{"event_id":"1"}');
    const [key] = await lake.keysOnce(1);
    expect((await failuresIn(key as string))[0].lastErrorCode).toBe('DataFormatConversion.EntityNotFound');
  });
});

describe('Firehose: dynamic partitioning', () => {
  it('sorts the documents of a record into folders by the query', async () => {
    const { put, service } = await start(DAILY, {}, { bufferSeconds: 600 });
    const row = (id: string, time: string | null) => JSON.stringify({ event_id: id, event_time: time });
    await put(
      `${row('a', '2026-01-01T00:00:00.000Z')}\n${row('b', '2026-01-02T00:00:00.000Z')}${row('c', '2026-01-01T23:59:59.999Z')}`,
      `${row('d', null)}\n${row('e', '2026-01-02T01:00:00.000Z')}`,
    );
    await service.close();
    const byDay = async (day: string) => {
      const keys = await lake.keys(`tables/pages/event_day=${day}/`);
      expect(keys).toHaveLength(1);
      return (await rowsOf(keys[0] as string)).map((found) => found.event_id);
    };
    expect(await byDay('2026-01-01')).toEqual(['a', 'c']);
    expect(await byDay('2026-01-02')).toEqual(['b', 'e']);
    const [errors] = await lake.keys('errors/pages/processing-failed/');
    expect(await failuresIn(errors as string)).toEqual([
      {
        attemptsMade: 1,
        arrivalTimestamp: expect.any(Number),
        attemptEndingTimestamp: expect.any(Number),
        errorCode: 'DynamicPartitioning.MetadataExtractionFailed',
        errorMessage: 'partitionKeys values must not be null or empty',
        rawData: Buffer.from(row('d', null)).toString('base64'),
      },
    ]);
  });

  it('takes at most 500 documents out of one record', async () => {
    const { put, service } = await start(DAILY, {}, { bufferSeconds: 600 });
    const rows = (count: number) =>
      Array.from({ length: count }, (_, i) => `{"event_id":"${i}","event_time":"2026-01-01T00:00:00.000Z"}`).join('\n');
    await put(rows(500), rows(501));
    await service.close();
    expect(await rowsOf((await lake.keys('tables/'))[0] as string)).toHaveLength(500);
    const [failure] = await failuresIn((await lake.keys('errors/'))[0] as string);
    expect(failure.errorMessage).toContain('501 sub-records');
  });

  it('keeps what the query cannot read', async () => {
    const { put, service } = await start(DAILY, {}, { bufferSeconds: 600 });
    await put('{"event_time":5}', '{"event_time":"2026-01-01T00:00:00Z"', 'text', '{"event_time":}');
    await service.close();
    const failures = await failuresIn((await lake.keys('errors/'))[0] as string);
    expect(failures).toHaveLength(4);
    expect(await lake.keys('tables/')).toEqual([]);
  });
});

describe('Firehose: buffers and objects', () => {
  it('joins records as they are, under the default prefix', async () => {
    const { put } = await start({}, {}, { bufferSeconds: 0 });
    await put('a', 'b', 'c\n');
    const [key] = await lake.keysOnce(1);
    expect(key).toMatch(/^\d{4}\/\d\d\/\d\d\/\d\d\/pages-1-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9a-f-]{36}$/);
    expect((await lake.read(key as string)).toString()).toBe('abc\n');
  });

  it('appends a delimiter and compresses when told to, and adds the time to a plain prefix', async () => {
    const { put } = await start({
      Prefix: 'raw-',
      CompressionFormat: 'GZIP',
      ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'AppendDelimiterToRecord' }] },
    });
    await put('a', 'b');
    const [key] = await lake.keysOnce(1);
    expect(key).toMatch(/^raw-\d{4}\/\d\d\/\d\d\/\d\d\/pages-1-.*\.gz$/);
    expect(gunzipSync(await lake.read(key as string)).toString()).toBe('a\nb\n');
  });

  it('flushes a buffer that is full before its time', async () => {
    const { put } = await start(
      { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 300 } },
      {},
      { bufferSeconds: 300 },
    );
    await put('x'.repeat(1000 * 1024));
    await put('y'.repeat(24 * 1024));
    const [key] = await lake.keysOnce(1);
    expect(await lake.read(key as string)).toHaveLength(1024 * 1024);
  });

  it('tells when all is delivered that it has taken', async () => {
    const { put, service } = await start({}, {}, { bufferSeconds: 0.2 });
    await service.delivered();
    await put('early');
    await service.delivered();
    expect(await lake.keys()).toHaveLength(1);
    await put('late');
    await service.delivered();
    expect(await lake.keys()).toHaveLength(2);
  });

  it('says when it does not wait as long as the template wants', async () => {
    await start(HOURLY, {}, { bufferSeconds: 5 });
    expect(lake.lines).toEqual(['firehose pages: delivers after 5 s here (template: 60 s)']);
  });

  it('evaluates prefixes', () => {
    const values = {
      arrivalMs: Date.UTC(2026, 0, 2, 3, 4, 5),
      timeZone: 'UTC',
      partitionKeys: { partitionKeyFromQuery: { k: 'v' }, partitionKeyFromLambda: { k: 'w' } },
      errorType: 'processing-failed',
    };
    expect(
      evaluatePrefix(
        "!{timestamp:yyyy/MM/dd'T'HH-mm-ss}/!{partitionKeyFromQuery:k}!{partitionKeyFromLambda:k}/!{firehose:error-output-type}/",
        values,
      ),
    ).toBe('2026/01/02T03-04-05/vw/processing-failed/');
    expect(evaluatePrefix('!{firehose:random-string}!{firehose:random-string}', values)).toMatch(/^[A-Za-z0-9]{22}$/);
    expect(evaluatePrefix('!{timestamp:yyyy-D-EEE-MMM-h-a-SSS}', values)).toBe('2026-2-Fri-Jan-3-AM-000');
    const kathmandu = { ...values, timeZone: 'Asia/Katmandu' };
    expect(evaluatePrefix('!{timestamp:yyyy-MM-dd HH:mm XXX}', kathmandu)).toBe('2026-01-02 08:49 +05:45');
    expect(() => evaluatePrefix('!{timestamp:G}', values)).toThrow('letter G');
    expect(() => evaluatePrefix('!{partitionKeyFromLambda:x}', values)).toThrow('must not be null or empty');
    expect(() => evaluatePrefix('x'.repeat(513), values)).toThrow('512');
  });
});

describe('Firehose: nothing accepted is lost', () => {
  /** An S3 that refuses until it is let go, then passes to the real one. */
  async function brokenS3() {
    let refused = 0;
    const state = { broken: true, refusals: () => refused };
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      if (state.broken) {
        refused++;
        response.writeHead(503).end();
        return;
      }
      const answer = await fetch(`${lake.context.endpoint}${request.url}`, {
        method: request.method as string,
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(chunks),
      });
      response
        .writeHead(answer.status, Object.fromEntries(answer.headers))
        .end(Buffer.from(await answer.arrayBuffer()));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as { port: number };
    return { endpoint: `http://127.0.0.1:${port}`, state };
  }

  it('retries until S3 takes the object, and says so', async () => {
    const { endpoint, state } = await brokenS3();
    const refused = new Promise<void>((resolve) => {
      const log = (line: string) => {
        lake.lines.push(line);
        state.broken = false;
        resolve();
      };
      void start({}, { endpoint, log }, { bufferSeconds: 300 }).then(async ({ put, service }) => {
        await put('kept');
        lake.lines.length = 0;
        await service.close();
      });
    });
    await refused;
    const [key] = await lake.keysOnce(1);
    expect((await lake.read(key as string)).toString()).toBe('kept');
    expect(lake.lines[0]).toMatch(/S3 refused an object .*trying again in 0\.5 s/);
    expect(lake.metrics.get('DeliveryToS3.Success')).toBe(1);
  });

  it('delivers after SIGKILL what it had accepted', async () => {
    const stateDir = await mkdtemp(join(lake.context.scratchDir, 'state-'));
    const child = spawn(
      process.execPath,
      ['--no-warnings', 'test/support/firehose-child.ts', lake.context.endpoint, stateDir, lake.context.scratchDir],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, NODE_OPTIONS: '' },
      },
    );
    const exited = once(child, 'exit');
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await exited;
    expect(await lake.keys()).toEqual([]);

    const { service } = await start({}, { stateDir }, { bufferSeconds: 300 });
    expect(lake.lines.join('\n')).toContain('3 accepted record(s) of an earlier run');
    await service.close();
    const [key] = await lake.keys();
    expect((await lake.read(key as string)).toString()).toBe('one\ntwo\nthree\n');
    const [folder] = await readdir(join(stateDir, 'firehose'));
    expect(await readdir(join(stateDir, 'firehose', folder as string))).toEqual([]);
    await rm(stateDir, { recursive: true });
  });
});

describe('Firehose: API', () => {
  it('answers a RecordId each, describes and lists', async () => {
    const { client, put } = await start(HOURLY);
    const answer = await put('{"event_id":"1"}', '{"event_id":"2"}');
    expect(answer).toMatchObject({
      FailedPutCount: 0,
      RequestResponses: [{ RecordId: expect.any(String) }, { RecordId: expect.any(String) }],
    });
    const one = await client.send(
      new PutRecordCommand({ DeliveryStreamName: 'pages', Record: { Data: Buffer.from('{}') } }),
    );
    expect(one.RecordId).toEqual(expect.any(String));
    const { DeliveryStreamDescription } = await client.send(
      new DescribeDeliveryStreamCommand({ DeliveryStreamName: 'pages' }),
    );
    expect(DeliveryStreamDescription).toMatchObject({
      DeliveryStreamARN: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/pages',
      DeliveryStreamStatus: 'ACTIVE',
      Destinations: [{ ExtendedS3DestinationDescription: { Prefix: HOURLY.Prefix } }],
    });
    expect(await client.send(new ListDeliveryStreamsCommand({}))).toMatchObject({
      DeliveryStreamNames: ['pages'],
      HasMoreDeliveryStreams: false,
    });
  });

  it('refuses what AWS refuses', async () => {
    const { client, put } = await start({});
    const error = (promise: Promise<unknown>) =>
      promise.then(
        () => undefined,
        ({ name, message }) => ({ name, message }),
      );
    expect(await error(put(...Array.from({ length: 501 }, () => 'x')))).toMatchObject({ name: 'ValidationException' });
    expect(await error(put())).toMatchObject({ name: 'ValidationException' });
    expect(await error(put('x'.repeat(1000 * 1024 + 1)))).toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('1024000'),
    });
    expect(await error(put(...Array.from({ length: 5 }, () => 'x'.repeat(900 * 1024))))).toEqual({
      name: 'InvalidArgumentException',
      message: 'Records size exceeds 4 MB limit',
    });
    expect(
      await error(client.send(new PutRecordCommand({ DeliveryStreamName: 'no', Record: { Data: Buffer.from('x') } }))),
    ).toEqual({
      name: 'ResourceNotFoundException',
      message: 'Firehose no under account 000000000000 not found.',
    });
    expect(lake.metrics.get('IncomingRecords')).toBeUndefined();
  });
});
