import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { columnsOf } from '../../core/event/columns.ts';
import {
  type CloudEvent,
  changeSchema,
  type Decode,
  debeziumChanges,
  dmsChanges,
  dynamodbChanges,
  event,
  IGNORED,
} from '../../core/event/index.ts';
import { from, lake, pipeline } from '../../core/pipeline/index.ts';
import { engineInMemory, recordAt } from '../support/engine.ts';
import { order } from '../support/orders.ts';

const ORIGIN = { partitionKey: 'pk', position: 'shardId-000000000000:49.0', arrivalMs: 0 };
const Item = { type: 'item.changed', key: ['id'] } as const;
const table = { items: Item, places: { type: 'place.changed', key: ['country', 'city'] }, audit: IGNORED } as const;

const decoded = (decode: Decode, json: unknown) => decode(structuredClone(json), ORIGIN) as CloudEvent;

/** What a record is quarantined with. */
function rejection(decode: Decode, json: unknown): string {
  try {
    decode(structuredClone(json), ORIGIN);
  } catch (error) {
    const { found, expected } = (error as { rejection: { found: string; expected: string } }).rejection;
    return `${found}; expected ${expected}`;
  }
  return 'taken';
}

/** A copy of a record with one value, at a path of names, replaced. */
function but(record: object, path: string, value: unknown): object {
  const copy = structuredClone(record) as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop() as string;
  const part = names.reduce((each, name) => each[name] as Record<string, unknown>, copy);
  if (value === undefined) delete part[last];
  else part[last] = value;
  return copy;
}

