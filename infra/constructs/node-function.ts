import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { METRIC_NAMESPACE } from '../names.ts';
import { bundledCode } from './bundled-code.ts';

export interface NodeFunctionProps<Environment extends Readonly<Record<keyof Environment, string>>> {
  readonly name: string;
  /** What it is for, as in `runs the pipeline orders`. */
  readonly does: string;
  /** Folder under `functions/` with its `handler.ts`. */
  readonly folder: string;
  /** Dimension of the metrics that it emits. */
  readonly service: string;
  readonly memoryMegabytes: number;
  readonly timeout: Duration;
  /** Allows the role what the function needs, and gives the environment variables that say where that is. */
  readonly connect: (role: Role) => Environment;
}

/** Adds a Lambda function with a role and a log group of its own: allowed what `connect` allows it, and to log. */
export function nodeFunction<Environment extends Readonly<Record<keyof Environment, string>>>(
  scope: Construct,
  props: NodeFunctionProps<Environment>,
): { readonly function: LambdaFunction; readonly role: Role } {
  const { name, does, folder, service, memoryMegabytes, timeout, connect } = props;
  const logGroup = new LogGroup(scope, 'Logs', {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `${does[0]?.toUpperCase()}${does.slice(1)}`,
  });
  logGroup.grantWrite(role);
  const lambda = new LambdaFunction(scope, 'Function', {
    functionName: name,
    description: `Millrace: ${does}`,
    code: bundledCode(folder),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: memoryMegabytes,
    timeout,
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    applicationLogLevelV2: ApplicationLogLevel.INFO,
    systemLogLevelV2: SystemLogLevel.INFO,
    environment: {
      ...connect(role),
      POWERTOOLS_SERVICE_NAME: service,
      POWERTOOLS_METRICS_NAMESPACE: METRIC_NAMESPACE,
      NODE_OPTIONS: '--enable-source-maps',
    },
  });
  return { function: lambda, role };
}
