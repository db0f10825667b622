import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Reader, Writer } from 'protobufjs/minimal.js';
import type { Cell } from '../event/json.ts';
import type { Outgoing } from '../operators/operator.ts';
import { type HashRange, WHOLE_RANGE } from './hash-range.ts';
import { KEY_BYTES } from './idempotency-key.ts';
import type { LaneChange } from './lanes.ts';
import type { ParkedFailure, ParkedPart } from './parking.ts';
import type { Position } from './position.ts';
import type { SeenKey } from './recent-keys.ts';
import type { Tally } from './tally.ts';

/** What one slot of a shard's log says: the changes of one batch, all or none. A snapshot is an entry as well, one that
 *  says everything since the beginning. */
export interface Entry {
  readonly slot: number;
  /** Last record finished; undefined before the shard's first. */
  readonly position: Position | undefined;
  /** The shard's clock: the latest arrival of its records so far, in milliseconds since 1970; 0 before the first. */
  readonly arrivalMs: number;
  /** How far event time has come, in milliseconds since 1970; undefined before the first event. */
  readonly watermarkMs: number | undefined;
  /** How far the watermark was behind the shard's clock at the last event, in milliseconds. */
  readonly lagMs: number;
  /** Idempotency keys of the events taken in, in order. */
  readonly keys: readonly SeenKey[];
  readonly details: Details;
}

/** The parts of an entry that most batches have little of. Absent is the same as empty. */
export interface Details {
  /** Steps' states that changed: step, key, what is kept; without that, the key is forgotten. */
  readonly states?: readonly (readonly [step: string, key: string, cell?: Cell])[];
  /** Of a merged shard: how far event time had come for the keys of each parent. */
  readonly floors?: readonly Floor[];
  /** What is to be delivered once the entry stands. */
  readonly outbox?: readonly Outgoing[];
  /** What states of a step are, for each step that has begun to keep some: see `ProcessNode.shape`. */
  readonly shapes?: readonly (readonly [step: string, shape: string])[];
  /** Behind a hop: what has come of the shards before it, and which of those are open. */
  readonly lanes?: readonly LaneChange[];
  readonly lanesOf?: readonly string[];
  /** Records parked, behind those of their key. */
  readonly parked?: readonly (readonly [key: string, part: ParkedPart])[];
  /** Records at the front of a key that were taken through; they count after those parked. */
  readonly redriven?: readonly (readonly [key: string, count: number])[];
  /** What the first record of a parked key met. */
  readonly failures?: readonly (readonly [key: string, failure: ParkedFailure])[];
  /** Records that were quarantined and steps that threw, of the latest. */
  readonly quarantined?: Tally;
  readonly threw?: Tally;
  /** Slot of the newest snapshot; absent for none. */
  readonly snapshot?: number;
  /** Of the first entry: what the shard is. */
  readonly genesis?: Genesis;
  /** The log ends here: the shard's children go on with its state. */
  readonly sealed?: true;
}

/** Keys of this range have seen event time come this far already. */
export interface Floor {
  readonly range: HashRange;
  readonly watermarkMs: number;
}

export interface Genesis {
  readonly range: HashRange;
  /** Shards whose state this one began with. */
  readonly parents: readonly string[];
  /** When the log was begun, in milliseconds since 1970. */
  readonly atMs: number;
}

/** An entry's bytes are of a version this code does not know. */
export class EntryVersionError extends Error {
  override readonly name = 'EntryVersionError';
}

const VERSION = 2;

/** For JSON of a batch's states and rows: with a window of 8 KiB the result is smaller than with 32, in half the time. */
const DEFLATE = { level: 3, windowBits: 13, memLevel: 6 } as const;

/** Fields of version 2. */
const FIELD = { digits: 1, sub: 2, arrival: 3, watermark: 4, keys: 5, ages: 6, details: 7, lag: 8 } as const;
const tag = (field: number, wire: 0 | 1 | 2) => (field << 3) | wire;

/** Version 2: the byte 2, then a protobuf message: digits of the sequence number (1, text), sub-sequence (2, varint),
 *  clock (3, double), watermark (4, double), its lag (8, double), idempotency keys (5, 12 bytes each), the keys' arrivals (6, varints: how
 *  many milliseconds after that of the key before), details (7, JSON, raw deflate). */
