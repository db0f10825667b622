import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

export const STREAM = 'bench';
export const SHARDS = 4;
export const DELIVERY_STREAM = 'bench-lake';

const ASSETS = 'cdk-hnb659fds-assets-000000000000-us-east-1';

const roleOf = (service: string, actions: readonly string[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
    },
    Policies: [
      {
        PolicyName: 'all',
        PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] },
      },
    ],
  },
});

const RESOURCES = {
  Stream: { Type: 'AWS::Kinesis::Stream', Properties: { Name: STREAM, ShardCount: SHARDS } },
  Lake: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'bench-lake' } },
  DeliveryRole: roleOf('firehose.amazonaws.com', ['s3:*']),
  Delivery: {
    Type: 'AWS::KinesisFirehose::DeliveryStream',
    Properties: {
      DeliveryStreamName: DELIVERY_STREAM,
      DeliveryStreamType: 'DirectPut',
      ExtendedS3DestinationConfiguration: {
        BucketARN: { 'Fn::GetAtt': ['Lake', 'Arn'] },
        RoleARN: { 'Fn::GetAtt': ['DeliveryRole', 'Arn'] },
        BufferingHints: { IntervalInSeconds: 900, SizeInMBs: 128 },
      },
    },
  },
  FunctionRole: roleOf('lambda.amazonaws.com', ['firehose:PutRecord', 'kinesis:*', 'logs:*']),
  Function: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: 'bench',
      Code: { S3Bucket: ASSETS, S3Key: 'forward.zip' },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      MemorySize: 512,
      Role: { 'Fn::GetAtt': ['FunctionRole', 'Arn'] },
      Timeout: 60,
      Environment: { Variables: { DELIVERY_STREAM } },
    },
  },
  Mapping: {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: { 'Fn::GetAtt': ['Stream', 'Arn'] },
      FunctionName: { Ref: 'Function' },
      BatchSize: 10_000,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      StartingPosition: 'TRIM_HORIZON',
    },
  },
};

/** Writes an assembly of one stack into the directory: a stream of four shards, a function, a delivery stream whose buffer
 *  outlasts the benchmark. */
export function writeAssembly(directory: string): void {
  const asset = join(directory, 'asset.forward');
  mkdirSync(asset, { recursive: true });
  buildSync({
    entryPoints: [join(import.meta.dirname, 'forward-child.ts')],
    outfile: join(asset, 'index.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
  });
  const destinations = { here: { bucketName: ASSETS, objectKey: 'forward.zip' } };
  const files = { forward: { source: { path: 'asset.forward', packaging: 'zip' }, destinations } };
  const artifacts = {
    bench: { type: 'aws:cloudformation:stack', properties: { templateFile: 'bench.template.json' } },
    'bench.assets': { type: 'cdk:asset-manifest', properties: { file: 'bench.assets.json' } },
  };
  const write = (name: string, content: object) => writeFileSync(join(directory, name), JSON.stringify(content));
  write('manifest.json', { artifacts });
  write('bench.assets.json', { files });
  write('bench.template.json', { Resources: RESOURCES });
}
