import { gunzipSync, inflateRawSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { coercion, exactJson, structOf } from '../../local/services/firehose/coerce.ts';
import { parseDocuments } from '../../local/services/firehose/documents.ts';
import { hadoopSnappy, snappyJava } from '../../local/services/firehose/snappy.ts';
import { parseHiveType } from '../../local/services/hive-type.ts';
import {
  type ObjectStore,
  openObjectStore,
  processing,
  processor,
  ROLE,
  type RunningFirehose,
  runFirehose,
} from '../support/firehose-service.ts';

let store: ObjectStore;
let running: RunningFirehose | undefined;

beforeAll(async () => {
  store = await openObjectStore();
});
afterEach(async () => {
  await running?.close();
  running = undefined;
  store.objects.clear();
});
afterAll(() => store.close());

async function deliver(destination: Record<string, unknown>, ...texts: string[]) {
  running = await runFirehose(store, { bufferSeconds: 0, now: () => Date.UTC(2026, 0, 1, 23, 30) });
  await running.make(destination);
  await running.put(...texts);
  await running.service.delivered();
}

/** Undoes Snappy's block format, by its description. */
function uncompressBlock(block: Buffer): Buffer {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = block[at++] as number;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  const out = Buffer.alloc(length);
  let to = 0;
  while (at < block.length) {
    const tag = block[at++] as number;
    if ((tag & 3) === 0) {
      const bytes = tag >> 2 < 60 ? 0 : (tag >> 2) - 59;
      const size = (bytes === 0 ? tag >> 2 : block.readUIntLE(at, bytes)) + 1;
      at += bytes;
      to += block.copy(out, to, at, at + size);
      at += size;
    } else {
      expect(tag & 3).toBe(2);
      const offset = block.readUInt16LE(at);
      at += 2;
      expect(offset).toBeGreaterThan(0);
      for (let i = 0; i < (tag >> 2) + 1; i++, to++) out[to] = out[to - offset] as number;
    }
  }
  expect(to).toBe(length);
  return out;
}

function unsnappyJava(stream: Buffer): Buffer {
  expect(stream.subarray(0, 16)).toEqual(Buffer.from('82534e41505059000000000100000001', 'hex'));
  const blocks: Buffer[] = [];
  for (let at = 16; at < stream.length; ) {
    const size = stream.readUInt32BE(at);
    blocks.push(uncompressBlock(stream.subarray(at + 4, at + 4 + size)));
    at += 4 + size;
  }
  return Buffer.concat(blocks);
}

function unsnappyHadoop(stream: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < stream.length; ) {
    const size = stream.readUInt32BE(at + 4);
    const block = uncompressBlock(stream.subarray(at + 8, at + 8 + size));
    expect(block).toHaveLength(stream.readUInt32BE(at));
    blocks.push(block);
    at += 8 + size;
  }
  return Buffer.concat(blocks);
}

function unzip(archive: Buffer): Buffer {
  const directory = archive.readUInt32LE(archive.length - 6);
  expect(archive.readUInt32LE(directory)).toBe(0x02014b50);
  const [size, name] = [archive.readUInt32LE(directory + 20), archive.readUInt16LE(directory + 28)];
  expect(archive.subarray(30, 30 + name).toString()).toMatch(/^[0-9a-f-]{36}$/);
  return inflateRawSync(archive.subarray(30 + name, 30 + name + size));
}

