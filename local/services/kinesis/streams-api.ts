import { LOCAL_ACCOUNT } from '../../service.ts';
import { type Operations, ServiceError } from '../json-api.ts';
import { invalidArgument, SHARDS_MAX } from './limits.ts';
import { NEW_STREAM, type StreamMode } from './settings.ts';
import { describeShard } from './shards-api.ts';
import type { Stream } from './stream.ts';
import type { StreamReference, Streams } from './streams.ts';
import { checkTags } from './tags-api.ts';

interface CreateStreamInput {
  readonly StreamName: string;
  readonly ShardCount?: number;
  readonly StreamModeDetails?: { readonly StreamMode: StreamMode };
  readonly MaxRecordSizeInKiB?: number;
  readonly Tags?: Readonly<Record<string, string>>;
  readonly WarmThroughputMiBps?: number;
  readonly RecordDistributionStrategy?: string;
}

interface DeleteStreamInput extends StreamReference {
  readonly EnforceConsumerDeletion?: boolean;
}

interface DescribeStreamInput extends StreamReference {
  readonly Limit?: number;
  readonly ExclusiveStartShardId?: string;
}

interface ListStreamsInput {
  readonly Limit?: number;
  readonly ExclusiveStartStreamName?: string;
  readonly NextToken?: string;
}

/** An on-demand stream begins with 4 MB/s. Source: Developer Guide, capacity modes. */
const ON_DEMAND_SHARDS = 4;
/** Source: Developer Guide, quotas and limits. */
const ON_DEMAND_STREAMS_MAX = 50;
/** Source: API reference, ListStreams and DescribeStream. */
const PAGE_MAX = 100;

/** Operations on streams. A stream is active, or gone, when the call is answered. */
export function streamOperations(streams: Streams): Operations {
  return {
    CreateStream(input: CreateStreamInput) {
      const name = input.StreamName;
      if (streams.has(name)) {
        const text = `Stream ${name} under account ${LOCAL_ACCOUNT} already exists.`;
        throw new ServiceError('ResourceInUseException', text);
      }
      const mode = input.StreamModeDetails?.StreamMode ?? 'PROVISIONED';
      refuseUnknown(input);
      const shardCount = shardCountOf(mode, input.ShardCount);
      const { Tags: tags = {}, MaxRecordSizeInKiB: maxRecordKiB = NEW_STREAM.maxRecordKiB } = input;
      checkTags(tags);
      const settings = { ...NEW_STREAM, mode, maxRecordKiB, tags };
      streams.change({ type: 'create', name, shardCount, settings, atMs: streams.now() });
    },

    DeleteStream(input: DeleteStreamInput) {
      const { name, settings } = streams.find(input);
      if (settings.consumers.length > 0 && !input.EnforceConsumerDeletion) {
        const text = `Stream ${name} under account ${LOCAL_ACCOUNT} has registered consumers: deregister them, or set EnforceConsumerDeletion.`;
        throw new ServiceError('ResourceInUseException', text);
      }
      streams.change({ type: 'delete', name });
    },

    DescribeStream(input: DescribeStreamInput) {
      const stream = streams.find(input);
      const limit = Math.min(input.Limit ?? PAGE_MAX, PAGE_MAX);
      const shards = stream.shards.filter((shard) => shard.id > (input.ExclusiveStartShardId ?? ''));
      return {
        StreamDescription: {
          ...describeStream(stream),
          Shards: shards.slice(0, limit).map(describeShard),
          HasMoreShards: shards.length > limit,
        },
      };
    },

    DescribeStreamSummary(input: StreamReference) {
      const stream = streams.find(input);
      const { consumers, maxRecordKiB } = stream.settings;
      return {
        StreamDescriptionSummary: {
          ...describeStream(stream),
          OpenShardCount: stream.openShardCount,
          ConsumerCount: consumers.length,
          MaxRecordSizeInKiB: maxRecordKiB,
        },
      };
    },

    ListStreams(input: ListStreamsInput) {
      const limit = Math.min(input.Limit ?? PAGE_MAX, PAGE_MAX);
      const after = input.NextToken ?? input.ExclusiveStartStreamName ?? '';
      const rest = streams.all().filter((stream) => stream.name > after);
      const shown = rest.slice(0, limit);
      const hasMore = rest.length > limit;
      return {
        StreamNames: shown.map((stream) => stream.name),
        StreamSummaries: shown.map(summarise),
        HasMoreStreams: hasMore,
        NextToken: hasMore ? shown.at(-1)?.name : undefined,
      };
    },

    DescribeLimits() {
      const all = streams.all();
      return {
        ShardLimit: SHARDS_MAX,
        OpenShardCount: all.reduce((count, stream) => count + stream.openShardCount, 0),
        OnDemandStreamCount: all.filter(({ settings }) => settings.mode === 'ON_DEMAND').length,
        OnDemandStreamCountLimit: ON_DEMAND_STREAMS_MAX,
      };
    },
  };
}

/** How many shards a new stream has. */
export function shardCountOf(mode: StreamMode, count: number | undefined): number {
  if (mode === 'ON_DEMAND') {
    if (count === undefined) return ON_DEMAND_SHARDS;
    throw invalidArgument('ShardCount may not be given for a stream in on-demand mode.');
  }
  if (count === undefined) throw invalidArgument('ShardCount must be given for a stream in provisioned mode.');
  if (count <= SHARDS_MAX) return count;
  const text = `This request would exceed the shard limit for the account ${LOCAL_ACCOUNT}: ${SHARDS_MAX}.`;
  throw new ServiceError('LimitExceededException', text);
}

function refuseUnknown(input: CreateStreamInput): void {
  const { WarmThroughputMiBps: warm, RecordDistributionStrategy: distribution = 'USER_PARTITION_KEY' } = input;
  if (warm !== undefined) throw invalidArgument('WarmThroughputMiBps is not emulated.');
  if (distribution === 'AUTO') throw invalidArgument('RecordDistributionStrategy AUTO is not emulated.');
}

function summarise(stream: Stream) {
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    StreamStatus: 'ACTIVE',
    StreamModeDetails: { StreamMode: stream.settings.mode },
    StreamCreationTimestamp: stream.createdMs / 1000,
  };
}

function describeStream(stream: Stream) {
  const { retentionHours, shardMetrics, encryptionKeyId } = stream.settings;
  return {
    ...summarise(stream),
    RetentionPeriodHours: retentionHours,
    EnhancedMonitoring: [{ ShardLevelMetrics: shardMetrics }],
    EncryptionType: encryptionKeyId === undefined ? 'NONE' : 'KMS',
    KeyId: encryptionKeyId,
  };
}
