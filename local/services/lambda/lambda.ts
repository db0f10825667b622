import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
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
import { createAsyncEvents } from './async-events.ts';
import { embeddedMetrics } from './emf.ts';
import type { Disturbance, OnLine } from './environment.ts';
import { type AssetPath, functionOf, integer, invalid, type LambdaFunction } from './function.ts';
import { functionOperations } from './function-api.ts';
import { openLog } from './function-log.ts';
import { HostedFunction, type Invocation, type LoggedInvocation } from './hosted.ts';
import { invokeOperations } from './invoke-api.ts';
import {
  ASYNC_AGE_SECONDS_MAX,
  ASYNC_AGE_SECONDS_MIN,
  ASYNC_REQUEST_BYTES_MAX,
  ASYNC_RETRY_MS,
  CONCURRENCY_MAX,
  INIT_MS_MAX,
  REQUEST_BYTES_MAX,
} from './limits.ts';
import { LambdaMetrics } from './metrics.ts';
import { type RestOperations, restApi } from './rest-api.ts';
import { BOOTSTRAP } from './runtime-process.ts';

/** How other services here call functions. Both throw ResourceNotFoundException for a function that does not exist. */
export interface FunctionInvoker {
  /** Takes a name, a name with a qualifier, a partial or a whole ARN; the ARN it gives has the qualifier if that was
   *  given. */
  describe(nameOrArn: string): Pick<LambdaFunction, 'name' | 'arn' | 'roleArn'>;
  /** Runs the function and waits for its end. Throws a ServiceError when it could not be run: throttled, too large a
   *  payload, the run is closing. A failure of the function itself is an answer, not an error. */
  invoke(nameOrArn: string, payload: Buffer | string): Promise<Invocation>;
}

/** How callers of the API call functions. */
export interface ApiInvoker extends FunctionInvoker {
  invoke(nameOrArn: string, payload: Buffer | string): Promise<LoggedInvocation>;
  /** Has the function run later, and again if it fails; gives the id of the request. */
  enqueue(nameOrArn: string, payload: string): string;
}

export interface Lambda extends LocalService, ApiInvoker {
  /** Answers these calls of Lambda's API as well: those that others here see to. */
  serve(operations: RestOperations): void;
}

/** How near to AWS the environments are. */
export interface LambdaModel {
  /** How long the start of an environment may take; 10 s unless told, as on AWS. */
  readonly initMsMax?: number;
  /** Environments of a function at a time. AWS has 1,000 for all functions of a region; 64 unless told, since so many
   *  processes would end the machine. */
  readonly concurrencyMax?: number;
  /** Whether a function has only the share of a CPU that goes with its memory: 1,769 MB for a whole one. Linux only; not
   *  unless told, since nobody wants to wait for that. */
  readonly limitsCpu?: boolean;
  /** Whether each environment has a /tmp of its own, of the size of EphemeralStorage. Linux only, where user namespaces
   *  are allowed; not unless told: then it is the machine's. */
  readonly limitsTmp?: boolean;
}

export interface LambdaOptions extends LambdaModel {
  readonly assetPath: AssetPath;
  /** Asked at each invocation what is to befall its environment. */
  readonly nextDisturbance?: () => Disturbance | undefined;
  /** Takes the lines of functions besides their files. */
  readonly writeLog?: (group: string, stream: string, line: string) => void;
}

/** `[arn:aws:lambda:<region>:]<account>:function:` before the name and `:<qualifier>` after it are optional. */
const FUNCTION_NAME = /^(?:(?:arn:aws:lambda:[^:]+:)?\d{12}:)?(?:function:)?([\w-]{1,64})(?::([\w$-]+))?$/;

/** AWS Lambda on this machine: each execution environment is a Node.js process of its own that runs the bundled code.
 *
 *  Differs from AWS: resident memory is bounded on Linux only, where the system tells it; idle environments stay until
 *  the run ends; there are no layers. */
