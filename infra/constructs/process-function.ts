import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  type Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat, SourceMapMode } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ProcessEnvironment } from '../../functions/process/environment.ts';
import type { StageConfig } from '../config.ts';
import { EPOCH, functionName, METRIC_NAMESPACE } from '../names.ts';
import type { CommitLog } from './commit-log.ts';
import type { DeliveredTable } from './delivered-table.ts';
import type { EventStream } from './event-stream.ts';
import type { LakeBucket } from './lake-bucket.ts';

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

const FOLDER = new URL('../../functions/process/', import.meta.url);
const ROOT = new URL('../../', import.meta.url);

/** The Lambda function that runs a pipeline, told by its environment where everything is and allowed just that. */
export class ProcessFunction extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: ProcessFunctionProps) {
    super(scope, id);
    const { config, pipeline } = props;
    const logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Runs the pipeline ${pipeline}`,
    });
    logGroup.grantWrite(this.role);
    this.function = new NodejsFunction(this, 'Function', {
      functionName: functionName(config.stage, pipeline),
      description: `Millrace: runs the pipeline ${pipeline}`,
      ...code(),
      architecture: Architecture.ARM_64,
      // For the bundle, a batch, and the shards' states, which the engine bounds.
      memorySize: 1_024,
      timeout: Duration.seconds(60),
      role: this.role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.INFO,
      environment: {
        ...this.#connect(props),
        POWERTOOLS_SERVICE_NAME: pipeline,
        POWERTOOLS_METRICS_NAMESPACE: METRIC_NAMESPACE,
        NODE_OPTIONS: '--enable-source-maps',
      },
    });
  }

  /** Allows what the environment names, and names what it allows. */
  #connect({ pipeline, source, log, tables, bucket }: ProcessFunctionProps): ProcessEnvironment {
    log.grantCommit(this.role);
    bucket.grantKeep(this.role, pipeline);
    source.grantConsume(this.role);
    for (const table of tables) table.grantPut(this.role);
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

function code() {
  return {
    entry: fileURLToPath(new URL('handler.ts', FOLDER)),
    handler: 'handler',
    projectRoot: fileURLToPath(ROOT),
    depsLockFilePath: fileURLToPath(new URL('package-lock.json', ROOT)),
    runtime: Runtime.NODEJS_24_X,
    // The SDK is bundled: what is tested is what runs, and the smaller bundle starts faster than the runtime's own SDK.
    bundling: {
      bundleAwsSDK: true,
      format: OutputFormat.ESM,
      mainFields: ['module', 'main'],
      target: 'node24',
      minify: true,
      // Without a map, a stack names columns of one endless line.
      sourceMap: true,
      sourceMapMode: SourceMapMode.DEFAULT,
      sourcesContent: false,
    },
  };
}
