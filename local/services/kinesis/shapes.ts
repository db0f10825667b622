import type { Member, Shape } from './shape.ts';

/** Source of the patterns and sizes: Kinesis Data Streams API reference. */
const name: Member = { type: 'String', min: 1, max: 128, pattern: '[a-zA-Z0-9_.-]+' };
const streamArn: Member = { type: 'String', min: 1, max: 2048, pattern: 'arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+' };
const consumerArn: Member = {
  type: 'String',
  min: 1,
  max: 2048,
  pattern: '^(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/[a-zA-Z0-9_.-]+:[0-9]+',
};
const resourceArn: Member = {
  type: 'String',
  min: 1,
  max: 2048,
  pattern: 'arn:aws.*:kinesis:.*:\\d{12}:.*stream/\\S+',
};
const sequence: Member = { type: 'String', pattern: '0|([1-9]\\d{0,128})' };
const hashKey: Member = { type: 'String', pattern: '0|([1-9]\\d{0,38})' };
const token: Member = { type: 'String', min: 1, max: 1_048_576 };
const timestamp: Member = { type: 'Timestamp' };
const text: Member = { type: 'String' };
const flag: Member = { type: 'Boolean' };
const positive: Member = { type: 'Integer', min: 1 };
const upTo10000: Member = { type: 'Integer', min: 1, max: 10_000 };
const keyId: Member = { type: 'String', min: 1, max: 2048 };
const hours: Member = { type: 'Integer', min: 1, max: 8760 };
const maxRecordKiB: Member = { type: 'Integer', min: 1024, max: 10_240 };
const encryptionType: Member = { type: 'String', values: ['NONE', 'KMS'] };
const tagKey: Member = { type: 'String', min: 1, max: 128 };
const tags: Member = { type: 'Map', min: 1, max: 200, keys: tagKey, of: { type: 'String', max: 256 } };
const tagKeys: Member = { type: 'List', min: 1, max: 50, of: tagKey };
const iteratorType: Member = {
  type: 'String',
  values: ['AFTER_SEQUENCE_NUMBER', 'LATEST', 'AT_TIMESTAMP', 'AT_SEQUENCE_NUMBER', 'TRIM_HORIZON'],
};
const streamMode: Member = {
  type: 'Structure',
  members: { StreamMode: { type: 'String', values: ['PROVISIONED', 'ON_DEMAND'], isRequired: true } },
};
const distribution: Member = { type: 'String', values: ['AUTO', 'USER_PARTITION_KEY'] };
const shardFilter: Member = {
  type: 'Structure',
  members: {
    Type: {
      type: 'String',
      isRequired: true,
      values: ['AFTER_SHARD_ID', 'AT_TRIM_HORIZON', 'FROM_TRIM_HORIZON', 'AT_LATEST', 'AT_TIMESTAMP', 'FROM_TIMESTAMP'],
    },
    ShardId: name,
    Timestamp: timestamp,
  },
};
/** Metrics that can be had for each shard. */
export const METRIC_NAMES: readonly string[] = [
  'IncomingBytes',
  'IncomingRecords',
  'OutgoingBytes',
  'OutgoingRecords',
  'WriteProvisionedThroughputExceeded',
  'ReadProvisionedThroughputExceeded',
  'IteratorAgeMilliseconds',
];
const shardMetrics: Member = { type: 'List', min: 1, max: 7, of: { type: 'String', values: [...METRIC_NAMES, 'ALL'] } };

const required = (member: Member): Member => ({ ...member, isRequired: true });
const stream: Shape = { StreamName: name, StreamARN: streamArn };
const encryption: Shape = { ...stream, EncryptionType: required(encryptionType), KeyId: required(keyId) };
const monitoring: Shape = { ...stream, ShardLevelMetrics: required(shardMetrics) };
const retention: Shape = { ...stream, RetentionPeriodHours: required(hours) };
const consumer: Shape = { StreamARN: streamArn, ConsumerName: name, ConsumerARN: consumerArn };

