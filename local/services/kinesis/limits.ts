import { ServiceError } from '../json-api.ts';
import { parseHashKey } from './hash-key.ts';
import { SEQUENCE_PATTERN } from './sequence.ts';

/** Source of the limits: Kinesis Data Streams Developer Guide, quotas and limits; API reference. */
const RECORDS_MAX = 500;
const CALL_BYTES_MAX = 10 * 1024 * 1024;
const PARTITION_KEY_CHARACTERS_MAX = 256;
export const GET_RECORDS_MAX = 10_000;
export const RETENTION_HOURS_MIN = 24;
export const RETENTION_HOURS_MAX = 8760;
export const RECORD_KIB_DEFAULT = 1024;
export const RECORD_KIB_MAX = 10_240;
/** Our own: AWS has an account quota instead. */
export const SHARDS_MAX = 10_000;

const HASH_KEY_PATTERN = /^(?:0|[1-9]\d{0,38})$/;
const STREAM_NAME_PATTERN = /^[a-zA-Z0-9_.-]{1,128}$/;

/** What a record looks like on the wire. */
export interface RecordInput {
  readonly Data: string;
  readonly PartitionKey: string;
  readonly ExplicitHashKey?: string;
}

/** As AWS reports a member of the request that breaks a constraint. Values are left out: they may be payload. */
export function constraintError(member: string, constraint: string): ServiceError {
  const text = `1 validation error detected: Value at '${member}' failed to satisfy constraint: Member must ${constraint}`;
  return new ServiceError('ValidationException', text);
}

export function invalidArgument(message: string): ServiceError {
  return new ServiceError('InvalidArgumentException', message);
}

/** The value, or the default when it is missing; throws unless it is a whole number within the bounds. */
export function checkInteger(
  member: string,
  value: unknown,
  bounds: readonly [number, number],
  missing?: number,
): number {
  const given = value ?? missing;
  if (!Number.isInteger(given)) throw constraintError(member, 'not be null');
  const [min, max] = bounds;
  if ((given as number) < min) throw constraintError(member, `have value greater than or equal to ${min}`);
  if ((given as number) > max) throw constraintError(member, `have value less than or equal to ${max}`);
  return given as number;
}

export function checkStreamName(name: unknown): string {
  if (typeof name === 'string' && STREAM_NAME_PATTERN.test(name)) return name;
  throw constraintError('streamName', 'satisfy regular expression pattern: [a-zA-Z0-9_.-]+');
}

export function checkString(member: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw constraintError(member, 'not be null');
}

export function checkSequence(member: string, value: unknown): string {
  if (typeof value === 'string' && SEQUENCE_PATTERN.test(value)) return value;
  throw constraintError(member, 'satisfy regular expression pattern: 0|([1-9]\\d{0,128})');
}

/** A hash key in decimal, as the API writes it; gives 32 hex digits. */
export function checkHashKey(member: string, value: unknown): string {
  if (typeof value !== 'string' || !HASH_KEY_PATTERN.test(value)) {
    throw constraintError(member, 'satisfy regular expression pattern: 0|([1-9]\\d{0,38})');
  }
  const hashKey = parseHashKey(value);
  if (hashKey !== undefined) return hashKey;
  const name = `${member.slice(0, 1).toUpperCase()}${member.slice(1)}`;
  throw invalidArgument(`Invalid ${name}. ${name} must be in the range: [0, 2^128-1]. Specified value was ${value}`);
}

/** Throws when the record may not go into a stream whose records hold at most that much; gives its data.
 *  `path` is where it stands in the call, e.g. `records.1.member.`. */
export function checkRecord(path: string, record: RecordInput, maxDataBytes: number): Buffer {
  const { Data: encoded, PartitionKey: key } = record;
  if (typeof encoded !== 'string') throw constraintError(`${path}data`, 'not be null');
  if (typeof key !== 'string') throw constraintError(`${path}partitionKey`, 'not be null');
  if (key.length === 0) throw constraintError(`${path}partitionKey`, 'have length greater than or equal to 1');
  // Characters, not UTF-16 units; few keys are long enough for the difference to matter.
  if (key.length > PARTITION_KEY_CHARACTERS_MAX && [...key].length > PARTITION_KEY_CHARACTERS_MAX) {
    throw constraintError(`${path}partitionKey`, `have length less than or equal to ${PARTITION_KEY_CHARACTERS_MAX}`);
  }
  const data = Buffer.from(encoded, 'base64');
  if (data.length > maxDataBytes) {
    throw constraintError(`${path}data`, `have length less than or equal to ${maxDataBytes}`);
  }
  return data;
}

/** Throws when the call as a whole asks too much; gives each record's data. */
export function checkRecords(records: readonly RecordInput[], maxDataBytes: number): Buffer[] {
  if (!Array.isArray(records)) throw constraintError('records', 'not be null');
  if (records.length === 0) throw constraintError('records', 'have length greater than or equal to 1');
  if (records.length > RECORDS_MAX)
    throw constraintError('records', `have length less than or equal to ${RECORDS_MAX}`);
  let bytes = 0;
  return records.map((record, index) => {
    const data = checkRecord(`records.${index + 1}.member.`, record, maxDataBytes);
    bytes += data.length + Buffer.byteLength(record.PartitionKey);
    if (bytes > CALL_BYTES_MAX) throw invalidArgument('Records size exceeds 10 MB limit');
    return data;
  });
}
