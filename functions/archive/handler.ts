import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import middy from '@middy/core';
import type { KinesisStreamEvent } from 'aws-lambda';
import { kinesisShards } from '../../adapters/kinesis/shards.ts';
import { s3ArchiveStore } from '../../adapters/s3/archive-store.ts';
import { requestHandler } from '../request-handler.ts';
import { archiver } from './archiver.ts';
import { readEnvironment } from './environment.ts';

const { MILLRACE_ARCHIVE_BUCKET: bucket, MILLRACE_STREAM_ARN: streamArn } = readEnvironment(process.env);
const metrics = new Metrics();
const ports = {
  store: s3ArchiveStore(new S3Client({ requestHandler }), bucket),
  describe: kinesisShards({ client: new KinesisClient({ requestHandler }), streamArn }).describe,
};

export const handler = middy<KinesisStreamEvent, void>()
  .use(injectLambdaContext(new Logger()))
  .use(logMetrics(metrics))
  .handler(archiver(ports, metrics));
