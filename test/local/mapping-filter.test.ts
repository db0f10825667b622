import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Writer } from 'protobufjs/minimal.js';
import { aggregate } from '../../core/event/aggregate.ts';
import { userRecordsOf } from '../../local/mapping/aggregate.ts';
import { readSettings } from '../../local/mapping/configuration.ts';
import { readFilter } from '../../local/mapping/filter.ts';
import { takeIn } from '../../local/mapping/intake.ts';
import { compilePattern, parseExact } from '../../local/mapping/pattern.ts';
import { hashKeyOf } from '../../local/services/kinesis/hash-key.ts';
import { closeWorlds, report, SHARD, START_MS, world } from '../support/mapping-world.ts';
import { CONSUMER_ARN } from '../support/memory-stream.ts';

afterEach(closeWorlds);

const matches = (pattern: string, value: string) => compilePattern(parseExact(pattern))(parseExact(value));

describe('a pattern', () => {
  it.each([
    // pattern, what matches, what does not
    ['{"a":["x"]}', ['{"a":"x"}', '{"a":["y","x"]}', '{"a":"x","b":1}'], ['{"a":"y"}', '{"a":"X"}', '{}', '{"b":"x"}']],
    ['{"a":[""]}', ['{"a":""}'], ['{"a":null}', '{}', '{"a":" "}']],
    ['{"a":[null]}', ['{"a":null}'], ['{"a":""}', '{}', '{"a":0}']],
    ['{"a":[true]}', ['{"a":true}'], ['{"a":"true"}', '{"a":false}']],
    ['{"a":["x","y"]}', ['{"a":"x"}', '{"a":"y"}'], ['{"a":"z"}']],
    ['{"a":["x"],"b":["y"]}', ['{"a":"x","b":"y"}'], ['{"a":"x"}', '{"b":"y"}', '{"a":"x","b":"x"}']],
    ['{"a":{"b":["x"]}}', ['{"a":{"b":"x"}}', '{"a":[{"b":"y"},{"b":"x"}]}'], ['{"a":"x"}', '{"b":"x"}', '{"a":null}']],
    // One element of a list has to match as a whole.
    ['{"a":{"b":["x"],"c":[{"exists":true}]}}', ['{"a":[{"b":"x","c":1}]}'], ['{"a":[{"b":"x"},{"b":"y","c":1}]}']],
    ['{"a":[300]}', ['{"a":300}'], ['{"a":300.0}', '{"a":3.0e2}', '{"a":"300"}']],
    ['{"a":[3.0e2]}', ['{"a":3.0e2}'], ['{"a":300}']],
    ['{"a":[{"numeric":["=",300]}]}', ['{"a":300}', '{"a":300.0}', '{"a":3.0e2}'], ['{"a":"300"}', '{"a":301}', '{}']],
    ['{"a":[{"numeric":[">",0,"<=",5]}]}', ['{"a":5}', '{"a":0.1}'], ['{"a":0}', '{"a":5.1}', '{"a":null}']],
    ['{"a":[{"numeric":[">=",-1]}]}', ['{"a":-1}', '{"a":9}'], ['{"a":-2}']],
    ['{"a":[{"numeric":["<",1]}]}', ['{"a":0}', '{"a":[2,0]}'], ['{"a":1}']],
    ['{"a":[{"prefix":"ab"}]}', ['{"a":"abc"}', '{"a":"ab"}'], ['{"a":"cab"}', '{"a":1}', '{}']],
    ['{"a":[{"prefix":""}]}', ['{"a":"abc"}', '{"a":""}'], ['{"a":1}', '{}']],
    ['{"a":[{"suffix":"bc"}]}', ['{"a":"abc"}'], ['{"a":"bcd"}']],
    ['{"a":[{"equals-ignore-case":"abC"}]}', ['{"a":"ABc"}'], ['{"a":"ab"}', '{"a":null}']],
    ['{"a":[{"exists":true}]}', ['{"a":1}', '{"a":null}', '{"a":""}'], ['{}', '{"b":1}', '{"a":{"b":1}}']],
    ['{"a":[{"exists":false}]}', ['{}', '{"b":1}', '{"a":{"b":1}}'], ['{"a":1}', '{"a":null}']],
    ['{"a":{"b":[{"exists":false}]}}', ['{}', '{"a":{}}'], ['{"a":{"b":1}}']],
    ['{"a":[{"anything-but":"x"}]}', ['{"a":"y"}', '{"a":1}', '{"a":null}'], ['{"a":"x"}', '{}']],
    ['{"a":[{"anything-but":["x",1]}]}', ['{"a":"y"}', '{"a":2}'], ['{"a":"x"}', '{"a":1}']],
    ['{"a":[{"anything-but":{"prefix":"x"}}]}', ['{"a":"yx"}'], ['{"a":"xy"}', '{}']],
    [
      '{"a":["x",{"prefix":"y"},{"numeric":[">",5]}]}',
      ['{"a":"x"}', '{"a":"yy"}', '{"a":6}'],
      ['{"a":"z"}', '{"a":5}'],
    ],
    ['{"$or":[{"a":["x"]},{"b":["y"]}]}', ['{"a":"x"}', '{"b":"y"}'], ['{"a":"y","b":"x"}']],
    ['{"c":[1],"$or":[{"a":["x"]},{"b":["y"]}]}', ['{"c":1,"a":"x"}'], ['{"a":"x"}', '{"c":1}']],
    ['{"a":{"$or":[{"b":["x"]},{"c":["y"]}]}}', ['{"a":{"c":"y"}}'], ['{"c":"y"}']],
    ['{}', ['{}', '{"a":1}'], []],
  ])('%s', (pattern, matching, others) => {
    expect(matching.filter((value) => !matches(pattern, value))).toEqual([]);
    expect(others.filter((value) => matches(pattern, value))).toEqual([]);
  });

  it.each([
    ['{"data":', 'not JSON'],
    ['[]', 'the pattern: expected an object'],
    ['{"data":"x"}', 'data: expected an object'],
    ['{"data":["x"]}', 'data: expected an object'],
    ['{"data":{"a":"x"}}', 'data.a: expected an object'],
    ['{"data":{"a":[]}}', 'data.a: expected a list with at least one rule'],
    ['{"data":{"a":[{"wildcard":"*"}]}}', 'data.a: expected a value or one of prefix'],
    ['{"data":{"a":[{"prefix":"x","suffix":"y"}]}}', 'data.a: expected a value or one of prefix'],
    ['{"data":{"a":[{"prefix":1}]}}', 'data.a.prefix: expected a text'],
    ['{"data":{"a":[{"exists":"yes"}]}}', 'data.a.exists: expected exists'],
    ['{"data":{"a":[{"numeric":["~",1]}]}}', 'data.a.numeric: expected numeric'],
    ['{"data":{"a":[{"numeric":["<",1,">",0]}]}}', 'data.a.numeric: expected numeric'],
    ['{"data":{"a":[{"numeric":[">","1"]}]}}', 'data.a.numeric: expected numeric'],
    ['{"data":{"a":[{"anything-but":[]}]}}', 'data.a.anything-but: expected'],
    ['{"data":{"a":[{"anything-but":{"exists":true}}]}}', 'data.a.anything-but: expected'],
    ['{"data":{"$or":[{"a":[1]}]}}', 'data.$or: expected a list of at least two'],
    ['{"partitionKey":["k"]}', 'partitionKey: of a Kinesis record only data'],
    [`{"data":{"a":["${'x'.repeat(4096)}"]}}`, 'longer than 4096'],
  ])('is refused: %s', (Pattern, message) => {
    const read = () => readFilter({ Filters: [{ Pattern }] });
    expect(read).toThrow(`Invalid filter pattern definition. (${message}`);
    expect(read).toThrow(expect.objectContaining({ code: 'InvalidParameterValueException' }));
  });

  it('has at most four companions', () => {
    const filters = (count: number) => ({ Filters: Array.from({ length: count }, () => ({ Pattern: '{}' })) });
    expect(readFilter(filters(5))).toBeDefined();
    expect(() => readFilter(filters(6))).toThrow('6 filters');
  });
});

