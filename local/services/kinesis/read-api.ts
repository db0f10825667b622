import type { RecordMetric } from '../../service.ts';
import { type Operations, ServiceError } from '../json-api.ts';
import type { StreamRecord } from '../kinesis-reader.ts';
import { type DryRunInput, endDryRun } from './dry-run.ts';
import { decodeIterator, encodeIterator } from './iterator.ts';
import { GET_RECORDS_MAX, invalidArgument } from './limits.ts';
import type { Shard } from './shard.ts';
import { hashKeyRange } from './shards-api.ts';
import { startOf } from './start-position.ts';
import type { Stream } from './stream.ts';
import type { StreamReference, Streams } from './streams.ts';
import type { Throttles } from './throttles.ts';

interface GetShardIteratorInput extends StreamReference, DryRunInput {
  readonly ShardId: string;
  readonly ShardIteratorType: string;
  readonly StartingSequenceNumber?: string;
  /** Seconds since 1970. */
  readonly Timestamp?: number;
}

interface GetRecordsInput extends DryRunInput {
  readonly ShardIterator: string;
  readonly Limit?: number;
  readonly StreamARN?: string;
}

/** Operations that read records by shard iterators. */
export function readOperations(streams: Streams, throttles: Throttles, metric: RecordMetric): Operations {
  const metered = <Answer>(stream: Stream, read: () => Answer): Answer => {
    try {
      return read();
    } catch (error) {
      const isThrottle = error instanceof ServiceError && error.code === 'ProvisionedThroughputExceededException';
      if (isThrottle) metric('AWS/Kinesis', 'ReadProvisionedThroughputExceeded', { StreamName: stream.name }, 1);
      throw error;
    }
  };

  return {
    GetShardIterator(input: GetShardIteratorInput) {
      const stream = streams.find(input);
      const shard = stream.shard(input.ShardId);
      const issuedMs = streams.now();
      const { ShardIteratorType: type, StartingSequenceNumber: sequence, Timestamp: timestamp } = input;
      const position = startOf({ type, sequence, timestamp }, stream, shard, issuedMs);
      endDryRun(input);
      metered(stream, () => throttles.checkIterator(stream, shard, issuedMs));
      return { ShardIterator: encodeIterator({ stream: stream.name, shardId: shard.id, position, issuedMs }) };
    },

    GetRecords(input: GetRecordsInput) {
      const { Limit: limit = GET_RECORDS_MAX } = input;
      const nowMs = streams.now();
      const iterator = decodeIterator(input.ShardIterator, nowMs);
      const stream = streams.named(iterator.stream);
      if (input.StreamARN !== undefined && input.StreamARN !== stream.arn)
        throw invalidArgument('Invalid ShardIterator.');
      const shard = stream.shard(iterator.shardId);
      endDryRun(input);
      const read = metered(stream, () => {
        throttles.checkReadCall(stream, shard, nowMs);
        return throttles.read(stream, shard, { position: iterator.position, limit }, nowMs);
      });
      return {
        Records: read.records.map(describeRecord),
        MillisBehindLatest: read.millisBehindLatest,
        NextShardIterator: read.next
          ? encodeIterator({ ...iterator, position: read.next, issuedMs: nowMs })
          : undefined,
        ChildShards: read.next ? undefined : stream.childrenOf(shard.id).map(describeChild),
      };
    },
  };
}

export function describeRecord(record: StreamRecord) {
  return {
    SequenceNumber: record.sequenceNumber,
    ApproximateArrivalTimestamp: record.arrivalMs / 1000,
    Data: record.data.toString('base64'),
    PartitionKey: record.partitionKey,
  };
}

export function describeChild(shard: Shard) {
  return { ShardId: shard.id, ParentShards: shard.parentIds, HashKeyRange: hashKeyRange(shard) };
}
