import { tmpdir } from 'node:os';
import * as sdk from '@aws-sdk/client-kinesis';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import { formatHashKey } from '../../local/services/kinesis/hash-key.ts';
import { createKinesis, type Kinesis } from '../../local/services/kinesis/kinesis.ts';
import { NEW_STREAM } from '../../local/services/kinesis/settings.ts';
import { Stream, streamArn } from '../../local/services/kinesis/stream.ts';

const FIRST = 'shardId-000000000000';
const MIDDLE = String(2n ** 127n);

let gateway: Gateway;
let kinesis: Kinesis;
let client: sdk.KinesisClient;
let nowMs = 1_700_000_000_000;

beforeAll(async () => {
  gateway = await openGateway(0);
  const context = { endpoint: '', stateDir: undefined, scratchDir: tmpdir(), metric() {}, log() {} };
  kinesis = createKinesis(context, { now: () => nowMs, subscriptionMs: 1500 });
  gateway.serve([kinesis]);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new sdk.KinesisClient({ endpoint: gateway.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
});

afterAll(async () => {
  client.destroy();
  await kinesis.close();
  await gateway.close();
});

let streamCount = 0;
/** Time goes on, so that no call meets the limits that one before it has used up. */
async function newStream(ShardCount: number): Promise<string> {
  nowMs += 10_000;
  streamCount += 1;
  const StreamName = `calls-${String(streamCount).padStart(3, '0')}`;
  await client.send(new sdk.CreateStreamCommand({ StreamName, ShardCount }));
  return StreamName;
}

async function put(StreamName: string, ...texts: string[]): Promise<string[]> {
  const Records = texts.map((text) => ({ PartitionKey: 'k', Data: Buffer.from(text) }));
  const { Records: results = [] } = await client.send(new sdk.PutRecordsCommand({ StreamName, Records }));
  return results.map(({ SequenceNumber = '' }) => SequenceNumber);
}

const shardsOf = async (input: sdk.ListShardsCommandInput) =>
  (await client.send(new sdk.ListShardsCommand(input))).Shards?.map(({ ShardId }) => ShardId?.slice(-2));

const refusal = (call: Promise<unknown>) =>
  call.then(
    () => 'none',
    (error: Error) => `${error.name}: ${error.message}`,
  );

/** A call that the SDK's types do not allow. */
async function raw(operation: string, input: unknown, type = 'application/x-amz-json-1.1'): Promise<string> {
  const response = await fetch(gateway.endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': `Kinesis_20131202.${operation}`, 'content-type': type },
    body: JSON.stringify(input),
  });
  const { __type, message } = (await response.json()) as { __type: string; message: string };
  return `${__type}: ${message}`;
}

describe('requests', () => {
  it.each<[string, object, string]>([
    [
      'CreateStream',
      {},
      "1 validation error detected: Value null at 'streamName' failed to satisfy constraint: Member must not be null",
    ],
    [
      'DescribeStream',
      { StreamName: '', Limit: 0 },
      "3 validation errors detected: Value '' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'streamName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ],
    ['PutRecords', { StreamName: 'a' }, 'ResourceNotFoundException: Stream a under account 000000000000 not found.'],
    [
      'UpdateShardCount',
      { StreamName: 'a', TargetShardCount: 2, ScalingType: 'x' },
      "Value 'x' at 'scalingType' failed to satisfy constraint: Member must satisfy enum value set: [UNIFORM_SCALING]",
    ],
    [
      'RemoveTagsFromStream',
      { StreamName: 'a', TagKeys: ['a', ''] },
      "Value '' at 'tagKeys.2.member' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'AddTagsToStream',
      { StreamName: 'a', Tags: {} },
      "Value '{}' at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'ListShards',
      { StreamName: 'a', ShardFilter: {} },
      "Value null at 'shardFilter.type' failed to satisfy constraint: Member must not be null",
    ],
    ['DescribeStream', { StreamName: 5 }, 'SerializationException: streamName is to be of type String'],
    ['DescribeStream', {}, 'InvalidArgumentException: Either StreamName or StreamARN must be given.'],
    ['CreateChannel', {}, 'UnknownOperationException: CreateChannel is not emulated'],
  ])('%s %j', async (operation, input, expected) => {
    expect(await raw(operation, input)).toContain(expected);
  });

  it('in CBOR are refused by name', async () => {
    expect(await raw('ListStreams', {}, 'application/x-amz-cbor-1.1')).toContain('CBOR is not spoken here');
  });

  it('whose DryRun is set are checked and change nothing', async () => {
    const StreamName = await newStream(1);
    const record = { PartitionKey: 'k', Data: Buffer.from('x'), DryRun: true };
    expect(await refusal(client.send(new sdk.PutRecordCommand({ StreamName, ...record })))).toContain(
      'DryRunOperation',
    );
    const absent = new sdk.PutRecordCommand({ StreamName: 'absent', ...record });
    expect(await refusal(client.send(absent))).toContain('ResourceNotFoundException');
    expect(kinesis.read(streamArn(StreamName), FIRST, 'TRIM_HORIZON', 9).records).toEqual([]);
  });

  it('may name a shard by its number, and must name one stream', async () => {
    const StreamName = await newStream(1);
    const from = { ShardId: 'shardId-0', ShardIteratorType: 'LATEST' } as const;
    expect((await client.send(new sdk.GetShardIteratorCommand({ StreamName, ...from }))).ShardIterator).toBeDefined();
    const both = { StreamName, StreamARN: streamArn(await newStream(1)) };
    expect(await refusal(client.send(new sdk.DescribeStreamCommand(both)))).toContain('InvalidArgumentException');
  });
});

describe('UpdateShardCount', () => {
  const scale = (StreamName: string, TargetShardCount: number) =>
    client.send(new sdk.UpdateShardCountCommand({ StreamName, TargetShardCount, ScalingType: 'UNIFORM_SCALING' }));

  it('splits and merges until the shards are even', async () => {
    const StreamName = await newStream(2);
    expect(await scale(StreamName, 3)).toMatchObject({ CurrentShardCount: 2, TargetShardCount: 3 });
    const { Shards = [] } = await client.send(new sdk.ListShardsCommand({ StreamName }));
    const open = Shards.filter((shard) => !shard.SequenceNumberRange?.EndingSequenceNumber);
    const thirds = [0n, 1n, 2n, 3n].map((third) => (third * 2n ** 128n) / 3n);
    expect(open.map((shard) => shard.HashKeyRange?.StartingHashKey).sort()).toEqual(
      thirds.slice(0, 3).map(String).sort(),
    );
    await scale(StreamName, 2);
    expect(await shardsOf({ StreamName, ShardFilter: { Type: 'AT_LATEST' } })).toHaveLength(2);
  });

  it.each([
    [7, 5],
    [5, 7],
    [6, 3],
    [1, 2],
    [9, 16],
  ])('from %i to %i leaves no gap', (from, to) => {
    const stream = Stream.create('s', from, NEW_STREAM, 1);
    stream.scale(to, 2);
    const open = stream.shards.filter((shard) => shard.isOpen).map(({ range }) => range);
    open.sort((a, b) => (a.start < b.start ? -1 : 1));
    expect(open).toHaveLength(to);
    expect(open.map(({ start }) => formatHashKey(start))).toEqual(
      open.map((_, index) => String((BigInt(index) * 2n ** 128n) / BigInt(to))),
    );
    for (const shard of stream.shards) {
      for (const parentId of shard.parentIds) {
        expect(stream.shard(parentId).startingSequenceNumber < shard.startingSequenceNumber).toBe(true);
      }
    }
  });

  it('is bounded to double and half, and to ten times a day', async () => {
    const StreamName = await newStream(4);
    expect(await refusal(scale(StreamName, 9))).toBe(
      'LimitExceededException: UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 4, Target shard count: 9',
    );
    expect(await refusal(scale(StreamName, 1))).toContain('cannot scale down below half');
    for (const target of [5, 4, 5, 4, 5, 4, 5, 4, 5, 4]) await scale(StreamName, target);
    expect(await refusal(scale(StreamName, 5))).toContain('LimitExceededException');
    nowMs += 24 * 3_600_000;
    await scale(StreamName, 5);
  });
});

describe('ListShards', () => {
  it('filters by what was open when', async () => {
    const StreamName = await newStream(2);
    const createdMs = nowMs;
    nowMs += 3_600_000;
    await client.send(new sdk.SplitShardCommand({ StreamName, ShardToSplit: FIRST, NewStartingHashKey: '9999' }));
    const splitMs = nowMs;
    nowMs += 3_600_000;
    const of = (filter: sdk.ShardFilter) => shardsOf({ StreamName, ShardFilter: filter });
    expect(await of({ Type: 'FROM_TRIM_HORIZON' })).toEqual(['00', '01', '02', '03']);
    expect(await of({ Type: 'AT_TRIM_HORIZON' })).toEqual(['00', '01']);
    expect(await of({ Type: 'AT_LATEST' })).toEqual(['01', '02', '03']);
    expect(await of({ Type: 'AT_TIMESTAMP', Timestamp: new Date(createdMs + 1000) })).toEqual(['00', '01']);
    expect(await of({ Type: 'AT_TIMESTAMP', Timestamp: new Date(splitMs + 1000) })).toEqual(['01', '02', '03']);
    expect(await of({ Type: 'FROM_TIMESTAMP', Timestamp: new Date(splitMs + 1000) })).toEqual(['01', '02', '03']);
    expect(await of({ Type: 'FROM_TIMESTAMP', Timestamp: new Date(0) })).toEqual(['00', '01', '02', '03']);
    expect(await of({ Type: 'AFTER_SHARD_ID', ShardId: 'shardId-000000000001' })).toEqual(['02', '03']);
    expect(await refusal(of({ Type: 'AFTER_SHARD_ID' }))).toContain('InvalidArgumentException: ShardId must be given');
    expect(await refusal(of({ Type: 'AT_TIMESTAMP' }))).toContain('InvalidArgumentException');
  });

  it('goes on by a token that lasts 300 seconds', async () => {
    const StreamName = await newStream(3);
    const first = await client.send(new sdk.ListShardsCommand({ StreamName, MaxResults: 2 }));
    const next = { NextToken: first.NextToken };
    expect(await shardsOf(next)).toEqual(['02']);
    expect(await refusal(shardsOf({ ...next, StreamName }))).toContain('InvalidArgumentException');
    expect(await refusal(shardsOf({ NextToken: 'x' }))).toBe('InvalidArgumentException: Invalid NextToken.');
    nowMs += 300_001;
    expect(await refusal(shardsOf(next))).toContain('ExpiredNextTokenException');
    const another = { StreamName, StreamCreationTimestamp: new Date(1) };
    expect(await refusal(shardsOf(another))).toContain('ResourceNotFoundException');
  });
});

describe('a shard iterator', () => {
  it("is not given at another shard's sequence number", async () => {
    const StreamName = await newStream(2);
    const record = { PartitionKey: 'k', Data: Buffer.from('x') };
    await client.send(new sdk.PutRecordCommand({ StreamName, ...record, ExplicitHashKey: '0' }));
    const put = await client.send(new sdk.PutRecordCommand({ StreamName, ...record, ExplicitHashKey: MIDDLE }));
    const at = { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: put.SequenceNumber } as const;
    const wrong = new sdk.GetShardIteratorCommand({ StreamName, ShardId: FIRST, ...at });
    expect(await refusal(client.send(wrong))).toBe(
      'InvalidArgumentException: Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was used in a call to a shard with shardId-000000000000',
    );
  });

  it('goes on in a stream made anew', async () => {
    const StreamName = await newStream(1);
    await put(StreamName, 'old');
    const from = { ShardId: FIRST, ShardIteratorType: 'LATEST' } as const;
    const { ShardIterator } = await client.send(new sdk.GetShardIteratorCommand({ StreamName, ...from }));
    await client.send(new sdk.DeleteStreamCommand({ StreamName }));
    const read = () => client.send(new sdk.GetRecordsCommand({ ShardIterator }));
    expect(await refusal(read())).toContain('ResourceNotFoundException');
    nowMs += 1000;
    await client.send(new sdk.CreateStreamCommand({ StreamName, ShardCount: 1 }));
    await put(StreamName, 'new');
    expect((await read()).Records?.map(({ Data }) => Buffer.from(Data ?? []).toString())).toEqual(['new']);
  });
});

describe('settings of a stream', () => {
  const summaryOf = async (StreamName: string) =>
    (await client.send(new sdk.DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary;

  it('retention is bounded, and goes by the call of its direction', async () => {
    const StreamName = await newStream(1);
    const increase = (hours: number) =>
      refusal(client.send(new sdk.IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: hours })));
    const decrease = (hours: number) =>
      refusal(client.send(new sdk.DecreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: hours })));
    expect(await decrease(23)).toBe(
      'InvalidArgumentException: Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.',
    );
    expect(await increase(48)).toBe('none');
    expect(await increase(36)).toBe(
      `InvalidArgumentException: Requested retention period (36 hours) for stream ${StreamName} can not be shorter than existing retention period (48 hours). Use DecreaseRetentionPeriod API.`,
    );
    expect(await decrease(49)).toContain('Use IncreaseRetentionPeriod API.');
    expect(await decrease(24)).toBe('none');
  });

  it('the mode can be switched twice a day', async () => {
    const StreamName = await newStream(1);
    const StreamARN = streamArn(StreamName);
    const to = (StreamMode: sdk.StreamMode) =>
      refusal(client.send(new sdk.UpdateStreamModeCommand({ StreamARN, StreamModeDetails: { StreamMode } })));
    expect([await to('ON_DEMAND'), await to('PROVISIONED')]).toEqual(['none', 'none']);
    expect(await to('ON_DEMAND')).toContain('LimitExceededException');
  });

  it('encryption, monitoring and the record size are told', async () => {
    const StreamName = await newStream(1);
    const key = { StreamName, EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' } as const;
    await client.send(new sdk.StartStreamEncryptionCommand(key));
    const enabled = await client.send(
      new sdk.EnableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics: ['IncomingBytes', 'OutgoingBytes'] }),
    );
    expect(enabled).toMatchObject({
      CurrentShardLevelMetrics: [],
      DesiredShardLevelMetrics: ['IncomingBytes', 'OutgoingBytes'],
    });
    await client.send(new sdk.DisableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics: ['OutgoingBytes'] }));
    const StreamARN = streamArn(StreamName);
    await client.send(new sdk.UpdateMaxRecordSizeCommand({ StreamARN, MaxRecordSizeInKiB: 2048 }));
    expect(await summaryOf(StreamName)).toMatchObject({
      EncryptionType: 'KMS',
      KeyId: 'alias/aws/kinesis',
      EnhancedMonitoring: [{ ShardLevelMetrics: ['IncomingBytes'] }],
      MaxRecordSizeInKiB: 2048,
    });
    const large = { StreamName, PartitionKey: 'k', Data: Buffer.alloc(2048 * 1024) };
    expect((await client.send(new sdk.PutRecordCommand(large))).EncryptionType).toBe('KMS');
    await client.send(new sdk.StopStreamEncryptionCommand(key));
    expect(await summaryOf(StreamName)).toMatchObject({ EncryptionType: 'NONE' });
  });

  it('what is not emulated is refused, not ignored', async () => {
    const create = (input: object) =>
      refusal(client.send(new sdk.CreateStreamCommand({ StreamName: 'other', ShardCount: 1, ...input })));
    expect(await create({ RecordDistributionStrategy: 'AUTO' })).toContain('is not emulated');
    expect(await create({ WarmThroughputMiBps: 10 })).toContain('is not emulated');
    const onDemand = { StreamModeDetails: { StreamMode: 'ON_DEMAND' } };
    expect(await create(onDemand)).toContain('ShardCount may not be given');
  });

  it('limits are described', async () => {
    const limits = await client.send(new sdk.DescribeLimitsCommand({}));
    expect(limits).toMatchObject({ OnDemandStreamCount: 0, OnDemandStreamCountLimit: 50 });
    expect(limits.OpenShardCount).toBeGreaterThan(0);
  });
});