describe('a record', () => {
  const passes = (data: string | Buffer, ...patterns: string[]) =>
    readFilter({ Filters: patterns.map((Pattern) => ({ Pattern })) })?.({ data: Buffer.from(data) });
  const BUY = '{"data":{"type":["buy"]}}';

  it.each([
    ['JSON that matches', '{"type":"buy"}', [BUY], true],
    ['JSON that does not', '{"type":"sell"}', [BUY], false],
    ['JSON, no condition on the data', '{"type":"sell"}', ['{}'], true],
    ['a text', 'buy', [BUY], false],
    ['a text, even for what must not exist', 'buy', ['{"data":{"type":[{"exists":false}]}}'], false],
    ['a text, no condition on the data', 'buy', ['{}'], true],
    ['bytes', Buffer.from([0xff, 0xfe]), [BUY], false],
    ['one of several filters', '{"type":"sell"}', [BUY, '{"data":{"type":["sell"]}}'], true],
  ])('passes or is dropped: %s', (_, data, patterns, expected) => {
    expect(passes(data, ...patterns)).toBe(expected);
  });
});

describe('an aggregate', () => {
  const [even, odd] = ['k1', 'k2'];
  /** As the Kinesis Producer Library makes them: keys, explicit hash keys, records with indexes into both. */
  function aggregateOf(records: { key: number; hash?: number }[], hashKeys: string[] = []): Buffer {
    const writer = Writer.create();
    for (const key of [even, odd]) writer.uint32((1 << 3) | 2).string(key);
    for (const key of hashKeys) writer.uint32((2 << 3) | 2).string(key);
    for (const { key, hash } of records) {
      writer.uint32((3 << 3) | 2).fork();
      writer.uint32(1 << 3).uint32(key);
      if (hash !== undefined) writer.uint32(2 << 3).uint32(hash);
      writer
        .uint32((3 << 3) | 2)
        .bytes(Buffer.from(`${key}${hash ?? ''}`))
        .ldelim();
    }
    const message = writer.finish();
    const digest = createHash('md5').update(message).digest();
    return Buffer.concat([Buffer.from([0xf3, 0x89, 0x9a, 0xc2]), message, digest]);
  }

  it('has records by their keys, or by explicit hash keys', () => {
    const inner = userRecordsOf(aggregateOf([{ key: 0 }, { key: 1, hash: 0 }], ['255']));
    expect(inner).toEqual([
      { partitionKey: even, hashKey: hashKeyOf(even), data: Buffer.from('0') },
      { partitionKey: odd, hashKey: 'ff'.padStart(32, '0'), data: Buffer.from('10') },
    ]);
  });

  it.each([
    ['short', (whole: Buffer) => whole.subarray(0, 10)],
    ['of another kind', (whole: Buffer) => Buffer.concat([Buffer.from([0]), whole])],
    ['damaged', (whole: Buffer) => whole.fill(1, 10, 11)],
  ])('is none when it is %s', (_, change) => {
    expect(userRecordsOf(change(aggregateOf([{ key: 0 }])))).toBeUndefined();
  });

  it('loses the records that are not of the shard', () => {
    const record = {
      sequenceNumber: '1',
      partitionKey: 'outer',
      arrivalMs: 1,
      data: aggregateOf([{ key: 0 }, { key: 1 }]),
    };
    const hashKeyRange = { start: hashKeyOf(odd), end: hashKeyOf(odd) };
    const settings = readSettings({ EventSourceArn: CONSUMER_ARN, FunctionName: 'f', StartingPosition: 'LATEST' }, 1);
    const source = { arn: CONSUMER_ARN, region: 'us-east-1', roleArn: 'role' };
    const taken = takeIn(record, settings, source, { shardId: SHARD, hashKeyRange });
    expect(taken.parts.map((part) => part.record)).toEqual([{ ...record, partitionKey: odd, data: Buffer.from('1') }]);
    expect(taken.filteredOut).toBe(0);
  });
});

