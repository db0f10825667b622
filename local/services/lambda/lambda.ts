import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  LOCAL_ACCOUNT,
  LOCAL_REGION,
  type LocalService,
  type Provisioned,
  type Resource,
  type ServiceContext,
} from '../../service.ts';
import { ServiceError } from '../json-api.ts';
import { embeddedMetrics } from './emf.ts';
import { type Disturbance, startEnvironment } from './environment.ts';
import { type AssetPath, functionOf, invalid, type LambdaFunction } from './function.ts';
import { openLog } from './function-log.ts';
import { invokeApi } from './invoke-api.ts';
import { REQUEST_BYTES_MAX } from './limits.ts';
import { LambdaMetrics } from './metrics.ts';
import { createPool, type Pool } from './pool.ts';

export interface Invocation {
  readonly requestId: string;
  /** What the function returned, or the error it ended with, as JSON. */
  readonly payload: string;
  /** Set when the function failed: by an exception, a timeout or a crash. */
  readonly functionError?: 'Unhandled';
}

/** How other services here call functions. Both throw ResourceNotFoundException for a function that does not exist. */
export interface FunctionInvoker {
  /** Takes a name, a name with a qualifier, a partial or a whole ARN. */
  describe(nameOrArn: string): Pick<LambdaFunction, 'name' | 'arn' | 'roleArn'>;
  /** Runs the function and waits for its end. Throws a ServiceError when it could not be run: throttled, too large a
   *  payload, the run is closing. A failure of the function itself is an answer, not an error. */
  invoke(nameOrArn: string, payload: Buffer | string): Promise<Invocation>;
}

export type Lambda = LocalService & FunctionInvoker;

export interface LambdaOptions {
  readonly assetPath: AssetPath;
  /** Asked at each invocation what is to befall its environment. */
  readonly nextDisturbance?: () => Disturbance | undefined;
  /** Takes the lines of functions besides their files. */
  readonly writeLog?: (group: string, stream: string, line: string) => void;
}

interface Entry {
  readonly definition: LambdaFunction;
  readonly pool: Pool;
  readonly log: (logStream: string, line: string) => void;
  readonly qualifiers: Set<string>;
}

/** `[arn:aws:lambda:<region>:]<account>:function:` before the name and `:<qualifier>` after it are optional. */
const FUNCTION_NAME = /^(?:(?:arn:aws:lambda:[^:]+:)?\d{12}:)?(?:function:)?([\w-]{1,64})(?::([\w$-]+))?$/;

/** AWS Lambda on this machine: each execution environment is a Node.js process of its own that runs the bundled code.
 *
 *  Differs from AWS: MemorySize bounds the heap alone and gives no share of a CPU; idle environments are neither frozen
 *  nor taken down; files under /tmp are the machine's; an invocation that nobody waits for is not tried again; there are
 *  no layers or streams. */
