import type { Resource } from '../../service.ts';
import { checkPrefix } from './prefix.ts';

/** How rows of JSON become Parquet. */
export interface Conversion {
  readonly database: string;
  readonly table: string;
  readonly compression: 'SNAPPY' | 'GZIP' | 'UNCOMPRESSED';
  readonly caseInsensitive: boolean;
  readonly dotsToUnderscores: boolean;
  /** Column name → JSON key. */
  readonly columnToKey: Readonly<Record<string, string>>;
}

/** How records are sorted into folders by what is in them. */
export interface Partitioning {
  /** jq 1.6 program that gives an object of partition keys for a record. */
  readonly query: string;
  /** Records are taken apart into their JSON documents first. */
  readonly deaggregate: boolean;
}

/** A delivery stream as the template states it. */
export interface StreamSettings {
  readonly name: string;
  readonly arn: string;
  /** What the stream delivers in the name of. */
  readonly roleArn: string;
  readonly bucket: string;
  /** Undefined: `yyyy/MM/dd/HH/`. */
  readonly prefix: string;
  readonly errorPrefix: string;
  readonly bufferBytes: number;
  readonly bufferSeconds: number;
  readonly gzip: boolean;
  readonly extension: string;
  readonly appendDelimiter: boolean;
  readonly conversion: Conversion | undefined;
  readonly partitioning: Partitioning | undefined;
  /** `ExtendedS3DestinationConfiguration` as given. */
  readonly destination: Readonly<Record<string, unknown>>;
}

const MIB = 1024 * 1024;
const DEFAULT_PREFIX = '!{timestamp:yyyy/MM/dd/HH/}';
const DESTINATION = 'ExtendedS3DestinationConfiguration';

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation's own shapes
type Given = Record<string, any>;

const enabled = (given: Given | undefined): boolean => given !== undefined && String(given.Enabled ?? true) === 'true';

function within(value: number, least: number, most: number, what: string): number {
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  throw new Error(`${what} must be between ${least} and ${most}, found ${value}`);
}

function conversionOf(given: Given | undefined): Conversion | undefined {
  if (!given || !enabled(given)) return undefined;
  const schema: Given = given.SchemaConfiguration ?? {};
  const input: Given = given.InputFormatConfiguration?.Deserializer ?? {};
  const output: Given = given.OutputFormatConfiguration?.Serializer ?? {};
  if (!schema.DatabaseName || !schema.TableName)
    throw new Error('SchemaConfiguration needs DatabaseName and TableName');
  if (!input.OpenXJsonSerDe)
    throw new Error(`deserializer ${Object.keys(input)[0] ?? '(none)'} is not emulated, only OpenXJsonSerDe`);
  if (!output.ParquetSerDe)
    throw new Error(`serializer ${Object.keys(output)[0] ?? '(none)'} is not emulated, only ParquetSerDe`);
  const compression = output.ParquetSerDe.Compression ?? 'SNAPPY';
  if (!['SNAPPY', 'GZIP', 'UNCOMPRESSED'].includes(compression))
    throw new Error(`Parquet compression ${compression} does not exist`);
  return {
    database: schema.DatabaseName,
    table: schema.TableName,
    compression,
    caseInsensitive: String(input.OpenXJsonSerDe.CaseInsensitive ?? true) === 'true',
    dotsToUnderscores: String(input.OpenXJsonSerDe.ConvertDotsInJsonKeysToUnderscores ?? false) === 'true',
    columnToKey: input.OpenXJsonSerDe.ColumnToJsonKeyMappings ?? {},
  };
}

function processorsOf(given: Given | undefined): Map<string, Map<string, string>> {
  const found = new Map<string, Map<string, string>>();
  if (!given || !enabled(given)) return found;
  for (const { Type, Parameters = [] } of given.Processors ?? []) {
    if (!['RecordDeAggregation', 'MetadataExtraction', 'AppendDelimiterToRecord'].includes(Type)) {
      throw new Error(`processor ${Type} is not emulated`);
    }
    found.set(Type, new Map(Parameters.map((p: Given) => [p.ParameterName, String(p.ParameterValue)])));
  }
  return found;
}

function partitioningOf(given: Given, processors: Map<string, Map<string, string>>): Partitioning | undefined {
  const extraction = processors.get('MetadataExtraction');
  const deaggregation = processors.get('RecordDeAggregation');
  if (!given.DynamicPartitioningConfiguration || !enabled(given.DynamicPartitioningConfiguration)) {
    if (extraction || deaggregation)
      throw new Error('MetadataExtraction and RecordDeAggregation need dynamic partitioning');
    return undefined;
  }
  const query = extraction?.get('MetadataExtractionQuery');
  if (!query)
    throw new Error('dynamic partitioning needs a MetadataExtraction processor with a MetadataExtractionQuery');
  if (extraction?.get('JsonParsingEngine') !== 'JQ-1.6') throw new Error('JsonParsingEngine must be JQ-1.6');
  const subRecords = deaggregation?.get('SubRecordType');
  if (deaggregation && subRecords !== 'JSON')
    throw new Error(`RecordDeAggregation of ${subRecords} is not emulated, only JSON`);
  return { query, deaggregate: deaggregation !== undefined };
}

