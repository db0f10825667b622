import { LOCAL_ACCOUNT } from '../../service.ts';
import type { ShardPosition } from '../kinesis-reader.ts';
import { checkSequence, checkString, constraintError, invalidArgument } from './limits.ts';
import { beforeSequence, compareSequence, lastSequenceNumber } from './sequence.ts';
import type { Shard } from './shard.ts';
import type { Stream } from './stream.ts';
import type { StreamReference } from './streams.ts';

export interface GetShardIteratorInput extends StreamReference {
  readonly ShardId: string;
  readonly ShardIteratorType: string;
  readonly StartingSequenceNumber?: string;
  /** Seconds since 1970. */
  readonly Timestamp?: number;
}

const ITERATOR_TYPES = ['AFTER_SEQUENCE_NUMBER', 'LATEST', 'AT_TIMESTAMP', 'AT_SEQUENCE_NUMBER', 'TRIM_HORIZON'];

/** Where an iterator starts that is given out now. Throws as AWS does when the call makes no sense. */
export function startOf(input: GetShardIteratorInput, stream: Stream, shard: Shard, nowMs: number): ShardPosition {
  const type = checkString('shardIteratorType', input.ShardIteratorType);
  if (!ITERATOR_TYPES.includes(type)) {
    throw constraintError('shardIteratorType', `satisfy enum value set: [${ITERATOR_TYPES.join(', ')}]`);
  }
  const isBySequence = type.endsWith('_SEQUENCE_NUMBER');
  if (type !== 'AT_TIMESTAMP' && isBySequence !== (input.StartingSequenceNumber != null)) {
    throw invalidArgument(
      `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and ${isBySequence ? 'no' : 'also a'} StartingSequenceNumber.`,
    );
  }
  if (isBySequence) return startAtSequence(input, stream, shard);
  if (type === 'AT_TIMESTAMP') return startAtTime(input, nowMs);
  // The tip is where it is now, not where it will be when the iterator is used.
  return type === 'LATEST' ? (shard.read('LATEST', 1, nowMs).next ?? 'LATEST') : 'TRIM_HORIZON';
}

function startAtSequence(input: GetShardIteratorInput, stream: Stream, shard: Shard): ShardPosition {
  const sequence = checkSequence('startingSequenceNumber', input.StartingSequenceNumber);
  const isOfShard =
    compareSequence(sequence, shard.startingSequenceNumber) >= 0 &&
    compareSequence(sequence, lastSequenceNumber(shard)) <= 0;
  if (!isOfShard) {
    throw invalidArgument(
      `StartingSequenceNumber ${sequence} used in GetShardIterator on shard ${shard.id} in stream ${stream.name} under account ${LOCAL_ACCOUNT} is invalid because it did not come from this stream.`,
    );
  }
  return { after: input.ShardIteratorType === 'AT_SEQUENCE_NUMBER' ? beforeSequence(sequence) : sequence };
}

function startAtTime(input: GetShardIteratorInput, nowMs: number): ShardPosition {
  if (typeof input.Timestamp !== 'number') {
    throw invalidArgument('Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP.');
  }
  const fromMs = Math.ceil(input.Timestamp * 1000);
  if (fromMs <= nowMs) return { fromMs };
  throw invalidArgument(
    `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${fromMs}, currentTimestampInMillis: ${nowMs}`,
  );
}
