import type { BufferHints } from './buffers.ts';
import { invalid } from './constraints.ts';
import { type Conversion, conversionOf, enabled, flag } from './conversion-settings.ts';
import { checkDestinationShape, type Given } from './destination-shape.ts';
import { MIB } from './limits.ts';
import { checkPrefixes } from './prefix.ts';
import { type Processing, processingOf } from './processor-settings.ts';

export type Compression = 'UNCOMPRESSED' | 'GZIP' | 'ZIP' | 'Snappy' | 'HADOOP_SNAPPY';

/** Where objects go and how they look. */
export interface Target {
  /** How its metrics are called. */
  readonly metric: 'DeliveryToS3' | 'BackupToS3';
  readonly bucket: string;
  readonly prefix: string;
  readonly errorPrefix: string;
  /** IANA name. */
  readonly timeZone: string;
  readonly compression: Compression;
  readonly extension: string;
  readonly appendDelimiter: boolean;
  readonly conversion: Conversion | undefined;
}

/** An S3 destination. */
export interface Destination extends Processing {
  readonly target: Target;
  readonly hints: BufferHints;
  /** Records are sorted into folders by what is in them. */
  readonly partitioned: boolean;
  /** Where source records go as they came. */
  readonly backup: { readonly target: Target; readonly hints: BufferHints } | undefined;
  /** As the API describes it, with AWS's defaults. */
  readonly description: Given;
  /** Members that are given and change nothing here. */
  readonly notHonoured: readonly string[];
}

const DEFAULT_PREFIX = '!{timestamp:yyyy/MM/dd/HH/}';
const DEFAULT_SECONDS = 300;
/** The service names Hadoop's Snappy `.snappy` too, though its guide says `.hsnappy`. */
const EXTENSIONS: Readonly<Record<Compression, string>> = {
  UNCOMPRESSED: '',
  GZIP: '.gz',
  ZIP: '.zip',
  Snappy: '.snappy',
  HADOOP_SNAPPY: '.snappy',
};

function sizeOf(hints: Given | undefined): number | undefined {
  if (!hints) return undefined;
  if ((hints.SizeInMBs === undefined) !== (hints.IntervalInSeconds === undefined))
    throw invalid('BufferingHints needs SizeInMBs and IntervalInSeconds together');
  return hints.SizeInMBs === undefined ? undefined : Number(hints.SizeInMBs);
}

/** Zero buffering is for neither partitions nor backups; the floor of 60 is the CDK's. */
function atLeastAMinute(seconds: number, what: string): void {
  if (seconds < 60) throw invalid(`BufferingHints.IntervalInSeconds must be at least 60 ${what}.`);
}

