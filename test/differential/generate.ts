import { Random } from '../sim/random.ts';
import type { Call, ShardReference } from './call.ts';

/** Sequence of calls on streams of one name, the same for the same seed. Most make sense, some do not. */
export function callsOf(seed: number, index: number, length = 25): readonly Call[] {
  const random = new Random(seed).fork(String(index));
  const next = () => random.next();
  const pick = <One>(from: readonly One[]): One => random.pick(from);
  const chance = (probability: number) => random.chance(probability);
  const StreamName = `d-${seed}-${index}`;
  const StreamARN = `arn:aws:kinesis:us-east-1:000000000000:stream/${StreamName}`;
  const stream = () => (chance(0.02) ? { StreamName: `${StreamName}-absent` } : pick([{ StreamName }, { StreamARN }]));
  const shard = (of: 'all' | 'open', give: 'id' | 'middle' = 'id'): ShardReference => ({ $shard: next(), of, give });
  const oneOf = { $sequence: Math.floor(next() * 30) };
  const seldom = <One>(probability: number, odd: One, usual: unknown) => (chance(probability) ? odd : usual);

  const record = () => ({
    PartitionKey: seldom(0.01, '', `key-${Math.floor(next() * 8)}`),
    Data: Buffer.from(`data ${Math.floor(next() * 1e6)}`).toString('base64'),
    ...(chance(0.2) && { ExplicitHashKey: pick(['0', String(2n ** 127n), String(2n ** 128n - 1n)]) }),
    ...(chance(0.01) && { ExplicitHashKey: pick(['01', String(2n ** 128n), 'x']) }),
  });
  const tags = () =>
    Object.fromEntries(Array.from({ length: 1 + Math.floor(next() * 3) }, () => [tagKey(), pick(['', 'a', 'b c'])]));
  const tagKey = () => pick(['one', 'two', 'three', 'four']);
  const metrics = () => [pick(['IncomingBytes', 'OutgoingRecords', 'IteratorAgeMilliseconds', 'ALL'])];
  const consumer = () => ({ StreamARN, ConsumerName: pick(['fan', 'out']) });
  const consumerOrArn = () => pick([consumer(), { ConsumerARN: { $consumer: pick(['fan', 'out']) } }]);
  // Far from any record: they arrive at each server in its own milliseconds.
  const timestamp = () => ({ $secondsFromNow: pick([-3600, 3600]) });
  const encryption = () => ({ ...stream(), EncryptionType: seldom(0.1, 'NONE', 'KMS'), KeyId: 'alias/aws/kinesis' });

  const kinds: readonly (readonly [number, string, () => object])[] = [
    [8, 'PutRecord', () => ({ ...stream(), ...record() })],
    [12, 'PutRecords', () => ({ ...stream(), Records: Array.from({ length: Math.floor(next() * 8) }, record) })],
    [
      12,
      'GetShardIterator',
      () => ({
        ...stream(),
        ShardId: seldom(0.03, 'shardId-000000000099', shard('all')),
        ...pick<object>([
          { ShardIteratorType: 'TRIM_HORIZON' },
          { ShardIteratorType: 'TRIM_HORIZON' },
          { ShardIteratorType: 'LATEST' },
          { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: timestamp() },
          { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: oneOf },
          { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: oneOf },
          { ShardIteratorType: 'AT_SEQUENCE_NUMBER' },
          { ShardIteratorType: 'LATEST', StartingSequenceNumber: '1' },
          { ShardIteratorType: 'NOWHERE' },
        ]),
      }),
    ],
    [
      22,
      'GetRecords',
      () => ({
        ShardIterator: seldom(0.02, 'bm9uZQ==', { $iterator: Math.floor(next() * 3) }),
        ...(chance(0.4) && { Limit: pick([1, 2, 5, 10_000, 0, 10_001]) }),
      }),
    ],
    [
      8,
      'ListShards',
      () =>
        pick<object>([
          stream(),
          { ...stream(), MaxResults: pick([1, 2, 1000]) },
          { ...stream(), ExclusiveStartShardId: shard('all') },
          { NextToken: { $token: true } },
          { ...stream(), ShardFilter: { Type: pick(['AT_LATEST', 'AT_TRIM_HORIZON', 'FROM_TRIM_HORIZON']) } },
          { ...stream(), ShardFilter: { Type: 'AFTER_SHARD_ID', ShardId: shard('all') } },
          {
            ...stream(),
            ShardFilter: {
              Type: pick(['AT_TIMESTAMP', 'FROM_TIMESTAMP']),
              Timestamp: { $secondsFromNow: pick([-3600, 1]) },
            },
          },
          { ...stream(), ShardFilter: { Type: pick(['AFTER_SHARD_ID', 'AT_TIMESTAMP', 'OTHER']) } },
        ]),
    ],
    [3, 'DescribeStream', () => ({ ...stream(), ...(chance(0.5) && { Limit: pick([1, 2, 0]) }) })],
    [2, 'DescribeStream', () => ({ ...stream(), ExclusiveStartShardId: shard('all') })],
    [3, 'DescribeStreamSummary', stream],
    [2, 'ListStreams', () => pick<object>([{ ExclusiveStartStreamName: `${StreamName}-` }, { Limit: 0 }])],
    [4, 'SplitShard', () => ({ ...stream(), ...splitOf() })],
    [4, 'MergeShards', () => ({ ...stream(), ...mergeOf() })],
    [
      4,
      'UpdateShardCount',
      () => ({ ...stream(), TargetShardCount: pick([1, 2, 3, 4, 6]), ScalingType: 'UNIFORM_SCALING' }),
    ],
    [
      3,
      'IncreaseStreamRetentionPeriod',
      () => ({ ...stream(), RetentionPeriodHours: pick([23, 24, 48, 168, 8760, 8761]) }),
    ],
    [3, 'DecreaseStreamRetentionPeriod', () => ({ ...stream(), RetentionPeriodHours: pick([23, 24, 48, 168]) })],
    [3, 'AddTagsToStream', () => ({ ...stream(), Tags: seldom(0.1, { 'a!': 'b' }, tags()) })],
    [2, 'RemoveTagsFromStream', () => ({ ...stream(), TagKeys: [tagKey()] })],
    [
      3,
      'ListTagsForStream',
      () => ({ ...stream(), ...(chance(0.4) && { Limit: 1 }), ...(chance(0.3) && { ExclusiveStartTagKey: tagKey() }) }),
    ],
    [1, 'ListTagsForResource', () => ({ ResourceARN: StreamARN })],
    [2, 'StartStreamEncryption', encryption],
    [2, 'StopStreamEncryption', encryption],
    [2, 'EnableEnhancedMonitoring', () => ({ ...stream(), ShardLevelMetrics: metrics() })],
    [2, 'DisableEnhancedMonitoring', () => ({ ...stream(), ShardLevelMetrics: metrics() })],
    [3, 'RegisterStreamConsumer', consumer],
    [2, 'DescribeStreamConsumer', consumerOrArn],
    [2, 'ListStreamConsumers', () => ({ StreamARN, ...(chance(0.3) && { MaxResults: 1 }) })],
    [2, 'DeregisterStreamConsumer', consumerOrArn],
    [
      2,
      'UpdateStreamMode',
      () => ({ StreamARN, StreamModeDetails: { StreamMode: pick(['ON_DEMAND', 'PROVISIONED']) } }),
    ],
    // Without that, kinesis-local refuses to delete a stream with consumers, and deletes it nevertheless.
    [1, 'DeleteStream', () => ({ ...stream(), EnforceConsumerDeletion: true })],
    [1, 'CreateStream', create],
  ];
  function create(): object {
    const isOnDemand = chance(0.1);
    if (isOnDemand) return { StreamName, StreamModeDetails: { StreamMode: 'ON_DEMAND' } };
    return { StreamName: seldom(0.02, 'not a name', StreamName), ShardCount: seldom(0.03, 0, pick([1, 2, 3, 4])) };
  }
  function splitOf(): object {
    const open = shard(seldom(0.1, 'all' as const, 'open') as 'open');
    const middle = { ...open, give: 'middle' as const };
    return { ShardToSplit: open, NewStartingHashKey: seldom(0.2, pick(['0', '1', String(2n ** 128n), '-1']), middle) };
  }
  function mergeOf(): object {
    const low = shard('open');
    return { ShardToMerge: low, AdjacentShardToMerge: seldom(0.2, shard('all'), { $neighbour: low }) };
  }

  const total = kinds.reduce((sum, [weight]) => sum + weight, 0);
  const call = (): Call => {
    let at = next() * total;
    for (const [weight, operation, input] of kinds) {
      at -= weight;
      if (at < 0) return { operation, input: input() as Call['input'] };
    }
    return { operation: 'DescribeLimits', input: {} };
  };
  return [{ operation: 'CreateStream', input: create() as Call['input'] }, ...Array.from({ length }, call)];
}
