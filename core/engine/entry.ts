import { KEY_BYTES } from './idempotency-key.ts';
import type { Position } from './position.ts';

/** One batch's commit: everything that must change together. */
export interface Entry {
  /** Slot in the shard's log, from 1, without gaps. */
  readonly slot: number;
  /** Tells a writer its own entry. */
  readonly token: string;
  /** Last record this batch finished. */
  readonly position: Position;
  /** Latest arrival among the batch's records, in milliseconds since 1970: the log's own measure of age. */
  readonly arrivalMs: number;
  /** Idempotency keys of the events the batch took in, in order. */
  readonly keys: readonly string[];
}

/** An entry's bytes are of a version this code does not know. */
export class EntryVersionError extends Error {
  override readonly name = 'EntryVersionError';
}

const VERSION = 1;
const HEADER_BYTES = 1 + 1 + 4 + 8 + 4;

/** Version 1, big-endian: version (1), digits of the sequence number (1), sub-sequence (4), arrival as float64 (8),
 *  number of keys (4), the digits as ASCII, then the keys. Slot and token are attributes of their own. */
export function encodeBody(entry: Entry): Uint8Array {
  const digits = entry.position.sequenceNumber;
  const bytes = Buffer.alloc(HEADER_BYTES + digits.length + entry.keys.length * KEY_BYTES);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUInt8(digits.length, 1);
  bytes.writeUInt32BE(entry.position.subSequence, 2);
  bytes.writeDoubleBE(entry.arrivalMs, 6);
  bytes.writeUInt32BE(entry.keys.length, 14);
  bytes.write(digits, HEADER_BYTES, 'latin1');
  let offset = HEADER_BYTES + digits.length;
  for (const key of entry.keys) offset += bytes.write(key, offset, 'latin1');
  return bytes;
}

/** @throws EntryVersionError for a version it does not know. */
export function decodeBody(slot: number, token: string, body: Uint8Array): Entry {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const version = bytes.readUInt8(0);
  if (version !== VERSION) {
    throw new EntryVersionError(
      `slot ${slot} holds an entry of version ${version}; this code reads version ${VERSION}`,
    );
  }
  const keysFrom = HEADER_BYTES + bytes.readUInt8(1);
  const count = bytes.readUInt32BE(14);
  return {
    slot,
    token,
    position: {
      sequenceNumber: bytes.toString('latin1', HEADER_BYTES, keysFrom),
      subSequence: bytes.readUInt32BE(2),
    },
    arrivalMs: bytes.readDoubleBE(6),
    keys: Array.from({ length: count }, (_, i) =>
      bytes.toString('latin1', keysFrom + i * KEY_BYTES, keysFrom + (i + 1) * KEY_BYTES),
    ),
  };
}