function timeZoneOf(given: Given): string {
  const zone = given.CustomTimeZone || 'UTC';
  const known = zone === 'UTC' || (zone.includes('/') && !zone.startsWith('Etc/') && isZone(zone));
  if (known) return zone;
  throw invalid(
    'Provided custom time zone is not supported. Custom time zones are limited to UTC and non-3-letter IANA time zones.',
  );
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

/** A prefix without expressions gets the time appended. One with expressions states all it wants: nothing is appended,
 *  as was observed of AWS, whose guide says otherwise. */
const withTime = (prefix: string): string => (prefix.includes('!{') ? prefix : `${prefix}${DEFAULT_PREFIX}`);

const bucketOf = (arn: unknown): string => String(arn).replace(/^arn:[^:]+:s3:::/, '');

function targetOf(given: Given, over: Pick<Target, 'metric' | 'appendDelimiter' | 'conversion' | 'timeZone'>): Target {
  const compression: Compression = given.CompressionFormat ?? 'UNCOMPRESSED';
  return {
    ...over,
    bucket: bucketOf(given.BucketARN),
    prefix: withTime(given.Prefix ?? ''),
    errorPrefix: given.ErrorOutputPrefix || `!{firehose:error-output-type}/${DEFAULT_PREFIX}`,
    compression,
    extension: given.FileExtension || (over.conversion ? '.parquet' : EXTENSIONS[compression]),
  };
}

function backupOf(given: Given): Destination['backup'] {
  if ((given.S3BackupMode ?? 'Disabled') === 'Disabled') return undefined;
  const backup: Given | undefined = given.S3BackupConfiguration;
  if (!backup) throw invalid('S3 backup destination configuration is required when enabling S3 backup.');
  checkPrefixes(backup.Prefix ?? '', backup.ErrorOutputPrefix ?? '', false);
  const size = sizeOf(backup.BufferingHints) ?? 5;
  const seconds = Number(backup.BufferingHints?.IntervalInSeconds ?? DEFAULT_SECONDS);
  atLeastAMinute(seconds, 'for the S3 backup');
  const target = targetOf(backup, {
    metric: 'BackupToS3',
    appendDelimiter: false,
    conversion: undefined,
    timeZone: 'UTC',
  });
  return { target, hints: { bytes: size * MIB, seconds } };
}

function checkEncryption({ EncryptionConfiguration: encryption }: Given): void {
  if (!encryption) return;
  const ways = [encryption.NoEncryptionConfig, encryption.KMSEncryptionConfig].filter((way) => way !== undefined);
  if (ways.length !== 1) throw invalid('Exactly one of NoEncryptionConfig or KMSEncryptionConfig must be specified');
}

/** Reads an S3 destination that has all its members. @throws ServiceError in AWS's words, or naming what is not
 *  emulated. */
export function readDestination(given: Given, shape: string): Destination {
  checkDestinationShape(given, shape);
  checkEncryption(given);
  const explicitSize = sizeOf(given.BufferingHints);
  const format: Compression = given.CompressionFormat ?? 'UNCOMPRESSED';
  const conversion = conversionOf(given.DataFormatConversionConfiguration, explicitSize, format);
  const partitioned = enabled(given.DynamicPartitioningConfiguration);
  const processing = processingOf(given.ProcessingConfiguration, partitioned);
  checkPrefixes(given.Prefix ?? '', given.ErrorOutputPrefix ?? '', partitioned);
  const seconds = Number(given.BufferingHints?.IntervalInSeconds ?? DEFAULT_SECONDS);
  if (partitioned) {
    if (explicitSize !== undefined && explicitSize < 64)
      throw invalid('BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.');
    atLeastAMinute(seconds, 'when Dynamic Partitioning is enabled');
    if (processing.query === undefined && processing.transformation === undefined)
      throw invalid('Dynamic Partitioning needs a MetadataExtraction or a Lambda processor.');
  }
  const size = explicitSize ?? (conversion || partitioned ? 128 : 5);
  return {
    ...processing,
    target: targetOf(given, {
      metric: 'DeliveryToS3',
      timeZone: timeZoneOf(given),
      appendDelimiter: processing.appendDelimiter,
      conversion,
    }),
    hints: { bytes: size * MIB, seconds },
    partitioned,
    backup: backupOf(given),
    description: describe(given, size, seconds),
    notHonoured: notHonoured(given),
  };
}

/** With the defaults AWS shows. */
function describe(given: Given, sizeMiB: number, seconds: number): Given {
  const { S3BackupConfiguration: backup, ...rest } = given;
  return {
    CloudWatchLoggingOptions: { Enabled: false },
    CompressionFormat: 'UNCOMPRESSED',
    DataFormatConversionConfiguration: { Enabled: false },
    EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
    Prefix: '',
    ProcessingConfiguration: { Enabled: false, Processors: [] },
    S3BackupMode: 'Disabled',
    ...rest,
    ...(backup && { S3BackupDescription: backup }),
    BufferingHints: { SizeInMBs: sizeMiB, IntervalInSeconds: seconds },
  };
}

function notHonoured(given: Given): string[] {
  const parquet: Given =
    given.DataFormatConversionConfiguration?.OutputFormatConfiguration?.Serializer?.ParquetSerDe ?? {};
  const retrySeconds = given.DynamicPartitioningConfiguration?.RetryOptions?.DurationInSeconds ?? DEFAULT_SECONDS;
  const ignored: readonly (readonly [member: string, isIgnored: boolean])[] = [
    ['CloudWatchLoggingOptions', flag(given.CloudWatchLoggingOptions?.Enabled, false)],
    ['EncryptionConfiguration.KMSEncryptionConfig', given.EncryptionConfiguration?.KMSEncryptionConfig !== undefined],
    ['DynamicPartitioningConfiguration.RetryOptions', Number(retrySeconds) !== DEFAULT_SECONDS],
    ['ParquetSerDe.BlockSizeBytes', parquet.BlockSizeBytes !== undefined],
    ['ParquetSerDe.PageSizeBytes', parquet.PageSizeBytes !== undefined],
    ['ParquetSerDe.MaxPaddingBytes', parquet.MaxPaddingBytes !== undefined],
    ['ParquetSerDe.WriterVersion V2', parquet.WriterVersion === 'V2'],
  ];
  return ignored.flatMap(([member, isIgnored]) => (isIgnored ? [member] : []));
}