describe('tags', () => {
  const tagsOf = async (ResourceARN: string) =>
    (await client.send(new sdk.ListTagsForResourceCommand({ ResourceARN }))).Tags?.map(({ Key, Value }) => [
      Key,
      Value,
    ]);

  it('of a stream and of a consumer are added, replaced, listed by pages and removed', async () => {
    const StreamName = await newStream(1);
    await client.send(new sdk.AddTagsToStreamCommand({ StreamName, Tags: { b: '1', a: '2', c: '' } }));
    await client.send(new sdk.TagResourceCommand({ ResourceARN: streamArn(StreamName), Tags: { b: '3' } }));
    await client.send(new sdk.RemoveTagsFromStreamCommand({ StreamName, TagKeys: ['c', 'x'] }));
    expect(await tagsOf(streamArn(StreamName))).toEqual([
      ['a', '2'],
      ['b', '3'],
    ]);
    const page = await client.send(new sdk.ListTagsForStreamCommand({ StreamName, Limit: 1 }));
    expect(page).toMatchObject({ Tags: [{ Key: 'a' }], HasMoreTags: true });
    const rest = await client.send(new sdk.ListTagsForStreamCommand({ StreamName, ExclusiveStartTagKey: 'a' }));
    expect(rest).toMatchObject({ Tags: [{ Key: 'b' }], HasMoreTags: false });

    const register = { StreamARN: streamArn(StreamName), ConsumerName: 'c', Tags: { x: 'y' } };
    const { Consumer } = await client.send(new sdk.RegisterStreamConsumerCommand(register));
    const ResourceARN = Consumer?.ConsumerARN ?? '';
    await client.send(new sdk.TagResourceCommand({ ResourceARN, Tags: { z: '1' } }));
    await client.send(new sdk.UntagResourceCommand({ ResourceARN, TagKeys: ['x'] }));
    expect(await tagsOf(ResourceARN)).toEqual([['z', '1']]);
  });

  it('are at most 50, of certain characters', async () => {
    const StreamName = await newStream(1);
    const add = (Tags: Record<string, string>) =>
      refusal(client.send(new sdk.AddTagsToStreamCommand({ StreamName, Tags })));
    expect(await add(Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, ''])))).toContain(
      'cannot have more than 50 tags',
    );
    expect(await add({ 'a!': 'b' })).toContain('InvalidArgumentException');
    expect(await add({ 'aws:a': 'b' })).toContain('InvalidArgumentException');
  });
});

