import { hash } from 'node:crypto';
import { Reader } from 'protobufjs/minimal.js';
import { hashKeyOf, parseHashKey } from '../services/kinesis/hash-key.ts';

/** A record as its producer put it into an aggregate. */
export interface UserRecord {
  readonly partitionKey: string;
  /** 32 hex digits. */
  readonly hashKey: string;
  readonly data: Buffer;
}

// Magic number, protobuf message, MD5 of the message: the format of the Kinesis Producer Library
// (https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md).
const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);
const DIGEST_BYTES = 16;

/** The records of an aggregate, in their order. Undefined for a record that is none, or is not whole. */
export function userRecordsOf(data: Buffer): readonly UserRecord[] | undefined {
  if (data.length < MAGIC.length + DIGEST_BYTES || !data.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const message = data.subarray(MAGIC.length, -DIGEST_BYTES);
  if (hash('md5', message) !== data.subarray(-DIGEST_BYTES).toString('hex')) return undefined;
  try {
    return readMessage(message);
  } catch {
    return undefined; // the digest is right, the message is not: no aggregate
  }
}

function readMessage(message: Buffer): readonly UserRecord[] {
  const partitionKeys: string[] = [];
  const hashKeys: string[] = [];
  const inner: ReturnType<typeof readRecord>[] = [];
  const reader = Reader.create(message);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) partitionKeys.push(reader.string());
    else if (tag >>> 3 === 2) hashKeys.push(reader.string());
    else if (tag >>> 3 === 3) inner.push(readRecord(reader));
    else reader.skipType(tag & 7);
  }
  return inner.map(({ keyIndex, hashIndex, data }) => {
    const partitionKey = partitionKeys[keyIndex];
    const explicit = hashIndex < 0 ? undefined : hashKeys[hashIndex];
    if (partitionKey === undefined) throw new RangeError('A record without a partition key');
    return { partitionKey, hashKey: (explicit && parseHashKey(explicit)) || hashKeyOf(partitionKey), data };
  });
}

function readRecord(reader: Reader): { keyIndex: number; hashIndex: number; data: Buffer } {
  const end = reader.uint32() + reader.pos;
  const record = { keyIndex: -1, hashIndex: -1, data: Buffer.alloc(0) };
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) record.keyIndex = reader.uint32();
    else if (tag >>> 3 === 2) record.hashIndex = reader.uint32();
    else if (tag >>> 3 === 3) record.data = Buffer.from(reader.bytes());
    else reader.skipType(tag & 7);
  }
  return record;
}
