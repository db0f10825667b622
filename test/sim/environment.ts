import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { FirehoseClient } from '@aws-sdk/client-firehose';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { dynamoCommitLog } from '../../adapters/dynamodb/commit-log.ts';
import { dynamoViews } from '../../adapters/dynamodb/views.ts';
import { firehoseLake } from '../../adapters/firehose/lake.ts';
import { kinesisShards } from '../../adapters/kinesis/shards.ts';
import { s3ObjectStore } from '../../adapters/s3/object-store.ts';
import { snsAlerts } from '../../adapters/sns/alerts.ts';
import { engineOn } from '../../core/engine/engine.ts';
import type { Program } from '../../core/engine/program.ts';
import type { SnapshotPolicy } from '../../core/engine/shard-log.ts';
import type { Plan } from '../../core/pipeline/plan.ts';
import { type Clock, NEXT_HOP } from '../../core/ports.ts';
import { processor } from '../../functions/process/processor.ts';
import { streamsOn } from '../../functions/process/streams.ts';
import type { Faults, Mortal } from './faults.ts';
import { TABLES } from './plan.ts';
import type { Random } from './random.ts';
import { LOG_TABLE } from './services.ts';
import { BEHIND, EVENTS } from './stream.ts';
import { START_MS, type World } from './world.ts';

export type Handle = (event: KinesisStreamEvent, context: Context) => Promise<KinesisStreamBatchResponse>;

/** Sends a command of any service's SDK. */
export type Send = (command: object) => Promise<object>;

export const EPOCH = '1';
export const BUCKET = 'lake';
const quiet = { warn: () => {}, error: () => {}, addMetric: () => {} };

/** The adapters of the process function on simulated clients, wired as the function wires them. */
export function servicesOn(
  send: Send,
  { name: pipeline, hop }: Pick<Plan, 'name' | 'hop'>,
  world: World,
  random: Random,
  clock: Clock,
) {
  const patience = { clock, sleep: (ms: number) => world.sleep(ms), random: () => random.next() };
  const dynamo = { send } as unknown as DynamoDBClient;
  const kinesis = { send } as unknown as KinesisClient;
  return {
    log: dynamoCommitLog({ client: dynamo, table: LOG_TABLE, pipeline, epoch: EPOCH, clock }),
    lake: firehoseLake({ client: { send } as unknown as FirehoseClient, streams: NAMES, ...patience }),
    alerts: snsAlerts({ client: { send } as unknown as SNSClient, topics: { busy: 'arn:topic' }, ...patience }),
    views: dynamoViews({ client: dynamo, tables: { newest: 'newest' }, clock }),
    streams: streamsOn(kinesis, { [NEXT_HOP]: BEHIND }, patience),
    objects: s3ObjectStore({ send } as unknown as S3Client, BUCKET),
    shards: kinesisShards({ client: kinesis, streamArn: `arn:stream/${hop === 0 ? EVENTS : BEHIND}` }),
  };
}

/** Delivery streams have their tables' names. */
const NAMES = Object.fromEntries([...TABLES, 'quarantine'].map((table) => [table, table]));

export interface EnvironmentOptions {
  readonly name: string;
  readonly program: Program;
  readonly snapshots: SnapshotPolicy;
  readonly world: World;
  readonly faults: Faults;
  readonly random: Random;
}

/** An execution environment: the process function as it is deployed. It can die at any call of a service, and it can be
 *  thawed with an old state in its memory. */
export class Environment implements Mortal {
  readonly name: string;
  readonly handle: Handle;
  readonly calls: string[] = [];
  /** Shards that it has had batches of. */
  readonly shards = new Set<string>();
  /** Shards of which it has finished a batch. */
  readonly warm = new Set<string>();
  /** Resolves when it dies at a call. */
  readonly death: Promise<void>;
  isDead = false;
  isBusy = false;
  died: () => void = () => {};

  constructor({ name, program, snapshots, world, faults, random }: EnvironmentOptions) {
    this.name = name;
    this.death = new Promise((resolve) => {
      this.died = resolve;
    });
    // Time passes within an invocation as well, so that a deadline can fall between two records.
    let ticks = 0;
    const clock = { now: () => START_MS + world.nowMs + ticks++ };
    let tokens = 0;
    const newToken = () => `${name}-${++tokens}`;
    const services = servicesOn((command) => faults.send(this, command), program.plan, world, random, clock);
    const ports = engineOn({ ...services, clock, newToken }, program.plan, EPOCH, snapshots);
    this.handle = processor({ program, ports }, quiet as never, quiet as never);
  }
}
