import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { FirehoseOptions } from '../../local/services/firehose/firehose.ts';
import {
  BUCKET,
  type ObjectStore,
  openObjectStore,
  processing,
  processor,
  ROLE,
  type RunningFirehose,
  runFirehose,
} from '../support/firehose-service.ts';

const BASE = { BucketARN: BUCKET, RoleARN: ROLE };
const HINTS = { SizeInMBs: 64, IntervalInSeconds: 60 };
const CONVERSION = {
  Enabled: true,
  InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
  OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
  SchemaConfiguration: { DatabaseName: 'db', TableName: 'table', RoleARN: ROLE },
};
const QUERY = processor('MetadataExtraction', { MetadataExtractionQuery: '{k: .k}', JsonParsingEngine: 'JQ-1.6' });
const PARTITIONED = {
  Prefix: '!{partitionKeyFromQuery:k}/',
  ErrorOutputPrefix: 'bad/!{firehose:error-output-type}/',
  BufferingHints: HINTS,
  DynamicPartitioningConfiguration: { Enabled: true },
  ...processing(QUERY),
};

let store: ObjectStore;
let running: RunningFirehose;

beforeAll(async () => {
  store = await openObjectStore();
});
afterEach(async () => {
  await running.close();
  store.objects.clear();
});
afterAll(() => store.close());

async function open(options: Partial<FirehoseOptions> = {}): Promise<RunningFirehose> {
  running = await runFirehose(store, options);
  return running;
}

const create = (destination: object, more: object = {}) =>
  running.call('CreateDeliveryStream', {
    DeliveryStreamName: 'rows',
    ExtendedS3DestinationConfiguration: { ...BASE, ...destination },
    ...more,
  });