describe('dynamodbChanges', () => {
  const decode = dynamodbChanges({ tables: table });
  const modified = {
    awsRegion: 'eu-central-1',
    eventID: '24757579-ebfd-480a-956d-a1287d2ef707',
    eventName: 'MODIFY',
    userIdentity: null,
    recordFormat: 'application/json',
    tableName: 'items',
    dynamodb: {
      ApproximateCreationDateTime: 1720742302233719,
      Keys: { id: { S: 'i-1' } },
      NewImage: { id: { S: 'i-1' }, price: { N: '12.5' } },
      OldImage: { id: { S: 'i-1' }, price: { N: '11' } },
      SizeBytes: 161,
      ApproximateCreationDateTimePrecision: 'MICROSECOND',
    },
    eventSource: 'aws:dynamodb',
  };
  const withImage = (attribute: unknown) => but(modified, 'dynamodb.NewImage.price', attribute);

  it('makes an event of a change, to the microsecond, under an id that a repeat has too', () => {
    expect(decoded(decode, modified)).toEqual({
      specversion: '1.0',
      id: '24757579-ebfd-480a-956d-a1287d2ef707',
      source: '/dynamodb/eu-central-1/items',
      type: 'item.changed',
      time: '2024-07-11T23:58:22.233719Z',
      data: {
        op: 'update',
        at: '2024-07-11T23:58:22.233719Z',
        table: 'items',
        key: 'i-1',
        before: { id: 'i-1', price: 11 },
        after: { id: 'i-1', price: 12.5 },
      },
    });
  });

  it('reads the milliseconds of a stream that says no precision', () => {
    const older = but(but(modified, 'dynamodb.ApproximateCreationDateTimePrecision', undefined), 'eventName', 'INSERT');
    const { data } = decoded(decode, but(older, 'dynamodb.ApproximateCreationDateTime', 1649930048004));
    expect(data).toMatchObject({ op: 'insert', at: '2022-04-14T09:54:08.004Z' });
    const early = but(modified, 'dynamodb.ApproximateCreationDateTime', 1720742302233007);
    expect(decoded(decode, early).time).toBe('2024-07-11T23:58:22.233007Z');
  });

  it('makes a deletion of a removal, by time to live too, with its key alone if there is no more', () => {
    const removed = but(but(modified, 'eventName', 'REMOVE'), 'dynamodb.NewImage', undefined);
    const identity = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
    const { data } = decoded(decode, but(removed, 'userIdentity', identity));
    expect(data).toMatchObject({ op: 'delete', key: 'i-1', before: { price: 11 }, after: undefined });
    const bare = decoded(decode, but(removed, 'dynamodb.OldImage', undefined));
    expect(bare.data).toMatchObject({ op: 'delete', key: 'i-1', before: undefined });
  });

  it('joins several key attributes, of whatever type, without confusing their values', () => {
    const key = (country: object, city: object) =>
      (
        decoded(decode, but(but(modified, 'tableName', 'places'), 'dynamodb.Keys', { country, city })).data as {
          key: string;
        }
      ).key;
    expect(key({ S: 'FR' }, { N: '75' })).toBe('FR/75');
    expect(key({ S: 'a/b' }, { S: 'c' })).toBe('a%2Fb/c');
    expect(key({ S: 'a' }, { S: 'b/c' })).toBe('a/b%2Fc');
    expect(key({ S: 'a%2Fb' }, { S: 'c' })).toBe('a%252Fb/c');
  });

  it.each<[string, unknown, unknown]>([
    ['a string', { S: '' }, ''],
    ['a number', { N: '-0.25' }, -0.25],
    ['a number with needless zeros', { N: '0100.500' }, 100.5],
    ['a number with an exponent', { N: '1.5E+20' }, 1.5e20],
    ['zero', { N: '-0' }, 0],
    [
      'the largest number',
      { N: '9.9999999999999999999999999999999999999E+125' },
      '9.9999999999999999999999999999999999999E+125',
    ],
    ['the smallest number', { N: '1E-130' }, 1e-130],
    ['the largest safe integer', { N: '9007199254740991' }, 9007199254740991],
    ['an integer that a double has not', { N: '9007199254740993' }, '9007199254740993'],
    ['a decimal that a double has not', { N: '0.12345678901234567890' }, '0.12345678901234567890'],
    ['true', { BOOL: true }, true],
    ['null', { NULL: true }, null],
    ['binary', { B: 'AQID' }, 'AQID'],
    ['a set of strings', { SS: ['b', 'a'] }, ['b', 'a']],
    ['a set of numbers', { NS: ['1', '12345678901234567890'] }, [1, '12345678901234567890']],
    ['a set of binaries', { BS: ['AQ==', 'Ag=='] }, ['AQ==', 'Ag==']],
    ['a list', { L: [{ S: 'x' }, { L: [] }, { NULL: true }] }, ['x', [], null]],
    ['a map', { M: { a: { M: { b: { N: '1' } } } } }, { a: { b: 1 } }],
    ['a map with a name of every object', { M: { constructor: { S: 'c' } } }, { constructor: 'c' }],
  ])('takes the types off %s', (_, attribute, expected) => {
    const { data } = decoded(decode, withImage(attribute));
    expect(data).toMatchObject({ after: { price: expected } });
  });

  it.each<[string, object, RegExp]>([
    [
      'an unknown table',
      but(modified, 'tableName', 'others'),
      /^a change of table "others"; expected a change of items or places or audit$/,
    ],
    [
      'an unknown operation',
      but(modified, 'eventName', 'UPSERT'),
      /^eventName: "UPSERT"; expected .*"INSERT"\|"MODIFY"\|"REMOVE"/,
    ],
    ['no id', but(modified, 'eventID', undefined), /^eventID: undefined; expected .*string/],
    ['no change', but(modified, 'dynamodb', null), /^dynamodb: null; expected .*object/],
    [
      'a time as text',
      but(modified, 'dynamodb.ApproximateCreationDateTime', '2024'),
      /^dynamodb\.ApproximateCreationDateTime: "2024"/,
    ],
    [
      'an unknown precision',
      but(modified, 'dynamodb.ApproximateCreationDateTimePrecision', 'DAY'),
      /Precision: "DAY"; expected .*"MILLISECOND"\|"MICROSECOND"/,
    ],
    [
      'no new image',
      but(modified, 'dynamodb.NewImage', undefined),
      /^dynamodb\.NewImage: undefined; expected the item after/,
    ],
    [
      'no such key attribute',
      but(modified, 'dynamodb.Keys', { other: { S: 'x' } }),
      /^key field 'id': undefined; expected a text/,
    ],
    ['a key attribute that is null', but(modified, 'dynamodb.Keys', { id: { NULL: true } }), /^key field 'id': null/],
    [
      'a value without type',
      withImage('plain'),
      /^NewImage\.price: "plain"; expected an object with one of S, N, BOOL/,
    ],
    ['a value of an unknown type', withImage({ X: '1' }), /^NewImage\.price: an object; expected .*one of S/],
    ['a value of two types', withImage({ S: '1', N: '1' }), /^NewImage\.price: an object; expected .*one of S/],
    ['a string that is none', withImage({ S: 1 }), /^NewImage\.price\.S: 1; expected a string/],
    ['a number that is none', withImage({ N: 'ten' }), /^NewImage\.price\.N: "ten"; expected a number as text/],
    ['a number not as text', withImage({ N: 10 }), /^NewImage\.price\.N: 10; expected a number as text/],
    ['hexadecimal', withImage({ N: '0x10' }), /^NewImage\.price\.N: "0x10"/],
    [
      'a truth value that is none',
      withImage({ BOOL: 'true' }),
      /^NewImage\.price\.BOOL: "true"; expected true or false/,
    ],
    ['a set that is none', withImage({ SS: 'a' }), /^NewImage\.price\.SS: "a"; expected an array/],
    ['a set with something else', withImage({ NS: ['1', 2] }), /^NewImage\.price\.NS\.1: 2; expected a number as text/],
    ['a map that is none', withImage({ M: [] }), /^NewImage\.price\.M: an array; expected an object/],
    [
      'something deep inside',
      withImage({ M: { a: { L: [{ S: 'x' }, { N: '' }] } } }),
      /^NewImage\.price\.M\.a\.L\.1\.N: ""/,
    ],
  ])('refuses %s', (_, record, expected) => {
    expect(rejection(decode, record)).toMatch(expected);
  });

  it('ignores tables that are to be ignored, and takes any other where told so', () => {
    expect(decode(but(modified, 'tableName', 'audit'), ORIGIN)).toBe(IGNORED);
    const any = dynamodbChanges({ tables: { audit: IGNORED, '*': Item } });
    expect(any(but(modified, 'tableName', 'audit'), ORIGIN)).toBe(IGNORED);
    expect(decoded(any, but(modified, 'tableName', 'prod-items-1X2Y')).type).toBe('item.changed');
    expect(rejection(decode, but(modified, 'tableName', 'constructor'))).toMatch(/^a change of table "constructor"/);
  });
});

