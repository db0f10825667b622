import { Duration, Stack } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { NEXT_HOP } from '../../core/ports.ts';
import type { ProcessEnvironment } from '../../functions/process/environment.ts';
import type { StageConfig } from '../config.ts';
import { EPOCH, functionName } from '../names.ts';
import type { AlertTopic } from './alert-topic.ts';
import type { CommitLog } from './commit-log.ts';
import type { DeliveredTable } from './delivered-table.ts';
import type { EventStream } from './event-stream.ts';
import type { LakeBucket } from './lake-bucket.ts';
import { nodeFunction } from './node-function.ts';
import type { ViewTable } from './view-table.ts';

/** What the results of a pipeline, or of a part of it, go to. */
export interface PartSinks {
  /** Quarantine among them. */
  readonly tables: readonly DeliveredTable[];
  readonly alerts: readonly AlertTopic[];
  readonly views: readonly ViewTable[];
  /** By the id of the sink. */
  readonly streams: ReadonlyMap<string, EventStream>;
  /** What the part behind this one reads; undefined for the last part. */
  readonly nextHop: EventStream | undefined;
}

export interface ProcessFunctionProps {
  readonly config: StageConfig;
  /** Name of the pipeline, or of the part of it behind a hop. */
  readonly pipeline: string;
  /** Names of the stage's pipelines. */
  readonly stage: readonly string[];
  /** The stream whose shards the function looks at: for a shard's parents, and whether they are drained. */
  readonly source: EventStream;
  readonly log: CommitLog;
  readonly sinks: PartSinks;
  readonly bucket: LakeBucket;
}

/** The Lambda function that runs a pipeline, told by its environment where everything is and allowed just that. */
export class ProcessFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: ProcessFunctionProps) {
    super(scope, id);
    const { config, pipeline } = props;
    const made = nodeFunction(this, {
      name: functionName(config.stage, pipeline),
      does: `runs the pipeline ${pipeline}`,
      folder: 'process',
      service: pipeline,
      // For the bundle, a batch, and the shards' states, which the engine bounds.
      memoryMegabytes: 1_024,
      timeout: Duration.seconds(60),
      connect: (role) => this.#connect(role, props),
    });
    this.function = made.function;
    this.role = made.role;
  }

  /** Allows what the environment names, and names what it allows. */
  #connect(role: Role, { pipeline, stage, source, log, sinks, bucket }: ProcessFunctionProps): ProcessEnvironment {
    log.grantCommit(role);
    bucket.grantKeep(role, pipeline);
    source.grantConsume(role);
    return {
      MILLRACE_PIPELINE: pipeline,
      MILLRACE_PIPELINES: stage.join(),
      MILLRACE_EPOCH: EPOCH,
      MILLRACE_LOG_TABLE: log.table.tableName,
      ...this.#connectSinks(role, sinks),
      MILLRACE_BUCKET: bucket.bucket.bucketName,
      MILLRACE_STREAM_ARN: source.stream.streamArn,
    };
  }

  #connectSinks(role: Role, { tables, alerts, views, streams, nextHop }: PartSinks) {
    for (const table of tables) table.grantPut(role);
    for (const alert of alerts) alert.grantPublish(role);
    for (const view of views) view.grantPut(role);
    for (const stream of streams.values()) stream.grantPut(role);
    nextHop?.grantPutToShards(role);
    const json = (entries: readonly (readonly [string, string])[]) =>
      Stack.of(this).toJsonString(Object.fromEntries(entries));
    const outgoing = [...streams, ...(nextHop ? [[NEXT_HOP, nextHop] as const] : [])];
    return {
      MILLRACE_DELIVERY_STREAMS: json(tables.map(({ name, delivery }) => [name, delivery.name])),
      MILLRACE_ALERT_TOPICS: json(alerts.map(({ alert, topic }) => [alert, topic.topicArn])),
      MILLRACE_VIEW_TABLES: json(views.map(({ view, table }) => [view, table.tableName])),
      MILLRACE_STREAMS: json(outgoing.map(([sink, { stream }]) => [sink, stream.streamName])),
    };
  }
}
