import { invalid } from './constraints.ts';
import type { Given } from './destination-shape.ts';

/** How rows of JSON become Parquet. */
export interface Conversion {
  readonly database: string;
  readonly table: string;
  /** `LATEST` follows the table. */
  readonly versionId: string;
  readonly compression: 'SNAPPY' | 'GZIP' | 'UNCOMPRESSED';
  readonly caseInsensitive: boolean;
  readonly dotsToUnderscores: boolean;
  /** Column name → JSON key. */
  readonly columnToKey: Readonly<Record<string, string>>;
}

/** Templates may write booleans as strings. */
export const flag = (value: unknown, otherwise: boolean): boolean => String(value ?? otherwise) === 'true';

/** A part of a configuration that is given is in force unless it says otherwise. */
export const enabled = (given: Given | undefined): given is Given => given !== undefined && flag(given.Enabled, true);

function onlyOne(choices: Given | undefined, what: 'Deserializer' | 'Serializer'): [name: string, options: Given] {
  const chosen = Object.entries(choices ?? {}).filter(([, options]) => options !== undefined && options !== null);
  const [first] = chosen;
  if (!first) throw invalid(`${what} must not be null`);
  if (chosen.length > 1) throw invalid(`More than one ${what.toLowerCase()} specified. Only one may be chosen.`);
  return first as [string, Given];
}

/** Of a stream's format conversion; undefined when there is none. Errors come in AWS's words and order.
 *  @throws InvalidArgumentException also for what is not emulated, by name. */
export function conversionOf(given: Given | undefined, explicitSizeMiB: number | undefined, format: string) {
  if (!enabled(given)) return undefined;
  if (format !== 'UNCOMPRESSED') {
    throw invalid(
      "The S3 destination's compression format must be set to UNCOMPRESSED when data format conversion is enabled. To enable compression within the converted output format, set the appropriate serialization option in the output format configuration.",
    );
  }
  if (explicitSizeMiB !== undefined && explicitSizeMiB < 64) {
    throw invalid('BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled.');
  }
  const { InputFormatConfiguration: input, OutputFormatConfiguration: output, SchemaConfiguration: schema } = given;
  if (!input) throw invalid('InputFormatConfiguration must not be null');
  if (!output) throw invalid('OutputFormatConfiguration must not be null');
  if (!schema) throw invalid('SchemaConfiguration must not be null');
  return readConversion(input, output, schema);
}

function readConversion(input: Given, output: Given, schema: Given): Conversion {
  const [deserializer, reading] = onlyOne(input.Deserializer, 'Deserializer');
  const [serializer, writing] = onlyOne(output.Serializer, 'Serializer');
  for (const member of ['RoleARN', 'DatabaseName', 'TableName']) {
    const name = member === 'RoleARN' ? 'RoleArn' : member;
    if (!schema[member]) throw invalid(`SchemaConfiguration.${name} must not be null or empty`);
  }
  if (deserializer !== 'OpenXJsonSerDe')
    throw invalid(`deserializer ${deserializer} is not emulated, only OpenXJsonSerDe`);
  if (serializer !== 'ParquetSerDe') throw invalid(`serializer ${serializer} is not emulated, only ParquetSerDe`);
  return {
    database: schema.DatabaseName,
    table: schema.TableName,
    versionId: schema.VersionId ?? 'LATEST',
    compression: writing.Compression ?? 'SNAPPY',
    caseInsensitive: flag(reading.CaseInsensitive, true),
    dotsToUnderscores: flag(reading.ConvertDotsInJsonKeysToUnderscores, false),
    columnToKey: reading.ColumnToJsonKeyMappings ?? {},
  };
}
