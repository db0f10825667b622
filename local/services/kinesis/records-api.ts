import type { RecordMetric } from '../../service.ts';
import type { Operations } from '../json-api.ts';
import type { StreamRecord } from '../kinesis-reader.ts';
import { hashKeyOf } from './hash-key.ts';
import { decodeIterator, encodeIterator } from './iterator.ts';
import {
  checkHashKey,
  checkInteger,
  checkRecord,
  checkRecords,
  checkSequence,
  checkString,
  GET_RECORDS_MAX,
  invalidArgument,
  type RecordInput,
} from './limits.ts';
import { type Shard, shardIdOf } from './shard.ts';
import { hashKeyRange } from './shards-api.ts';
import { type GetShardIteratorInput, startOf } from './start-position.ts';
import type { Placed, Stream } from './stream.ts';
import type { StreamReference, Streams } from './streams.ts';

interface PutRecordInput extends StreamReference, RecordInput {
  readonly SequenceNumberForOrdering?: string;
}

interface PutRecordsInput extends StreamReference {
  readonly Records: readonly RecordInput[];
}

interface GetRecordsInput {
  readonly ShardIterator: string;
  readonly Limit?: number;
  readonly StreamARN?: string;
}

/** Operations on records. Nothing is throttled: every valid record is taken. */
export function recordOperations(streams: Streams, metric: RecordMetric): Operations {
  const put = (stream: Stream, inputs: readonly RecordInput[], data: readonly Buffer[]) => {
    const arrivalMs = stream.arrivalMs(streams.now());
    let bytes = 0;
    const placed = inputs.map((input, index): Placed => {
      const explicit = input.ExplicitHashKey;
      const hashKey = explicit == null ? hashKeyOf(input.PartitionKey) : checkHashKey('explicitHashKey', explicit);
      const blob = data[index] as Buffer;
      bytes += blob.length;
      return { shardIndex: stream.route(hashKey).index, partitionKey: input.PartitionKey, data: blob, arrivalMs };
    });
    const records = streams.append(stream, placed);
    metric('AWS/Kinesis', 'IncomingRecords', { StreamName: stream.name }, records.length);
    metric('AWS/Kinesis', 'IncomingBytes', { StreamName: stream.name }, bytes);
    return records.map(({ sequenceNumber }, index) => ({
      SequenceNumber: sequenceNumber,
      ShardId: shardIdOf((placed[index] as Placed).shardIndex),
    }));
  };

  return {
    PutRecord(input: PutRecordInput) {
      const stream = streams.find(input);
      if (input.SequenceNumberForOrdering != null) {
        checkSequence('sequenceNumberForOrdering', input.SequenceNumberForOrdering);
      }
      const data = checkRecord('', input, stream.settings.maxRecordKiB * 1024);
      return put(stream, [input], [data])[0];
    },

    PutRecords(input: PutRecordsInput) {
      const stream = streams.find(input);
      const data = checkRecords(input.Records, stream.settings.maxRecordKiB * 1024);
      return { FailedRecordCount: 0, Records: put(stream, input.Records, data) };
    },

    GetShardIterator(input: GetShardIteratorInput) {
      const stream = streams.find(input);
      const shard = stream.shard(checkString('shardId', input.ShardId));
      const issuedMs = streams.now();
      const position = startOf(input, stream, shard, issuedMs);
      const { name, createdMs } = stream;
      return {
        ShardIterator: encodeIterator({
          stream: name,
          streamCreatedMs: createdMs,
          shardId: shard.id,
          position,
          issuedMs,
        }),
      };
    },

    GetRecords(input: GetRecordsInput) {
      const limit = checkInteger('limit', input.Limit, [1, GET_RECORDS_MAX], GET_RECORDS_MAX);
      const nowMs = streams.now();
      const iterator = decodeIterator(input.ShardIterator, nowMs);
      const stream = streams.named(iterator.stream);
      if (stream.createdMs !== iterator.streamCreatedMs) throw invalidArgument('Invalid ShardIterator.');
      const shard = stream.shard(iterator.shardId);
      const read = shard.read(iterator.position, limit, nowMs);
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

function describeRecord(record: StreamRecord) {
  return {
    SequenceNumber: record.sequenceNumber,
    ApproximateArrivalTimestamp: record.arrivalMs / 1000,
    Data: record.data.toString('base64'),
    PartitionKey: record.partitionKey,
  };
}

function describeChild(shard: Shard) {
  return { ShardId: shard.id, ParentShards: shard.parentIds, HashKeyRange: hashKeyRange(shard) };
}
