import { type Operations, ServiceError } from '../json-api.ts';
import { TokenBucket } from './bucket.ts';
import { Constraints, invalid } from './constraints.ts';
import { checkTags, encryptionOf, readDefinition, TAGS_MAX, type Tag, updateDefinition } from './definition.ts';
import type { Given } from './destination-shape.ts';
import { CONTROL_CALLS_PER_SECOND } from './limits.ts';
import type { Entry, Streams } from './streams.ts';

const DESTINATION_ID = 'destinationId-000000000001';
/** Members that the older description of an S3 destination has too. */
const PLAIN_MEMBERS = [
  'BucketARN',
  'BufferingHints',
  'CloudWatchLoggingOptions',
  'CompressionFormat',
  'EncryptionConfiguration',
  'ErrorOutputPrefix',
  'Prefix',
  'RoleARN',
];

function describe({ name, arn, definition, stream, encryption, updatedAtMs }: Entry): Given {
  const { description } = definition.destination;
  const plain = Object.fromEntries(
    PLAIN_MEMBERS.flatMap((member) => (description[member] === undefined ? [] : [[member, description[member]]])),
  );
  return {
    DeliveryStreamName: name,
    DeliveryStreamARN: arn,
    DeliveryStreamStatus: 'ACTIVE',
    DeliveryStreamEncryptionConfiguration: encryption,
    DeliveryStreamType: definition.type,
    VersionId: String(stream.version),
    CreateTimestamp: stream.createdAtMs / 1000,
    ...(updatedAtMs !== undefined && { LastUpdateTimestamp: updatedAtMs / 1000 }),
    ...(definition.source && {
      Source: {
        KinesisStreamSourceDescription: {
          ...definition.source,
          DeliveryStartTimestamp: stream.createdAtMs / 1000,
        },
      },
    }),
    Destinations: [
      {
        DestinationId: DESTINATION_ID,
        ExtendedS3DestinationDescription: description,
        S3DestinationDescription: plain,
      },
    ],
    HasMoreDestinations: false,
  };
}

/** A page of a sorted list, after a name. */
function page<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  after: unknown,
  limit: number,
): [T[], more: boolean] {
  const rest = items.filter((item) => after === undefined || nameOf(item) > String(after));
  return [rest.slice(0, limit), rest.length > limit];
}

function checkLimit(limit: unknown, most: number): void {
  const constraints = new Constraints();
  constraints.range('limit', limit, 1, most);
  constraints.check();
}

async function update(streams: Streams, input: Given): Promise<void> {
  const entry = streams.named(input.DeliveryStreamName);
  const { version } = entry.stream;
  if (input.CurrentDeliveryStreamVersionId !== String(version)) {
    throw new ServiceError(
      'ConcurrentModificationException',
      `Cannot update firehose: ${entry.name} since the current version id: ${version} and specified version id: ${input.CurrentDeliveryStreamVersionId} do not match`,
    );
  }
  if (input.DestinationId !== DESTINATION_ID) throw invalid(`Destination Id ${input.DestinationId} not found`);
  const given = Object.keys(input).filter((key) => key.endsWith('DestinationUpdate'));
  const [name] = given;
  if (name === undefined || given.length > 1)
    throw invalid('Exactly one destination configuration is supported for a Firehose');
  if (name !== 'ExtendedS3DestinationUpdate' && name !== 'S3DestinationUpdate')
    throw invalid(`${name} is not emulated, only ExtendedS3DestinationUpdate`);
  const shape = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  await streams.update(entry, updateDefinition(entry.definition, input[name], shape));
}

function operations(streams: Streams): Operations {
  return {
    CreateDeliveryStream: async ({ DeliveryStreamName, ...properties }) => {
      const { arn } = await streams.create(DeliveryStreamName, readDefinition(DeliveryStreamName, properties));
      return { DeliveryStreamARN: arn };
    },
    DeleteDeliveryStream: ({ DeliveryStreamName }) => streams.delete(streams.named(DeliveryStreamName)),
    DescribeDeliveryStream: ({ DeliveryStreamName }) => ({
      DeliveryStreamDescription: describe(streams.named(DeliveryStreamName)),
    }),
    ListDeliveryStreams: ({ Limit = 10, ExclusiveStartDeliveryStreamName: after, DeliveryStreamType: type }) => {
      checkLimit(Limit, 10_000);
      const entries = streams.all().filter(({ definition }) => type === undefined || definition.type === type);
      const names = entries.map(({ name }) => name).sort();
      const [DeliveryStreamNames, HasMoreDeliveryStreams] = page(names, (name) => name, after, Limit);
      return { DeliveryStreamNames, HasMoreDeliveryStreams };
    },
    UpdateDestination: (input) => update(streams, input),
    TagDeliveryStream: ({ DeliveryStreamName, Tags }) => {
      const constraints = new Constraints();
      constraints.present('tags', Tags);
      checkTags(Tags, constraints);
      constraints.check();
      const { tags } = streams.named(DeliveryStreamName);
      const added = (Tags as Tag[]).filter(({ Key }) => !tags.has(Key));
      if (tags.size + added.length > TAGS_MAX)
        throw new ServiceError('LimitExceededException', `A Firehose can have at most ${TAGS_MAX} tags.`);
      for (const { Key, Value = '' } of Tags as Tag[]) tags.set(Key, Value);
    },
    UntagDeliveryStream: ({ DeliveryStreamName, TagKeys }) => {
      const { tags } = streams.named(DeliveryStreamName);
      for (const key of TagKeys ?? []) tags.delete(key);
    },
    ListTagsForDeliveryStream: ({ DeliveryStreamName, ExclusiveStartTagKey: after, Limit = TAGS_MAX }) => {
      checkLimit(Limit, TAGS_MAX);
      const tags = [...streams.named(DeliveryStreamName).tags].map(([Key, Value]) => ({ Key, Value }));
      tags.sort((a, b) => (a.Key < b.Key ? -1 : 1));
      const [Tags, HasMoreTags] = page(tags, ({ Key }) => Key, after, Limit);
      return { Tags, HasMoreTags };
    },
    StartDeliveryStreamEncryption: ({ DeliveryStreamName, DeliveryStreamEncryptionConfigurationInput = {} }) => {
      const entry = streams.named(DeliveryStreamName);
      checkDirect(entry);
      entry.encryption = encryptionOf(DeliveryStreamEncryptionConfigurationInput);
    },
    StopDeliveryStreamEncryption: ({ DeliveryStreamName }) => {
      const entry = streams.named(DeliveryStreamName);
      checkDirect(entry);
      entry.encryption = encryptionOf(undefined);
    },
  };
}

function checkDirect({ definition }: Entry): void {
  if (definition.type === 'DirectPut') return;
  throw invalid(
    'Server side encryption from firehose is only allowed for direct put delivery streams and database as a source delivery streams',
  );
}

/** Firehose's control plane. Changes take effect at once: a stream is ACTIVE as soon as it is created. `now` undefined:
 *  the calls are not bounded. */
export function controlOperations(streams: Streams, now: (() => number) | undefined): Operations {
  if (!now) return operations(streams);
  const bounded = Object.entries(operations(streams)).map(([name, run]) => {
    const bucket = new TokenBucket(CONTROL_CALLS_PER_SECOND, now);
    return [
      name,
      (input: unknown) => {
        if (!bucket.has(1)) throw new ServiceError('ThrottlingException', 'Rate exceeded');
        bucket.take(1);
        return run(input);
      },
    ];
  });
  return Object.fromEntries(bounded);
}