export function createLambda(context: ServiceContext, options: LambdaOptions): Lambda {
  const functions = new Map<string, HostedFunction>();
  const logDirectory = join(context.stateDir ?? context.scratchDir, 'logs');
  const { nextDisturbance, initMsMax = INIT_MS_MAX, concurrencyMax = CONCURRENCY_MAX } = options;
  const { limitsCpu = false, limitsTmp = false } = options;
  if (limitsTmp && BOOTSTRAP.startsWith('/tmp/')) {
    throw new Error(`limitsTmp: found the project in ${BOOTSTRAP}; expected it outside of /tmp, which would hide it`);
  }
  const { endpoint } = context;
  const surroundings = { endpoint, initMsMax, concurrencyMax, limitsCpu, limitsTmp, nextDisturbance };
  const metrics = new LambdaMetrics(context.metric);
  const asyncEvents = createAsyncEvents(context.log);
  let closing = false;

  function find(nameOrArn: string): { fn: HostedFunction; qualifier: string | undefined } {
    const [, name = '', qualifier] = FUNCTION_NAME.exec(nameOrArn) ?? [];
    const fn = functions.get(name);
    if (fn?.qualifiers.has(qualifier ?? '$LATEST')) return { fn, qualifier };
    const suffix = qualifier === undefined || qualifier === '$LATEST' ? '' : `:${qualifier}`;
    const arn = `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:function:${name || nameOrArn}${suffix}`;
    throw new ServiceError('ResourceNotFoundException', `Function not found: ${arn}`, 404);
  }

  const lookup = (nameOrArn: string) => find(nameOrArn).fn;

  const countOf =
    ({ name }: Pick<LambdaFunction, 'name'>) =>
    (metric: string, value: number) =>
      context.metric('AWS/Lambda', metric, { FunctionName: name }, value);

  function provisionFunction(resource: Resource): Provisioned {
    const definition = functionOf(resource, options.assetPath);
    if (functions.has(definition.name)) {
      throw new ServiceError('ResourceConflictException', `Function already exist: ${definition.name}`, 409);
    }
    const file = openLog(logDirectory, definition.name);
    const onLine: OnLine = (line, logStream) => {
      file.write(line);
      options.writeLog?.(definition.logGroup, logStream, line);
      for (const { namespace, name, dimensions, value, ...kept } of embeddedMetrics(line))
        context.metric(namespace, name, dimensions, value, kept);
    };
    functions.set(definition.name, new HostedFunction(definition, surroundings, onLine, metrics));
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
    const fn = lookup(String(properties.FunctionName));
    const { DestinationConfig, MaximumRetryAttempts, MaximumEventAgeInSeconds: age } = properties;
    if (DestinationConfig) throw invalid('DestinationConfig is not emulated');
    const retriesMax = ASYNC_RETRY_MS.length;
    fn.asyncRetriesMax = integer(MaximumRetryAttempts ?? retriesMax, 'maximumRetryAttempts', 0, retriesMax);
    const [least, most] = [ASYNC_AGE_SECONDS_MIN, ASYNC_AGE_SECONDS_MAX];
    fn.asyncAgeMaxMs = 1000 * integer(age ?? most, 'maximumEventAgeInSeconds', least, most);
    return { ref: logicalId, attributes: {} };
  }

  /** The event as text. */
  function checked(payload: Buffer | string, bytesMax: number, type: string): string {
    if (closing) throw new ServiceError('ServiceException', 'The local run is closing', 500);
    const bytes = Buffer.byteLength(payload);
    if (bytes <= bytesMax) return payload.toString();
    const message = `${bytes} byte payload is too large for the ${type} invocation type (limit ${bytesMax} bytes)`;
    throw new ServiceError('RequestEntityTooLargeException', message, 413);
  }

  async function invoke(nameOrArn: string, payload: Buffer | string): Promise<LoggedInvocation> {
    const fn = lookup(nameOrArn);
    const event = {
      requestId: randomUUID(),
      functionArn: describe(nameOrArn).arn,
      payload: checked(payload, REQUEST_BYTES_MAX, 'RequestResponse'),
    };
    const invocation = await fn.run(event);
    // An environment that was ended by close() did not fail: the caller has to try again.
    if (closing) throw new ServiceError('ServiceException', 'The local run is closing', 500);
    return invocation;
  }

  function enqueue(nameOrArn: string, payload: string): string {
    const fn = lookup(nameOrArn);
    const event = {
      functionArn: describe(nameOrArn).arn,
      payload: checked(payload, ASYNC_REQUEST_BYTES_MAX, 'Event'),
    };
    return asyncEvents.take(fn, event, countOf(fn.definition));
  }

  function describe(nameOrArn: string): Pick<LambdaFunction, 'name' | 'arn' | 'roleArn'> {
    const { fn, qualifier } = find(nameOrArn);
    const { name, arn, roleArn } = fn.definition;
    return { name, arn: qualifier === undefined ? arn : `${arn}:${qualifier}`, roleArn };
  }

  const own: RestOperations = {
    ...invokeOperations({ describe, invoke, enqueue }),
    ...functionOperations({ lookup, list: () => [...functions.values()] }),
  };
  let handle = restApi(own);
  return {
    scopes: ['lambda'],
    provisions: {
      'AWS::Lambda::Function': provisionFunction,
      'AWS::Lambda::EventInvokeConfig': provisionAsyncSettings,
      'AWS::Lambda::Permission': ({ logicalId }) => ({ ref: logicalId, attributes: { Id: logicalId } }),
      'AWS::Lambda::Version': (resource) => provisionQualifier(resource, '1'),
      'AWS::Lambda::Alias': (resource) => provisionQualifier(resource, String(resource.properties.Name)),
    },
    serve(operations) {
      handle = restApi({ ...own, ...operations });
    },
    handle: (request: IncomingMessage, response: ServerResponse) => handle(request, response),
    describe,
    invoke,
    enqueue,
    async close() {
      closing = true;
      asyncEvents.close();
      await Promise.all([...functions.values()].map((fn) => fn.close()));
    },
  };
}