function checkPrefixes(given: Given, partitioned: boolean): void {
  const prefix: string = given.Prefix ?? '';
  const errorPrefix: string = given.ErrorOutputPrefix ?? '';
  checkPrefix(prefix, { errors: false, partitioned });
  checkPrefix(errorPrefix, { errors: true, partitioned: false });
  if (prefix.includes('!{') && errorPrefix === '')
    throw new Error('ErrorOutputPrefix is required when Prefix has expressions');
  if (errorPrefix.includes('!{') && !errorPrefix.includes('!{firehose:error-output-type}')) {
    throw new Error('ErrorOutputPrefix with expressions must contain !{firehose:error-output-type}');
  }
  if (partitioned && !prefix.includes('!{partitionKeyFromQuery:')) {
    throw new Error('dynamic partitioning needs a Prefix with !{partitionKeyFromQuery:…}');
  }
}

function refuse(properties: Given): void {
  const type = properties.DeliveryStreamType ?? 'DirectPut';
  if (type !== 'DirectPut') throw new Error(`DeliveryStreamType ${type} is not emulated, only DirectPut`);
  for (const key of Object.keys(properties)) {
    if (key.endsWith('DestinationConfiguration') && key !== DESTINATION)
      throw new Error(`${key} is not emulated, only ${DESTINATION}`);
  }
  const given = properties[DESTINATION];
  if (!given) throw new Error(`${DESTINATION} is missing`);
  if ((given.S3BackupMode ?? 'Disabled') !== 'Disabled')
    throw new Error(`S3BackupMode ${given.S3BackupMode} is not emulated`);
  if ((given.CustomTimeZone ?? 'UTC') !== 'UTC')
    throw new Error(`CustomTimeZone ${given.CustomTimeZone} is not emulated, only UTC`);
}

function buffering(
  given: Given,
  conversion: boolean,
  partitioned: boolean,
): { bufferBytes: number; bufferSeconds: number } {
  const hints: Given = given.BufferingHints ?? {};
  if ((hints.SizeInMBs === undefined) !== (hints.IntervalInSeconds === undefined)) {
    throw new Error('BufferingHints needs SizeInMBs and IntervalInSeconds together');
  }
  const sizeMiB = Number(hints.SizeInMBs ?? (conversion ? 128 : 5));
  if (conversion && sizeMiB < 64)
    throw new Error('BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled.');
  if (partitioned && sizeMiB < 64)
    throw new Error('BufferingHints.SizeInMBs must be at least 64 when dynamic partitioning is enabled.');
  if (partitioned && Number(hints.IntervalInSeconds ?? 300) === 0) {
    throw new Error('BufferingHints.IntervalInSeconds cannot be 0 when dynamic partitioning is enabled.');
  }
  return {
    bufferBytes: within(sizeMiB, 1, 128, 'BufferingHints.SizeInMBs') * MIB,
    bufferSeconds: within(Number(hints.IntervalInSeconds ?? 300), 0, 900, 'BufferingHints.IntervalInSeconds'),
  };
}

function compressed(given: Given, conversion: boolean): boolean {
  const format = given.CompressionFormat ?? 'UNCOMPRESSED';
  if (conversion && format !== 'UNCOMPRESSED') {
    throw new Error('CompressionFormat must be UNCOMPRESSED when data format conversion is enabled.');
  }
  if (format !== 'UNCOMPRESSED' && format !== 'GZIP') throw new Error(`CompressionFormat ${format} is not emulated`);
  return format === 'GZIP';
}

/** Reads and checks an `AWS::KinesisFirehose::DeliveryStream`.
 *  @throws Error that says what AWS would refuse, or what is not emulated here. */
export function readSettings(resource: Resource, name: string, arn: string): StreamSettings {
  const { properties } = resource;
  try {
    refuse(properties);
    const given: Given = properties[DESTINATION];
    const conversion = conversionOf(given.DataFormatConversionConfiguration);
    const processors = processorsOf(given.ProcessingConfiguration);
    const partitioning = partitioningOf(given, processors);
    checkPrefixes(given, partitioning !== undefined);
    const gzip = compressed(given, conversion !== undefined);
    return {
      name,
      arn,
      roleArn: String(given.RoleARN),
      bucket: String(given.BucketARN).replace(/^arn:[^:]+:s3:::/, ''),
      prefix: given.Prefix === undefined || given.Prefix === '' ? DEFAULT_PREFIX : withTime(given.Prefix),
      errorPrefix: given.ErrorOutputPrefix || '!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH/}',
      ...buffering(given, conversion !== undefined, partitioning !== undefined),
      gzip,
      extension: given.FileExtension ?? (conversion ? '.parquet' : gzip ? '.gz' : ''),
      appendDelimiter: processors.has('AppendDelimiterToRecord'),
      conversion,
      partitioning,
      destination: given,
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${resource.logicalId} (${resource.type}, ${name}): ${reason}`, { cause });
  }
}

/** A prefix without expressions gets the time appended. One with expressions is taken to state all it wants: whether
 *  AWS appends the time to one that lacks it is unclear. */
const withTime = (prefix: string): string => (prefix.includes('!{') ? prefix : `${prefix}${DEFAULT_PREFIX}`);
