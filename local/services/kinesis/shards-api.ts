import { LOCAL_ACCOUNT } from '../../service.ts';
import { type Operations, ServiceError } from '../json-api.ts';
import { formatHashKey } from './hash-key.ts';
import { checkHashKey, invalidArgument, SHARDS_MAX } from './limits.ts';
import { openPage, pageToken } from './page.ts';
import { oneMoreChange } from './settings.ts';
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
  /** Seconds since 1970. */
  readonly StreamCreationTimestamp?: number;
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

interface UpdateShardCountInput extends StreamReference {
  readonly TargetShardCount: number;
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
      const nowMs = streams.now();
      const { NextToken, ...first } = input;
      if (NextToken !== undefined && (input.StreamName ?? input.ExclusiveStartShardId) !== undefined) {
        throw invalidArgument('NextToken and StreamName cannot be provided together.');
      }
      const page = openPage<Page>(NextToken, nowMs) ?? firstPage(first);
      const stream = streams.find(page);
      const creation = page.StreamCreationTimestamp;
      if (creation !== undefined && Math.floor(creation) !== Math.floor(stream.createdMs / 1000)) {
        const text = `Stream ${stream.name} under account ${LOCAL_ACCOUNT} created at ${creation} not found.`;
        throw new ServiceError('ResourceNotFoundException', text);
      }
      const shards = stream.shards.filter(filterOf(page.filter, stream)).filter((shard) => shard.id > page.after);
      const shown = shards.slice(0, Math.min(input.MaxResults ?? LIST_SHARDS_MAX, LIST_SHARDS_MAX));
      const last = shown.at(-1);
      const next = last && { StreamName: stream.name, after: last.id, filter: page.filter };
      return {
        Shards: shown.map(describeShard),
        NextToken: next && shown.length < shards.length ? pageToken(next, nowMs) : undefined,
      };
    },

    SplitShard(input: SplitShardInput) {
      const stream = provisioned(streams.find(input));
      const { id: shardId } = resharded(stream, input.ShardToSplit);
      const newStart = checkHashKey('NewStartingHashKey', input.NewStartingHashKey);
      if (stream.openShardCount >= SHARDS_MAX) throw shardLimit(stream, stream.openShardCount + 1);
      streams.change({ type: 'split', name: stream.name, shardId, newStart, atMs: streams.now() });
    },

    MergeShards(input: MergeShardsInput) {
      const stream = provisioned(streams.find(input));
      const { id: shardId } = resharded(stream, input.ShardToMerge);
      const { id: adjacentShardId } = resharded(stream, input.AdjacentShardToMerge);
      streams.change({ type: 'merge', name: stream.name, shardId, adjacentShardId, atMs: streams.now() });
    },

    UpdateShardCount(input: UpdateShardCountInput) {
      const stream = provisioned(streams.find(input));
      const { TargetShardCount: target } = input;
      const { name, openShardCount: current } = stream;
      if (target > SHARDS_MAX) throw shardLimit(stream, target);
      checkScale(current, target);
      const nowMs = streams.now();
      streams.configure(stream, { changes: oneMoreChange(stream.settings, name, 'shardCount', nowMs) });
      streams.change({ type: 'scale', name, shardCount: target, atMs: nowMs });
      return { StreamName: name, StreamARN: stream.arn, CurrentShardCount: current, TargetShardCount: target };
    },
  };
}

function checkScale(current: number, target: number): void {
  const way = target > 2 * current ? 'up over double' : target < current / 2 ? 'down below half' : undefined;
  if (way === undefined) return;
  throw new ServiceError(
    'LimitExceededException',
    `UpdateShardCount cannot scale ${way} your current open shard count. Current open shard count: ${current}, Target shard count: ${target}`,
  );
}

function shardLimit(stream: Stream, target: number): ServiceError {
  return new ServiceError(
    'LimitExceededException',
    `Target shard count or number of open shards cannot be greater than ${SHARDS_MAX}. Current open shard count: ${stream.openShardCount}, Target shard count: ${target}`,
  );
}

/** AWS says it in other words here than where shards are read. */
function resharded(stream: Stream, shardId: string): Shard {
  const found = stream.find(shardId);
  if (found) return found;
  const text = `Could not find shard ${shardId} in stream ${stream.name} under account ${LOCAL_ACCOUNT}.`;
  throw new ServiceError('ResourceNotFoundException', text);
}

/** The stream, if its shards are the caller's to change. */
function provisioned(stream: Stream): Stream {
  if (stream.settings.mode === 'PROVISIONED') return stream;
  throw new ServiceError(
    'ValidationException',
    `Stream ${stream.name} is in on-demand mode: switch it to provisioned by UpdateStreamMode to reshard it`,
  );
}

interface Page extends StreamReference {
  /** Id of the last shard already listed; empty for none. */
  readonly after: string;
  readonly filter?: ShardFilter | undefined;
  readonly StreamCreationTimestamp?: number | undefined;
}

function firstPage({ StreamName, StreamARN, StreamCreationTimestamp, ...input }: ListShardsInput): Page {
  const { ShardFilter: filter } = input;
  const wanted = WANTED_BY_FILTER[filter?.Type ?? ''];
  if (filter && wanted && filter[wanted] === undefined) {
    throw invalidArgument(`${wanted} must be given in a ShardFilter of type ${filter.Type}.`);
  }
  const after = input.ExclusiveStartShardId ?? (wanted === 'ShardId' ? filter?.ShardId : undefined) ?? '';
  return { StreamName, StreamARN, StreamCreationTimestamp, after, filter };
}

const WANTED_BY_FILTER: Readonly<Record<string, 'ShardId' | 'Timestamp'>> = {
  AFTER_SHARD_ID: 'ShardId',
  AT_TIMESTAMP: 'Timestamp',
  FROM_TIMESTAMP: 'Timestamp',
};

function filterOf(filter: ShardFilter | undefined, stream: Stream): (shard: Shard) => boolean {
  const timeMs = (filter?.Timestamp ?? 0) * 1000;
  switch (filter?.Type) {
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
      return () => true;
  }
}
