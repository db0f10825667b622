import type { Change } from './store.ts';
import type { Placed } from './stream.ts';

/** What the journal holds: a change of the streams, or records put into one by one call. */
export type Entry =
  | { readonly type: 'change'; readonly change: Change }
  | { readonly type: 'records'; readonly stream: string; readonly records: readonly Placed[] };

const CHANGE = 1;
const RECORDS = 2;
/** Shard index (4), arrival in ms (8), lengths of partition key (2) and data (4). */
const RECORD_HEAD_BYTES = 18;

export function encodeChange(change: Change): Buffer {
  return Buffer.concat([Buffer.of(CHANGE), Buffer.from(JSON.stringify(change))]);
}

/** Kind (1), length of the name (1), number of records (4), name, records. */
export function encodeRecords(stream: string, records: readonly Placed[]): Buffer {
  const name = Buffer.from(stream);
  const keyBytes = records.map((record) => Buffer.byteLength(record.partitionKey));
  let size = 6 + name.length;
  for (const [index, record] of records.entries()) {
    size += RECORD_HEAD_BYTES + (keyBytes[index] as number) + record.data.length;
  }
  const out = Buffer.allocUnsafe(size);
  out.writeUInt8(RECORDS, 0);
  out.writeUInt8(name.length, 1);
  out.writeUInt32LE(records.length, 2);
  let at = 6 + name.copy(out, 6);
  for (const [index, record] of records.entries()) {
    out.writeUInt32LE(record.shardIndex, at);
    out.writeDoubleLE(record.arrivalMs, at + 4);
    out.writeUInt16LE(keyBytes[index] as number, at + 12);
    out.writeUInt32LE(record.data.length, at + 14);
    at += RECORD_HEAD_BYTES;
    at += out.write(record.partitionKey, at);
    at += record.data.copy(out, at);
  }
  return out;
}

function decodeRecords(payload: Buffer): Entry {
  const nameEnd = 6 + payload.readUInt8(1);
  const records: Placed[] = [];
  let at = nameEnd;
  for (let left = payload.readUInt32LE(2); left > 0; left -= 1) {
    const shardIndex = payload.readUInt32LE(at);
    const arrivalMs = payload.readDoubleLE(at + 4);
    const dataStart = at + RECORD_HEAD_BYTES + payload.readUInt16LE(at + 12);
    const dataEnd = dataStart + payload.readUInt32LE(at + 14);
    const partitionKey = payload.toString('utf8', at + RECORD_HEAD_BYTES, dataStart);
    records.push({ shardIndex, arrivalMs, partitionKey, data: payload.subarray(dataStart, dataEnd) });
    at = dataEnd;
  }
  return { type: 'records', stream: payload.toString('utf8', 6, nameEnd), records };
}

export function decodeEntry(payload: Buffer): Entry {
  const kind = payload.readUInt8(0);
  if (kind === CHANGE) return { type: 'change', change: JSON.parse(payload.toString('utf8', 1)) };
  if (kind === RECORDS) return decodeRecords(payload);
  throw new Error(`the journal has an entry of unknown kind ${kind}`);
}
