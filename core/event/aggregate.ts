import { createHash } from 'node:crypto';
import { Reader, Writer } from 'protobufjs/minimal.js';
import { Rejected } from './rejection.ts';

/** A record as its producer put it, taken out of an aggregate if it was in one. */
export interface UserRecord {
  /** Index in the aggregate; 0 for a record put alone. */
  readonly subSequence: number;
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

/** Magic number, protobuf message, MD5 of the message: the Kinesis Producer Library's format
 *  (https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md). */
const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const DIGEST_BYTES = 16;

/** Takes a KPL aggregate apart; any other record comes back as it is.
 *  @throws Rejected when the record begins as an aggregate and is not a whole one. */
export function deaggregate(partitionKey: string, data: Uint8Array): readonly UserRecord[] {
  // No UTF-8 has that first byte: nearly all records are told by it.
  if (data[0] !== MAGIC[0] || data.length < MAGIC.length || MAGIC.compare(data, 0, MAGIC.length) !== 0) {
    return [{ subSequence: 0, partitionKey, data }];
  }
  const message = data.subarray(MAGIC.length, Math.max(MAGIC.length, data.length - DIGEST_BYTES));
  const digest = data.subarray(message.byteOffset - data.byteOffset + message.length);
  if (createHash('md5').update(message).digest().compare(digest) !== 0) throw broken('an MD5 that does not match');
  return userRecords(message);
}

/** A KPL aggregate of the records, in their order. */
export function aggregate(records: readonly Omit<UserRecord, 'subSequence'>[]): Uint8Array {
  const indexes = new Map<string, number>();
  for (const { partitionKey } of records) if (!indexes.has(partitionKey)) indexes.set(partitionKey, indexes.size);
  const writer = Writer.create();
  for (const key of indexes.keys()) writer.uint32((1 << 3) | 2).string(key);
  for (const { partitionKey, data } of records) {
    writer.uint32((3 << 3) | 2).fork();
    writer.uint32(1 << 3).uint32(indexes.get(partitionKey) as number);
    writer.uint32((3 << 3) | 2).bytes(data);
    writer.ldelim();
  }
  const message = writer.finish();
  return Buffer.concat([MAGIC, message, createHash('md5').update(message).digest()]);
}

const broken = (found: string) => new Rejected('broken-aggregate', 'aggregate', found, 'a whole KPL aggregate');

function userRecords(message: Uint8Array): readonly UserRecord[] {
  const keys: string[] = [];
  const records: { keyIndex: number; data: Uint8Array | undefined }[] = [];
  try {
    const reader = Reader.create(message);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag >>> 3 === 1) keys.push(reader.string());
      else if (tag >>> 3 === 3) records.push(innerRecord(reader));
      else reader.skipType(tag & 7);
    }
  } catch (error) {
    throw broken(error instanceof Error ? error.message : String(error));
  }
  if (records.length === 0) throw broken('no record in it');
  return records.map(({ keyIndex, data }, subSequence) => {
    const partitionKey = keys[keyIndex];
    if (partitionKey === undefined || data === undefined) throw broken(`record ${subSequence} without key or data`);
    return { subSequence, partitionKey, data };
  });
}

function innerRecord(reader: Reader): { keyIndex: number; data: Uint8Array | undefined } {
  const end = reader.uint32() + reader.pos;
  let keyIndex = -1;
  let data: Uint8Array | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) keyIndex = reader.uint32();
    else if (tag >>> 3 === 3) data = reader.bytes();
    else reader.skipType(tag & 7);
  }
  return { keyIndex, data };
}