export function createLambda(context: ServiceContext, options: LambdaOptions): Lambda {
  const functions = new Map<string, Entry>();
  const logDirectory = join(context.stateDir ?? context.scratchDir, 'logs');
  const metrics = new LambdaMetrics(context.metric);
  let closing = false;

  function lookup(nameOrArn: string): Entry {
    const [, name = '', qualifier = '$LATEST'] = FUNCTION_NAME.exec(nameOrArn) ?? [];
    const entry = functions.get(name);
    if (entry?.qualifiers.has(qualifier)) return entry;
    const suffix = qualifier === '$LATEST' ? '' : `:${qualifier}`;
    const arn = `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:function:${name || nameOrArn}${suffix}`;
    throw new ServiceError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
  }

  function provisionFunction(resource: Resource): Provisioned {
    const definition = functionOf(resource, options.assetPath);
    if (functions.has(definition.name)) {
      throw new ServiceError('ResourceConflictException', `Function already exist: ${definition.name}`, 409);
    }
    const file = openLog(logDirectory, definition.name);
    const write = (logStream: string, line: string) => {
      file.write(line);
      options.writeLog?.(definition.logGroup, logStream, line);
    };
    const log = (logStream: string, line: string) => {
      write(logStream, line);
      for (const { namespace, name, dimensions, value, ...kept } of embeddedMetrics(line))
        context.metric(namespace, name, dimensions, value, kept);
    };
    const start = () => startEnvironment(definition, context.endpoint, log, options.nextDisturbance);
    const pool = createPool(definition.concurrencyMax, start);
    functions.set(definition.name, { definition, pool, log: write, qualifiers: new Set(['$LATEST']) });
    context.log(`lambda ${definition.name}: log in ${file.path}`);
    return { ref: definition.name, attributes: { Arn: definition.arn } };
  }

  /** Versions and aliases are further names of the one code there is. */
  function provisionQualifier({ properties }: Resource, qualifier: string): Provisioned {
    const { definition, qualifiers } = lookup(String(properties.FunctionName));
    qualifiers.add(qualifier);
    const arn = `${definition.arn}:${qualifier}`;
    return { ref: arn, attributes: { FunctionArn: arn, AliasArn: arn, Version: qualifier } };
  }

  function provisionAsyncSettings({ properties, logicalId }: Resource): Provisioned {
    lookup(String(properties.FunctionName));
    if (properties.DestinationConfig) throw invalid('DestinationConfig is not emulated');
    if (Number(properties.MaximumRetryAttempts ?? 2) !== 0)
      throw invalid('MaximumRetryAttempts has to be 0: what fails is not tried again here');
    return { ref: logicalId, attributes: {} };
  }

  async function run(entry: Entry, requestId: string, payload: string): Promise<Invocation> {
    const { definition, pool, log } = entry;
    const ended = metrics.began(definition.name);
    const { durationMs, logStream, ...answer } = await pool.run(requestId, payload).finally(ended);
    // An environment that was ended by close() did not fail: the caller has to try again.
    if (closing) throw new ServiceError('ServiceException', 'The local run is closing', 500);
    log(logStream, `END RequestId: ${requestId}`);
    log(
      logStream,
      `REPORT RequestId: ${requestId}\tDuration: ${durationMs.toFixed(2)} ms\tMemory Size: ${definition.memoryMb} MB`,
    );
    metrics.invoked(definition.name, durationMs, answer.functionError !== undefined);
    return { requestId, ...answer };
  }

  async function invoke(nameOrArn: string, payload: Buffer | string): Promise<Invocation> {
    const entry = lookup(nameOrArn);
    if (closing) throw new ServiceError('ServiceException', 'The local run is closing', 500);
    const bytes = Buffer.byteLength(payload);
    if (bytes > REQUEST_BYTES_MAX) {
      const limit = `(limit ${REQUEST_BYTES_MAX} bytes)`;
      const message = `${bytes} byte payload is too large for the RequestResponse invocation type ${limit}`;
      throw new ServiceError('RequestEntityTooLargeException', message, 413);
    }
    try {
      return await run(entry, randomUUID(), payload.toString());
    } catch (error) {
      const throttled = error instanceof ServiceError && error.code === 'TooManyRequestsException';
      if (throttled) metrics.throttled(entry.definition.name);
      throw error;
    }
  }

  const describe = (nameOrArn: string) => lookup(nameOrArn).definition;
  return {
    scopes: ['lambda'],
    provisions: {
      'AWS::Lambda::Function': provisionFunction,
      'AWS::Lambda::EventInvokeConfig': provisionAsyncSettings,
      'AWS::Lambda::Permission': ({ logicalId }) => ({ ref: logicalId, attributes: { Id: logicalId } }),
      'AWS::Lambda::Version': (resource) => provisionQualifier(resource, '1'),
      'AWS::Lambda::Alias': (resource) => provisionQualifier(resource, String(resource.properties.Name)),
    },
    handle: invokeApi({ describe, invoke }),
    describe,
    invoke,
    async close() {
      closing = true;
      await Promise.all([...functions.values()].map(({ pool }) => pool.close()));
    },
  };
}
