import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { dynamoCommitLog } from '../../adapters/dynamodb/commit-log.ts';
import { dynamoViews } from '../../adapters/dynamodb/views.ts';
import { firehoseLake } from '../../adapters/firehose/lake.ts';
import { kinesisShards } from '../../adapters/kinesis/shards.ts';
import { s3ObjectStore } from '../../adapters/s3/object-store.ts';
import { snsAlerts } from '../../adapters/sns/alerts.ts';
import type { EnginePorts } from '../../core/engine/batch.ts';
import { engineOn } from '../../core/engine/engine.ts';
import { compile, type Program } from '../../core/engine/program.ts';
import { type Plan, partsOf } from '../../core/pipeline/plan.ts';
import type { Sinks } from '../../core/ports.ts';
import { requestHandler } from '../request-handler.ts';
import type { ProcessEnvironment } from './environment.ts';
import { streamsOn } from './streams.ts';

/** A pipeline, or a part of one, on its services. */
export interface Engine {
  readonly program: Program;
  readonly ports: EnginePorts;
}

const clock = Date;

/** @throws Error when there is no pipeline of a name that the environment tells. */
export function engineOf(plans: readonly Plan[], environment: ProcessEnvironment): Engine {
  const { MILLRACE_PIPELINE: pipeline, MILLRACE_EPOCH: epoch, MILLRACE_LOG_TABLE: table } = environment;
  const stage = environment.MILLRACE_PIPELINES.split(',').map((name) => named(plans, name));
  const plan = named(stage.flatMap(partsOf), pipeline);
  const dynamo = new DynamoDBClient({ requestHandler });
  const kinesis = new KinesisClient({ requestHandler });
  const log = dynamoCommitLog({ client: dynamo, table, pipeline, epoch, clock });
  const objects = s3ObjectStore(new S3Client({ requestHandler }), environment.MILLRACE_BUCKET);
  const shards = kinesisShards({ client: kinesis, streamArn: environment.MILLRACE_STREAM_ARN });
  const sinks = sinksOf(environment, dynamo, kinesis);
  const ports = engineOn({ ...sinks, log, objects, shards, clock, newToken: randomUUID }, plan, epoch);
  return { program: compile(plan, stage), ports };
}

function named(plans: readonly Plan[], name: string): Plan {
  const plan = plans.find((each) => each.name === name);
  if (plan) return plan;
  throw new Error(`no pipeline '${name}' in pipelines/index.ts; found ${plans.map((each) => each.name).join(', ')}`);
}

function sinksOf(environment: ProcessEnvironment, dynamo: DynamoDBClient, kinesis: KinesisClient): Sinks {
  const patience = { clock, sleep, random: Math.random };
  const streams = JSON.parse(environment.MILLRACE_DELIVERY_STREAMS);
  const topics = JSON.parse(environment.MILLRACE_ALERT_TOPICS);
  return {
    lake: firehoseLake({ client: new FirehoseClient({ requestHandler }), streams, ...patience }),
    alerts: snsAlerts({ client: new SNSClient({ requestHandler }), topics, ...patience }),
    views: dynamoViews({ client: dynamo, tables: JSON.parse(environment.MILLRACE_VIEW_TABLES), clock }),
    streams: streamsOn(kinesis, JSON.parse(environment.MILLRACE_STREAMS), patience),
  };
}