describe('a mapping with filters', () => {
  const FILTERED = {
    FilterCriteria: { Filters: [{ Pattern: '{"data":{"n":[{"numeric":[">",2]}]}}' }] },
    MetricsConfig: { Metrics: ['EventCount'] },
    BatchSize: 2,
  };
  const REPORTS = { FunctionResponseTypes: ['ReportBatchItemFailures'] };
  const json = (n: number) => JSON.stringify({ n });
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

  it('delivers what passes, counts what does not, and has its checkpoint behind both', async () => {
    const { stream, clock, deliveries, put, open, provision, valuesOf, objects } = world(() => null);
    stream.open(SHARD);
    put(json(1), 'no json', json(3), json(2), json(4), json(1));
    const first = open();
    await provision(FILTERED, first);
    await clock.runUntil(() => sum(valuesOf('PolledEventCount')) === 6);
    await clock.runUntil(() => deliveries.length === 2);
    expect(deliveries).toEqual([json(3), json(4)]);
    expect(sum(valuesOf('FilteredOutEventCount'))).toBe(4);
    expect(sum(valuesOf('InvokedEventCount'))).toBe(2);
    expect(objects).toEqual([]);
  });

  it('takes aggregates apart by enhanced fan-out only, and filters what is in them', async () => {
    const inner = [1, 3, 4].map((n) => ({ partitionKey: `k${n}`, data: Buffer.from(json(n)) }));
    for (const [arn, expected] of [
      // The records of an aggregate share its sequence number: the first of them is the one reported.
      [CONSUMER_ARN, [json(3) + json(4), json(3) + json(4)]],
      [undefined, []],
    ] as const) {
      const { stream, clock, deliveries, provision, valuesOf } = world((batch, event) => {
        if (arn) expect(event.Records[0].eventSourceARN).toBe(arn);
        return deliveries.length === 1 ? report(batch[1]) : null;
      });
      stream.open(SHARD);
      stream.put(SHARD, START_MS, Buffer.from(aggregate(inner)));
      await provision({ ...FILTERED, ...REPORTS, ...(arn && { EventSourceArn: arn }) });
      await clock.runUntil(() => sum(valuesOf('FilteredOutEventCount')) === 1 && deliveries.length === expected.length);
      expect(deliveries).toEqual(expected);
    }
  });
});