describe('Firehose: control plane', () => {
  it('creates, describes with defaults, lists and deletes', async () => {
    await open();
    expect(await create({}, { Tags: [{ Key: 'a', Value: '1' }] })).toEqual({
      status: 200,
      body: { DeliveryStreamARN: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/rows' },
    });
    expect((await create({})).body).toEqual({
      __type: 'ResourceInUseException',
      message: 'Firehose rows under accountId 000000000000 already exists',
    });
    const { body } = await running.call('DescribeDeliveryStream', { DeliveryStreamName: 'rows' });
    const plain = {
      ...BASE,
      Prefix: '',
      BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
      CloudWatchLoggingOptions: { Enabled: false },
      CompressionFormat: 'UNCOMPRESSED',
      EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
    };
    expect(body.DeliveryStreamDescription).toEqual({
      DeliveryStreamName: 'rows',
      DeliveryStreamARN: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/rows',
      DeliveryStreamStatus: 'ACTIVE',
      DeliveryStreamEncryptionConfiguration: { Status: 'DISABLED' },
      DeliveryStreamType: 'DirectPut',
      VersionId: '1',
      CreateTimestamp: expect.any(Number),
      Destinations: [
        {
          DestinationId: 'destinationId-000000000001',
          ExtendedS3DestinationDescription: {
            ...plain,
            DataFormatConversionConfiguration: { Enabled: false },
            ProcessingConfiguration: { Enabled: false, Processors: [] },
            S3BackupMode: 'Disabled',
          },
          S3DestinationDescription: plain,
        },
      ],
      HasMoreDestinations: false,
    });
    await running.put('lost with the stream');
    for (const name of ['b', 'c', 'a'])
      await running.call('CreateDeliveryStream', { DeliveryStreamName: name, S3DestinationConfiguration: BASE });
    const list = (input: object) => running.call('ListDeliveryStreams', input).then(({ body }) => body);
    expect(await list({ Limit: 2 })).toEqual({ DeliveryStreamNames: ['a', 'b'], HasMoreDeliveryStreams: true });
    expect(await list({ Limit: 2, ExclusiveStartDeliveryStreamName: 'b' })).toEqual({
      DeliveryStreamNames: ['c', 'rows'],
      HasMoreDeliveryStreams: false,
    });
    expect((await list({ DeliveryStreamType: 'KinesisStreamAsSource' })).DeliveryStreamNames).toEqual([]);
    await running.call('DeleteDeliveryStream', { DeliveryStreamName: 'rows' });
    expect((await running.put('x')).body).toEqual({
      __type: 'ResourceNotFoundException',
      message: 'Firehose rows under account 000000000000 not found.',
    });
    expect(store.keys()).toEqual([]);
  });

  it('keeps tags', async () => {
    await open();
    await create({}, { Tags: [{ Key: 'b', Value: '1' }] });
    const tags = (operation: string, input: object) =>
      running.call(operation, { DeliveryStreamName: 'rows', ...input });
    await tags('TagDeliveryStream', { Tags: [{ Key: 'a' }, { Key: 'b', Value: '2' }, { Key: 'c', Value: '3' }] });
    await tags('UntagDeliveryStream', { TagKeys: ['c', 'none'] });
    expect((await tags('ListTagsForDeliveryStream', { Limit: 1 })).body).toEqual({
      Tags: [{ Key: 'a', Value: '' }],
      HasMoreTags: true,
    });
    expect((await tags('ListTagsForDeliveryStream', { ExclusiveStartTagKey: 'a' })).body).toEqual({
      Tags: [{ Key: 'b', Value: '2' }],
      HasMoreTags: false,
    });
    const many = Array.from({ length: 49 }, (_, i) => ({ Key: `k${i}` }));
    expect((await tags('TagDeliveryStream', { Tags: many })).body).toMatchObject({ __type: 'LimitExceededException' });
    expect((await tags('TagDeliveryStream', { Tags: [] })).body).toMatchObject({ __type: 'ValidationException' });
  });

  it('tells puts whether they are encrypted', async () => {
    await open();
    await create({}, { DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' } });
    const call = (operation: string, input = {}) => running.call(operation, { DeliveryStreamName: 'rows', ...input });
    const status = async () => {
      const { body } = await call('DescribeDeliveryStream');
      return (body.DeliveryStreamDescription as Record<string, unknown>).DeliveryStreamEncryptionConfiguration;
    };
    expect((await running.put('x')).body.Encrypted).toBe(true);
    expect(await status()).toEqual({ Status: 'ENABLED', KeyType: 'AWS_OWNED_CMK' });
    await call('StopDeliveryStreamEncryption');
    expect((await running.put('x')).body.Encrypted).toBe(false);
    const owned = { KeyType: 'AWS_OWNED_CMK', KeyARN: 'arn:aws:kms:x' };
    const start = (DeliveryStreamEncryptionConfigurationInput: object) =>
      call('StartDeliveryStreamEncryption', { DeliveryStreamEncryptionConfigurationInput });
    expect((await start(owned)).body.message).toBe('KeyARN cannot be specified when KeyType is AWS_OWNED_CMK');
    await start({ KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: 'arn:aws:kms:x' });
    expect(await status()).toEqual({ Status: 'ENABLED', KeyType: 'CUSTOMER_MANAGED_CMK', KeyARN: 'arn:aws:kms:x' });
  });

  it('updates a destination: what was held goes as it was, the version rises', async () => {
    await open({ bufferSeconds: 600 });
    await create({ Prefix: 'first/', ErrorOutputPrefix: 'bad/', BufferingHints: HINTS });
    const update = (ExtendedS3DestinationUpdate: object, version = '1', DestinationId = 'destinationId-000000000001') =>
      running.call('UpdateDestination', {
        DeliveryStreamName: 'rows',
        CurrentDeliveryStreamVersionId: version,
        DestinationId,
        ExtendedS3DestinationUpdate,
      });
    expect((await update({}, '2')).body).toEqual({
      __type: 'ConcurrentModificationException',
      message: 'Cannot update firehose: rows since the current version id: 1 and specified version id: 2 do not match',
    });
    expect((await update({}, '1', 'other')).body.message).toBe('Destination Id other not found');
    await running.put('old');
    expect((await update({ Prefix: 'second/!{timestamp:yyyy}/', CompressionFormat: 'GZIP' })).status).toBe(200);
    expect((await update({ CompressionFormat: 'ZLIB' }, '2')).body.message).toBe(
      "1 validation error detected: Value at 'extendedS3DestinationUpdate.compressionFormat' failed to satisfy constraint: Member must satisfy enum value set: [ZIP, HADOOP_SNAPPY, Snappy, GZIP, UNCOMPRESSED]",
    );
    await running.put('new');
    expect((await update({ DynamicPartitioningConfiguration: { Enabled: true } }, '2')).status).toBe(400);
    // Merged member by member, and checked as a whole
    expect((await update({ DataFormatConversionConfiguration: CONVERSION }, '2')).body.message).toMatch(
      /^The S3 destination's compression format must be set to UNCOMPRESSED/,
    );
    const converted = { DataFormatConversionConfiguration: CONVERSION, CompressionFormat: 'UNCOMPRESSED' };
    expect((await update(converted, '2')).status).toBe(200);
    const renamed = { DataFormatConversionConfiguration: { SchemaConfiguration: { TableName: 'other' } } };
    expect((await update(renamed, '3')).status).toBe(200);
    const { body } = await running.call('DescribeDeliveryStream', { DeliveryStreamName: 'rows' });
    expect(body.DeliveryStreamDescription).toMatchObject({
      VersionId: '4',
      LastUpdateTimestamp: expect.any(Number),
      Destinations: [
        {
          ExtendedS3DestinationDescription: {
            Prefix: 'second/!{timestamp:yyyy}/',
            DataFormatConversionConfiguration: {
              ...CONVERSION,
              SchemaConfiguration: { DatabaseName: 'db', TableName: 'other', RoleARN: ROLE },
            },
          },
        },
      ],
    });
    await running.service.delivered();
    expect(store.keys()).toEqual([
      expect.stringMatching(/^lake\/first\/\d{4}\/\d\d\/\d\d\/\d\d\/rows-1-/),
      expect.stringMatching(/^lake\/second\/\d{4}\/rows-2-.*\.gz$/),
    ]);
  });
});

describe('Firehose: limits', () => {
  it('refuses what is over a second, record by record, and tells', async () => {
    let nowMs = Date.now();
    await open({ now: () => nowMs, quotas: { recordsPerSecond: 5, bytesPerSecond: 100, requestsPerSecond: 4 } });
    await create({});
    const { body } = await running.put('1', '2', '3', '4', '5', '6');
    expect(body).toEqual({
      FailedPutCount: 1,
      Encrypted: false,
      RequestResponses: [
        ...Array.from({ length: 5 }, () => ({ RecordId: expect.any(String) })),
        { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' },
      ],
    });
    const one = { DeliveryStreamName: 'rows', Record: { Data: 'eA==' } };
    expect(await running.call('PutRecord', one)).toEqual({
      status: 503,
      body: { __type: 'ServiceUnavailableException', message: 'Slow down.' },
    });
    nowMs += 1000;
    expect((await running.put('x'.repeat(60), 'x'.repeat(60), 'y')).body.FailedPutCount).toBe(1);
    expect((await running.call('PutRecord', one)).status).toBe(200);
    nowMs += 500;
    for (let i = 0; i < 3; i++) await running.put('z');
    // Four requests a second: half a second has made two places of the two that were left
    expect((await running.put('z')).status).toBe(200);
    expect((await running.put('z')).body).toMatchObject({ __type: 'ServiceUnavailableException' });
    const sum = (name: string) => (running.metrics.get(name) ?? []).reduce((total, value) => total + value, 0);
    expect(sum('ThrottledRecords')).toBeGreaterThanOrEqual(4);
    expect(running.metrics.get('RecordsPerSecondLimit')).toEqual([5]);
    expect(running.metrics.get('BytesPerSecondLimit')).toEqual([100]);
    expect(running.metrics.get('PutRequestsPerSecondLimit')).toEqual([4]);
  });

  it('answers five control calls of a kind a second', async () => {
    let nowMs = 0;
    await open({ now: () => nowMs, quotas: {} });
    const list = () => running.call('ListDeliveryStreams').then(({ status, body }) => body.__type ?? status);
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await list());
    expect(answers).toEqual([200, 200, 200, 200, 200, 'ThrottlingException']);
    nowMs = 200;
    expect(await list()).toBe(200);
  });

  it('gives a partition no place when there are too many', async () => {
    await open({ quotas: { activePartitions: 2 } });
    await create(PARTITIONED);
    await running.put('{"k":1}', '{"k":2}', '{"k":3}', '{"k":1}');
    await running.service.close();
    expect(store.keys().map((key) => key.split('/')[1])).toEqual(['1', '2', 'bad']);
    expect(JSON.parse(store.text('lake/bad/processing-failed/'))).toMatchObject({
      errorCode: 'DynamicPartitioning.ActivePartitionsLimitExceeded',
      errorMessage: 'The number of active partitions has exceeded the configured limit',
    });
    expect(running.metrics.get('PartitionCountExceeded')).toEqual([1]);
    expect(Math.max(...(running.metrics.get('PartitionCount') ?? []))).toBe(2);
    expect(running.metrics.get('JQProcessing.Duration')).toHaveLength(1);
    expect(running.metrics.get('PerPartitionThroughput')).toHaveLength(2);
  });
});

describe('Firehose: what AWS refuses', () => {
  const prefixed = (constraint: string) =>
    `Ths supplied prefix(es) do not satisfy the following constraint: ${constraint}`;
  const lambda = (more: object) => processing(processor('Lambda', { LambdaArn: 'arn:aws:lambda:x', ...more }));
  const noWay = (type: string) =>
    `class com.amazonaws.services.firehose.internal.model.${type}Processor can only be present when Dynamic Partitioning is enabled.`;

  it.each<[string, object, object]>([
    ['Exactly one destination configuration is supported for a Firehose', {}, { S3DestinationConfiguration: BASE }],
    [
      'RedshiftDestinationConfiguration is not emulated, only ExtendedS3DestinationConfiguration',
      {},
      { ExtendedS3DestinationConfiguration: undefined, RedshiftDestinationConfiguration: {} },
    ],
    [
      'KinesisSourceStreamConfig is mandatory for KinesisStreamAsSource stream type.',
      {},
      { DeliveryStreamType: 'KinesisStreamAsSource' },
    ],
    ['DeliveryStreamType MSKAsSource is not emulated', {}, { DeliveryStreamType: 'MSKAsSource' }],
    [
      "The S3 destination's compression format must be set to UNCOMPRESSED when data format conversion is enabled. To enable compression within the converted output format, set the appropriate serialization option in the output format configuration.",
      { DataFormatConversionConfiguration: CONVERSION, CompressionFormat: 'GZIP' },
      {},
    ],
    [
      'BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled.',
      { DataFormatConversionConfiguration: CONVERSION, BufferingHints: { SizeInMBs: 63, IntervalInSeconds: 60 } },
      {},
    ],
    ['InputFormatConfiguration must not be null', { DataFormatConversionConfiguration: {} }, {}],
    [
      'Deserializer must not be null',
      { DataFormatConversionConfiguration: { ...CONVERSION, InputFormatConfiguration: { Deserializer: {} } } },
      {},
    ],
    [
      'More than one serializer specified. Only one may be chosen.',
      {
        DataFormatConversionConfiguration: {
          ...CONVERSION,
          OutputFormatConfiguration: { Serializer: { ParquetSerDe: {}, OrcSerDe: {} } },
        },
      },
      {},
    ],
    [
      'serializer OrcSerDe is not emulated, only ParquetSerDe',
      {
        DataFormatConversionConfiguration: {
          ...CONVERSION,
          OutputFormatConfiguration: { Serializer: { OrcSerDe: {} } },
        },
      },
      {},
    ],
    [
      'SchemaConfiguration.RoleArn must not be null or empty',
      {
        DataFormatConversionConfiguration: {
          ...CONVERSION,
          SchemaConfiguration: { DatabaseName: 'db', TableName: 'table' },
        },
      },
      {},
    ],
    [
      'BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.',
      { ...PARTITIONED, BufferingHints: { SizeInMBs: 63, IntervalInSeconds: 60 } },
      {},
    ],
    [
      'BufferingHints.IntervalInSeconds must be at least 60 when Dynamic Partitioning is enabled.',
      { ...PARTITIONED, BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 0 } },
      {},
    ],
    [
      'S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled',
      { ...PARTITIONED, Prefix: 'x/' },
      {},
    ],
    [
      'Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled.',
      {
        ...PARTITIONED,
        DynamicPartitioningConfiguration: undefined,
        ...processing(processor('AppendDelimiterToRecord')),
      },
      {},
    ],
    [
      "Dynamic Partitioning Namespaces can't be part of an error prefix expression",
      { ...PARTITIONED, ErrorOutputPrefix: '!{firehose:error-output-type}/!{partitionKeyFromQuery:k}/' },
      {},
    ],
    [
      "MetaDataExtraction JQ Query can't contain keys that are not present in the S3 Prefix expression",
      { ...PARTITIONED, Prefix: '!{partitionKeyFromQuery:other}/' },
      {},
    ],
    [noWay('MetadataExtraction'), { ...PARTITIONED, DynamicPartitioningConfiguration: { Enabled: false } }, {}],
    [noWay('RecordDeAggregation'), processing(processor('RecordDeAggregation', { SubRecordType: 'JSON' })), {}],
    [
      'Delimiter should be present for DELIMITED',
      { ...PARTITIONED, ...processing(QUERY, processor('RecordDeAggregation', { SubRecordType: 'DELIMITED' })) },
      {},
    ],
    [
      'SubRecordType has to be one of JSON, DELIMITED',
      { ...PARTITIONED, ...processing(QUERY, processor('RecordDeAggregation', { SubRecordType: 'CSV' })) },
      {},
    ],
    [
      'MetaDataExtraction JSON Parsing Engine has to be one of JQ-1.6',
      { ...PARTITIONED, ...processing(processor('MetadataExtraction', { MetadataExtractionQuery: '{k: .k}' })) },
      {},
    ],
    ['A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled.', processing(), {}],
    ['LambdaArn is required when Lambda processor is used.', processing(processor('Lambda')), {}],
    [
      'Cannot have more than 1 Lambda processor.',
      processing(processor('Lambda', { LambdaArn: 'a' }), processor('Lambda', { LambdaArn: 'b' })),
      {},
    ],
    ['Number of retries for lambda must be between 0 and 300.', lambda({ NumberOfRetries: 301 }), {}],
    [
      'Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for lambda processor.',
      lambda({ BufferSizeInMBs: 1 }),
      {},
    ],
    [
      'BufferSizeInMBs for lambda processor must be between 0.2 and 3.',
      lambda({ BufferSizeInMBs: 4, BufferIntervalInSeconds: 1 }),
      {},
    ],
    [
      'BufferIntervalInSeconds for lambda processor must be between 0 and 900.',
      lambda({ BufferSizeInMBs: 1, BufferIntervalInSeconds: 901 }),
      {},
    ],
    ['processor Decompression is not emulated', processing(processor('Decompression')), {}],
    [
      prefixed('ErrorOutputPrefix cannot be null or empty when Prefix contains expressions'),
      { Prefix: '!{timestamp:yyyy}/' },
      {},
    ],
    [
      prefixed('ErrorOutputPrefix must contain at least one occurrence of !{firehose:error-output-type}'),
      { Prefix: 'x', ErrorOutputPrefix: '!{timestamp:yyyy}/' },
      {},
    ],
    [
      prefixed('Prefix must not contain any occurrence of !{firehose:error-output-type}'),
      { Prefix: '!{firehose:error-output-type}/', ErrorOutputPrefix: 'bad/' },
      {},
    ],
    [
      prefixed('Namespace to the left of colon (time) is an invalid keyword!'),
      { Prefix: '!{time:yyyy}/', ErrorOutputPrefix: 'bad/' },
      {},
    ],
    [
      prefixed('Invalid conversion character used in the value of the expression in Prefix'),
      { Prefix: '!{timestamp:yyyyT}/', ErrorOutputPrefix: 'bad/' },
      {},
    ],
    [prefixed('Invalid expression usage'), { Prefix: 'a/!{timestamp}', ErrorOutputPrefix: 'bad/' }, {}],
    [prefixed('Length of evaluated prefix cannot be greater than 512'), { Prefix: 'x'.repeat(513) }, {}],
    [
      'Provided custom time zone is not supported. Custom time zones are limited to UTC and non-3-letter IANA time zones.',
      { CustomTimeZone: 'CET' },
      {},
    ],
    ['S3 backup destination configuration is required when enabling S3 backup.', { S3BackupMode: 'Enabled' }, {}],
    ['Exactly one of NoEncryptionConfig or KMSEncryptionConfig must be specified', { EncryptionConfiguration: {} }, {}],
    [
      'Server side encryption from firehose is only allowed for direct put delivery streams and database as a source delivery streams',
      {},
      {
        DeliveryStreamType: 'KinesisStreamAsSource',
        KinesisStreamSourceConfiguration: { KinesisStreamARN: 'arn:x', RoleARN: ROLE },
        DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
      },
    ],
  ])('%s', async (message, destination, more) => {
    await open();
    expect(await create(destination, more)).toEqual({
      status: 400,
      body: { __type: 'InvalidArgumentException', message },
    });
  });

  it('tells all that breaks the model at once', async () => {
    await open();
    const { body } = await create(
      {
        BucketARN: 'lake',
        RoleARN: undefined,
        BufferingHints: { SizeInMBs: 129, IntervalInSeconds: 901 },
        FileExtension: 'x',
        ...processing(processor('Strange', { Odd: '' })),
      },
      { DeliveryStreamName: 'rows' },
    );
    const at = "Value at 'extendedS3DestinationConfiguration.";
    expect(body.__type).toBe('ValidationException');
    expect(String(body.message).split(/(?:; |detected: )(?=Value at)/)).toEqual([
      '9 validation errors ',
      `${at}roleARN' failed to satisfy constraint: Member must not be null`,
      `${at}bucketARN' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:.*:s3:::[\\w\\.\\-]{1,255}`,
      `${at}bufferingHints.sizeInMBs' failed to satisfy constraint: Member must have value less than or equal to 128`,
      `${at}bufferingHints.intervalInSeconds' failed to satisfy constraint: Member must have value less than or equal to 900`,
      `${at}fileExtension' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(|\\.[0-9a-z!\\-_.*'()]+)$`,
      `${at}processingConfiguration.processors.1.member.type' failed to satisfy constraint: Member must satisfy enum value set: [Decompression, Lambda, RecordDeAggregation, MetadataExtraction, AppendDelimiterToRecord, CloudWatchLogProcessing]`,
      `${at}processingConfiguration.processors.1.member.parameters.1.member.parameterName' failed to satisfy constraint: Member must satisfy enum value set: [DataMessageExtraction, NumberOfRetries, Delimiter, RoleArn, JsonParsingEngine, SubRecordType, MetadataExtractionQuery, BufferIntervalInSeconds, LambdaArn, BufferSizeInMBs, CompressionFormat]`,
      `${at}processingConfiguration.processors.1.member.parameters.1.member.parameterValue' failed to satisfy constraint: Member must have length greater than or equal to 1`,
      `${at}processingConfiguration.processors.1.member.parameters.1.member.parameterValue' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(?!\\s*$).+`,
    ]);
    expect((await running.call('CreateDeliveryStream', { DeliveryStreamName: 'a b' })).body.message).toContain(
      "Value at 'deliveryStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    );
  });

  it('names the resource of a template, and what it does not honour', async () => {
    await open();
    await expect(running.make({ ...PARTITIONED, Prefix: 'x/' })).rejects.toThrow(
      'Thing (AWS::KinesisFirehose::DeliveryStream, rows): S3 Prefix should contain',
    );
    const broken = processor('MetadataExtraction', { MetadataExtractionQuery: '{a: .b[', JsonParsingEngine: 'JQ-1.6' });
    await expect(running.make({ ...PARTITIONED, ...processing(broken) })).rejects.toThrow(
      'MetadataExtractionQuery: jq',
    );
    await running.make({
      CloudWatchLoggingOptions: { Enabled: 'true' },
      BufferingHints: { SizeInMBs: '5', IntervalInSeconds: '60' },
    });
    expect(running.lines).toEqual(['firehose rows: not honoured here: CloudWatchLoggingOptions']);
  });
});