describe('consumers', () => {
  const register = (StreamName: string, ConsumerName: string) =>
    client.send(new sdk.RegisterStreamConsumerCommand({ StreamARN: streamArn(StreamName), ConsumerName }));

  it('are registered, described, listed by pages and deregistered', async () => {
    const StreamName = await newStream(1);
    const StreamARN = streamArn(StreamName);
    const { Consumer } = await register(StreamName, 'b');
    expect(Consumer?.ConsumerARN).toBe(`${StreamARN}/consumer/b:${Math.floor(nowMs / 1000)}`);
    await register(StreamName, 'a');
    expect(await refusal(register(StreamName, 'a'))).toContain('ResourceInUseException');
    const byArn = await client.send(new sdk.DescribeStreamConsumerCommand({ ConsumerARN: Consumer?.ConsumerARN }));
    const byName = await client.send(new sdk.DescribeStreamConsumerCommand({ StreamARN, ConsumerName: 'b' }));
    expect(byArn.ConsumerDescription).toEqual(byName.ConsumerDescription);
    expect(byName.ConsumerDescription).toMatchObject({ ConsumerStatus: 'ACTIVE', StreamARN });
    const page = await client.send(new sdk.ListStreamConsumersCommand({ StreamARN, MaxResults: 1 }));
    expect(page.Consumers?.map(({ ConsumerName }) => ConsumerName)).toEqual(['a']);
    const next = await client.send(new sdk.ListStreamConsumersCommand({ StreamARN, NextToken: page.NextToken }));
    expect(next.Consumers?.map(({ ConsumerName }) => ConsumerName)).toEqual(['b']);
    expect(await refusal(client.send(new sdk.DeleteStreamCommand({ StreamName })))).toContain('ResourceInUse');
    await client.send(new sdk.DeregisterStreamConsumerCommand({ ConsumerARN: Consumer?.ConsumerARN }));
    const gone = client.send(new sdk.DescribeStreamConsumerCommand({ ConsumerARN: Consumer?.ConsumerARN }));
    expect(await refusal(gone)).toContain('ResourceNotFoundException');
    await client.send(new sdk.DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true }));
  });

  it('are at most 20', async () => {
    const StreamName = await newStream(1);
    for (let count = 0; count < 20; count += 1) await register(StreamName, `c${count}`);
    expect(await refusal(register(StreamName, 'more'))).toContain('LimitExceededException');
  });

  it('of the template have the attributes of CloudFormation', async () => {
    const StreamARN = streamArn(await newStream(1));
    const provision = kinesis.provisions['AWS::Kinesis::StreamConsumer'];
    const resource = { stack: 's', logicalId: 'l', type: 'AWS::Kinesis::StreamConsumer' };
    const made = await provision?.({ ...resource, properties: { StreamARN, ConsumerName: 'fan' } });
    const ref = `${StreamARN}/consumer/fan:${Math.floor(nowMs / 1000)}`;
    expect(made).toEqual({
      ref,
      attributes: {
        ConsumerARN: ref,
        ConsumerName: 'fan',
        ConsumerStatus: 'ACTIVE',
        StreamARN,
        ConsumerCreationTimestamp: String(Math.floor(nowMs / 1000)),
      },
    });
    nowMs += 5000;
    expect((await provision?.({ ...resource, properties: { StreamARN, ConsumerName: 'fan' } }))?.ref).toBe(ref);
  });

  it('read in process at a rate of their own', async () => {
    const StreamName = await newStream(1);
    const { Consumer } = await register(StreamName, 'fan');
    const large = Array.from({ length: 3 }, () => Buffer.alloc(1000 * 1024));
    for (const Data of large) {
      await client.send(new sdk.PutRecordCommand({ StreamName, PartitionKey: 'k', Data }));
      nowMs += 1000;
    }
    const read = (arn: string) => kinesis.read(arn, FIRST, 'TRIM_HORIZON', 3).records.length;
    expect(read(streamArn(StreamName))).toBe(3);
    expect(() => read(streamArn(StreamName))).toThrow('Rate exceeded');
    expect(read(Consumer?.ConsumerARN ?? '')).toBe(3);
    expect(() => read(Consumer?.ConsumerARN ?? '')).toThrow('Rate exceeded');
    expect(kinesis.shards(Consumer?.ConsumerARN ?? '')).toEqual(kinesis.shards(streamArn(StreamName)));
  });
});

