import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import middy from '@middy/core';
import { putRecordsTo } from '../../adapters/kinesis/put-records.ts';
import { listOpenShards } from '../../adapters/kinesis/shards.ts';
import { requestHandler } from '../request-handler.ts';
import { readEnvironment } from './environment.ts';
import { heartbeat } from './heartbeat.ts';

const { MILLRACE_STREAM_NAME: StreamName } = readEnvironment(process.env);
const client = new KinesisClient({ requestHandler });
const metrics = new Metrics();
const ports = {
  listOpenShards: () => listOpenShards(client, { StreamName }),
  putRecords: putRecordsTo(client, StreamName),
  clock: Date,
};

export const handler = middy()
  .use(injectLambdaContext(new Logger()))
  .use(logMetrics(metrics))
  .handler(heartbeat(ports, metrics));
