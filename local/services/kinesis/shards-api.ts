import { type Operations, ServiceError } from '../json-api.ts';
import { formatHashKey } from './hash-key.ts';
import { checkHashKey, checkInteger, checkString, constraintError, invalidArgument, SHARDS_MAX } from './limits.ts';
import type { Shard } from './shard.ts';
import type { Stream } from './stream.ts';
import type { StreamReference, Streams } from './streams.ts';

interface ShardFilter {
  readonly Type: string;
  readonly ShardId?: string;
  /** Seconds since 1970. */
  readonly Timestamp?: number;
}

interface ListShardsInput extends StreamReference {
  readonly NextToken?: string;
  readonly ExclusiveStartShardId?: string;
  readonly MaxResults?: number;
  readonly ShardFilter?: ShardFilter;
}

interface SplitShardInput extends StreamReference {
  readonly ShardToSplit: string;
  readonly NewStartingHashKey: string;
}

interface MergeShardsInput extends StreamReference {
  readonly ShardToMerge: string;
  readonly AdjacentShardToMerge: string;
}

/** Source: API reference, ListShards. */
const LIST_SHARDS_MAX = 1000;

export function hashKeyRange(shard: Shard) {
  return { StartingHashKey: formatHashKey(shard.range.start), EndingHashKey: formatHashKey(shard.range.end) };
}

export function describeShard(shard: Shard) {
  const [ParentShardId, AdjacentParentShardId] = shard.parentIds;
  return {
    ShardId: shard.id,
    ParentShardId,
    AdjacentParentShardId,
    HashKeyRange: hashKeyRange(shard),
    SequenceNumberRange: {
      StartingSequenceNumber: shard.startingSequenceNumber,
      EndingSequenceNumber: shard.endingSequenceNumber,
    },
  };
}

/** Operations on shards. Resharding is done when the call is answered; AWS takes half a minute or so. */
export function shardOperations(streams: Streams): Operations {
  return {
    ListShards(input: ListShardsInput) {
      const max = checkInteger('maxResults', input.MaxResults, [1, 10_000], LIST_SHARDS_MAX);
      const page = pageOf(input);
      const stream = streams.find(page);
      const shards = stream.shards.filter(filterOf(page.filter, stream)).filter((shard) => shard.id > page.after);
      const shown = shards.slice(0, Math.min(max, LIST_SHARDS_MAX));
      const after = shown.at(-1)?.id;
      const next = shown.length < shards.length ? { StreamName: stream.name, after, filter: page.filter } : undefined;
      return {
        Shards: shown.map(describeShard),
        NextToken: next && Buffer.from(JSON.stringify(next)).toString('base64'),
      };
    },

    SplitShard(input: SplitShardInput) {
      const stream = resharded(streams, input);
      const shardId = checkString('shardToSplit', input.ShardToSplit);
      const newStart = checkHashKey('newStartingHashKey', input.NewStartingHashKey);
      streams.change({ type: 'split', name: stream.name, shardId, newStart, atMs: streams.now() });
    },

    MergeShards(input: MergeShardsInput) {
      const stream = resharded(streams, input);
      const shardId = checkString('shardToMerge', input.ShardToMerge);
      const adjacentShardId = checkString('adjacentShardToMerge', input.AdjacentShardToMerge);
      streams.change({ type: 'merge', name: stream.name, shardId, adjacentShardId, atMs: streams.now() });
    },
  };
}

/** The stream, if its shards are the caller's to change. */
function resharded(streams: Streams, input: StreamReference): Stream {
  const stream = streams.find(input);
  if (stream.openShardCount >= SHARDS_MAX) {
    throw new ServiceError('LimitExceededException', `Stream ${stream.name} has ${SHARDS_MAX} open shards already`);
  }
  if (stream.settings.mode === 'PROVISIONED') return stream;
  throw new ServiceError(
    'ValidationException',
    `Stream ${stream.name} is in on-demand mode: switch it to provisioned by UpdateStreamMode to reshard it`,
  );
}

interface Page extends StreamReference {
  /** Id of the last shard already listed; empty for none. */
  readonly after: string;
  readonly filter?: ShardFilter;
}

function pageOf(input: ListShardsInput): Page {
  if (input.NextToken == null) {
    const after =
      input.ExclusiveStartShardId ?? (input.ShardFilter?.Type === 'AFTER_SHARD_ID' ? input.ShardFilter.ShardId : '');
    const { StreamName, StreamARN } = input;
    return { StreamName, StreamARN, after: checkString('exclusiveStartShardId', after), filter: input.ShardFilter };
  }
  if (input.StreamName != null || input.ExclusiveStartShardId != null) {
    throw invalidArgument('NextToken and StreamName cannot be provided together.');
  }
  try {
    return JSON.parse(Buffer.from(input.NextToken, 'base64').toString('utf8'));
  } catch (error) {
    throw Object.assign(invalidArgument('Invalid NextToken.'), { cause: error });
  }
}

function filterOf(filter: ShardFilter | undefined, stream: Stream): (shard: Shard) => boolean {
  const timeMs = (filter?.Timestamp ?? 0) * 1000;
  switch (filter?.Type) {
    case undefined:
    case 'AFTER_SHARD_ID':
    case 'FROM_TRIM_HORIZON':
      return () => true;
    case 'AT_LATEST':
      return (shard) => shard.isOpen;
    case 'AT_TRIM_HORIZON':
      // What was open then: shards whose parents are all gone already.
      return (shard) => !stream.shards.some((other) => shard.parentIds.includes(other.id));
    case 'AT_TIMESTAMP':
      return (shard) => shard.createdMs <= timeMs && (shard.closedMs === undefined || shard.closedMs >= timeMs);
    case 'FROM_TIMESTAMP':
      return (shard) => shard.closedMs === undefined || shard.closedMs >= timeMs;
    default:
      throw constraintError('shardFilter.type', 'satisfy enum value set of ShardFilterType');
  }
}
