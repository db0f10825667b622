import { createHash } from 'node:crypto';
import protobuf from 'protobufjs/minimal.js';

/** A user's record within a record of the Kinesis Producer Library. */
export interface UserRecord {
  readonly partitionKey: string;
  readonly data: Buffer;
}

/** How an aggregated record begins and ends: magic number, protobuf message, MD5 of the message. Source:
 *  aggregation-format.md of the library. */
const MAGIC = Buffer.from('f3899ac2', 'hex');
const DIGEST_BYTES = 16;

/** `Record` of the message: 1 index of the partition key, 3 data. */
function readRecord(reader: protobuf.Reader): { key: number; data: Buffer } {
  let key = 0;
  let data: Buffer = Buffer.alloc(0);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = Number(reader.uint64());
    else if (tag >>> 3 === 3) data = Buffer.from(reader.bytes());
    else reader.skipType(tag & 7);
  }
  return { key, data };
}

/** `AggregatedRecord`: 1 partition keys, 2 explicit hash keys, 3 records. */
function readMessage(message: Buffer): UserRecord[] {
  const reader = protobuf.Reader.create(message);
  const keys: string[] = [];
  const records: { key: number; data: Buffer }[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) keys.push(reader.string());
    else if (tag >>> 3 === 3) records.push(readRecord(protobuf.Reader.create(reader.bytes())));
    else reader.skipType(tag & 7);
  }
  return records.map(({ key, data }) => ({ partitionKey: keys[key] ?? '', data }));
}

/** The user records of an aggregated record; undefined for any other one, also one that only looks so. */
export function deaggregateKpl(data: Buffer): readonly UserRecord[] | undefined {
  if (data.length < MAGIC.length + DIGEST_BYTES || !data.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const message = data.subarray(MAGIC.length, -DIGEST_BYTES);
  if (!createHash('md5').update(message).digest().equals(data.subarray(-DIGEST_BYTES))) return undefined;
  try {
    return readMessage(message);
  } catch {
    return undefined;
  }
}
