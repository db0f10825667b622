import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { dynamoCommitLog } from '../../adapters/dynamodb/commit-log.ts';
import { firehoseLake } from '../../adapters/firehose/lake.ts';
import { kinesisShards } from '../../adapters/kinesis/shards.ts';
import { s3ObjectStore } from '../../adapters/s3/object-store.ts';
import type { EnginePorts } from '../../core/engine/batch.ts';
import { engineOn } from '../../core/engine/engine.ts';
import { compile, type Program } from '../../core/engine/program.ts';
import type { Plan } from '../../core/pipeline/index.ts';
import { requestHandler } from '../request-handler.ts';
import type { ProcessEnvironment } from './environment.ts';

/** A pipeline on its services. */
export interface Engine {
  readonly program: Program;
  readonly ports: EnginePorts;
}

/** @throws Error when there is no pipeline of that name. */
export function engineOf(plans: readonly Plan[], environment: ProcessEnvironment): Engine {
  const { MILLRACE_PIPELINE: pipeline, MILLRACE_EPOCH: epoch, MILLRACE_LOG_TABLE: table } = environment;
  const plan = plans.find(({ name }) => name === pipeline);
  if (!plan) throw new Error(`no pipeline '${pipeline}' in pipelines/index.ts; found ${plans.map(({ name }) => name)}`);
  const clock = Date;
  const log = dynamoCommitLog({ client: new DynamoDBClient({ requestHandler }), table, pipeline, epoch, clock });
  const lake = firehoseLake({
    client: new FirehoseClient({ requestHandler }),
    streams: JSON.parse(environment.MILLRACE_DELIVERY_STREAMS),
    clock,
    sleep,
    random: Math.random,
  });
  const objects = s3ObjectStore(new S3Client({ requestHandler }), environment.MILLRACE_BUCKET);
  const streamArn = environment.MILLRACE_STREAM_ARN;
  const shards = kinesisShards({ client: new KinesisClient({ requestHandler }), streamArn });
  const ports = engineOn({ log, lake, objects, shards, clock, newToken: randomUUID }, plan, epoch);
  return { program: compile(plan, plans), ports };
}