/** Of each operation's request. The records of PutRecord and PutRecords have checks of their own. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  AddTagsToStream: { ...stream, Tags: required(tags) },
  CreateStream: {
    StreamName: required(name),
    ShardCount: positive,
    StreamModeDetails: streamMode,
    Tags: tags,
    MaxRecordSizeInKiB: maxRecordKiB,
    WarmThroughputMiBps: positive,
    RecordDistributionStrategy: distribution,
  },
  DecreaseStreamRetentionPeriod: retention,
  DeleteStream: { ...stream, EnforceConsumerDeletion: flag },
  DeregisterStreamConsumer: consumer,
  DescribeLimits: {},
  DescribeStream: { ...stream, Limit: upTo10000, ExclusiveStartShardId: name },
  DescribeStreamConsumer: consumer,
  DescribeStreamSummary: stream,
  DisableEnhancedMonitoring: monitoring,
  EnableEnhancedMonitoring: monitoring,
  GetRecords: {
    ShardIterator: required({ type: 'String', min: 1, max: 512 }),
    Limit: upTo10000,
    StreamARN: streamArn,
    DryRun: flag,
  },
  GetShardIterator: {
    ...stream,
    ShardId: required(name),
    ShardIteratorType: required(iteratorType),
    StartingSequenceNumber: sequence,
    Timestamp: timestamp,
    DryRun: flag,
  },
  IncreaseStreamRetentionPeriod: retention,
  ListShards: {
    ...stream,
    NextToken: token,
    ExclusiveStartShardId: name,
    MaxResults: upTo10000,
    StreamCreationTimestamp: timestamp,
    ShardFilter: shardFilter,
  },
  ListStreamConsumers: {
    StreamARN: required(streamArn),
    NextToken: token,
    MaxResults: upTo10000,
    StreamCreationTimestamp: timestamp,
  },
  ListStreams: { Limit: upTo10000, ExclusiveStartStreamName: name, NextToken: token },
  ListTagsForResource: { ResourceARN: required(resourceArn) },
  ListTagsForStream: { ...stream, ExclusiveStartTagKey: tagKey, Limit: { type: 'Integer', min: 1, max: 50 } },
  MergeShards: { ...stream, ShardToMerge: required(name), AdjacentShardToMerge: required(name) },
  PutRecord: { ...stream, ExplicitHashKey: hashKey, SequenceNumberForOrdering: sequence, DryRun: flag },
  PutRecords: { ...stream, DryRun: flag },
  RegisterStreamConsumer: { StreamARN: required(streamArn), ConsumerName: required(name), Tags: tags },
  RemoveTagsFromStream: { ...stream, TagKeys: required(tagKeys) },
  SplitShard: { ...stream, ShardToSplit: required(name), NewStartingHashKey: required(hashKey) },
  StartStreamEncryption: encryption,
  StopStreamEncryption: encryption,
  SubscribeToShard: {
    ConsumerARN: required(consumerArn),
    ShardId: required(name),
    StartingPosition: {
      type: 'Structure',
      isRequired: true,
      members: { Type: required(iteratorType), SequenceNumber: sequence, Timestamp: timestamp },
    },
    DryRun: flag,
  },
  TagResource: { ResourceARN: required(resourceArn), Tags: required(tags) },
  UntagResource: { ResourceARN: required(resourceArn), TagKeys: required(tagKeys) },
  UpdateMaxRecordSize: { StreamARN: streamArn, MaxRecordSizeInKiB: required(maxRecordKiB) },
  UpdateShardCount: {
    ...stream,
    TargetShardCount: required(positive),
    ScalingType: required({ ...text, values: ['UNIFORM_SCALING'] }),
  },
  UpdateStreamMode: {
    StreamARN: required(streamArn),
    StreamModeDetails: required(streamMode),
    WarmThroughputMiBps: positive,
  },
};
