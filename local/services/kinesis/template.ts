import type { Provision, Provisioned, Resource, ServiceContext } from '../../service.ts';
import { physicalName } from '../../template/names.ts';
import type { Operations } from '../json-api.ts';
import { NEW_STREAM, type StreamSettings } from './settings.ts';
import { checkShape } from './shape.ts';
import { METRIC_NAMES, SHAPES } from './shapes.ts';
import { consumerArn, type Streams } from './streams.ts';

/** Makes the template's streams and consumers. Those that are there already keep what they hold. */
export function kinesisProvisions(
  streams: Streams,
  operations: Operations,
  log: ServiceContext['log'],
): Readonly<Record<string, Provision>> {
  return {
    'AWS::Kinesis::Stream': (resource) => provisionStream(streams, operations, resource, log),
    'AWS::Kinesis::StreamConsumer': ({ properties }) => provisionConsumer(streams, operations, properties),
  };
}

function provisionStream(
  streams: Streams,
  operations: Operations,
  { type, stack, logicalId, properties }: Resource,
  log: ServiceContext['log'],
): Provisioned {
  const name = properties.Name ?? physicalName(type, stack, logicalId);
  const { StreamModeDetails = { StreamMode: NEW_STREAM.mode } } = properties;
  const isOnDemand = StreamModeDetails.StreamMode === 'ON_DEMAND';
  const ShardCount = isOnDemand ? undefined : (optionalNumber(properties.ShardCount) ?? 1);
  const MaxRecordSizeInKiB = optionalNumber(properties.MaxRecordSizeInKiB) ?? NEW_STREAM.maxRecordKiB;
  const wanted = { StreamName: name, ShardCount, StreamModeDetails, MaxRecordSizeInKiB };
  if (!streams.has(name)) operations.CreateStream?.(wanted);
  checkShape(SHAPES.CreateStream ?? {}, wanted);
  const stream = streams.named(name);
  if (ShardCount !== undefined && stream.openShardCount !== ShardCount) {
    log(`kinesis: ${name} keeps its ${stream.openShardCount} shards, not ${ShardCount}`);
  }
  const RetentionPeriodHours = optionalNumber(properties.RetentionPeriodHours) ?? NEW_STREAM.retentionHours;
  const isLonger = RetentionPeriodHours > stream.settings.retentionHours;
  operations[`${isLonger ? 'Increase' : 'Decrease'}StreamRetentionPeriod`]?.({
    StreamName: name,
    RetentionPeriodHours,
  });
  streams.configure(stream, {
    mode: StreamModeDetails.StreamMode,
    maxRecordKiB: MaxRecordSizeInKiB,
    ...labelsOf(properties),
  });
  return { ref: name, attributes: { Arn: stream.arn } };
}

function labelsOf({
  StreamEncryption,
  DesiredShardLevelMetrics: metrics = [],
  Tags = [],
}: Resource['properties']): Pick<StreamSettings, 'encryptionKeyId' | 'shardMetrics' | 'tags'> {
  return {
    encryptionKeyId: StreamEncryption?.KeyId,
    shardMetrics: metrics.includes('ALL') ? METRIC_NAMES : metrics,
    tags: Object.fromEntries(Tags.map(({ Key, Value }: { Key: string; Value: string }) => [Key, Value])),
  };
}

function provisionConsumer(streams: Streams, operations: Operations, properties: Resource['properties']): Provisioned {
  const { ConsumerName: name, StreamARN: arn } = properties;
  const find = () => streams.byArn(arn).settings.consumers.find((consumer) => consumer.name === name);
  if (!find()) operations.RegisterStreamConsumer?.({ ConsumerName: name, StreamARN: arn });
  const { createdMs = 0 } = find() ?? {};
  const ref = consumerArn(streams.byArn(arn), { name, createdMs });
  const ConsumerCreationTimestamp = String(Math.floor(createdMs / 1000));
  const attributes = { ConsumerARN: ref, ConsumerName: name, ConsumerStatus: 'ACTIVE', StreamARN: arn };
  return { ref, attributes: { ...attributes, ConsumerCreationTimestamp } };
}

/** Templates may write numbers as strings. */
function optionalNumber(value: unknown): number | undefined {
  return value === undefined ? undefined : Number(value);
}
