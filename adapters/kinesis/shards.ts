import {
  GetRecordsCommand,
  type GetRecordsOutput,
  GetShardIteratorCommand,
  type GetShardIteratorInput,
  type KinesisClient,
  type Shard as KinesisShard,
  ListShardsCommand,
  type ListShardsOutput,
} from '@aws-sdk/client-kinesis';
import { type Position, RECORD_END } from '../../core/engine/position.ts';
import { type Shard, type Shards, TransientError } from '../../core/ports.ts';
import { transiently } from '../transient.ts';

export interface ShardsOptions {
  readonly client: KinesisClient;
  readonly streamArn: string;
}

/** Reads of a closed shard that may come back empty before its end: Kinesis answers a stretch of the shard at a time
 *  (https://docs.aws.amazon.com/streams/latest/dev/troubleshooting-consumers.html). */
const MAX_EMPTY_READS = 50;

/** The shards of a Kinesis stream. A connection that breaks within an answer looks to the SDK like an answer without
 *  members (HTTP/2): what is missing is never taken for nothing. */
export function kinesisShards({ client, streamArn }: ShardsOptions): Shards {
  return {
    async describe(shardId) {
      const shards = await listShards(client, { StreamARN: streamArn });
      return shards.find((shard) => shard.shardId === shardId);
    },

    async hasRecordsAfter(shardId, position) {
      const { ShardIterator } = await transiently('stream: GetShardIterator', () =>
        client.send(
          new GetShardIteratorCommand({
            StreamARN: streamArn,
            ShardId: shardId,
            ...startOf(position),
          }),
        ),
      );
      if (ShardIterator === undefined) throw new TransientError('stream: GetShardIterator: an empty answer');
      let iterator: string | undefined = ShardIterator;
      for (let reads = 0; reads < MAX_EMPTY_READS; reads++) {
        if (!iterator) return false; // the end of a closed shard
        const command: GetRecordsCommand = new GetRecordsCommand({
          StreamARN: streamArn,
          ShardIterator: iterator,
          Limit: 1,
        });
        const page: GetRecordsOutput = await transiently('stream: GetRecords', () => client.send(command));
        if (page.Records === undefined) throw new TransientError('stream: GetRecords: an empty answer');
        if (page.Records.length > 0) return true;
        iterator = page.NextShardIterator;
      }
      throw new TransientError(`the end of ${shardId} was not reached in ${MAX_EMPTY_READS} reads`);
    },
  };
}

function startOf(
  position: Position | undefined,
): Pick<GetShardIteratorInput, 'ShardIteratorType' | 'StartingSequenceNumber'> {
  if (!position) return { ShardIteratorType: 'TRIM_HORIZON' };
  const isFinished = position.subSequence === RECORD_END;
  return {
    ShardIteratorType: isFinished ? 'AFTER_SEQUENCE_NUMBER' : 'AT_SEQUENCE_NUMBER',
    StartingSequenceNumber: position.sequenceNumber,
  };
}

type Stream = { readonly StreamARN: string } | { readonly StreamName: string };

/** Every shard that the stream lists: the open ones, and closed ones that may still hold records.
 *  @throws TransientError when the stream did not answer. */
export async function listShards(client: KinesisClient, stream: Stream): Promise<readonly Shard[]> {
  return (await readShards(client, stream)).map(shardOf);
}

/** The shards that take records now: their ranges are all hashes there are. An open shard has no last sequence number
 *  (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SequenceNumberRange.html).
 *  @throws TransientError when the stream did not answer. */
export async function listOpenShards(client: KinesisClient, stream: Stream): Promise<readonly Shard[]> {
  const shards = await readShards(client, stream);
  return shards.filter(({ SequenceNumberRange }) => !SequenceNumberRange?.EndingSequenceNumber).map(shardOf);
}

async function readShards(client: KinesisClient, stream: Stream): Promise<readonly KinesisShard[]> {
  const shards: KinesisShard[] = [];
  let token: string | undefined;
  do {
    const page: ListShardsOutput = await transiently('stream: ListShards', () =>
      client.send(new ListShardsCommand(token ? { NextToken: token } : stream)),
    );
    if (page.Shards === undefined) throw new TransientError('stream: ListShards: an empty answer');
    shards.push(...page.Shards);
    token = page.NextToken;
  } while (token);
  return shards;
}

function shardOf({ ShardId, ParentShardId, AdjacentParentShardId, HashKeyRange }: KinesisShard): Shard {
  return {
    shardId: String(ShardId),
    parents: [ParentShardId, AdjacentParentShardId].filter((id) => id !== undefined),
    range: { from: hex(HashKeyRange?.StartingHashKey), to: hex(HashKeyRange?.EndingHashKey) },
  };
}

/** Kinesis writes hash keys as decimal numbers of 128 bits. */
const hex = (hashKey: string | undefined): string =>
  BigInt(hashKey ?? 0)
    .toString(16)
    .padStart(32, '0');
