import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { pipelines } from '../../pipelines/index.ts';
import { engineOf } from './engine.ts';
import { readEnvironment } from './environment.ts';
import { processor } from './processor.ts';

const environment = readEnvironment(process.env);
const serviceName = environment.MILLRACE_PIPELINE;
const logger = new Logger({ serviceName });
const metrics = new Metrics({ serviceName, namespace: 'Millrace' });

export const handler = middy<KinesisStreamEvent, KinesisStreamBatchResponse>()
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics))
  .handler(processor(engineOf(pipelines, environment), logger, metrics));
