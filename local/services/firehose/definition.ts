import { Constraints, invalid } from './constraints.ts';
import type { Given } from './destination-shape.ts';
import { type Destination, readDestination } from './settings.ts';

/** Server-side encryption of direct puts: a state that the API shows, nothing is encrypted here. */
export type Encryption =
  | { readonly Status: 'DISABLED' }
  | { readonly Status: 'ENABLED'; readonly KeyType: string; readonly KeyARN?: string };

/** What `CreateDeliveryStream` and a template say of a stream. */
export interface Definition {
  readonly type: 'DirectPut' | 'KinesisStreamAsSource';
  /** ARN of the Kinesis stream to read, and as whom. */
  readonly source: { readonly KinesisStreamARN: string; readonly RoleARN: string } | undefined;
  readonly destination: Destination;
  /** The destination's members as they were given; an update changes them one by one. */
  readonly given: Given;
  readonly encryption: Encryption;
  readonly tags: readonly Tag[];
}

export interface Tag {
  readonly Key: string;
  readonly Value?: string;
}

const EXTENDED = 'ExtendedS3DestinationConfiguration';
const PLAIN = 'S3DestinationConfiguration';
const TYPES = ['MSKAsSource', 'DirectPut', 'KinesisStreamAsSource', 'DatabaseAsSource'];
export const TAGS_MAX = 50;

export function checkTags(tags: unknown, constraints: Constraints): void {
  constraints.length('tags', tags, 1, TAGS_MAX);
  if (!Array.isArray(tags)) return;
  for (const [index, tag] of tags.entries()) {
    constraints.present(`tags.${index + 1}.member.key`, tag?.Key);
    constraints.length(`tags.${index + 1}.member.key`, tag?.Key, 1, 128);
    constraints.length(`tags.${index + 1}.member.value`, tag?.Value, 0, 256);
  }
}

/** Of `DeliveryStreamEncryptionConfigurationInput`. */
export function encryptionOf(input: Given | undefined): Encryption {
  if (!input) return { Status: 'DISABLED' };
  const { KeyType = 'AWS_OWNED_CMK', KeyARN } = input;
  if (KeyType === 'AWS_OWNED_CMK' && KeyARN !== undefined)
    throw invalid('KeyARN cannot be specified when KeyType is AWS_OWNED_CMK');
  if (KeyType === 'CUSTOMER_MANAGED_CMK' && KeyARN === undefined)
    throw invalid('KeyARN must be specified when KeyType is CUSTOMER_MANAGED_CMK');
  return { Status: 'ENABLED', KeyType, ...(KeyARN && { KeyARN }) };
}

function destinationOf(properties: Given): [shape: string, given: Given] {
  const found = Object.keys(properties).filter(
    (key) => key.endsWith('DestinationConfiguration') && properties[key] !== undefined,
  );
  const [name] = found;
  if (name === undefined || found.length > 1)
    throw invalid('Exactly one destination configuration is supported for a Firehose');
  if (name !== EXTENDED && name !== PLAIN) throw invalid(`${name} is not emulated, only ${EXTENDED}`);
  return [`${name.charAt(0).toLowerCase()}${name.slice(1)}`, properties[name]];
}

function sourceOf(type: string, properties: Given): Definition['source'] {
  if (type === 'DirectPut') return undefined;
  if (type !== 'KinesisStreamAsSource') throw invalid(`DeliveryStreamType ${type} is not emulated`);
  const source: Given | undefined = properties.KinesisStreamSourceConfiguration;
  if (!source) throw invalid('KinesisSourceStreamConfig is mandatory for KinesisStreamAsSource stream type.');
  if (properties.DeliveryStreamEncryptionConfigurationInput) {
    throw invalid(
      'Server side encryption from firehose is only allowed for direct put delivery streams and database as a source delivery streams',
    );
  }
  return { KinesisStreamARN: source.KinesisStreamARN, RoleARN: source.RoleARN };
}

/** Reads and checks what a stream shall be. @throws ServiceError in AWS's words, or naming what is not emulated. */
export function readDefinition(name: unknown, properties: Given): Definition {
  const { DeliveryStreamType: type = 'DirectPut', Tags: tags } = properties;
  const constraints = new Constraints();
  constraints.present('deliveryStreamName', name);
  constraints.length('deliveryStreamName', name, 1, 64);
  constraints.pattern('deliveryStreamName', name, '[a-zA-Z0-9_.-]+');
  constraints.oneOf('deliveryStreamType', type, TYPES);
  checkTags(tags, constraints);
  const source: Given | undefined = properties.KinesisStreamSourceConfiguration;
  if (source) {
    constraints.present('kinesisStreamSourceConfiguration.kinesisStreamARN', source.KinesisStreamARN);
    constraints.present('kinesisStreamSourceConfiguration.roleARN', source.RoleARN);
  }
  constraints.check();
  const [shape, given] = destinationOf(properties);
  const destination = readDestination(given, shape);
  return {
    type,
    source: sourceOf(type, properties),
    destination,
    given: { ...given, BufferingHints: destination.description.BufferingHints },
    encryption: encryptionOf(properties.DeliveryStreamEncryptionConfigurationInput),
    tags: tags ?? [],
  };
}

const merged = (before: Given | undefined, update: Given | undefined): Given | undefined =>
  update === undefined ? before : { ...before, ...update };

/** The destination after `UpdateDestination`: what is not given stays, processors are replaced as a whole.
 *  @throws ServiceError as for a new one. */
export function updateDefinition(before: Definition, update: Given, shape: string): Definition {
  const { S3BackupUpdate, DataFormatConversionConfiguration: conversion, ...rest } = update;
  const { DataFormatConversionConfiguration: converted, S3BackupConfiguration: backup } = before.given;
  const schema = merged(converted?.SchemaConfiguration, conversion?.SchemaConfiguration);
  const given: Given = {
    ...before.given,
    ...rest,
    DataFormatConversionConfiguration: conversion
      ? { ...converted, ...conversion, ...(schema && { SchemaConfiguration: schema }) }
      : converted,
    S3BackupConfiguration: merged(backup, S3BackupUpdate),
  };
  const destination = readDestination(given, shape);
  if (destination.partitioned !== before.destination.partitioned)
    throw invalid('Dynamic Partitioning can only be set when a Firehose is created.');
  return {
    ...before,
    destination,
    given: { ...given, BufferingHints: destination.description.BufferingHints },
  };
}
