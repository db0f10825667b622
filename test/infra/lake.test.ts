import { describe, expect, it } from '@jest/globals';
import { orders } from './plan.ts';
import { addStage, type Json, newApp, synthesise } from './stage.ts';

const stage = synthesise();

describe('the lake', () => {
  it('is encrypted, private and TLS only, and kept when its stack is deleted', () => {
    const { DeletionPolicy, Properties } = stage.one('AWS::S3::Bucket', 'Lake');
    expect(DeletionPolicy).toBe('Retain');
    expect(Properties.BucketEncryption.ServerSideEncryptionConfiguration).toHaveLength(1);
    expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
    const [tls, version] = stage.one('AWS::S3::BucketPolicy', 'Lake').Properties.PolicyDocument.Statement;
    const everyone = { Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:*' };
    expect(tls).toMatchObject({ ...everyone, Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    expect(version).toMatchObject({ ...everyone, Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } });
  });

  it('never expires rows, oversize payloads, parked records or failed batches; what the log points to outlives it', () => {
    const rules: Json[] = stage.one('AWS::S3::Bucket', 'Lake').Properties.LifecycleConfiguration.Rules;
    const expiring = rules.filter(({ ExpirationInDays }) => ExpirationInDays);
    expect(expiring.every(({ Status }) => Status === 'Enabled')).toBe(true);
    expect(Object.fromEntries(expiring.map(({ Prefix, ExpirationInDays }) => [Prefix, ExpirationInDays]))).toEqual({
      'athena-results/': 7,
      'errors/': 365,
      'spill/': 35,
      'snapshots/': 65,
    });
  });

  it('limits what a query reads, whatever the client says', () => {
    expect(stage.one('AWS::Athena::WorkGroup').Properties).toMatchObject({
      Name: 'millrace-dev',
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        PublishCloudWatchMetricsEnabled: true,
        BytesScannedCutoffPerQuery: 100e9,
        ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_S3' } },
      },
    });
  });

  it('keeps the pipeline’s queries beside the operator’s', () => {
    expect(
      stage
        .of('AWS::Athena::NamedQuery')
        .map(({ Properties }) => Properties.Name)
        .sort(),
    ).toEqual([
      'operator/quarantine-by-reason',
      'operator/quarantine-newest',
      'orders/copies-by-table',
      'orders/largest',
    ]);
  });
});

describe('a table', () => {
  const delivery = (name: string) => {
    const found = stage
      .of('AWS::KinesisFirehose::DeliveryStream')
      .find(({ Properties }) => Properties.DeliveryStreamName === name);
    return found?.Properties.ExtendedS3DestinationConfiguration;
  };
  const glue = (name: string) =>
    stage.of('AWS::Glue::Table').find(({ Properties }) => Properties.TableInput.Name === name)?.Properties.TableInput;

  it('by delivery hour is written as Parquet by its Glue schema, with its errors apart', () => {
    expect(delivery('millrace-dev-orders-orders')).toMatchObject({
      Prefix: 'tables/orders/delivery_hour=!{timestamp:yyyy-MM-dd-HH}/',
      ErrorOutputPrefix: 'errors/orders/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/',
      BufferingHints: { SizeInMBs: 128, IntervalInSeconds: 300 },
      CloudWatchLoggingOptions: { Enabled: true },
      CompressionFormat: 'UNCOMPRESSED',
      DynamicPartitioningConfiguration: { Enabled: false },
      ProcessingConfiguration: { Enabled: false },
      DataFormatConversionConfiguration: {
        Enabled: true,
        OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: 'SNAPPY' } } },
        SchemaConfiguration: { VersionId: 'LATEST' },
      },
    });
    expect(glue('orders_rows').Parameters).toMatchObject({
      'projection.enabled': 'true',
      'projection.delivery_hour.type': 'date',
      'projection.delivery_hour.format': 'yyyy-MM-dd-HH',
      'projection.delivery_hour.interval.unit': 'HOURS',
      'projection.delivery_hour.range': '2026-01-01-00,NOW',
    });
    expect(JSON.stringify(glue('orders_rows').Parameters)).toContain(`/tables/orders/delivery_hour=\${delivery_hour}/`);
    expect(glue('orders_rows').PartitionKeys).toMatchObject([{ Name: 'delivery_hour', Type: 'string' }]);
  });

  it('by event day has its rows taken apart and each asked for its day', () => {
    expect(delivery('millrace-dev-orders-orders-by-day')).toMatchObject({
      Prefix: 'tables/orders_by_day/event_day=!{partitionKeyFromQuery:event_day}/',
      DynamicPartitioningConfiguration: { Enabled: true },
      ProcessingConfiguration: {
        Enabled: true,
        Processors: [
          { Type: 'RecordDeAggregation', Parameters: [{ ParameterName: 'SubRecordType', ParameterValue: 'JSON' }] },
          {
            Type: 'MetadataExtraction',
            Parameters: [
              { ParameterName: 'MetadataExtractionQuery', ParameterValue: '{event_day: .event_time[0:10]}' },
              { ParameterName: 'JsonParsingEngine', ParameterValue: 'JQ-1.6' },
            ],
          },
        ],
      },
    });
    expect(glue('orders_by_day_rows').Parameters['projection.event_day.range']).toBe('2025-01-01,NOW+2DAYS');
  });

  it('has a view of all its columns and the partition', () => {
    const view = glue('orders');
    expect(view).toMatchObject({ TableType: 'VIRTUAL_VIEW', Parameters: { presto_view: 'true' }, PartitionKeys: [] });
    const names = view.StorageDescriptor.Columns.map(({ Name }: Json) => Name);
    expect(names).toEqual([...(orders.tables[0]?.columns ?? []).map(({ name }) => name), 'delivery_hour']);
  });

  it('exists for what could not be processed, too', () => {
    expect(glue('quarantine')).toMatchObject({ TableType: 'VIRTUAL_VIEW' });
    expect(delivery('millrace-dev-quarantine')).toMatchObject({
      Prefix: 'tables/quarantine/delivery_hour=!{timestamp:yyyy-MM-dd-HH}/',
    });
  });

  it('by event day refuses a buffer that Firehose would refuse', () => {
    expect(() => addStage(newApp(), { bufferSeconds: 30 })).toThrow(
      /'bufferSeconds': found 30; expected at least 60.*orders_by_day/,
    );
  });
});
