import { ServiceError } from '../json-api.ts';
import { parseHashKey } from './hash-key.ts';
import { validationError, veiledViolation, violation } from './shape.ts';

/** Source of the limits: Kinesis Data Streams Developer Guide, quotas and limits; API reference. */
const RECORDS_MAX = 500;
const CALL_BYTES_MAX = 10 * 1024 * 1024;
const PARTITION_KEY_CHARACTERS_MAX = 256;
export const GET_RECORDS_MAX = 10_000;
/** Shards of a stream. */
export const SHARDS_MAX = 10_000;
/** Enhanced fan-out consumers of a stream. */
export const CONSUMERS_MAX = 20;

const HASH_KEY_PATTERN = /^(?:0|[1-9]\d{0,38})$/;

/** What a record looks like on the wire. */
export interface RecordInput {
  readonly Data: string;
  readonly PartitionKey: string;
  readonly ExplicitHashKey?: string;
}

export function invalidArgument(message: string): ServiceError {
  return new ServiceError('InvalidArgumentException', message);
}

/** A hash key in decimal, as the API writes it; gives 32 hex digits. */
export function checkHashKey(name: 'NewStartingHashKey' | 'ExplicitHashKey', value: string): string {
  const hashKey = parseHashKey(value);
  if (hashKey !== undefined) return hashKey;
  throw invalidArgument(`Invalid ${name}. ${name} must be in the range: [0, 2^128-1]. Specified value was ${value}`);
}

/** Throws when the record may not go into a stream whose records hold at most that much; gives its data.
 *  `path` is where it stands in the call, e.g. `records.1.member.`. */
export function checkRecord(path: string, record: RecordInput, maxDataBytes: number): Buffer {
  const { Data: encoded, PartitionKey: key, ExplicitHashKey: explicit } = record;
  if (encoded == null) throw validationError([violation(`${path}data`, null, 'not be null')]);
  if (key == null) throw validationError([violation(`${path}partitionKey`, null, 'not be null')]);
  if ([encoded, key, explicit ?? ''].some((value) => typeof value !== 'string')) {
    throw new ServiceError('SerializationException', `what ${path || 'PutRecord'} holds is to be of type String`);
  }
  const refuse = (member: string, constraint: string) => {
    throw validationError([veiledViolation(`${path}${member}`, constraint)]);
  };
  if (key.length === 0) refuse('partitionKey', 'have length greater than or equal to 1');
  // Characters, not UTF-16 units; few keys are long enough for the difference to matter.
  if (key.length > PARTITION_KEY_CHARACTERS_MAX && [...key].length > PARTITION_KEY_CHARACTERS_MAX) {
    refuse('partitionKey', `have length less than or equal to ${PARTITION_KEY_CHARACTERS_MAX}`);
  }
  if (explicit != null && !HASH_KEY_PATTERN.test(explicit)) {
    refuse('explicitHashKey', 'satisfy regular expression pattern: 0|([1-9]\\d{0,38})');
  }
  const data = Buffer.from(encoded, 'base64');
  if (data.length > maxDataBytes) refuse('data', `have length less than or equal to ${maxDataBytes}`);
  return data;
}

/** Throws when the call as a whole asks too much; gives each record's data. */
export function checkRecords(records: readonly RecordInput[], maxDataBytes: number): Buffer[] {
  if (records == null) throw validationError([violation('records', null, 'not be null')]);
  if (!Array.isArray(records)) throw new ServiceError('SerializationException', 'records is to be of type List');
  if (records.length === 0) {
    throw validationError([violation('records', records, 'have length greater than or equal to 1')]);
  }
  if (records.length > RECORDS_MAX) {
    throw validationError([veiledViolation('records', `have length less than or equal to ${RECORDS_MAX}`)]);
  }
  let bytes = 0;
  return records.map((record, index) => {
    const data = checkRecord(`records.${index + 1}.member.`, record, maxDataBytes);
    bytes += data.length + Buffer.byteLength(record.PartitionKey);
    if (bytes > CALL_BYTES_MAX) throw invalidArgument('Records size exceeds 10 MB limit');
    return data;
  });
}