describe('SubscribeToShard', () => {
  async function subscribed(shardCount = 1) {
    const StreamName = await newStream(shardCount);
    const register = { StreamARN: streamArn(StreamName), ConsumerName: 'fan' };
    const { Consumer } = await client.send(new sdk.RegisterStreamConsumerCommand(register));
    const ConsumerARN = Consumer?.ConsumerARN;
    const subscribe = async (Type: sdk.ShardIteratorType, rest: object = {}) => {
      const input = { ConsumerARN, ShardId: FIRST, StartingPosition: { Type, ...rest } };
      const { EventStream } = await client.send(new sdk.SubscribeToShardCommand(input));
      const events = EventStream?.[Symbol.asyncIterator]();
      if (!events) throw new Error('no events');
      const next = async () => {
        const { value, done } = await events.next();
        return done ? undefined : (value as sdk.SubscribeToShardEventStream).SubscribeToShardEvent;
      };
      return { next, leave: () => events.return?.() };
    };
    return { StreamName, ConsumerARN, subscribe };
  }
  const texts = (event?: sdk.SubscribeToShardEvent) =>
    event?.Records?.map(({ Data }) => Buffer.from(Data ?? []).toString());

  it('pushes what is there and what arrives, then the children of a closed shard', async () => {
    const { StreamName, subscribe } = await subscribed();
    const [first, second] = await put(StreamName, 'a', 'b');
    const { next } = await subscribe('AFTER_SEQUENCE_NUMBER', { SequenceNumber: first });
    const event = await next();
    expect(texts(event)).toEqual(['b']);
    expect(event).toMatchObject({ ContinuationSequenceNumber: second, MillisBehindLatest: 0 });
    const waiting = next();
    const [third] = await put(StreamName, 'c');
    expect(texts(await waiting)).toEqual(['c']);
    const last = next();
    await client.send(new sdk.SplitShardCommand({ StreamName, ShardToSplit: FIRST, NewStartingHashKey: MIDDLE }));
    const ended = await last;
    expect(ended?.ChildShards?.map(({ ShardId }) => ShardId)).toEqual(['shardId-000000000001', 'shardId-000000000002']);
    expect(ended?.ContinuationSequenceNumber).toBeUndefined();
    expect(await next()).toBeUndefined();
    expect(third).toBeDefined();
  });

  it('begins with an empty event at the tip, and ends when its time is over', async () => {
    const { StreamName, subscribe } = await subscribed();
    const [only] = await put(StreamName, 'a');
    const { next } = await subscribe('LATEST');
    expect(await next()).toMatchObject({ Records: [], ContinuationSequenceNumber: only, MillisBehindLatest: 0 });
    expect(await next()).toBeUndefined();
  });

  it('is refused within a second and within five, and then takes over', async () => {
    const { subscribe } = await subscribed();
    const former = await subscribe('TRIM_HORIZON');
    expect(texts(await former.next())).toEqual([]);
    expect(await refusal(subscribe('TRIM_HORIZON'))).toContain('LimitExceededException');
    nowMs += 4999;
    expect(await refusal(subscribe('TRIM_HORIZON'))).toMatch(
      /^ResourceInUseException: Another active subscription exists for this consumer: 000000000000:calls-\d+:shardId-000000000000:fan$/,
    );
    nowMs += 5000;
    const latter = await subscribe('TRIM_HORIZON');
    expect(texts(await latter.next())).toEqual([]);
    await expect(former.next()).rejects.toThrow('Another active subscription exists');
    await latter.leave();
  });

  it('ends with an error when the consumer is deregistered, and is refused without one', async () => {
    const { ConsumerARN, subscribe } = await subscribed();
    const { next } = await subscribe('TRIM_HORIZON');
    await next();
    const waiting = next();
    await client.send(new sdk.DeregisterStreamConsumerCommand({ ConsumerARN }));
    await expect(waiting).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    expect(await refusal(subscribe('TRIM_HORIZON'))).toContain('ResourceNotFoundException');
  });
});