describe('debeziumChanges', () => {
  const decode = debeziumChanges({ tables: table });
  const source = {
    version: '3.0.5.Final',
    connector: 'postgresql',
    name: 'shop',
    ts_ms: 1714000000123,
    snapshot: 'false',
    db: 'inventory',
    sequence: '[null,"24023128"]',
    schema: 'public',
    table: 'items',
    txId: 555,
    lsn: 24023128,
    xmin: null,
  };
  const updated = {
    before: null,
    after: { id: 7, price: 12.5 },
    source,
    op: 'u',
    ts_ms: 1714000000342,
    transaction: null,
  };
  const mysql = {
    ...{
      version: '2.7.0.Final',
      connector: 'mysql',
      name: 'shop',
      ts_ms: 1714000000000,
      snapshot: 'false',
      db: 'inventory',
    },
    ...{ table: 'items', server_id: 223344, gtid: null, file: 'mysql-bin.000003', pos: 154, row: 2, thread: 7 },
  };
  const sqlServer = {
    ...{
      version: '1.9.7.Final',
      connector: 'sqlserver',
      name: 'shop',
      ts_ms: 1714000000000,
      db: 'inventory',
      schema: 'dbo',
    },
    ...{
      table: 'items',
      change_lsn: '0000002b:000002e3:0002',
      commit_lsn: '0000002b:000002e3:0003',
      event_serial_no: 1,
    },
  };
  const oracle = {
    ...{ version: '2.7.0.Final', connector: 'oracle', name: 'shop', ts_ms: 1714000000000, db: 'ORCL', schema: 'SHOP' },
    ...{ table: 'items', scn: '2122185', rs_id: '001234.00012345.0124', ssn: 0 },
  };

  it('makes an event of a change, with its schema part or without', () => {
    const expected = {
      specversion: '1.0',
      id: '24023128/2024-04-24T23:06:40.123Z/u/7',
      source: '/debezium/shop/inventory.public.items',
      type: 'item.changed',
      time: '2024-04-24T23:06:40.123Z',
      data: {
        op: 'update',
        at: '2024-04-24T23:06:40.123Z',
        table: 'items',
        key: '7',
        before: undefined,
        after: { id: 7, price: 12.5 },
      },
    };
    expect(decoded(decode, updated)).toEqual(expected);
    expect(decoded(decode, { schema: { type: 'struct', name: 'shop.Envelope' }, payload: updated })).toEqual(expected);
  });

  it.each([
    ['c', 'insert'],
    ['r', 'insert'],
    ['u', 'update'],
    ['d', 'delete'],
  ])('makes of %s: %s', (op, expected) => {
    const row = { id: 7, price: null };
    const images = op === 'd' ? { before: row, after: null } : { before: null, after: row };
    const { data } = decoded(decode, { ...updated, ...images, op });
    expect(data).toMatchObject({ op: expected, key: '7', [op === 'd' ? 'before' : 'after']: row });
  });

  it('takes the time when Debezium read the row, where the source has none', () => {
    expect(decoded(decode, but(updated, 'source.ts_ms', 0)).time).toBe('2024-04-24T23:06:40.342Z');
  });

  it.each<[string, object, string]>([
    ['MySQL', mysql, '223344/mysql-bin.000003/154/2/2024-04-24T23:06:40.000Z/u/7'],
    ['SQL Server', sqlServer, '0000002b:000002e3:0003/0000002b:000002e3:0002/1/2024-04-24T23:06:40.000Z/u/7'],
    ['Oracle', oracle, '2122185/001234.00012345.0124/0/2024-04-24T23:06:40.000Z/u/7'],
    ['Oracle that does not say enough', but(oracle, 'rs_id', undefined), ORIGIN.position],
    ['a snapshot of SQL Server', but(sqlServer, 'change_lsn', null), ORIGIN.position],
  ])("makes the id of %s of the database's position, or else of the record's", (_, from, id) => {
    expect(decoded(decode, { ...updated, source: from }).id).toBe(id);
  });

  it('tells apart rows that one statement inserted, and keeps long ids within bounds', () => {
    const ids = [7, 8, 'x'.repeat(600), 'y'.repeat(600)].map((id) => decoded(decode, but(updated, 'after.id', id)).id);
    expect(new Set(ids).size).toBe(4);
    expect(Math.max(...ids.map((id) => id.length))).toBeLessThanOrEqual(512);
  });

  it.each(['inventory.public.items', 'public.items', 'inventory.items', 'items', '*'])(
    'finds a table as %s',
    (name) => {
      const found = { type: 'found', key: ['id'] } as const;
      const decoder = debeziumChanges({ tables: name === '*' ? { '*': found } : { '*': IGNORED, [name]: found } });
      expect(decoded(decoder, updated).type).toBe('found');
    },
  );

  it.each<[string, unknown]>([
    ['a tombstone as Debezium Server puts it to Kinesis: no bytes', undefined],
    ['a tombstone as JSON', null],
    ['a tombstone with its schema', { schema: null, payload: null }],
    ['a heartbeat', { ts_ms: 1714000000342 }],
    ['a heartbeat with its schema', { schema: { type: 'struct' }, payload: { ts_ms: 1714000000342 } }],
    ['the begin of a transaction', { status: 'BEGIN', id: '555', event_count: null, data_collections: null, ts_ms: 1 }],
    ['the end of a transaction', { status: 'END', id: '555', event_count: 2, data_collections: [], ts_ms: 1 }],
    ['a change of the schema', { source, ts_ms: 1, databaseName: 'inventory', ddl: 'ALTER TABLE …', tableChanges: [] }],
    ['a change of the schema without statement', { source, databaseName: 'inventory', tableChanges: [] }],
    ['a table to be ignored', but(updated, 'source.table', 'audit')],
  ])('ignores %s', (_, json) => {
    expect(decode(json, ORIGIN)).toBe(IGNORED);
  });

  it.each<[string, object, RegExp]>([
    [
      'an unknown table',
      but(updated, 'source.table', 'others'),
      /^a change of table "inventory\.public\.others"; expected a change of items/,
    ],
    ['a truncation', but(updated, 'op', 't'), /^op: "t"; expected .*"c"\|"r"\|"u"\|"d"/],
    ['a message', { op: 'm', ts_ms: 1, source, message: { prefix: 'p', content: '' } }, /^op: "m"/],
    ['no operation', but(updated, 'op', undefined), /^op: undefined/],
    ['an update without row', but(updated, 'after', null), /^after: null; expected the row of an operation 'u'/],
    ['a deletion without row', but(updated, 'op', 'd'), /^before: null; expected the row of an operation 'd'/],
    ["MongoDB's row as text", but(updated, 'after', '{"id":7}'), /^after: .*; expected .*record/],
    ['no table', but(updated, 'source.table', undefined), /^source\.table: undefined/],
    [
      'no time',
      but(but(updated, 'source.ts_ms', null), 'ts_ms', null),
      /^source\.ts_ms: null, ts_ms: null; expected milliseconds/,
    ],
    ['a time as text', but(updated, 'source.ts_ms', '1714000000'), /^source\.ts_ms: "1714000000"/],
    ['no such key field', but(updated, 'after', { name: 'x' }), /^key field 'id': undefined/],
    [
      'a key that has lost digits',
      but(updated, 'after.id', 2 ** 53),
      /^key field 'id': 9007199254740992; expected .*up to 2\^53/,
    ],
    ['an empty key', but(updated, 'after.id', ''), /^key field 'id': ""; expected a text that is not empty/],
  ])('refuses %s', (_, record, expected) => {
    expect(rejection(decode, record)).toMatch(expected);
  });
});

