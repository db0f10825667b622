import { LOCAL_ACCOUNT } from '../../service.ts';
import { type Operations, ServiceError } from '../json-api.ts';
import { checkInteger, checkStreamName, invalidArgument } from './limits.ts';
import { checkMode, checkSettings, checkShardCount, type StreamModeDetails } from './settings.ts';
import { describeShard } from './shards-api.ts';
import type { Stream } from './stream.ts';
import type { StreamReference, Streams } from './streams.ts';

interface CreateStreamInput {
  readonly StreamName: string;
  readonly ShardCount?: number;
  readonly StreamModeDetails?: StreamModeDetails;
  readonly MaxRecordSizeInKiB?: number;
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

interface RetentionInput extends StreamReference {
  readonly RetentionPeriodHours: number;
}

interface UpdateStreamModeInput {
  readonly StreamARN: string;
  readonly StreamModeDetails: StreamModeDetails;
}

/** Operations on streams. A stream is active, or gone, when the call is answered. */
export function streamOperations(streams: Streams): Operations {
  const setRetention = (input: RetentionInput, isAllowed: (hours: number, now: number) => boolean, wanted: string) => {
    const { name, settings } = streams.find(input);
    const next = checkSettings(settings.mode, input.RetentionPeriodHours, settings.maxRecordKiB);
    if (!isAllowed(next.retentionHours, settings.retentionHours)) {
      throw invalidArgument(
        `Requested retention period (${next.retentionHours} hours) for stream ${name} can not be ${wanted} than existing retention period (${settings.retentionHours} hours).`,
      );
    }
    streams.change({ type: 'configure', name, settings: next });
  };

  return {
    CreateStream(input: CreateStreamInput) {
      const name = checkStreamName(input.StreamName);
      const mode = checkMode(input.StreamModeDetails);
      const shardCount = checkShardCount(mode, input.ShardCount);
      const settings = checkSettings(mode, undefined, input.MaxRecordSizeInKiB);
      if (streams.has(name)) {
        const text = `Stream ${name} under account ${LOCAL_ACCOUNT} already exists.`;
        throw new ServiceError('ResourceInUseException', text);
      }
      streams.change({ type: 'create', name, shardCount, settings, atMs: streams.now() });
    },

    DeleteStream(input: StreamReference) {
      streams.change({ type: 'delete', name: streams.find(input).name });
    },

    DescribeStream(input: DescribeStreamInput) {
      const stream = streams.find(input);
      const limit = checkInteger('limit', input.Limit, [1, 10_000], 100);
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
      return {
        StreamDescriptionSummary: {
          ...describeStream(stream),
          OpenShardCount: stream.openShardCount,
          ConsumerCount: 0,
          MaxRecordSizeInKiB: stream.settings.maxRecordKiB,
        },
      };
    },

    ListStreams(input: ListStreamsInput) {
      const limit = checkInteger('limit', input.Limit, [1, 10_000], 100);
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

    IncreaseStreamRetentionPeriod: (input: RetentionInput) =>
      setRetention(input, (hours, now) => hours >= now, 'shorter'),
    DecreaseStreamRetentionPeriod: (input: RetentionInput) =>
      setRetention(input, (hours, now) => hours <= now, 'longer'),

    UpdateStreamMode(input: UpdateStreamModeInput) {
      const { name, settings } = streams.find(input);
      streams.change({ type: 'configure', name, settings: { ...settings, mode: checkMode(input.StreamModeDetails) } });
    },
  };
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
  return {
    ...summarise(stream),
    RetentionPeriodHours: stream.settings.retentionHours,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: 'NONE',
  };
}
