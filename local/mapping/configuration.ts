import type { ShardPosition } from '../services/kinesis-reader.ts';
import { type FailureDestination, readDestination } from './destination.ts';
import { type RecordFilter, readFilter } from './filter.ts';
import {
  BATCH_SIZE_DEFAULT,
  BATCH_SIZE_MAX,
  PARALLELIZATION_FACTOR_MAX,
  RECORD_AGE_SECONDS_MAX,
  RECORD_AGE_SECONDS_MIN,
  RETRY_ATTEMPTS_MAX,
  TUMBLING_SECONDS_MAX,
  WINDOW_SECONDS_MAX,
} from './limits.ts';
import { invalid, type Properties, readFlag, readInteger } from './properties.ts';

/** A mapping's settings, every default filled in. */
export interface MappingSettings {
  /** Of the stream, or of a consumer of it. */
  readonly sourceArn: string;
  readonly streamArn: string;
  /** Whether the stream is read by a consumer of its own: enhanced fan-out. */
  readonly isFanOut: boolean;
  readonly functionName: string;
  readonly enabled: boolean;
  readonly batchSize: number;
  /** 0: the function runs as soon as there is a record. */
  readonly windowMs: number;
  /** Batches of a shard under way at a time, each of other keys. */
  readonly parallelizationFactor: number;
  /** Length of the tumbling windows; 0: there are none. */
  readonly tumblingMs: number;
  readonly startingPosition: ShardPosition;
  /** Infinity: until the record expires. */
  readonly retryAttemptsMax: number;
  /** Infinity: no limit. */
  readonly recordAgeMaxMs: number;
  readonly bisects: boolean;
  readonly reportsItemFailures: boolean;
  /** Undefined lets every record through. */
  readonly filter: RecordFilter | undefined;
  readonly onFailure: FailureDestination | undefined;
  /** Whether the EventCount group of metrics is on. */
  readonly countsEvents: boolean;
}

const KNOWN = new Set([
  'BatchSize',
  'BisectBatchOnFunctionError',
  'DestinationConfig',
  'Enabled',
  'EventSourceArn',
  'FilterCriteria',
  'FunctionName',
  'FunctionResponseTypes',
  'KMSKeyArn',
  'KmsKeyArn',
  'MaximumBatchingWindowInSeconds',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'MetricsConfig',
  'ParallelizationFactor',
  'StartingPosition',
  'StartingPositionTimestamp',
  'Tags',
  'TumblingWindowInSeconds',
]);

function refuse(properties: Properties): void {
  const unknown = Object.keys(properties).find((name) => !KNOWN.has(name));
  if (unknown) throw invalid(`${unknown} is not emulated for Kinesis`);
  if (Number(properties.TumblingWindowInSeconds ?? 0) > 0 && Number(properties.ParallelizationFactor ?? 1) > 1) {
    throw invalid('TumblingWindowInSeconds needs a ParallelizationFactor of 1: AWS documents no other combination');
  }
}

const STREAM = /^(arn:aws:kinesis:[^:]+:\d{12}:stream\/[\w.-]+)(\/consumer\/[\w.-]+:\d+)?$/;

/** A stream is read through its shared iterators, a consumer by enhanced fan-out. */
function readSource({
  EventSourceArn: arn,
}: Properties): Pick<MappingSettings, 'sourceArn' | 'streamArn' | 'isFanOut'> {
  const [, streamArn, consumer] = STREAM.exec(String(arn)) ?? [];
  if (streamArn) return { sourceArn: arn, streamArn, isFanOut: consumer !== undefined };
  throw invalid(`EventSourceArn ${arn} is no Kinesis stream and no consumer of one: other sources are not emulated`);
}

function readStart(properties: Properties, nowMs: number): ShardPosition {
  const { StartingPosition: position, StartingPositionTimestamp: seconds } = properties;
  if (position !== 'AT_TIMESTAMP' && seconds !== undefined) {
    throw invalid('StartingPositionTimestamp is only for the StartingPosition AT_TIMESTAMP');
  }
  if (position === 'TRIM_HORIZON' || position === 'LATEST') return position;
  if (position !== 'AT_TIMESTAMP') {
    throw invalid('StartingPosition has to be TRIM_HORIZON, LATEST or AT_TIMESTAMP');
  }
  const fromMs = Number(seconds) * 1000;
  if (seconds === undefined || !Number.isFinite(fromMs)) {
    throw invalid('StartingPosition AT_TIMESTAMP needs StartingPositionTimestamp');
  }
  if (fromMs > nowMs) throw invalid('StartingPositionTimestamp is in the future');
  return { fromMs };
}

function includes(value: unknown, wanted: string, name: string): boolean {
  const list = Array.isArray(value) ? value : [];
  const other = list.find((one) => one !== wanted);
  if (other !== undefined) throw invalid(`${name} ${other} is unknown for Kinesis`);
  return list.length > 0;
}

/** −1 stands for no limit. */
function readLimit(properties: Properties, name: string, min: number, max: number): number {
  if (Number(properties[name] ?? -1) === -1) return Number.POSITIVE_INFINITY;
  return readInteger(properties, name, min, min, max);
}

/** Reads an `AWS::Lambda::EventSourceMapping` for Kinesis. A setting that is not honoured here is refused by name, so
 *  that no run differs from AWS in silence. The rule that a BatchSize above 10 needs a window is not applied: for
 *  Kinesis AWS does not apply it either. */
export function readSettings(properties: Properties, nowMs: number): MappingSettings {
  refuse(properties);
  return {
    ...readSource(properties),
    functionName: String(properties.FunctionName),
    enabled: readFlag(properties, 'Enabled', true),
    batchSize: readInteger(properties, 'BatchSize', BATCH_SIZE_DEFAULT, 1, BATCH_SIZE_MAX),
    windowMs: 1000 * readInteger(properties, 'MaximumBatchingWindowInSeconds', 0, 0, WINDOW_SECONDS_MAX),
    parallelizationFactor: readInteger(properties, 'ParallelizationFactor', 1, 1, PARALLELIZATION_FACTOR_MAX),
    tumblingMs: 1000 * readInteger(properties, 'TumblingWindowInSeconds', 0, 0, TUMBLING_SECONDS_MAX),
    startingPosition: readStart(properties, nowMs),
    retryAttemptsMax: readLimit(properties, 'MaximumRetryAttempts', 0, RETRY_ATTEMPTS_MAX),
    recordAgeMaxMs:
      1000 * readLimit(properties, 'MaximumRecordAgeInSeconds', RECORD_AGE_SECONDS_MIN, RECORD_AGE_SECONDS_MAX),
    bisects: readFlag(properties, 'BisectBatchOnFunctionError', false),
    reportsItemFailures: includes(properties.FunctionResponseTypes, 'ReportBatchItemFailures', 'FunctionResponseTypes'),
    filter: readFilter(properties.FilterCriteria),
    onFailure: readDestination(properties.DestinationConfig?.OnFailure?.Destination),
    countsEvents: includes(properties.MetricsConfig?.Metrics, 'EventCount', 'MetricsConfig'),
  };
}