describe('dmsChanges', () => {
  const decode = dmsChanges({ tables: table });
  const metadata = {
    timestamp: '2024-07-29T00:58:44.895275Z',
    'record-type': 'data',
    operation: 'update',
    'partition-key-type': 'schema-table',
    'schema-name': 'public',
    'table-name': 'items',
    'transaction-id': 1140,
    'transaction-record-id': 1,
    'prev-transaction-id': 1139,
    'prev-transaction-record-id': 1,
    'commit-timestamp': '2024-07-29T00:58:44.886717Z',
    'stream-position': '00000002/7C007328.2.00000002/7C007328',
  };
  const updated = { data: { id: 42, price: 12.5 }, 'before-image': { price: 11 }, metadata };
  const loaded = {
    data: { id: 42, price: 11 },
    metadata: {
      timestamp: '2024-07-29T00:57:35.691762Z',
      'record-type': 'data',
      operation: 'load',
      'partition-key-type': 'primary-key',
      'schema-name': 'public',
      'table-name': 'items',
    },
  };
  const control = {
    control: { 'table-def': { columns: { id: { type: 'INT32', nullable: false } }, 'primary-key': ['id'] } },
    metadata: {
      timestamp: '2024-07-29T00:30:47.266581Z',
      'record-type': 'control',
      operation: 'create-table',
      'partition-key-type': 'task-id',
      'schema-name': 'public',
      'table-name': 'items',
    },
  };

  it("makes an event of a change, with the commit's time and the database's position", () => {
    expect(decoded(decode, updated)).toEqual({
      specversion: '1.0',
      id: '00000002/7C007328.2.00000002/7C007328/1140/1/update/42',
      source: '/dms/public.items',
      type: 'item.changed',
      time: '2024-07-29T00:58:44.886717Z',
      data: {
        op: 'update',
        at: '2024-07-29T00:58:44.886717Z',
        table: 'items',
        key: '42',
        before: { price: 11 },
        after: { id: 42, price: 12.5 },
      },
    });
  });

  it("makes an insertion of a loaded row, with the record's time and position", () => {
    expect(decoded(decode, loaded)).toMatchObject({
      id: ORIGIN.position,
      data: { op: 'insert', at: '2024-07-29T00:57:35.691762Z', after: { id: 42 }, before: undefined },
    });
    expect(decoded(decode, but(updated, 'metadata.operation', 'insert')).data).toMatchObject({
      op: 'insert',
      before: undefined,
    });
  });

  it('makes a deletion whose row is the row before', () => {
    const deleted = { data: { id: 42, price: null }, metadata: { ...metadata, operation: 'delete' } };
    expect(decoded(decode, deleted).data).toMatchObject({ op: 'delete', key: '42', before: { id: 42, price: null } });
    expect(decoded(decode, deleted).data).not.toHaveProperty('after');
  });

  it('gives a time with an offset in UTC', () => {
    const { time } = decoded(decode, but(updated, 'metadata.commit-timestamp', '2024-07-29T02:58:44.886+02:00'));
    expect(time).toBe('2024-07-29T00:58:44.886Z');
  });

  it.each([
    ['create-table', 'public', 'items'],
    ['drop-table', 'public', 'items'],
    ['add-column', 'public', 'others'],
    ['create-table', '', 'awsdms_apply_exceptions'],
  ])('ignores the control record %s of %s.%s', (operation, schema, name) => {
    const record = but(but(control, 'metadata.operation', operation), 'metadata.schema-name', schema);
    expect(decode(but(record, 'metadata.table-name', name), ORIGIN)).toBe(IGNORED);
  });

  it('finds a table with its schema or without, and ignores those to be ignored', () => {
    const bySchema = dmsChanges({ tables: { 'public.items': Item } });
    expect(decoded(bySchema, updated).type).toBe('item.changed');
    expect(rejection(bySchema, but(updated, 'metadata.schema-name', 'other'))).toMatch(
      /"other\.items"; expected .*public\.items/,
    );
    expect(decode(but(updated, 'metadata.table-name', 'audit'), ORIGIN)).toBe(IGNORED);
  });

  it.each<[string, object, RegExp]>([
    ['an unknown table', but(updated, 'metadata.table-name', 'others'), /^a change of table "public\.others"/],
    [
      'an unknown kind of record',
      but(updated, 'metadata.record-type', 'other'),
      /^metadata\.record-type: "other"; expected .*"data"\|"control"/,
    ],
    [
      'an unknown operation',
      but(updated, 'metadata.operation', 'merge'),
      /^metadata\.operation: "merge"; expected .*"load"/,
    ],
    ['no row', but(updated, 'data', undefined), /^data: undefined; expected .*record/],
    ['a row that is none', but(updated, 'data', [1]), /^data: an array/],
    ['no time', but(updated, 'metadata.timestamp', undefined), /^metadata\.timestamp: undefined/],
    [
      'a time without zone',
      but(updated, 'metadata.commit-timestamp', '2024-07-29 00:58:44'),
      /^metadata\.commit-timestamp: "2024-07-29 00:58:44"; expected .*datetime/,
    ],
    ['no such key field', but(updated, 'data', { price: 1 }), /^key field 'id': undefined/],
    [
      'an update of the key',
      but(updated, 'before-image', { id: 41 }),
      /^the key "41" updated to "42"; expected a deletion and an insertion/,
    ],
  ])('refuses %s', (_, record, expected) => {
    expect(rejection(decode, record)).toMatch(expected);
  });
});