describe('Firehose: objects', () => {
  it.each([
    ['UNCOMPRESSED', '', undefined, (body: Buffer) => body],
    ['GZIP', '.gz', 'gzip', gunzipSync],
    ['ZIP', '.zip', 'zip', unzip],
    ['Snappy', '.snappy', 'snappy-java', unsnappyJava],
    ['HADOOP_SNAPPY', '.snappy', 'hadoop-snappy', unsnappyHadoop],
  ])('are compressed: %s', async (format, extension, encoding, open) => {
    await deliver({ CompressionFormat: format }, 'abc', 'abc'.repeat(1000));
    const [key = '', ...more] = store.keys();
    expect(more).toEqual([]);
    expect(key).toMatch(new RegExp(`/rows-1-2026-01-01-23-30-00-[0-9a-f-]{36}${extension.replace('.', '\\.')}$`));
    const { body, headers } = store.objects.get(key) ?? { body: Buffer.alloc(0), headers: {} };
    expect(open(body).toString()).toBe('abc'.repeat(1001));
    expect(headers['content-encoding']).toBe(encoding);
    expect(headers['content-type']).toBe('application/octet-stream');
  });

  it('come back from Snappy as they were, smaller', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.constantFrom('ab', 'abcd', 'x'.repeat(70), '\0'), { maxLength: 2000 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(bytes, (given) => {
        const data = Buffer.from(given as string);
        expect(unsnappyJava(snappyJava(data)).equals(data)).toBe(true);
        expect(unsnappyHadoop(hadoopSnappy(data)).equals(data)).toBe(true);
      }),
      { numRuns: 60 },
    );
    const rows = Buffer.from('{"id":"row","at":"2026-01-01T00:00:00Z"}\n'.repeat(3000));
    expect(snappyJava(rows).length).toBeLessThan(rows.length / 5);
  });

  it('are named by the time of the zone, with the extension that is asked for', async () => {
    await deliver({ CustomTimeZone: 'Asia/Tokyo', FileExtension: '.custom.log', CompressionFormat: 'GZIP' }, 'x');
    expect(store.keys()[0]).toMatch(/^lake\/2026\/01\/02\/08\/rows-1-2026-01-02-08-30-00-[^/]*\.custom\.log$/);
    expect(store.objects.get(store.keys()[0] as string)?.headers['content-encoding']).toBe('gzip');
  });

  it('have a prefix of their own each, without a slash that is not asked for', async () => {
    await deliver({ Prefix: 'raw' }, 'x');
    expect(store.keys()[0]).toMatch(/^lake\/raw2026\/01\/01\/23\/rows-1-/);
  });

  it('have no time in their prefix unless its expressions say so', async () => {
    await deliver({ Prefix: 'a/!{firehose:random-string}/', ErrorOutputPrefix: 'bad/' }, 'x');
    expect(store.keys()[0]).toMatch(/^lake\/a\/[A-Za-z0-9]{11}\/rows-1-/);
  });

  it('go to the error output by its prefix', async () => {
    const query = { MetadataExtractionQuery: '{k: .k}', JsonParsingEngine: 'JQ-1.6' };
    await deliver(
      {
        Prefix: '!{partitionKeyFromQuery:k}/',
        ErrorOutputPrefix: 'bad-!{firehose:error-output-type}/!{timestamp:yyyy}/',
        DynamicPartitioningConfiguration: { Enabled: true },
        ...processing(processor('MetadataExtraction', query)),
      },
      '{}',
    );
    expect(store.keys()[0]).toMatch(/^lake\/bad-processing-failed\/2026\/rows-1-2026-01-01-23-30-00-[0-9a-f-]{36}$/);
  });

  it('are kept as they came in a backup with its own bucket, hints and compression', async () => {
    await deliver(
      {
        S3BackupMode: 'Enabled',
        S3BackupConfiguration: {
          BucketARN: 'arn:aws:s3:::copy',
          RoleARN: ROLE,
          Prefix: 'source/',
          CompressionFormat: 'GZIP',
          BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
        },
        ...processing(processor('AppendDelimiterToRecord')),
      },
      'a',
      'b',
    );
    expect(store.text('lake/')).toBe('a\nb\n');
    const [key = ''] = store.keys('copy/source/');
    expect(gunzipSync(store.objects.get(key)?.body ?? Buffer.alloc(0)).toString()).toBe('ab');
    expect(key).toMatch(/\.gz$/);
    expect(running?.metrics.get('BackupToS3.Records')).toEqual([2]);
    expect(running?.metrics.get('BackupToS3.Success')).toEqual([1]);
    expect(running?.metrics.get('BackupToS3.DataFreshness')).toHaveLength(1);
    expect(running?.metrics.get('DeliveryToS3.Records')).toEqual([2]);
    expect(running?.metrics.get('DeliveryToS3.ObjectCount')).toEqual([1]);
  });

  it('take no backup without a minute to buffer it', async () => {
    const backup = {
      BucketARN: 'arn:aws:s3:::copy',
      RoleARN: ROLE,
      BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 0 },
    };
    await expect(deliver({ S3BackupMode: 'Enabled', S3BackupConfiguration: backup })).rejects.toThrow('at least 60');
  });
});

