import { LOCAL_ACCOUNT, LOCAL_REGION, type Resource } from '../service.ts';
import type { Need } from './requests.ts';

/** Whoever acts in the name of a role: a function, a delivery stream, a schedule. */
export interface Holder {
  readonly roleArn: string;
  /** Name of the session. */
  readonly session: string;
  /** The service that assumes the role, such as `lambda.amazonaws.com`. */
  readonly service: string;
  /** What the service assumes the role for. */
  readonly sourceArn: string;
  /** What the service itself does in the role's name, apart from calls that come through the gateway. */
  readonly needs: readonly Need[];
}

const arn = (service: string, rest: string) => `arn:aws:${service}:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${rest}`;
const all = (actions: readonly string[], resource: string): readonly Need[] =>
  actions.map((action) => ({ action, resource }));

/** Who acts in the name of a role once the resource is made, and what the service needs for itself: a run checks that
 *  at its start, since its policies never change. */
export function holdersOf(resource: Resource): readonly Holder[] {
  switch (resource.type) {
    case 'AWS::Lambda::Function':
      return [functionHolder(resource)];
    case 'AWS::KinesisFirehose::DeliveryStream':
      return deliveryHolders(resource);
    case 'AWS::Scheduler::Schedule':
      return [scheduleHolder(resource)];
    default:
      return [];
  }
}

/** Lambda writes a function's log in the name of its role
 *  (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html). */
function functionHolder({ properties }: Resource): Holder {
  const { FunctionName: session, Role: roleArn, LoggingConfig } = properties;
  const group = LoggingConfig?.LogGroup ?? `/aws/lambda/${session}`;
  const stream = arn('logs', `log-group:${group}:log-stream:$LATEST`);
  const sourceArn = arn('lambda', `function:${session}`);
  const needs = all(['logs:CreateLogStream', 'logs:PutLogEvents'], stream);
  return { roleArn, session, service: 'lambda.amazonaws.com', sourceArn, needs };
}

/** What Lambda asks for when a mapping is made, and what it reads and gives up by. Sources:
 *  https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html and
 *  https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html */
export function mappingNeeds({ properties, logicalId }: Resource): readonly Need[] {
  const { EventSourceArn: source, DestinationConfig } = properties;
  const [stream = '', consumer] = String(source).split(/(?=\/consumer\/)/);
  const reads = ['DescribeStream', 'DescribeStreamSummary', 'GetRecords', 'GetShardIterator', 'ListShards'];
  const kinesis = /^arn:[^:]+:kinesis:/.test(stream)
    ? all(
        reads.map((read) => `kinesis:${read}`),
        stream,
      )
    : [];
  const fanOut = consumer ? all(['kinesis:SubscribeToShard'], String(source)) : [];
  return [...kinesis, ...fanOut, ...destinationNeeds(DestinationConfig?.OnFailure?.Destination, logicalId)];
}

function destinationNeeds(destination: string | undefined, logicalId: string): readonly Need[] {
  const [, , service] = String(destination).split(':');
  if (!destination) return [];
  if (service === 'sqs') return all(['sqs:SendMessage'], destination);
  if (service === 'sns') return all(['sns:Publish'], destination);
  const object = `${destination}/aws/lambda/${logicalId}/shardId-000000000000/`;
  return [...all(['s3:ListBucket'], destination), ...all(['s3:PutObject'], object)];
}

/** Firehose's own list for its destination, its schema and its errors, since which of them it uses when is not published
 *  (https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html). */
function deliveryHolders({ properties }: Resource): readonly Holder[] {
  const { DeliveryStreamName: session, KinesisStreamSourceConfiguration: source } = properties;
  const destination = properties.ExtendedS3DestinationConfiguration ?? properties.S3DestinationConfiguration ?? {};
  const backup = destination.S3BackupMode === 'Enabled' ? destination.S3BackupConfiguration : undefined;
  const { DataFormatConversionConfiguration: conversion, CloudWatchLoggingOptions: logging } = destination;
  const schema = conversion?.Enabled === false ? undefined : conversion?.SchemaConfiguration;
  const service = 'firehose.amazonaws.com';
  const sourceArn = arn('firehose', `deliverystream/${session}`);
  const holder = (roleArn: string, needs: readonly Need[]) => ({ roleArn, session, service, sourceArn, needs });
  const delivery = [...bucketNeeds(destination), ...functionNeeds(destination), ...loggingNeeds(logging)];
  return [
    ...(destination.RoleARN ? [holder(destination.RoleARN, delivery)] : []),
    ...(backup?.RoleARN ? [holder(backup.RoleARN, bucketNeeds(backup))] : []),
    ...(source ? [holder(source.RoleARN, all(SOURCE_READS, source.KinesisStreamARN))] : []),
    ...(schema?.RoleARN ? [holder(schema.RoleARN, schemaNeeds(schema))] : []),
  ];
}

const SOURCE_READS = ['DescribeStream', 'GetShardIterator', 'GetRecords', 'ListShards'].map(
  (read) => `kinesis:${read}`,
);

/** Of a function that transforms records. */
function functionNeeds({ ProcessingConfiguration: processing }: Resource['properties']): readonly Need[] {
  const given: readonly Resource['properties'][] = processing?.Enabled === false ? [] : (processing?.Processors ?? []);
  const parameters = given.filter(({ Type }) => Type === 'Lambda').flatMap(({ Parameters = [] }) => Parameters);
  const arns = parameters.filter(({ ParameterName }) => ParameterName === 'LambdaArn');
  const actions = ['lambda:InvokeFunction', 'lambda:GetFunctionConfiguration'];
  return arns.flatMap(({ ParameterValue }) => all(actions, String(ParameterValue)));
}

function bucketNeeds({
  BucketARN: bucket,
  Prefix = '',
  ErrorOutputPrefix = '',
}: Resource['properties']): readonly Need[] {
  const folders = [Prefix, ErrorOutputPrefix].map((prefix) => String(prefix).replace(/!\{.*$/s, ''));
  return [
    ...all(['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'], bucket),
    ...folders.flatMap((folder) =>
      all(['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'], `${bucket}/${folder}0`),
    ),
  ];
}

function schemaNeeds({ DatabaseName: database, TableName: table }: Resource['properties']): readonly Need[] {
  const actions = ['glue:GetTable', 'glue:GetTableVersion', 'glue:GetTableVersions'];
  return ['catalog', `database/${database}`, `table/${database}/${table}`].flatMap((each) =>
    all(actions, arn('glue', each)),
  );
}

function loggingNeeds(logging: Resource['properties'] | undefined): readonly Need[] {
  if (!logging || logging.Enabled === false) return [];
  const stream = arn('logs', `log-group:${logging.LogGroupName}:log-stream:${logging.LogStreamName}`);
  return all(['logs:PutLogEvents'], stream);
}

/** The scheduler is known to a role by the group of the schedule
 *  (https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html). */
function scheduleHolder({ properties }: Resource): Holder {
  const { Name: session, GroupName = 'default', Target = {} } = properties;
  const sourceArn = arn('scheduler', `schedule-group/${GroupName}`);
  const needs = all(['lambda:InvokeFunction'], Target.Arn);
  return { roleArn: Target.RoleArn, session, service: 'scheduler.amazonaws.com', sourceArn, needs };
}
