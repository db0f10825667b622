import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LOCAL_ACCOUNT, LOCAL_REGION, type Resource } from '../../service.ts';
import { ServiceError } from '../json-api.ts';
import {
  CODE_BYTES_MAX,
  CONCURRENCY_QUOTA,
  ENVIRONMENT_BYTES_MAX,
  MEMORY_MB_MAX,
  MEMORY_MB_MIN,
  TIMEOUT_SECONDS_DEFAULT,
  TIMEOUT_SECONDS_MAX,
  TMP_MB_MAX,
  TMP_MB_MIN,
} from './limits.ts';
import { RESERVED_NAMES } from './variables.ts';

/** A function as its environments need it. */
export interface LambdaFunction {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly description: string;
  /** Directory of the unpacked code. */
  readonly taskRoot: string;
  /** `file.export`, e.g. `index.handler`. */
  readonly handler: string;
  readonly runtime: string;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** Size of /tmp. */
  readonly tmpMb: number;
  /** Environments at a time that are set aside for it; undefined: as many as there are. */
  readonly reservedConcurrency: number | undefined;
  readonly logGroup: string;
  readonly logFormat: 'Text' | 'JSON';
  /** Least level of the function's own lines, when they are documents. */
  readonly logLevel: string;
  readonly variables: Readonly<Record<string, string>>;
}

export type AssetPath = (bucket: string, key: string) => string;

export function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValueException', message);
}

export function integer(value: unknown, name: string, min: number, max: number): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  const rule = number < min ? `greater than or equal to ${min}` : `less than or equal to ${max}`;
  const failed = `Value '${value}' at '${name}' failed to satisfy constraint: Member must have value ${rule}`;
  throw new ServiceError('ValidationException', `1 validation error detected: ${failed}`);
}

/** A name of at most 64 characters that is the same in every run, so that what is kept under it is found again. */
export function physicalName(resource: Resource): string {
  const name = `${resource.stack}-${resource.logicalId}`;
  if (name.length <= 64) return name;
  return `${name.slice(0, 55)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

function refuseUnknown({ properties }: Resource): void {
  const { Code, Layers, PackageType, Runtime } = properties;
  if (PackageType === 'Image' || Code?.ImageUri) throw invalid('PackageType Image is not emulated');
  if (Code?.ZipFile !== undefined) throw invalid('Code.ZipFile is not emulated: give the code as an asset');
  if (Layers?.length) throw invalid('Layers are not emulated: bundle what the function needs');
  if (properties.FileSystemConfigs?.length) throw invalid('FileSystemConfigs are not emulated');
  if (!/^nodejs\d+\.x$/.test(String(Runtime))) throw invalid(`Runtime ${Runtime} is not emulated: only nodejs is`);
}

function bytesIn(directory: string): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function taskRootOf(resource: Resource, assetPath: AssetPath): string {
  const { S3Bucket, S3Key } = resource.properties.Code ?? {};
  if (typeof S3Bucket !== 'string' || typeof S3Key !== 'string')
    throw invalid('Code.S3Bucket and Code.S3Key are needed');
  const path = assetPath(S3Bucket, S3Key);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw invalid(`The code of ${resource.logicalId} is no directory of the cloud assembly: ${path}`);
  }
  if (bytesIn(path) > CODE_BYTES_MAX) throw invalid(`Unzipped size must be smaller than ${CODE_BYTES_MAX} bytes`);
  return path;
}

function variablesOf({ Environment }: Resource['properties']): Record<string, string> {
  const given: Record<string, unknown> = Environment?.Variables ?? {};
  const variables = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
  const refused =
    'Lambda was unable to configure your environment variables because the environment variables you have provided';
  const reserved = Object.keys(variables).filter((name) => RESERVED_NAMES.has(name));
  if (reserved.length > 0) {
    throw invalid(
      `${refused} contains reserved keys that are currently not supported for modification. ` +
        `Reserved keys used in this request: ${reserved.join(', ')}`,
    );
  }
  if (Buffer.byteLength(JSON.stringify(variables)) > ENVIRONMENT_BYTES_MAX)
    throw invalid(`${refused} exceeded the 4KB limit.`);
  return variables;
}

export function readReservedConcurrency(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  return integer(value, 'reservedConcurrentExecutions', 0, CONCURRENCY_QUOTA);
}

type Changeable = 'timeoutSeconds' | 'memoryMb' | 'variables' | 'handler' | 'description';

/** What can be changed of a function while it runs; by the names of the template and of the API. */
export function readConfiguration(properties: Resource['properties']): Pick<LambdaFunction, Changeable> {
  const { Description, Handler, MemorySize, Timeout } = properties;
  return {
    description: String(Description ?? ''),
    handler: String(Handler),
    timeoutSeconds: integer(Timeout ?? TIMEOUT_SECONDS_DEFAULT, 'timeout', 1, TIMEOUT_SECONDS_MAX),
    memoryMb: integer(MemorySize ?? MEMORY_MB_MIN, 'memorySize', MEMORY_MB_MIN, MEMORY_MB_MAX),
    variables: variablesOf(properties),
  };
}

/** Reads an `AWS::Lambda::Function`. Throws a ServiceError that names what cannot be run here. */
export function functionOf(resource: Resource, assetPath: AssetPath): LambdaFunction {
  refuseUnknown(resource);
  const { properties } = resource;
  const name = String(properties.FunctionName ?? physicalName(resource));
  return {
    name,
    arn: `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:function:${name}`,
    roleArn: String(properties.Role ?? ''),
    taskRoot: taskRootOf(resource, assetPath),
    runtime: String(properties.Runtime),
    tmpMb: integer(properties.EphemeralStorage?.Size ?? TMP_MB_MIN, 'ephemeralStorage.size', TMP_MB_MIN, TMP_MB_MAX),
    ...readConfiguration(properties),
    reservedConcurrency: readReservedConcurrency(properties.ReservedConcurrentExecutions),
    logGroup: String(properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`),
    logFormat: properties.LoggingConfig?.LogFormat === 'JSON' ? 'JSON' : 'Text',
    logLevel: String(properties.LoggingConfig?.ApplicationLogLevel ?? 'INFO'),
  };
}