describe('Firehose: what OpenX reads', () => {
  const rules = { caseInsensitive: true, dotsToUnderscores: false };
  const read = (type: string, json: string): unknown => {
    const column = structOf([['c', coercion(parseHiveType(type), rules)]], rules);
    const [row] = parseDocuments(Buffer.from(`{"c":${json}}`)).map(column) as { c: unknown }[];
    return JSON.parse(exactJson(row?.c));
  };
  const failure = (type: string, json: string): string => {
    try {
      return `read ${JSON.stringify(read(type, json))}`;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it.each([
    ['timestamp', '"2026-01-02T03:04:05.678Z"', '2026-01-02T03:04:05.678'],
    ['timestamp', '"2026-01-02T03:04:05"', '2026-01-02T03:04:05'],
    ['timestamp', '"2026-1-2 3:4:5.5"', '2026-01-02T03:04:05.5'],
    ['timestamp', '1767225600', '2026-01-01T00:00:00.000'],
    ['timestamp', '1767225600.25', '2026-01-01T00:00:00.250'],
    ['timestamp', '999999999999', '2092-10-26T00:40:18.684'],
    ['timestamp', '1000000000000', '2001-09-09T01:46:40.000'],
    ['timestamp', '"1767225600123"', '2026-01-01T00:00:00.123'],
    ['date', '"2026-1-2"', '2026-01-02'],
    ['string', '{"a":[1]}', '{"a":[1]}'],
    ['string', '12345678901234567890', '12345678901234567890'],
    ['varchar(2)', '"é🤦x"', 'é🤦'],
    ['int', '" 12 "', '12'],
    ['bigint', '9223372036854775807', '9223372036854775807'],
    ['boolean', '"TRUE"', true],
    ['array<int>', '7', ['7']],
    ['array<struct<a:int>>', '{"A":1,"b":2}', [{ a: '1' }]],
    ['map<string,array<int>>', '{"K":[1],"l":null}', { K: ['1'], l: null }],
    ['struct<a:struct<b:int>>', '{"A":{"B":1,"x":2}}', { a: { b: '1' } }],
  ])('%s from %s', (type, json, expected) => {
    expect(read(type, json)).toEqual(expected);
  });

  it.each([
    ['timestamp', '"2026-1-2T03:04:05Z"', 'MalformedData'],
    ['timestamp', '"yesterday"', 'MalformedData'],
    ['date', '"2026-02-30"', 'MalformedData'],
    ['int', '2147483648', 'MalformedData'],
    ['int', '1.5', 'MalformedData'],
    ['double', '"x"', 'MalformedData'],
    ['decimal(4,2)', '100', 'MalformedData'],
    ['struct<a:int>', '1', 'MalformedData'],
    ['map<string,int>', '[1]', 'MalformedData'],
    ['map<int,int>', '{"x":1}', 'InvalidRecord'],
  ])('not %s from %p', (type, json, code) => {
    expect(failure(type, json)).toBe(code);
  });

  it('not what is nested too deep or has too long a key', () => {
    expect(failure('string', `${'['.repeat(1001)}${']'.repeat(1001)}`)).toBe('MalformedData');
    expect(failure('string', `{"${'k'.repeat(262_145)}":1}`)).toBe('MalformedData');
  });

  it('keys by case and dots as it is told to', () => {
    const text = coercion({ kind: 'string' }, rules);
    const row = { 'A.B': '1', C: '2', d: '3' };
    const fields = [
      ['a_b', text],
      ['c', text],
      ['D', text],
    ] as const;
    const by = (caseInsensitive: boolean, dotsToUnderscores: boolean) =>
      structOf(fields, { caseInsensitive, dotsToUnderscores })(row);
    expect(by(true, true)).toEqual({ a_b: '1', c: '2', D: '3' });
    expect(by(true, false)).toEqual({ c: '2', D: '3' });
    expect(by(false, true)).toEqual({});
  });
});