describe('every decoder', () => {
  it.each([
    ['dynamodbChanges', dynamodbChanges],
    ['debeziumChanges', debeziumChanges],
    ['dmsChanges', dmsChanges],
  ])('%s passes on what is of another kind', (_, decoderOf) => {
    const decode = decoderOf({ tables: table });
    for (const json of [
      order('a'),
      { ...order('b'), payload: null },
      { any: 'thing' },
      [1],
      'text',
      7,
      { source: 'x' },
      { metadata: 'x' },
    ]) {
      expect(decode(json, ORIGIN)).toBe(json);
    }
  });
});

describe('changeSchema', () => {
  const Row = z
    .object({ id: z.int(), price: z.number(), tags: z.array(z.string()) })
    .refine(({ price }) => price >= 0, 'a price below zero');
  const schema = changeSchema(Row);
  const change = { op: 'update', at: '2024-07-11T23:58:22.233719Z', table: 'items', key: '7' };
  const row = { id: 7, price: 1, tags: [] };

  it('takes whole rows after the change and any part of them before it', () => {
    const taken = { ...change, before: { id: 7, price: null }, after: row };
    expect(schema.parse(taken)).toEqual(taken);
    expect(schema.safeParse({ ...change, op: 'delete' }).success).toBe(true);
  });

  it.each([
    ['a row after the change that is not whole', { after: { id: 7 } }, 'after.price'],
    ['a row that its own schema refuses', { after: { ...row, price: -1 } }, 'after'],
    ['a field of another type before it', { before: { id: '7' } }, 'before.id'],
    ['another operation', { op: 'upsert' }, 'op'],
  ])('refuses %s', (_, data, path) => {
    expect(schema.safeParse({ ...change, ...data }).error?.issues[0]?.path.join('.')).toBe(path);
  });

  it("gives a table of the lake its columns, and an event its types'", () => {
    const Changed = event('item.changed', { version: 1, key: 'key', time: 'at', schema });
    expect(columnsOf(Changed.schema).map(({ name, type }) => `${name} ${type}`)).toEqual([
      'op string',
      'at timestamp',
      'table string',
      'key string',
      'before struct<id:bigint,price:double,tags:array<string>>',
      'after struct<id:bigint,price:double,tags:array<string>>',
    ]);
    const { before, after }: z.output<typeof schema> = schema.parse({ ...change, before: {}, after: row });
    const known: readonly [number | null | undefined, number | undefined] = [before?.id, after?.id];
    expect(known).toEqual([undefined, 7]);
  });
});

