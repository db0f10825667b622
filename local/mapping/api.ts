import { LOCAL_ACCOUNT, LOCAL_REGION } from '../service.ts';
import { ServiceError } from '../services/json-api.ts';
import { json, members, type RestOperations, type RestRequest } from '../services/lambda/rest-api.ts';
import type { Mapping } from './lifecycle.ts';
import { invalid, type Properties } from './properties.ts';

/** What the API does with the mappings of a run. */
export interface MappingStore {
  create(properties: Properties): Mapping;
  update(mapping: Mapping, changes: Properties): void;
  delete(mapping: Mapping): void;
  get(uuid: string): Mapping | undefined;
  /** In the order of their creation. */
  list(): readonly Mapping[];
  /** ARN of a function by any form of its name. */
  functionArn(nameOrArn: string): string;
}

export function mappingArn(uuid: string): string {
  return `arn:aws:lambda:${LOCAL_REGION}:${LOCAL_ACCOUNT}:event-source-mapping:${uuid}`;
}

const limit = (value: number) => (value === Number.POSITIVE_INFINITY ? -1 : value);

/** A mapping as AWS shows it (Lambda API reference, EventSourceMappingConfiguration). */
export function describeMapping(mapping: Mapping): object {
  const { properties, settings, functionArn } = mapping.configured;
  const { onFailure, startingPosition } = settings;
  const kmsKeyArn = properties.KMSKeyArn ?? properties.KmsKeyArn;
  return {
    UUID: mapping.uuid,
    EventSourceMappingArn: mappingArn(mapping.uuid),
    EventSourceArn: settings.sourceArn,
    FunctionArn: functionArn,
    StartingPosition: properties.StartingPosition,
    ...(typeof startingPosition === 'object' &&
      'fromMs' in startingPosition && { StartingPositionTimestamp: startingPosition.fromMs / 1000 }),
    BatchSize: settings.batchSize,
    MaximumBatchingWindowInSeconds: settings.windowMs / 1000,
    ParallelizationFactor: settings.parallelizationFactor,
    TumblingWindowInSeconds: settings.tumblingMs / 1000,
    MaximumRetryAttempts: limit(settings.retryAttemptsMax),
    MaximumRecordAgeInSeconds: limit(settings.recordAgeMaxMs / 1000),
    BisectBatchOnFunctionError: settings.bisects,
    FunctionResponseTypes: settings.reportsItemFailures ? ['ReportBatchItemFailures'] : [],
    DestinationConfig: { OnFailure: onFailure ? { Destination: onFailure.arn } : {} },
    ...(settings.filter && { FilterCriteria: properties.FilterCriteria }),
    ...(settings.countsEvents && { MetricsConfig: { Metrics: ['EventCount'] } }),
    ...(kmsKeyArn && { KMSKeyArn: kmsKeyArn }),
    State: mapping.state,
    StateTransitionReason: 'User action',
    LastProcessingResult: mapping.lastProcessingResult,
    LastModified: mapping.lastModifiedMs / 1000,
  };
}

const PAGE_MAX = 100;

function page(mappings: readonly Mapping[], { query }: RestRequest): object {
  const size = Math.min(Number(query.get('MaxItems') ?? PAGE_MAX), PAGE_MAX);
  if (!Number.isInteger(size) || size < 1) throw invalid(`MaxItems ${query.get('MaxItems')} is no number above 0`);
  const marker = query.get('Marker');
  const from = marker === null ? 0 : mappings.findIndex(({ uuid }) => uuid === marker) + 1;
  if (marker !== null && from === 0) throw invalid('Marker is not one that was given');
  const shown = mappings.slice(from, from + size);
  const next = from + size < mappings.length ? shown.at(-1)?.uuid : undefined;
  return { EventSourceMappings: shown.map(describeMapping), ...(next && { NextMarker: next }) };
}

/** Lambda's API for event source mappings. */
export function mappingOperations(store: MappingStore): RestOperations {
  const find = ({ path: [uuid = ''] }: RestRequest): Mapping => {
    const mapping = store.get(uuid);
    if (mapping) return mapping;
    throw new ServiceError('ResourceNotFoundException', 'The resource you requested does not exist.', 404);
  };
  const PATH = '/2015-03-31/event-source-mappings';
  return {
    [`POST ${PATH}`]: (request) => json(202, describeMapping(store.create(members(request)))),
    [`GET ${PATH}`]: (request) => {
      const [source, name] = [request.query.get('EventSourceArn'), request.query.get('FunctionName')];
      const functionArn = name && store.functionArn(name);
      const wanted = ({ configured: { settings, functionArn: arn } }: Mapping) =>
        (!source || settings.sourceArn === source) && (!functionArn || arn === functionArn);
      return json(200, page(store.list().filter(wanted), request));
    },
    [`GET ${PATH}/{uuid}`]: (request) => json(200, describeMapping(find(request))),
    [`PUT ${PATH}/{uuid}`]: (request) => {
      const mapping = find(request);
      store.update(mapping, members(request));
      return json(202, describeMapping(mapping));
    },
    [`DELETE ${PATH}/{uuid}`]: (request) => {
      const mapping = find(request);
      store.delete(mapping);
      return json(202, describeMapping(mapping));
    },
  };
}
