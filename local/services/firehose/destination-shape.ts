import { Constraints } from './constraints.ts';

// biome-ignore lint/suspicious/noExplicitAny: the API's own shapes
export type Given = Record<string, any>;

/** Sets in the order AWS prints them. */
const COMPRESSIONS = ['ZIP', 'HADOOP_SNAPPY', 'Snappy', 'GZIP', 'UNCOMPRESSED'];
const PROCESSORS = [
  'Decompression',
  'Lambda',
  'RecordDeAggregation',
  'MetadataExtraction',
  'AppendDelimiterToRecord',
  'CloudWatchLogProcessing',
];
const PARAMETERS = [
  'DataMessageExtraction',
  'NumberOfRetries',
  'Delimiter',
  'RoleArn',
  'JsonParsingEngine',
  'SubRecordType',
  'MetadataExtractionQuery',
  'BufferIntervalInSeconds',
  'LambdaArn',
  'BufferSizeInMBs',
  'CompressionFormat',
];
const MIB = 1024 * 1024;
const NOT_BLANK = '^(?!\\s*$).+';

/** The members that an S3 destination and its backup share. */
function checkS3(given: Given, path: string, constraints: Constraints): void {
  constraints.length(`${path}.prefix`, given.Prefix, 0, 1024);
  constraints.length(`${path}.errorOutputPrefix`, given.ErrorOutputPrefix, 0, 1024);
  constraints.pattern(`${path}.roleARN`, given.RoleARN, 'arn:.*');
  constraints.pattern(`${path}.bucketARN`, given.BucketARN, 'arn:.*:s3:::[\\w\\.\\-]{1,255}');
  constraints.oneOf(`${path}.compressionFormat`, given.CompressionFormat, COMPRESSIONS);
  constraints.range(`${path}.bufferingHints.sizeInMBs`, given.BufferingHints?.SizeInMBs, 1, 128);
  constraints.range(`${path}.bufferingHints.intervalInSeconds`, given.BufferingHints?.IntervalInSeconds, 0, 900);
}

function checkConversion(given: Given, path: string, constraints: Constraints): void {
  const parquet: Given = given.OutputFormatConfiguration?.Serializer?.ParquetSerDe ?? {};
  const at = `${path}.outputFormatConfiguration.serializer.parquetSerDe`;
  constraints.range(`${at}.maxPaddingBytes`, parquet.MaxPaddingBytes, 0, Number.POSITIVE_INFINITY);
  constraints.range(`${at}.blockSizeBytes`, parquet.BlockSizeBytes, 64 * MIB, Number.POSITIVE_INFINITY);
  constraints.range(`${at}.pageSizeBytes`, parquet.PageSizeBytes, MIB / 16, Number.POSITIVE_INFINITY);
  constraints.oneOf(`${at}.compression`, parquet.Compression, ['SNAPPY', 'GZIP', 'UNCOMPRESSED']);
  constraints.oneOf(`${at}.writerVersion`, parquet.WriterVersion, ['V1', 'V2']);
  for (const member of ['VersionId', 'CatalogId', 'DatabaseName', 'RoleARN', 'Region', 'TableName']) {
    const value = given.SchemaConfiguration?.[member];
    const name = `${path}.schemaConfiguration.${member.charAt(0).toLowerCase()}${member.slice(1)}`;
    constraints.length(name, value, 1, 1024);
    constraints.pattern(name, value, '^\\S+$');
  }
}

function checkProcessors(processors: readonly Given[], path: string, constraints: Constraints): void {
  for (const [index, { Type, Parameters = [] }] of processors.entries()) {
    const at = `${path}.processors.${index + 1}.member`;
    constraints.present(`${at}.type`, Type);
    constraints.oneOf(`${at}.type`, Type, PROCESSORS);
    for (const [place, { ParameterName, ParameterValue }] of (Parameters as Given[]).entries()) {
      const of = `${at}.parameters.${place + 1}.member`;
      constraints.present(`${of}.parameterName`, ParameterName);
      constraints.oneOf(`${of}.parameterName`, ParameterName, PARAMETERS);
      constraints.present(`${of}.parameterValue`, ParameterValue);
      const value = ParameterValue === undefined ? undefined : String(ParameterValue);
      constraints.length(`${of}.parameterValue`, value, 1, 5120);
      constraints.pattern(`${of}.parameterValue`, value, NOT_BLANK);
    }
  }
}

/** Checks an S3 destination against the API's model. `shape` is the member it came in, e.g.
 *  `extendedS3DestinationUpdate`; an update may leave out what stays.
 *  @throws ValidationException naming all that is wrong. */
export function checkDestinationShape(given: Given, shape: string): void {
  const constraints = new Constraints();
  if (!shape.endsWith('Update')) {
    constraints.present(`${shape}.roleARN`, given.RoleARN);
    constraints.present(`${shape}.bucketARN`, given.BucketARN);
  }
  checkS3(given, shape, constraints);
  constraints.length(`${shape}.fileExtension`, given.FileExtension, 0, 128);
  constraints.pattern(`${shape}.fileExtension`, given.FileExtension, "^(|\\.[0-9a-z!\\-_.*'()]+)$");
  constraints.length(`${shape}.customTimeZone`, given.CustomTimeZone, 0, 50);
  constraints.oneOf(`${shape}.s3BackupMode`, given.S3BackupMode, ['Disabled', 'Enabled']);
  const backup = given.S3BackupConfiguration ?? given.S3BackupUpdate;
  if (backup)
    checkS3(backup, `${shape}.${given.S3BackupUpdate ? 's3BackupUpdate' : 's3BackupConfiguration'}`, constraints);
  const retry = given.DynamicPartitioningConfiguration?.RetryOptions?.DurationInSeconds;
  constraints.range(`${shape}.dynamicPartitioningConfiguration.retryOptions.durationInSeconds`, retry, 0, 7200);
  checkConversion(
    given.DataFormatConversionConfiguration ?? {},
    `${shape}.dataFormatConversionConfiguration`,
    constraints,
  );
  checkProcessors(given.ProcessingConfiguration?.Processors ?? [], `${shape}.processingConfiguration`, constraints);
  constraints.check();
}