export function encodeEntry(entry: Entry): Uint8Array {
  const { position, arrivalMs, watermarkMs, lagMs, keys, details } = entry;
  const writer = Writer.create();
  if (position) {
    writer.uint32(tag(FIELD.digits, 2)).string(position.sequenceNumber);
    writer.uint32(tag(FIELD.sub, 0)).uint32(position.subSequence);
  }
  writer.uint32(tag(FIELD.arrival, 1)).double(arrivalMs);
  if (watermarkMs !== undefined) writer.uint32(tag(FIELD.watermark, 1)).double(watermarkMs);
  if (lagMs !== 0) writer.uint32(tag(FIELD.lag, 1)).double(lagMs);
  if (keys.length > 0) {
    writer.uint32(tag(FIELD.keys, 2)).bytes(Buffer.from(keys.map(({ key }) => key).join(''), 'latin1'));
    writer.uint32(tag(FIELD.ages, 2)).bytes(encodeAges(keys));
  }
  if (Object.values(details).some((part) => part !== undefined)) {
    writer.uint32(tag(FIELD.details, 2)).bytes(deflateRawSync(JSON.stringify(details), DEFLATE));
  }
  return Buffer.concat([Buffer.from([VERSION]), writer.finish()]);
}

function encodeAges(keys: readonly SeenKey[]): Uint8Array {
  const writer = Writer.create();
  let before = 0;
  for (const { arrivalMs } of keys) {
    writer.uint64(arrivalMs - before);
    before = arrivalMs;
  }
  return writer.finish();
}

/** @throws EntryVersionError for a version it does not know. */
export function decodeEntry(slot: number, body: Uint8Array): Entry {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const version = bytes[0];
  if (version === 1) return decodeVersion1(slot, bytes);
  if (version === VERSION) return decodeVersion2(slot, bytes.subarray(1));
  throw new EntryVersionError(`slot ${slot} holds an entry of version ${version}; this code reads 1 and ${VERSION}`);
}

function decodeVersion2(slot: number, bytes: Buffer): Entry {
  const reader = Reader.create(bytes);
  let digits: string | undefined;
  let subSequence = 0;
  let arrivalMs = 0;
  let watermarkMs: number | undefined;
  let lagMs = 0;
  let keys = '';
  let ages: Uint8Array = Buffer.alloc(0);
  let details: Details = {};
  while (reader.pos < reader.len) {
    const field = reader.uint32() >>> 3;
    if (field === FIELD.digits) digits = reader.string();
    else if (field === FIELD.sub) subSequence = reader.uint32();
    else if (field === FIELD.arrival) arrivalMs = reader.double();
    else if (field === FIELD.watermark) watermarkMs = reader.double();
    else if (field === FIELD.lag) lagMs = reader.double();
    else if (field === FIELD.keys) keys = Buffer.from(reader.bytes()).toString('latin1');
    else if (field === FIELD.ages) ages = reader.bytes();
    else if (field === FIELD.details) details = JSON.parse(inflateRawSync(reader.bytes()).toString());
    // What is not understood may be state: to leave it out would be to lose it.
    else throw new EntryVersionError(`slot ${slot} holds a field ${field} that this code does not know`);
  }
  const position = digits === undefined ? undefined : { sequenceNumber: digits, subSequence };
  return { slot, position, arrivalMs, watermarkMs, lagMs, keys: decodeKeys(keys, Reader.create(ages)), details };
}

function decodeKeys(keys: string, ages: Reader): readonly SeenKey[] {
  let arrivalMs = 0;
  return Array.from({ length: keys.length / KEY_BYTES }, (_, i) => {
    arrivalMs += Number(ages.uint64());
    return { key: keys.slice(i * KEY_BYTES, (i + 1) * KEY_BYTES), arrivalMs };
  });
}

const HEADER_BYTES_1 = 18;
/** Version 1 did not say what the shard is, and had no state that depends on it. */
const ANY_SHARD: Genesis = { range: WHOLE_RANGE, parents: [], atMs: 0 };

/** Version 1, big-endian: version (1), digits of the sequence number (1), sub-sequence (4), latest arrival as float64
 *  (8), number of keys (4), the digits as ASCII, then the keys. All keys had the entry's arrival. */
function decodeVersion1(slot: number, bytes: Buffer): Entry {
  const keysFrom = HEADER_BYTES_1 + bytes.readUInt8(1);
  const arrivalMs = bytes.readDoubleBE(6);
  const keyAt = (i: number) => bytes.toString('latin1', keysFrom + i * KEY_BYTES, keysFrom + (i + 1) * KEY_BYTES);
  return {
    slot,
    position: {
      sequenceNumber: bytes.toString('latin1', HEADER_BYTES_1, keysFrom),
      subSequence: bytes.readUInt32BE(2),
    },
    arrivalMs,
    watermarkMs: undefined,
    lagMs: 0,
    keys: Array.from({ length: bytes.readUInt32BE(14) }, (_, i) => ({ key: keyAt(i), arrivalMs })),
    details: { genesis: ANY_SHARD },
  };
}
