import { LOCAL_ACCOUNT } from '../../service.ts';
import type { ShardPosition } from '../kinesis-reader.ts';
import { invalidArgument } from './limits.ts';
import { beforeSequence, compareSequence, lastSequenceNumber, shardIndexIn } from './sequence.ts';
import { type Shard, shardIdOf } from './shard.ts';
import type { Stream } from './stream.ts';

/** Where in a shard a call says to start. */
export interface StartingPosition {
  /** A ShardIteratorType. */
  readonly type: string;
  readonly sequence?: string | undefined;
  /** Seconds since 1970. */
  readonly timestamp?: number | undefined;
}

/** Where reading starts that is asked for now. Throws as AWS does when the call makes no sense. */
export function startOf(position: StartingPosition, stream: Stream, shard: Shard, nowMs: number): ShardPosition {
  const { type, sequence } = position;
  const isBySequence = type.endsWith('_SEQUENCE_NUMBER');
  if (type !== 'AT_TIMESTAMP' && isBySequence !== (sequence !== undefined)) {
    throw invalidArgument(
      `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and ${isBySequence ? 'no' : 'also a'} StartingSequenceNumber.`,
    );
  }
  if (sequence !== undefined && isBySequence) return startAtSequence(type, sequence, stream, shard);
  if (type === 'AT_TIMESTAMP') return startAtTime(position, nowMs);
  // The tip is where it is now, not where it will be when the iterator is used.
  return type === 'LATEST' ? (shard.read('LATEST', 1, nowMs).next ?? 'LATEST') : 'TRIM_HORIZON';
}

function startAtSequence(type: string, sequence: string, stream: Stream, shard: Shard): ShardPosition {
  const index = shardIndexIn(sequence);
  if (index !== shard.index) {
    throw invalidArgument(
      `Invalid StartingSequenceNumber. It encodes ${shardIdOf(index)}, while it was used in a call to a shard with ${shard.id}`,
    );
  }
  const isOfShard =
    compareSequence(sequence, shard.startingSequenceNumber) >= 0 &&
    compareSequence(sequence, lastSequenceNumber(shard)) <= 0;
  if (!isOfShard) {
    throw invalidArgument(
      `StartingSequenceNumber ${sequence} used in GetShardIterator on shard ${shard.id} in stream ${stream.name} under account ${LOCAL_ACCOUNT} is invalid because it did not come from this stream.`,
    );
  }
  return { after: type === 'AT_SEQUENCE_NUMBER' ? beforeSequence(sequence) : sequence };
}

function startAtTime({ timestamp }: StartingPosition, nowMs: number): ShardPosition {
  if (timestamp === undefined) {
    throw invalidArgument('Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP.');
  }
  const fromMs = Math.ceil(timestamp * 1000);
  if (fromMs <= nowMs) return { fromMs };
  throw invalidArgument(
    `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${fromMs}, currentTimestampInMillis: ${nowMs}`,
  );
}