describe('a pipeline with a decoder', () => {
  const Changed = event('item.changed', {
    version: 1,
    key: 'key',
    time: 'at',
    schema: changeSchema(z.object({ id: z.int(), price: z.number() })),
  });
  const plan = pipeline('items', [from(Changed).to(lake('items'))], {
    decode: debeziumChanges({ tables: { items: Item } }),
  });
  const plain = pipeline('shop', [
    from(event('ping', { version: 1, key: 'k', schema: z.object({ k: z.string() }) })).to(lake('pings')),
  ]);
  const source = { connector: 'postgresql', name: 'shop', ts_ms: 1714000000123, table: 'items', lsn: 1 };
  const inserted = { op: 'c', before: null, after: { id: 7, price: 1 }, source };

  it('takes changes, counts what is ignored as skipped, quarantines what is refused', async () => {
    const { run, lake: tables } = engineInMemory(plan);
    const records = [inserted, '', 'null', inserted, { ...inserted, op: 't' }].map((data, n) => recordAt(n + 1, data));
    expect(await run(records)).toMatchObject({ events: 1, skipped: 2, quarantined: 1, unfinished: undefined });
    expect(tables.rows('items')).toMatchObject([{ op: 'insert', key: '7', after: { id: 7, price: 1 } }]);
    expect(tables.rows('quarantine')).toMatchObject([
      {
        reason: 'decode-failed',
        step: 'decode',
        found: 'op: "t"',
        expected: expect.stringContaining('"c"|"r"|"u"|"d"'),
      },
    ]);
  });

  it('keeps another pipeline of the stage from quarantining what it ignores', async () => {
    const records = [recordAt(1, ''), recordAt(2, inserted), recordAt(3, 'not json')];
    const { run, lake: tables } = engineInMemory(plain, { stage: [plain, plan] });
    expect(await run(records)).toMatchObject({ events: 0, skipped: 2, quarantined: 1 });
    expect(tables.rows('quarantine')).toMatchObject([{ reason: 'not-json' }]);
  });

  it.each<[string, Decode | undefined]>([
    ['no decode function', undefined],
    ['one that expects a document', (json) => ({ ...order('x'), id: (json as { id: string }).id })],
    ['one that passes it on', dmsChanges({ tables: {} })],
  ])('quarantines a record of 0 bytes as empty with %s', async (_, decode) => {
    const { run, lake: tables } = engineInMemory(
      pipeline('items', [from(Changed).to(lake('items'))], decode ? { decode } : {}),
    );
    await run([recordAt(1, '')]);
    expect(tables.rows('quarantine')).toMatchObject([
      { reason: 'empty', step: 'decode', found: 'a record of 0 bytes' },
    ]);
  });

  it('takes no JSON for a sign to ignore it', async () => {
    const { run, lake: tables } = engineInMemory(plan);
    expect(await run([recordAt(1, '"ignored"'), recordAt(2, '"Symbol(ignored)"')])).toMatchObject({
      skipped: 0,
      quarantined: 2,
    });
    expect(tables.rows('quarantine')).toHaveLength(2);
  });
});
