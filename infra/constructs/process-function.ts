import { Duration, Stack } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { ProcessEnvironment } from '../../functions/process/environment.ts';
import type { StageConfig } from '../config.ts';
import { EPOCH, functionName } from '../names.ts';
import type { CommitLog } from './commit-log.ts';
import type { DeliveredTable } from './delivered-table.ts';
import type { EventStream } from './event-stream.ts';
import type { LakeBucket } from './lake-bucket.ts';
import { nodeFunction } from './node-function.ts';

export interface ProcessFunctionProps {
  readonly config: StageConfig;
  readonly pipeline: string;
  /** The stream whose shards the function looks at: for a shard's parents, and whether they are drained. */
  readonly source: EventStream;
  readonly log: CommitLog;
  /** Every table the function delivers to, quarantine among them. */
  readonly tables: readonly DeliveredTable[];
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
  #connect(role: Role, { pipeline, source, log, tables, bucket }: ProcessFunctionProps): ProcessEnvironment {
    log.grantCommit(role);
    bucket.grantKeep(role, pipeline);
    source.grantConsume(role);
    for (const table of tables) table.grantPut(role);
    const streams = Object.fromEntries(tables.map(({ name, delivery }) => [name, delivery.name]));
    return {
      MILLRACE_PIPELINE: pipeline,
      MILLRACE_EPOCH: EPOCH,
      MILLRACE_LOG_TABLE: log.table.tableName,
      MILLRACE_DELIVERY_STREAMS: Stack.of(this).toJsonString(streams),
      MILLRACE_BUCKET: bucket.bucket.bucketName,
      MILLRACE_STREAM_ARN: source.stream.streamArn,
    };
  }
}
