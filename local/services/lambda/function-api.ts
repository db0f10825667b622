import { invalid, type LambdaFunction, readConfiguration, readReservedConcurrency } from './function.ts';
import type { HostedFunction } from './hosted.ts';
import { functionNameOf } from './invoke-api.ts';
import { json, members, type RestOperations, type RestRequest } from './rest-api.ts';

/** What the API does with the functions of a run. */
export interface FunctionStore {
  /** Throws ResourceNotFoundException. */
  lookup(nameOrArn: string): HostedFunction;
  list(): readonly HostedFunction[];
}

/** A function as AWS shows it (Lambda API reference, FunctionConfiguration). */
function describeFunction(fn: LambdaFunction): object {
  return {
    FunctionName: fn.name,
    FunctionArn: fn.arn,
    Runtime: fn.runtime,
    Role: fn.roleArn,
    Handler: fn.handler,
    Description: fn.description,
    Timeout: fn.timeoutSeconds,
    MemorySize: fn.memoryMb,
    Version: '$LATEST',
    Environment: { Variables: fn.variables },
    PackageType: 'Zip',
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: fn.tmpMb },
    LoggingConfig: { LogFormat: fn.logFormat, LogGroup: fn.logGroup },
    State: 'Active',
    LastUpdateStatus: 'Successful',
  };
}

/** The settings of a function by their names in the API, some of them changed. */
function changed({ definition }: HostedFunction, changes: Record<string, unknown>): Partial<LambdaFunction> {
  const { description, handler, timeoutSeconds, memoryMb, variables } = definition;
  return readConfiguration({
    Description: description,
    Handler: handler,
    Timeout: timeoutSeconds,
    MemorySize: memoryMb,
    Environment: { Variables: variables },
    ...changes,
  });
}

const CHANGEABLE = ['Description', 'Environment', 'Handler', 'MemorySize', 'Timeout'];

/** Lambda's API for functions and their reserved concurrency. */
export function functionOperations(store: FunctionStore): RestOperations {
  const find = (request: RestRequest) => store.lookup(functionNameOf(request));
  const concurrencyOf = ({ definition: { reservedConcurrency } }: HostedFunction) =>
    reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: reservedConcurrency };
  return {
    'GET /2015-03-31/functions': () =>
      json(200, { Functions: store.list().map(({ definition }) => describeFunction(definition)) }),
    'GET /2015-03-31/functions/{name}': (request) => {
      const fn = find(request);
      const reserved = concurrencyOf(fn);
      return json(200, {
        Configuration: describeFunction(fn.definition),
        Code: { RepositoryType: 'S3', Location: `file://${fn.definition.taskRoot}` },
        ...(fn.definition.reservedConcurrency !== undefined && { Concurrency: reserved }),
      });
    },
    'GET /2015-03-31/functions/{name}/configuration': (request) =>
      json(200, describeFunction(find(request).definition)),
    'PUT /2015-03-31/functions/{name}/configuration': (request) => {
      const fn = find(request);
      const changes = members(request);
      const other = Object.keys(changes).find((name) => !CHANGEABLE.includes(name));
      if (other) throw invalid(`${other} cannot be changed while the run goes on: only ${CHANGEABLE.join(', ')}`);
      fn.change(changed(fn, changes));
      return json(200, describeFunction(fn.definition));
    },
    'PUT /2017-10-31/functions/{name}/concurrency': (request) => {
      const fn = find(request);
      const reserved = members(request).ReservedConcurrentExecutions;
      if (reserved === undefined) throw invalid('ReservedConcurrentExecutions is missing');
      fn.change({ reservedConcurrency: readReservedConcurrency(reserved) });
      return json(200, concurrencyOf(fn));
    },
    'GET /2019-09-30/functions/{name}/concurrency': (request) => json(200, concurrencyOf(find(request))),
    'DELETE /2017-10-31/functions/{name}/concurrency': (request) => {
      find(request).change({ reservedConcurrency: undefined });
      return { status: 204 };
    },
  };
}
