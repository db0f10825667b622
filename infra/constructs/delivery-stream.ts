import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { LogGroup, LogStream, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { LakeTable } from '../../core/pipeline/plan.ts';
import { errorFolder, partitionLayout } from '../catalog/partition.ts';
import { ConfigError, type StageConfig } from '../config.ts';
import { DYNAMIC_BUFFER_MIN_SECONDS } from '../limits.ts';
import type { Lake } from './lake.ts';
import type { RowsTable } from './rows-table.ts';

export interface DeliveryStreamProps {
  readonly config: StageConfig;
  readonly name: string;
  readonly lake: Lake;
  readonly table: LakeTable;
  readonly rows: RowsTable;
}

/** Firehose from rows to a table's Parquet files. The CDK's own construct would let the role read, write and delete in
 *  the whole bucket; hence the resource itself and a role that names each folder. */
export class DeliveryStream extends Construct {
  readonly name: string;
  readonly arn: string;

  constructor(scope: Construct, id: string, props: DeliveryStreamProps) {
    super(scope, id);
    const errors = new LogGroup(this, 'Errors', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const errorStream = new LogStream(this, 'S3Errors', {
      logGroup: errors,
      logStreamName: 'S3Delivery',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('firehose.amazonaws.com'),
      description: `Delivers rows of ${props.table.name}`,
    });
    const policy = this.#allow(role, props, errors);
    const stream = new CfnDeliveryStream(this, 'Resource', {
      deliveryStreamName: props.name,
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: { keyType: 'AWS_OWNED_CMK' },
      extendedS3DestinationConfiguration: {
        ...destination(props, role),
        cloudWatchLoggingOptions: {
          enabled: true,
          logGroupName: errors.logGroupName,
          logStreamName: errorStream.logStreamName,
        },
      },
    });
    // Firehose tries the role as soon as it is made, and the role can do nothing before its policy.
    stream.node.addDependency(policy);
    this.name = stream.ref;
    this.arn = stream.attrArn;
  }

  /** Lets `grantee` put rows. */
  grantPut(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: ['firehose:PutRecordBatch'], resourceArns: [this.arn] });
  }

  #allow(role: Role, { lake, table, rows }: DeliveryStreamProps, errors: LogGroup): Policy {
    const policy = new Policy(this, 'Policy', { roles: [role] });
    const allow = (actions: string[], resources: string[]) =>
      policy.addStatements(new PolicyStatement({ actions, resources }));
    const glue = (resource: string) => Stack.of(this).formatArn({ service: 'glue', resource });
    const objects = ['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'];
    for (const folder of [partitionLayout(table).folder, errorFolder(table)]) {
      policy.addStatements(lake.bucket.allowObjects(policy, objects, folder));
    }
    allow(['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'], [lake.bucket.bucket.bucketArn]);
    allow(
      ['glue:GetTable', 'glue:GetTableVersion', 'glue:GetTableVersions'],
      ['catalog', `database/${lake.databaseName}`, `table/${lake.databaseName}/${rows.tableName}`].map(glue),
    );
    allow(['logs:PutLogEvents'], [errors.logGroupArn]);
    return policy;
  }
}

function destination(
  { config, lake, table, rows }: DeliveryStreamProps,
  role: Role,
): CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty {
  const { prefix, errorPrefix, query } = partitionLayout(table);
  if (query !== undefined && config.bufferSeconds < DYNAMIC_BUFFER_MIN_SECONDS) {
    const expected = `at least ${DYNAMIC_BUFFER_MIN_SECONDS}, which Firehose asks of a table partitioned by event day, as ${table.name} is`;
    throw new ConfigError('bufferSeconds', config.bufferSeconds, expected);
  }
  return {
    bucketArn: lake.bucket.bucket.bucketArn,
    roleArn: role.roleArn,
    prefix,
    errorOutputPrefix: errorPrefix,
    customTimeZone: 'UTC',
    bufferingHints: { sizeInMBs: 128, intervalInSeconds: config.bufferSeconds },
    // The files are compressed within: Parquet's pages, below.
    compressionFormat: 'UNCOMPRESSED',
    s3BackupMode: 'Disabled',
    dynamicPartitioningConfiguration: {
      enabled: query !== undefined,
      ...(query && { retryOptions: { durationInSeconds: 300 } }),
    },
    processingConfiguration:
      query === undefined ? { enabled: false } : { enabled: true, processors: partitioners(query) },
    dataFormatConversionConfiguration: {
      enabled: true,
      inputFormatConfiguration: {
        deserializer: { openXJsonSerDe: { caseInsensitive: false, convertDotsInJsonKeysToUnderscores: false } },
      },
      outputFormatConfiguration: {
        serializer: { parquetSerDe: { compression: 'SNAPPY', writerVersion: 'V1', enableDictionaryCompression: true } },
      },
      schemaConfiguration: {
        catalogId: Aws.ACCOUNT_ID,
        region: Aws.REGION,
        databaseName: lake.databaseName,
        tableName: rows.table.ref,
        versionId: 'LATEST',
        roleArn: role.roleArn,
      },
    },
  };
}

/** Rows come many to a record: they are taken apart first, then each is asked for its partition. */
function partitioners(query: string): CfnDeliveryStream.ProcessorProperty[] {
  const processor = (type: string, parameters: Record<string, string>) => ({
    type,
    parameters: Object.entries(parameters).map(([parameterName, parameterValue]) => ({
      parameterName,
      parameterValue,
    })),
  });
  return [
    processor('RecordDeAggregation', { SubRecordType: 'JSON' }),
    processor('MetadataExtraction', { MetadataExtractionQuery: query, JsonParsingEngine: 'JQ-1.6' }),
  ];
}
